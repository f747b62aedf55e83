package plumbline.dpo;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Which of a prompt's scored responses make pairs: Dong et al. (2024), arXiv:2405.07863, section 4,
 * and Zhai et al. (2024), arXiv:2405.14103 for {@link #BEST_OTHERS}.
 */
public enum PairRule {
  /** The best and the worst. */
  BEST_WORST,
  /** The best and a random other one. */
  BEST_RANDOM,
  /** The best and the second. */
  BEST_SECOND,
  /** The best with each of the others. */
  BEST_OTHERS,
  /** Each of the first half with its number in the second, which an opponent sampled. */
  OPPONENT;

  /**
   * A pair of responses.
   *
   * @param chosen its number
   * @param rejected its number
   */
  public record Pair(int chosen, int rejected) {}

  /**
   * The pairs of one prompt. Of equal scores the earlier response counts as the better; no pair is
   * made of two whose scores differ by no more than {@code tie}.
   *
   * @param scores {@code double[K]}, higher is better
   * @param tie in the scores' unit; negative infinity makes a pair of any two
   * @param seed decides what is random
   */
  public List<Pair> pairs(double[] scores, double tie, long seed) {
    List<Pair> pairs = new ArrayList<>();
    for (Pair pair : candidates(scores, seed)) {
      if (scores[pair.chosen()] - scores[pair.rejected()] > tie) {
        pairs.add(pair);
      }
    }
    return pairs;
  }

  private List<Pair> candidates(double[] scores, long seed) {
    if (this == OPPONENT) {
      int half = scores.length / 2;
      return IntStream.range(0, half)
          .mapToObj(
              i -> scores[i] >= scores[half + i] ? new Pair(i, half + i) : new Pair(half + i, i))
          .toList();
    }
    List<Integer> ranked =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -scores[i]))
            .toList();
    return IntStream.of(places(ranked.size(), seed))
        .mapToObj(place -> new Pair(ranked.get(0), ranked.get(place)))
        .toList();
  }

  /** Places in the ranking whose responses are rejected. */
  private int[] places(int count, long seed) {
    if (count < 2) {
      return new int[0];
    }
    return switch (this) {
      case BEST_WORST -> new int[] {count - 1};
      case BEST_RANDOM -> new int[] {1 + new SplittableRandom(seed).nextInt(count - 1)};
      case BEST_SECOND -> new int[] {1};
      case BEST_OTHERS -> IntStream.range(1, count).toArray();
      case OPPONENT -> throw new IllegalStateException("opponents are not ranked together");
    };
  }
}
