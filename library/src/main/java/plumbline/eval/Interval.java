package plumbline.eval;

import java.util.List;

/**
 * An estimate with its confidence interval, in the unit of what was measured.
 *
 * @param mean the estimate from the data itself, finite
 * @param low lower end of the interval, at most {@code high}
 * @param high upper end of the interval
 */
public record Interval(double mean, double low, double high) {
  public Interval {
    if (!Double.isFinite(mean) || !Double.isFinite(low) || !Double.isFinite(high)) {
      throw new IllegalArgumentException(
          "an interval needs finite numbers, got mean " + mean + ", low " + low + ", high " + high);
    }
    if (low > high) {
      throw new IllegalArgumentException("interval has low " + low + " above high " + high);
    }
  }

  /** Whether {@code value} lies in the interval, its ends included. */
  public boolean contains(double value) {
    return low <= value && value <= high;
  }

  /**
   * A weighted sum of independent estimates, its interval recovered from theirs (MOVER: Zou, Huang
   * and Zhang, Computational Statistics and Data Analysis 53, 2009, equation 4): each estimate adds
   * the square of its distance to that end which pulls the sum down, or up.
   *
   * @param weights {@code float[N]}, one for each estimate
   */
  public static Interval sum(double[] weights, List<Interval> estimates) {
    if (weights.length != estimates.size()) {
      throw new IllegalArgumentException(
          weights.length + " weights for " + estimates.size() + " estimates");
    }
    double mean = 0;
    double below = 0;
    double above = 0;
    for (int i = 0; i < weights.length; i++) {
      Interval estimate = estimates.get(i);
      double down = weights[i] * (estimate.mean - estimate.low);
      double up = weights[i] * (estimate.high - estimate.mean);
      mean += weights[i] * estimate.mean;
      below += weights[i] >= 0 ? down * down : up * up;
      above += weights[i] >= 0 ? up * up : down * down;
    }
    return new Interval(mean, mean - Math.sqrt(below), mean + Math.sqrt(above));
  }

  /** Its ends in per cent, of an interval of shares. */
  public List<Double> percent() {
    return List.of(100 * low, 100 * high);
  }
}
