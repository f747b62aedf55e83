package plumbline.score;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a scorer says of some completions.
 *
 * @param total one score per completion, what training maximises
 * @param leaves the raw scores of each leaf of the scorer's tree, by the leaf's name
 */
public record Scores(double[] total, Map<String, double[]> leaves) {
  public Scores {
    for (int i = 0; i < total.length; i++) {
      if (!Double.isFinite(total[i])) {
        throw new IllegalArgumentException("score " + i + " is " + total[i]);
      }
    }
    leaves = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(leaves));
  }

  /** The scores of a leaf: its raw scores are its total. */
  public static Scores of(String leaf, double[] values) {
    return new Scores(values, Map.of(leaf, values));
  }
}
