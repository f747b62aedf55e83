package plumbline.annotation;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Coefficients of agreement between raters: 1 is full agreement, 0 what chance alone would give.
 * All are undefined, not 0 or 1, where every answer is the same: nothing then shows that raters
 * could have told units apart.
 */
public final class Agreement {
  /** How far apart two values are. */
  public enum Scale {
    /** Same or not. */
    NOMINAL,
    /** By how many answers lie between them. */
    ORDINAL,
    /** By the square of their difference. */
    INTERVAL
  }

  private Agreement() {}

  /**
   * Krippendorff's alpha (Content Analysis, 2004, chapter 11; Computing Krippendorff's
   * Alpha-Reliability, 2011): {@code 1 - (n - 1) sum o_ck d(c,k) / sum n_c n_k d(c,k)}, where each
   * unit of m answers adds {@code 1/(m - 1)} to o for each ordered pair of them, n_c are o's sums
   * and n the sum of all. Answers may be missing; units with fewer than two are left out.
   *
   * <p>d is 0 or 1 (nominal), {@code (sum of n_g from c to k - (n_c + n_k) / 2)^2} (ordinal) or
   * {@code (c - k)^2} (interval).
   *
   * @param units {@code float[U, answers of the unit]}
   */
  public static OptionalDouble krippendorff(double[][] units, Scale scale) {
    double[] once = new double[units.length];
    Arrays.fill(once, 1);
    return krippendorff(units, once, scale);
  }

  /**
   * As {@link #krippendorff(double[][], Scale)}, of units that stand several times.
   *
   * @param times {@code float[U]}: how often
   */
  static OptionalDouble krippendorff(double[][] units, double[] times, Scale scale) {
    TreeSet<Double> seen = new TreeSet<>();
    for (double[] unit : units) {
      if (unit.length > 1) {
        Arrays.stream(unit).forEach(seen::add);
      }
    }
    double[] values = seen.stream().mapToDouble(value -> value).toArray();
    double[][] pairs = coincidences(units, times, values);
    double[] sums = Arrays.stream(pairs).mapToDouble(row -> Arrays.stream(row).sum()).toArray();
    double n = Arrays.stream(sums).sum();
    double observed = 0;
    double expected = 0;
    for (int c = 0; c < values.length; c++) {
      for (int k = 0; k < values.length; k++) {
        double distance = distance(scale, values, sums, Math.min(c, k), Math.max(c, k));
        observed += pairs[c][k] * distance;
        expected += sums[c] * sums[k] * distance;
      }
    }
    return expected == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(1 - (n - 1) * observed / expected);
  }

  private static double[][] coincidences(double[][] units, double[] times, double[] values) {
    double[][] pairs = new double[values.length][values.length];
    for (int u = 0; u < units.length; u++) {
      double[] unit = units[u];
      for (int i = 0; i < unit.length; i++) {
        for (int j = 0; j < unit.length; j++) {
          if (i != j) {
            int c = Arrays.binarySearch(values, unit[i]);
            int k = Arrays.binarySearch(values, unit[j]);
            pairs[c][k] += times[u] / (unit.length - 1);
          }
        }
      }
    }
    return pairs;
  }

  private static double distance(Scale scale, double[] values, double[] sums, int low, int high) {
    if (low == high) {
      return 0;
    }
    return switch (scale) {
      case NOMINAL -> 1;
      case INTERVAL -> Math.pow(values[high] - values[low], 2);
      case ORDINAL -> {
        double between = -(sums[low] + sums[high]) / 2;
        for (int g = low; g <= high; g++) {
          between += sums[g];
        }
        yield between * between;
      }
    };
  }

  /**
   * Fleiss' kappa (Measuring Nominal Scale Agreement Among Many Raters, 1971) of units that equally
   * many answers are on: {@code (P - Pe) / (1 - Pe)}, P the share of pairs of answers to a unit
   * that agree, Pe the sum of squares of the values' shares.
   *
   * @return empty where undefined, and where units have different numbers of answers, or fewer than
   *     two
   */
  public static OptionalDouble fleiss(double[][] units) {
    int raters = units.length == 0 ? 0 : units[0].length;
    Map<Double, Double> totals = new TreeMap<>();
    double agreement = 0;
    for (double[] unit : units) {
      if (unit.length != raters || raters < 2) {
        return OptionalDouble.empty();
      }
      Map<Double, Integer> counts = new HashMap<>();
      for (double value : unit) {
        counts.merge(value, 1, Integer::sum);
        totals.merge(value, 1.0, Double::sum);
      }
      for (int count : counts.values()) {
        agreement += (double) count * (count - 1) / raters / (raters - 1) / units.length;
      }
    }
    double chance = 0;
    for (double total : totals.values()) {
      chance += Math.pow(total / units.length / raters, 2);
    }
    return kappa(agreement, chance, totals.size());
  }

  private static OptionalDouble kappa(double agreement, double chance, int values) {
    return values < 2
        ? OptionalDouble.empty()
        : OptionalDouble.of((agreement - chance) / (1 - chance));
  }

  /**
   * Kendall's coefficient of concordance (Kendall and Babington Smith, The Problem of m Rankings,
   * 1939), corrected for ties: {@code W = 12 S / (m^2 (n^3 - n) - m T)}, S the sum of squared
   * deviations of the candidates' rank sums, T the sum of {@code t^3 - t} over groups of t ties. In
   * [0, 1].
   *
   * @param ranks {@code float[m, n]}: of m raters, each of all n candidates; equal values are ties
   * @return empty where everybody ties everything, or there are fewer than two raters
   */
  public static OptionalDouble kendallW(double[][] ranks) {
    int m = ranks.length;
    int n = m == 0 ? 0 : ranks[0].length;
    double[] sums = new double[n];
    double ties = 0;
    for (double[] vote : ranks) {
      for (int i = 0; i < n; i++) {
        double better = 0;
        double equal = 0;
        for (double other : vote) {
          better += other < vote[i] ? 1 : 0;
          equal += other == vote[i] ? 1 : 0;
        }
        sums[i] += better + (equal + 1) / 2;
        // Each of t equal candidates adds t^2 - 1, the group t^3 - t.
        ties += equal * equal - 1;
      }
    }
    double mean = m * (n + 1) / 2.0;
    double squares = Arrays.stream(sums).map(sum -> (sum - mean) * (sum - mean)).sum();
    double most = (double) m * m * (Math.pow(n, 3) - n) - m * ties;
    return m < 2 || most <= 0 ? OptionalDouble.empty() : OptionalDouble.of(12 * squares / most);
  }

  /**
   * The mean of {@link #kendallW} over the items on which it is defined; votes that leave a
   * candidate unranked are left out.
   */
  public static OptionalDouble meanKendallW(List<VotedItem> items) {
    return items.stream()
        .map(
            item ->
                item.votes().stream()
                    .filter(vote -> vote.ranks().size() == item.shown().size())
                    .map(vote -> item.shown().stream().mapToDouble(vote::rank).toArray())
                    .toArray(double[][]::new))
        .map(Agreement::kendallW)
        .filter(OptionalDouble::isPresent)
        .mapToDouble(OptionalDouble::getAsDouble)
        .average();
  }
}
