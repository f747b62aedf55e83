package plumbline.bench;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import plumbline.model.ModelConfig;

/**
 * The size of a workload.
 *
 * @param shape the model
 * @param rows rows of a repeat: prompts, pairs or demonstrations
 * @param prompt tokens of a prompt, the mean if lengths differ
 * @param response tokens of a response, likewise; the end token included where there is one
 */
record Load(Model shape, int rows, int prompt, int response) {

  /** What the model is like. */
  interface Model {
    /**
     * The shape.
     *
     * @param tiny a small one instead, to see that everything runs
     */
    ModelConfig config(boolean tiny);
  }

  /** So that every run of every tool draws the same lengths. */
  private static final long SEED = 20_240_229;

  private static final int TINY = 8;

  /** The model's shape. */
  ModelConfig config(BenchSettings settings) {
    return shape.config(settings.tiny());
  }

  /** The load itself, or a small one. */
  Load sized(BenchSettings settings) {
    return settings.tiny()
        ? new Load(shape, 2, Math.max(1, prompt / TINY), Math.max(2, response / TINY))
        : this;
  }

  /** A length for each row. */
  int[] prompts(BenchSettings settings) {
    return lengths(settings, prompt, SEED);
  }

  /**
   * A length for each row.
   *
   * @param which 0 for the first response to a prompt, 1 for the second
   */
  int[] responses(BenchSettings settings, int which) {
    return lengths(settings, response, SEED + 1 + which);
  }

  private int[] lengths(BenchSettings settings, int mean, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int least = Math.max(1, mean / 8);
    return IntStream.range(0, rows)
        .map(row -> settings.ragged() ? random.nextInt(least, 2 * mean - least + 1) : mean)
        .toArray();
  }

  /** Random tokens, none of which is {@link Words#END}: a row per length. */
  static List<int[]> tokens(int[] lengths, int vocabulary, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return IntStream.of(lengths)
        .mapToObj(length -> random.ints(length, Words.END + 1, vocabulary).toArray())
        .toList();
  }
}
