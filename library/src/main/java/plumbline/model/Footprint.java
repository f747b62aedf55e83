package plumbline.model;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.LongStream;

/**
 * The memory of a model, counted from its configuration: nothing is loaded.
 *
 * <p>Shapes: N = rows x tokens, D width, A = query heads x head size, K = heads of keys and values
 * x head size, F width inside the MLP. Counts of activations are what the backward pass of {@link
 * Transformer} keeps.
 *
 * @param config the model's shape
 * @param heads what stands on top
 * @param bytesPerNumber 4 for float32, 8 for float64
 */
public record Footprint(ModelConfig config, Set<Head> heads, int bytesPerNumber) {

  /** Numbers in all weights, exactly. */
  public long parameters() {
    return numbers(shapes()).sum();
  }

  /** Bytes of all weights in a format, exactly. */
  public long weights(WeightFormat format) {
    return shapes().entrySet().stream()
        .mapToLong(weight -> format.bytes(weight.getKey(), weight.getValue(), bytesPerNumber))
        .sum();
  }

  /**
   * Bytes of the weights that are trained, exactly.
   *
   * @param lora the adapter trained over a base that has the language head alone; without one all
   *     weights are trained
   */
  public long trained(Optional<Lora> lora) {
    return bytesPerNumber * numbers(trainedShapes(lora)).sum();
  }

  /**
   * Bytes of a thread's gradients that are there together: those of the matrix that gives logits,
   * and two on their way to the sum.
   */
  public long gradientsApart() {
    long head =
        heads.contains(Head.LANGUAGE) ? (long) config.vocabularySize() * config.hiddenSize() : 0;
    return head * bytesPerNumber + 2 * largestMatrix();
  }

  /** Bytes of the largest matrix of the blocks as float. */
  public long largestMatrix() {
    SortedMap<String, long[]> matrices = config.shapes();
    matrices.keySet().removeIf(name -> !LinearLayer.inBlock(name));
    return bytesPerNumber * numbers(matrices).max().orElse(0);
  }

  /** Numbers in the matrices of all blocks: what every token is multiplied by. */
  public long blockMatrices() {
    SortedMap<String, long[]> matrices = config.shapes();
    matrices.keySet().removeIf(name -> !LinearLayer.inBlock(name));
    matrices.values().removeIf(shape -> shape.length < 2);
    return numbers(matrices).sum();
  }

  /**
   * Bytes of the copy that samples: the blocks' matrices and the language head, laid out anew.
   *
   * @param kept what this model's own blocks are kept in; matrices in few bits are not copied
   * @param chosen what the copy is kept in; without it as the engine computes
   */
  public long samplingCopy(Optional<WeightFormat> kept, Optional<WeightFormat> chosen) {
    long head = (long) config.vocabularySize() * config.hiddenSize();
    boolean few = chosen.isEmpty() && kept.map(WeightFormat::isQuantised).orElse(false);
    long blocks = few ? 0 : blockMatrices();
    return switch (chosen.orElse(WeightFormat.FLOAT32)) {
      case BFLOAT16 -> 2 * (blocks + head);
      case INT8 -> blocks + head;
      default -> bytesPerNumber * (blocks + head);
    };
  }

  private SortedMap<String, long[]> shapes() {
    SortedMap<String, long[]> shapes = config.shapes();
    heads.forEach(head -> shapes.putAll(Adapter.shapes(head, config)));
    return shapes;
  }

  private SortedMap<String, long[]> trainedShapes(Optional<Lora> lora) {
    if (lora.isEmpty()) {
      return shapes();
    }
    SortedMap<String, long[]> below = config.shapes();
    below.putAll(Adapter.shapes(Head.LANGUAGE, config));
    return Adapter.ownShapes(lora.get(), config, below, heads);
  }

  private static LongStream numbers(SortedMap<String, long[]> shapes) {
    return shapes.values().stream()
        .mapToLong(shape -> Arrays.stream(shape).reduce(1, Math::multiplyExact));
  }

  /**
   * Bytes that the forward pass keeps for the backward pass, logits not included.
   *
   * @param rows rows computed at a time
   * @param tokens longest row
   * @param checkpointed whether blocks are computed again in the backward pass; then the blocks'
   *     inputs and one block are in memory at the peak
   */
  public long activations(long rows, long tokens, boolean checkpointed) {
    long inputs = rows * tokens * config.hiddenSize();
    long block = rows * tokens * perToken();
    long ends = rows * tokens * 4L * config.hiddenSize();
    long blocks =
        checkpointed ? (long) config.layers() * inputs + 2 * block : config.layers() * block;
    return (blocks + ends) * bytesPerNumber;
  }

  /**
   * Bytes that an adapter's layers keep besides: the products with A; with dropout the input
   * without what was dropped and the mask; with magnitudes two tensors of the output's width.
   */
  public long adapterActivations(long rows, long tokens, Lora lora, boolean checkpointed) {
    SortedMap<String, long[]> shapes = config.shapes();
    long numbers = 0;
    for (String module : Adapter.meant(lora, shapes)) {
      long[] shape = shapes.get(module + ".weight");
      numbers += lora.rankOf(module);
      numbers += lora.dropout() > 0 ? 2 * shape[1] : 0;
      numbers += lora.dora() ? 2 * shape[0] : 0;
    }
    long most = checkpointed ? numbers * Math.min(2, config.layers()) / config.layers() : numbers;
    return rows * tokens * most * bytesPerNumber;
  }

  /** Bytes of a pass that keeps nothing: the widest block's tensors. */
  public long passing(long rows, long tokens) {
    return rows * tokens * (2 * perToken() + 4L * config.hiddenSize()) * bytesPerNumber;
  }

  /**
   * Numbers that one block keeps of one token: both norms' inputs and results, with RMSNorm also
   * the result before its weight; rotated queries, keys, values, the mix of values in its two
   * layouts and its normaliser; the MLP's widths before and after the activation and, with a gate,
   * their product and the other factor.
   */
  private long perToken() {
    long width = config.hiddenSize();
    long queries = (long) config.heads() * config.headSize();
    long keys = (long) config.keyValueHeads() * config.headSize();
    long norms = (config.family().layerNorm() ? 4L : 6L) * width;
    long attention = 3 * queries + 2 * keys + config.heads();
    long inner = (config.family().has(Part.GATE) ? 4L : 2L) * config.intermediateSize();
    return norms + attention + inner;
  }

  /**
   * Bytes of keys and values while responses are sampled.
   *
   * @param slots tokens of the longest prompt and the longest response together
   */
  public long keyValueCache(long rows, long slots) {
    return 2L
        * config.layers()
        * rows
        * slots
        * config.keyValueHeads()
        * config.headSize()
        * bytesPerNumber;
  }

  /** Bytes of {@code positions} rows of logits, times {@code copies}. */
  public long logits(long positions, int copies) {
    return copies * positions * config.vocabularySize() * (long) bytesPerNumber;
  }
}
