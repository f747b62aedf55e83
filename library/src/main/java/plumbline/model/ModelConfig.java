package plumbline.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The shape of a transformer, as its {@code config.json} gives it.
 *
 * @param family names of weights and structure
 * @param vocabularySize V, rows of the embedding
 * @param hiddenSize D, width of the residual stream
 * @param intermediateSize width inside the MLP
 * @param layers number of blocks
 * @param heads H, query heads
 * @param keyValueHeads heads of keys and values; divides {@code heads}
 * @param headSize width of one head; H x headSize need not be D
 * @param maxPositions longest sequence in tokens
 * @param normEpsilon added to the mean square or the variance in norms
 * @param activation non-linearity of the MLP
 * @param positions how a token knows its place
 * @param window which layers see only the tokens shortly before
 * @param parallelBlocks whether attention and MLP read the same residual stream side by side
 * @param tiedEmbeddings whether the language head is the embedding
 * @param attentionBias whether the query, key and value projections have biases
 * @param outputBias whether the attention's output projection has a bias
 * @param mlpBias whether the MLP's projections have biases
 * @param tokenTypes rows of the table of token types, 0 without one
 * @param labels names of a classifier's outputs; at least one
 * @param bosId the token that starts a text
 * @param eosIds the tokens that end a response
 * @param padId the token that fills batches; it never takes part
 */
