package plumbline.model;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import plumbline.tensor.Scopes;
import plumbline.tensor.Workers;

/**
 * The parts of an update or of a measurement, computed side by side by {@link Workers}: all that is
 * computed for many rows at a time comes through here.
 *
 * <p>Each part's gradients are computed apart and added in the order of the parts, so that the
 * number of threads changes no bit of the result.
 */
public final class MicroBatches {
  /**
   * Tokens of a part, padding included. Parts of this size keep what they compute near the
   * processor and leave work for many threads; smaller ones pay for their gradients' additions.
   */
  static final int MOST_TOKENS = 512;

  /** Tokens that are not worth dividing. */
  static final int FEW_TOKENS = 128;

  private MicroBatches() {}

  /**
   * Splits rows into parts of at most so many rows and {@link #MOST_TOKENS} tokens or one row, and
   * into two parts at least where there are more than {@link #FEW_TOKENS}; rows of like length come
   * together, so that little is padded. The number of threads plays no role.
   *
   * @param tokens of each row
   * @param mostRows of a part, at least 1
   * @return lists of indices into {@code tokens}
   */
  public static List<List<Integer>> split(int[] tokens, int mostRows) {
    List<Integer> byLength =
        IntStream.range(0, tokens.length)
            .boxed()
            .sorted(Comparator.comparingInt(row -> tokens[row]))
            .toList();
    long half = (IntStream.of(tokens).asLongStream().sum() + 1) / 2;
    long most = Math.max(FEW_TOKENS, Math.min(MOST_TOKENS, half));
    List<List<Integer>> parts = new ArrayList<>();
    int start = 0;
    for (int end = 1; end <= tokens.length; end++) {
      boolean full =
          end == tokens.length
              || end - start == mostRows
              || (end + 1L - start) * tokens[byLength.get(end)] > most;
      if (full) {
        parts.add(List.copyOf(byLength.subList(start, end)));
        start = end;
      }
    }
    return parts;
  }

  /**
   * Adds the gradients of all parts to those of the models' trainable weights.
   *
   * @param trained the models, each once or several times
   * @param work computes a part and its backward pass, in a scope of its own; says what is worth
   *     knowing of it
   * @return what {@code work} said, in the order of the parts
   */
  public static <P> List<double[]> accumulate(
      List<Transformer> trained, List<P> parts, Function<P, double[]> work) {
    List<Parameters> weights = trained.stream().map(Transformer::weights).distinct().toList();
    try (Sum sum = new Sum(weights)) {
      return Workers.alike(
          indices(parts.size()),
          index ->
              Scopes.call(
                  () -> {
                    double[][] said = new double[1][];
                    sum.add(index, apart(weights, 0, () -> said[0] = work.apply(parts.get(index))));
                    return said[0];
                  }));
    }
  }

  /**
   * Numbers of all parts, without gradients.
   *
   * @param work computes a part in a scope of its own
   * @return what {@code work} said, in the order of the parts
   */
  public static <P> List<double[]> measure(List<P> parts, Function<P, double[]> work) {
    return Scopes.noGrad(
        () ->
            Workers.alike(
                indices(parts.size()), index -> Scopes.call(() -> work.apply(parts.get(index)))));
  }

  /** The parts that are computed here. */
  private static List<Integer> indices(int parts) {
    return IntStream.range(0, parts).boxed().toList();
  }

  /** The gradients of each weights' own from {@code first} on. */
  private static List<SortedMap<String, Tensor>> apart(
      List<Parameters> weights, int first, Runnable body) {
    if (first == weights.size()) {
      body.run();
      return new ArrayList<>();
    }
    List<SortedMap<String, Tensor>> gradients = new ArrayList<>();
    SortedMap<String, Tensor> own =
        weights.get(first).gradientsOf(() -> gradients.addAll(apart(weights, first + 1, body)));
    gradients.add(0, own);
    return gradients;
  }

  /** Adds gradients to the weights' in the order of the parts, whichever comes first. */
  private static final class Sum implements AutoCloseable {
    private final List<Parameters> weights;
    private final SortedMap<Integer, List<SortedMap<String, Tensor>>> waiting = new TreeMap<>();
    private int next;

    Sum(List<Parameters> weights) {
      this.weights = weights;
    }

    synchronized void add(int part, List<SortedMap<String, Tensor>> gradients) {
      waiting.put(part, gradients);
      while (waiting.containsKey(next)) {
        List<SortedMap<String, Tensor>> ofNext = waiting.remove(next);
        for (int i = 0; i < ofNext.size(); i++) {
          weights.get(i).addGradients(ofNext.get(i));
        }
        next++;
      }
    }

    /** Frees what waits for a part that failed. */
    @Override
    public synchronized void close() {
      for (List<SortedMap<String, Tensor>> gradients : waiting.values()) {
        for (Map<String, Tensor> ofOne : gradients) {
          ofOne.values().forEach(Tensor::close);
        }
      }
      waiting.clear();
    }
  }
}
