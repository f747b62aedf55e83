package plumbline.bench;

import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.IntStream;
import plumbline.model.ModelConfig;
import plumbline.model.WeightFormat;

/**
 * Arithmetic and memory traffic that a computation cannot do without, of matrix products alone.
 *
 * @param operations multiplications and additions
 * @param bytes of weights and of the KV cache that are read, and what an optimizer reads and writes
 */
record Work(double operations, double bytes) {
  static final Work NONE = new Work(0, 0);

  /** Of AdamW per float32 weight: weight, gradient and two moments read, all but one written. */
  private static final int OPTIMIZER_BYTES = 7 * Float.BYTES;

  Work plus(Work other) {
    return new Work(operations + other.operations, bytes + other.bytes);
  }

  Work times(double factor) {
    return new Work(operations * factor, bytes * factor);
  }

  /** Weights of the matrices of a model's blocks. */
  static long blockWeights(ModelConfig config) {
    SortedMap<String, long[]> shapes = config.shapes();
    return config.linears().stream()
        .map(name -> shapes.get(name + ".weight"))
        .mapToLong(shape -> shape[0] * shape[1])
        .sum();
  }

  /** Weights of one block's matrices but for those of queries, keys and values. */
  private static double behindAttention(ModelConfig config) {
    long heads = config.heads() + 2L * config.keyValueHeads();
    return (double) blockWeights(config) / config.layers()
        - heads * config.headSize() * config.hiddenSize();
  }

  private static long headWeights(ModelConfig config) {
    return (long) config.vocabularySize() * config.hiddenSize();
  }

  /**
   * One forward pass in float32. Of a token whose state is not wanted the last block wants queries,
   * keys and values only.
   *
   * @param rows tokens of each row
   * @param states that are wanted
   * @param logits those of these states: all or none
   */
  static Work forward(ModelConfig config, int[] rows, long states, boolean logits) {
    long tokens = IntStream.of(rows).sum();
    double seen = config.family().causal() ? 0.5 : 1;
    double pairs = IntStream.of(rows).mapToDouble(row -> seen * row * row).sum();
    double attention = 4.0 * config.heads() * config.headSize() * config.layers() * pairs;
    long head = headWeights(config);
    double products = blockWeights(config) * tokens - behindAttention(config) * (tokens - states);
    if (logits) {
      products += head * states;
    }
    double bytes = 4.0 * (blockWeights(config) + (logits ? head : 0));
    return new Work(2 * products + attention, bytes);
  }

  /** Forward and backward passes: the gradient costs as much again for inputs and for weights. */
  static Work training(Work forward, boolean inputsOnly) {
    return forward.times(inputsOnly ? 2 : 3);
  }

  /** Forward and backward passes of an adapter of a rank on every layer of the blocks. */
  static Work adapter(ModelConfig config, int rank, long tokens) {
    return new Work(3.0 * 2 * adapterWeights(config, rank) * tokens, 0);
  }

  static long adapterWeights(ModelConfig config, int rank) {
    SortedMap<String, long[]> shapes = config.shapes();
    return config.linears().stream()
        .map(name -> shapes.get(name + ".weight"))
        .mapToLong(shape -> rank * (shape[0] + shape[1]))
        .sum();
  }

  /** One step of the optimizer. */
  static Work optimizer(long weights) {
    return new Work(0, (double) OPTIMIZER_BYTES * weights);
  }

  /**
   * Prompts and then token after token, all rows side by side: the weights are read once for each.
   *
   * @param prompts tokens of each row's prompt
   * @param response tokens drawn for each
   * @param format of the copy that samples; empty: as the engine computes, the head in float32
   */
  static Work generation(
      ModelConfig config, int[] prompts, int response, Optional<WeightFormat> format) {
    int[] whole = IntStream.of(prompts).map(prompt -> prompt + response - 1).toArray();
    Work products = forward(config, whole, (long) prompts.length * response, true);
    double ofBlocks = bytes(format.orElse(WeightFormat.ofEngine())) * blockWeights(config);
    double ofHead = bytes(format.orElse(WeightFormat.FLOAT32)) * headWeights(config);
    double weights = response * (ofBlocks + ofHead);
    double perToken = 8.0 * config.keyValueHeads() * config.headSize() * config.layers();
    double cache = 0;
    for (int prompt : prompts) {
      cache += perToken * (response - 1) * (prompt + response / 2.0);
    }
    return new Work(products.operations, weights + cache);
  }

  private static double bytes(WeightFormat format) {
    return switch (format) {
      case FLOAT32 -> Float.BYTES;
      case BFLOAT16 -> Short.BYTES;
      case INT8 -> Byte.BYTES;
      case INT4, NF4 -> Byte.BYTES / 2.0;
    };
  }
}