public record ModelConfig(
    Family family,
    int vocabularySize,
    int hiddenSize,
    int intermediateSize,
    int layers,
    int heads,
    int keyValueHeads,
    int headSize,
    int maxPositions,
    double normEpsilon,
    Activation activation,
    Positions positions,
    Optional<SlidingWindow> window,
    boolean parallelBlocks,
    boolean tiedEmbeddings,
    boolean attentionBias,
    boolean outputBias,
    boolean mlpBias,
    int tokenTypes,
    List<String> labels,
    OptionalInt bosId,
    List<Integer> eosIds,
    OptionalInt padId) {
  /** What Hugging Face calls the first output of a classifier. */
  static final List<String> ONE_LABEL = List.of("LABEL_0");

  /** Beyond any model; the names of more would fill the memory before a weight is read. */
  private static final int MAX_LAYERS = 10_000;

  public ModelConfig {
    requirePositive("vocab_size", vocabularySize);
    requirePositive("hidden_size", hiddenSize);
    requirePositive("intermediate_size", intermediateSize);
    requirePositive("num_hidden_layers", layers);
    if (layers > MAX_LAYERS) {
      throw new IllegalArgumentException(
          "num_hidden_layers is " + layers + ", wanted at most " + MAX_LAYERS);
    }
    requirePositive("num_attention_heads", heads);
    requirePositive("num_key_value_heads", keyValueHeads);
    requirePositive("head_dim", headSize);
    requirePositive("max_position_embeddings", maxPositions);
    labels = List.copyOf(labels);
    eosIds = List.copyOf(eosIds);
    requirePositive("number of labels", labels.size());
    if (heads % keyValueHeads != 0) {
      throw new IllegalArgumentException(
          "num_key_value_heads is "
              + keyValueHeads
              + ", which does not divide num_attention_heads "
              + heads);
    }
    if (positions instanceof Positions.Rotary rotary && rotary.dimensions() > headSize) {
      throw new IllegalArgumentException(
          "rotary positions turn "
              + rotary.dimensions()
              + " dimensions, a head has only "
              + headSize);
    }
  }

  private static void requirePositive(String key, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(key + " is " + value + ", wanted at least 1");
    }
  }

  /** A Llama without biases, with plain rotary positions, as llama2.c has it. */
  public static ModelConfig llama(
      int vocabularySize,
      int hiddenSize,
      int intermediateSize,
      int layers,
      int heads,
      int keyValueHeads,
      int maxPositions,
      boolean tiedEmbeddings,
      OptionalInt bosId,
      OptionalInt eosId,
      OptionalInt padId) {
    int headSize = hiddenSize / Math.max(1, heads);
    return new ModelConfig(
        Family.LLAMA,
        vocabularySize,
        hiddenSize,
        intermediateSize,
        layers,
        heads,
        keyValueHeads,
        headSize,
        maxPositions,
        1e-5,
        Activation.SILU,
        new Positions.Rotary(10_000, new RotaryScaling.None(), headSize),
        Optional.empty(),
        false,
        tiedEmbeddings,
        false,
        false,
        false,
        0,
        ONE_LABEL,
        bosId,
        eosId.stream().boxed().toList(),
        padId);
  }

  /**
   * A GPT-2 or a RoBERTa, with a learned vector per position and biases everywhere.
   *
   * @param family {@link Family#GPT2} or {@link Family#ROBERTA}
   */
  public static ModelConfig ofLearnedPositions(
      Family family,
      int vocabularySize,
      int hiddenSize,
      int intermediateSize,
      int layers,
      int heads,
      int maxPositions,
      OptionalInt eosId,
      OptionalInt padId) {
    if (family != Family.GPT2 && family != Family.ROBERTA) {
      throw new IllegalArgumentException("family is " + family + ", wanted GPT2 or ROBERTA");
    }
    boolean decoder = family.causal();
    return new ModelConfig(
        family,
        vocabularySize,
        hiddenSize,
        intermediateSize,
        layers,
        heads,
        heads,
        hiddenSize / Math.max(1, heads),
        maxPositions,
        1e-5,
        decoder ? Activation.GELU_TANH : Activation.GELU,
        new Positions.Learned(decoder ? 0 : padId.orElse(1) + 1),
        Optional.empty(),
        false,
        decoder,
        true,
        true,
        true,
        decoder ? 0 : 1,
        ONE_LABEL,
        OptionalInt.empty(),
        eosId.stream().boxed().toList(),
        padId);
  }

  /** The first of {@link #eosIds}. */
  public OptionalInt eosId() {
    return eosIds.stream().mapToInt(Integer::intValue).findFirst();
  }

  /** This shape with other outputs under the score head. */
  public ModelConfig withLabels(List<String> names) {
    return new ModelConfig(
        family,
        vocabularySize,
        hiddenSize,
        intermediateSize,
        layers,
        heads,
        keyValueHeads,
        headSize,
        maxPositions,
        normEpsilon,
        activation,
        positions,
        window,
        parallelBlocks,
        tiedEmbeddings,
        attentionBias,
        outputBias,
        mlpBias,
        tokenTypes,
        names,
        bosId,
        eosIds,
        padId);
  }

  /** The full name of a block's part. */
  String name(int layer, Part part) {
    return family.block(layer) + family.name(part);
  }

  /** The full names of a block's parts. */
  List<String> names(int layer, Part... parts) {
    return Arrays.stream(parts).map(part -> name(layer, part)).toList();
  }

  /** Name to shape of every weight below the heads; matrices of linear layers are [out, in]. */
  public SortedMap<String, long[]> shapes() {
    SortedMap<String, long[]> shapes = new TreeMap<>();
    shapes.put(family.name(Part.EMBEDDING) + ".weight", new long[] {vocabularySize, hiddenSize});
    if (positions instanceof Positions.Learned learned) {
      shapes.put(
          family.name(Part.POSITIONS) + ".weight",
          new long[] {maxPositions + learned.offset(), hiddenSize});
    }
    if (tokenTypes > 0) {
      shapes.put(family.name(Part.TOKEN_TYPES) + ".weight", new long[] {tokenTypes, hiddenSize});
    }
    putNorm(shapes, "", Part.EMBEDDING_NORM);
    putNorm(shapes, "", Part.FINAL_NORM);
    for (int layer = 0; layer < layers; layer++) {
      putBlock(shapes, layer);
    }
    return shapes;
  }

  /**
   * Weights that a trunk may bring along for a head to come: BERT's pooler, trained with the trunk
   * and read by its score head.
   */
  SortedMap<String, long[]> optionalShapes() {
    SortedMap<String, long[]> shapes = new TreeMap<>();
    if (family.has(Part.CLASSIFIER_DENSE)
        && family.name(Part.CLASSIFIER_DENSE).startsWith(family.prefix())) {
      shapes.putAll(Head.SCORE.shapes(this));
      shapes.keySet().removeIf(name -> !name.startsWith(family.prefix()));
    }
    return shapes;
  }

  private void putBlock(SortedMap<String, long[]> shapes, int layer) {
    int queries = heads * headSize;
    int keys = keyValueHeads * headSize;
    putNorm(shapes, family.block(layer), Part.ATTENTION_NORM);
    putNorm(shapes, family.block(layer), Part.MLP_NORM);
    for (Part part : List.of(Part.QUERY_NORM, Part.KEY_NORM)) {
      if (family.has(part)) {
        shapes.put(name(layer, part) + ".weight", new long[] {headSize});
      }
    }
    putLinear(shapes, layer, Part.FUSED, queries + 2 * keys, hiddenSize, attentionBias);
    putLinear(shapes, layer, Part.QUERY, queries, hiddenSize, attentionBias);
    putLinear(shapes, layer, Part.KEY, keys, hiddenSize, attentionBias);
    putLinear(shapes, layer, Part.VALUE, keys, hiddenSize, attentionBias);
    putLinear(shapes, layer, Part.ATTENTION_OUT, hiddenSize, queries, outputBias);
    putLinear(shapes, layer, Part.GATE, intermediateSize, hiddenSize, mlpBias);
    putLinear(shapes, layer, Part.UP, intermediateSize, hiddenSize, mlpBias);
    putLinear(shapes, layer, Part.DOWN, hiddenSize, intermediateSize, mlpBias);
  }

  private void putNorm(SortedMap<String, long[]> shapes, String before, Part part) {
    if (family.has(part)) {
      String name = before + family.name(part);
      shapes.put(name + ".weight", new long[] {hiddenSize});
      if (family.layerNorm()) {
        shapes.put(name + ".bias", new long[] {hiddenSize});
      }
    }
  }

  private void putLinear(
      SortedMap<String, long[]> shapes, int layer, Part part, int out, int in, boolean bias) {
    if (family.has(part)) {
      shapes.put(name(layer, part) + ".weight", new long[] {out, in});
      if (bias) {
        shapes.put(name(layer, part) + ".bias", new long[] {out});
      }
    }
  }

  /** The names of the blocks' linear layers, without {@code .weight}, in layer order. */
  public List<String> linears() {
    List<String> names = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      for (Part part :
          List.of(
              Part.FUSED,
              Part.QUERY,
              Part.KEY,
              Part.VALUE,
              Part.ATTENTION_OUT,
              Part.GATE,
              Part.UP,
              Part.DOWN)) {
        if (family.has(part)) {
          names.add(name(layer, part));
        }
      }
    }
    return names;
  }
}
