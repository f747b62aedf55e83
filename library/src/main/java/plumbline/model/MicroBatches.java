package plumbline.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import plumbline.distributed.World;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;
import plumbline.tensor.Workers;

/**
 * The parts of an update or of a measurement, computed side by side by {@link Workers}: all that is
 * computed for many rows at a time comes through here. In a {@link World} of several processes the
 * parts, which are of about the same size, are dealt out.
 *
 * <p>Each part's gradients are computed apart, or where parts follow one another straight into the
 * sum, and added in the order of the parts, so that the number of threads changes no bit of the
 * result. Several processes add up their sums afterwards, which rounds otherwise.
 */
public final class MicroBatches {
  /**
   * Tokens of a part, padding included. Parts of this size keep what they compute near the
   * processor and leave work for many threads; smaller ones pay for their gradients' additions.
   */
  static final int MOST_TOKENS = 512;

  /** The same where only adapters are trained, whose gradients are small: half the activations. */
  static final int MOST_ADAPTED_TOKENS = 256;

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
    return split(tokens, mostRows, false);
  }

  /**
   * As above; rows by which only adapters are trained come in parts of {@link
   * #MOST_ADAPTED_TOKENS}.
   */
  static List<List<Integer>> split(int[] tokens, int mostRows, boolean adapted) {
    List<Integer> byLength =
        IntStream.range(0, tokens.length)
            .boxed()
            .sorted(Comparator.comparingInt(row -> tokens[row]))
            .toList();
    long half = (IntStream.of(tokens).asLongStream().sum() + 1) / 2;
    long most = Math.max(FEW_TOKENS, Math.min(mostTokens(adapted), half));
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
   * Rows of one length that a part has at most.
   *
   * @param mostRows as in {@link #split}
   * @param adapted whether only adapters are trained
   */
  public static long mostRows(int mostRows, long tokens, boolean adapted) {
    return Math.max(1, Math.min(mostRows, mostTokens(adapted) / tokens));
  }

  private static int mostTokens(boolean adapted) {
    return adapted ? MOST_ADAPTED_TOKENS : MOST_TOKENS;
  }

  /**
   * Adds the gradients of all parts to those of the models' trainable weights; of several processes
   * each has those of its own parts until the optimizer's step.
   *
   * <p>A part that does not fit the memory is computed in halves if the first model's {@link
   * Halving} allows it.
   *
   * @param trained the models, each once or several times
   * @param parts indices of rows
   * @param work computes a part, or a run of one, and its backward pass, in a scope of its own;
   *     says what is worth knowing of it
   * @return what {@code work} said, in the order of the parts; of a part in halves several times
   */
  public static List<double[]> accumulate(
      List<Transformer> trained,
      List<List<Integer>> parts,
      Function<List<Integer>, double[]> work) {
    List<double[][]> said =
        World.current().share(parts, double[][].class, own -> accumulateHere(trained, own, work));
    return said.stream().flatMap(Arrays::stream).toList();
  }

  private static List<double[][]> accumulateHere(
      List<Transformer> trained,
      List<List<Integer>> parts,
      Function<List<Integer>, double[]> work) {
    Halving halving = trained.get(0).halving();
    List<Parameters> weights = trained.stream().map(Transformer::weights).distinct().toList();
    Halves halves =
        new Halves(
            weights, halving.isAllowed() ? Leaves.Handing.NONE : handing(trained), halving, work);
    try (OrderedSum sum = new OrderedSum(weights)) {
      return Workers.alike(
          indices(parts.size()),
          index -> {
            Gradients.Taken taken =
                (model, name, gradient) -> sum.add(index, model, name, gradient);
            Computed part = halves.compute(parts.get(index), taken, 0);
            try (Gradients rest = part.gradients) {
              sum.end(index, rest);
            }
            return part.said.toArray(double[][]::new);
          });
    }
  }

  /**
   * Where nothing is to be taken back, a part's gradient of a weight is added to the sum as soon as
   * it is there and the parts before have added theirs. Not those that come in pieces: logits are
   * computed some positions at a time, some parts embed several batches, and blocks that are
   * computed again have backward passes of their own.
   */
  private static Leaves.Handing handing(List<Transformer> trained) {
    Predicate<String> inPieces = inPieces(trained);
    boolean again = trained.stream().anyMatch(Transformer::isCheckpointed);
    return new Leaves.Handing(
        Workers.inTurn() ? inPieces : name -> true,
        again ? name -> false : inPieces.negate(),
        (name, share) -> {});
  }

  /** The weights to which a part's gradient comes in pieces: heads and embeddings. */
  private static Predicate<String> inPieces(List<Transformer> trained) {
    Set<String> names = new HashSet<>();
    for (Transformer model : trained) {
      names.add(model.config().family().name(Part.EMBEDDING) + ".weight");
      if (model.heads().contains(Head.LANGUAGE)) {
        names.add(model.languageHead() + ".weight");
      }
    }
    return names::contains;
  }

  /** What a part gave: its gradients, and what was said of each run of its rows. */
  private record Computed(Gradients gradients, List<double[]> said) {
    Computed plus(Computed other) {
      try (Gradients more = other.gradients) {
        gradients.plus(more);
      }
      List<double[]> all = new ArrayList<>(said);
      all.addAll(other.said);
      return new Computed(gradients, all);
    }
  }

  /** Parts computed whole, or in halves as often as the memory wants it. */
  private record Halves(
      List<Parameters> weights,
      Leaves.Handing handing,
      Halving halving,
      Function<List<Integer>, double[]> work) {
    Computed compute(List<Integer> part, Gradients.Taken taken, int already) {
      if (already < halving.times() && part.size() > 1) {
        return inHalves(part, taken, already);
      }
      try {
        return whole(part, taken);
      } catch (RuntimeException | OutOfMemoryError e) {
        if (halving.helps(e, already, part.size())) {
          return inHalves(part, taken, already);
        }
        throw e;
      }
    }

    private Computed whole(List<Integer> part, Gradients.Taken taken) {
      return Scopes.call(
          () -> {
            double[][] said = new double[1][];
            Gradients gradients =
                Gradients.of(weights, handing, taken, () -> said[0] = work.apply(part));
            return new Computed(gradients, List.of(said[0]));
          });
    }

    private Computed inHalves(List<Integer> part, Gradients.Taken taken, int already) {
      int half = part.size() / 2;
      Computed first = compute(part.subList(0, half), taken, already + 1);
      try {
        return first.plus(compute(part.subList(half, part.size()), taken, already + 1));
      } catch (RuntimeException | OutOfMemoryError e) {
        first.gradients.close();
        throw e;
      }
    }
  }

  /**
   * Numbers of all parts, without gradients.
   *
   * @param work computes a part in a scope of its own
   * @return what {@code work} said, in the order of the parts
   */
  public static <P> List<double[]> measure(List<P> parts, Function<P, double[]> work) {
    return World.current().share(parts, double[].class, own -> measureHere(own, work));
  }

  private static <P> List<double[]> measureHere(List<P> parts, Function<P, double[]> work) {
    return Scopes.noGrad(
        () ->
            Workers.alike(
                indices(parts.size()), index -> Scopes.call(() -> work.apply(parts.get(index)))));
  }

  /**
   * Numbers of each row, computed in parts without gradients.
   *
   * @param parts indices of rows, from 0 on each once in all
   * @param work computes a part in a scope of its own: float[rows of the part, ...]
   * @return double[rows][], what stands beside a row's index of its part
   */
  public static double[][] perRow(List<List<Integer>> parts, Function<List<Integer>, Tensor> work) {
    List<double[]> found = measure(parts, part -> Ops.toDoubles(work.apply(part)));
    double[][] numbers = new double[parts.stream().mapToInt(List::size).sum()][];
    for (int part = 0; part < parts.size(); part++) {
      List<Integer> rows = parts.get(part);
      int width = found.get(part).length / rows.size();
      for (int i = 0; i < rows.size(); i++) {
        numbers[rows.get(i)] = Arrays.copyOfRange(found.get(part), i * width, (i + 1) * width);
      }
    }
    return numbers;
  }

  /** The parts that are computed here. */
  private static List<Integer> indices(int parts) {
    return IntStream.range(0, parts).boxed().toList();
  }
}
