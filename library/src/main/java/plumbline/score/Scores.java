package plumbline.score;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a scorer says of some completions.
 *
 * @param total one score per completion, what training maximises
 * @param leaves by name, one number per completion: the raw scores of each leaf of the scorer's
 *     tree, and its diagnostics, whose names have a slash ({@code reward/error_rate})
 * @param segments per completion, the parts of {@code total} that are earned before the response's
 *     end; empty if the scorer has no such rewards
 */
public record Scores(
    double[] total, Map<String, double[]> leaves, List<List<SegmentReward>> segments) {
  public Scores {
    for (int i = 0; i < total.length; i++) {
      if (!Double.isFinite(total[i])) {
        throw new ArithmeticException("the score of response " + i + " is " + total[i]);
      }
    }
    leaves = Collections.unmodifiableMap(new LinkedHashMap<>(leaves));
    segments = segments.stream().map(List::copyOf).toList();
    if (!segments.isEmpty() && segments.size() != total.length) {
      throw new IllegalArgumentException(
          segments.size() + " completions have segments, " + total.length + " have scores");
    }
  }

  /** Scores that are earned at the response's end. */
  public Scores(double[] total, Map<String, double[]> leaves) {
    this(total, leaves, List.of());
  }

  /** The scores of a leaf: its raw scores are its total. */
  public static Scores of(String leaf, double[] values) {
    return new Scores(values, Map.of(leaf, values));
  }

  /** Whether a part of the totals is earned before the responses' ends. */
  public boolean isDense() {
    return !segments.isEmpty();
  }
}
