package plumbline.eval;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * A score as a function of a policy's distance from where it started, smoothed over the updates of
 * a training: what methods have gained can be compared where they have paid the same divergence.
 *
 * <p>The smoother is a local line in {@code d = sqrt(KL)} with tricube weights over the nearest
 * {@link #SHARE} of the updates (Cleveland, Robust Locally Weighted Regression and Smoothing
 * Scatterplots, 1979, without the robust iterations). Its intervals take the updates as independent
 * draws about the line, normal and of one variance: they hold the noise of sampling, not how
 * another training would have gone.
 */
public final class ScoreAtDistance {
  /** Share of the updates that a local line is drawn through. */
  private static final double SHARE = 0.4;

  /** Updates that a local line needs. */
  private static final int LEAST = 8;

  /** Updates beyond a distance that make it one that was reached. */
  private static final int BEYOND = 3;

  private static final double NORMAL_95 = 1.959964;

  private final double[] d;
  private final double[] scores;
  private final double variance;

  /**
   * @param kl {@code double[N]} nats; those below 0 are noise about 0 and count as 0
   * @param scores {@code double[N]}, finite
   */
  public ScoreAtDistance(double[] kl, double[] scores) {
    if (kl.length != scores.length) {
      throw new IllegalArgumentException(
          "kl has " + kl.length + " updates but scores has " + scores.length);
    }
    int[] order =
        IntStream.range(0, kl.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> kl[i]))
            .mapToInt(i -> i)
            .toArray();
    this.d = Arrays.stream(order).mapToDouble(i -> Math.sqrt(Math.max(0, kl[i]))).toArray();
    this.scores = Arrays.stream(order).mapToDouble(i -> scores[i]).toArray();
    this.variance = kl.length < LEAST ? Double.NaN : variance();
  }

  /** Whether several updates were that far away or farther, and there are enough for a line. */
  public boolean reaches(double kl) {
    return d.length >= LEAST && farthest() >= kl;
  }

  /** The greatest divergence that is reached, in nats; 0 without updates enough. */
  public double farthest() {
    return d.length < LEAST ? 0 : d[d.length - BEYOND] * d[d.length - BEYOND];
  }

  /**
   * The score at a divergence, with its 95% interval.
   *
   * @throws IllegalArgumentException where it was not reached
   */
  public Interval at(double kl) {
    if (!reaches(kl)) {
      throw new IllegalArgumentException(
          "a KL of " + kl + " was not reached: the farthest is " + farthest());
    }
    double[] weights = line(Math.sqrt(kl));
    double mean = dot(weights, scores);
    double half = NORMAL_95 * Math.sqrt(variance * dot(weights, weights));
    return new Interval(mean, mean - half, mean + half);
  }

  /** {@code RSS / (N - 2 tr L + tr L L')}, unbiased where the lines are. */
  private double variance() {
    double squares = 0;
    double freedom = d.length;
    for (int i = 0; i < d.length; i++) {
      double[] weights = line(d[i]);
      double error = scores[i] - dot(weights, scores);
      squares += error * error;
      freedom += dot(weights, weights) - 2 * weights[i];
    }
    return squares / Math.max(1, freedom);
  }

  /** {@code double[N]}, what each update's score counts in the local line's value at {@code x}. */
  private double[] line(double x) {
    double[] weights = tricube(x);
    double sum = Arrays.stream(weights).sum();
    double centre = dot(weights, d) / sum;
    double spread = 0;
    for (int i = 0; i < d.length; i++) {
      spread += weights[i] * (d[i] - centre) * (d[i] - centre);
    }
    double slope = spread > 1e-12 * sum ? (x - centre) / spread : 0;
    double[] line = new double[d.length];
    for (int i = 0; i < d.length; i++) {
      line[i] = weights[i] * (1 / sum + slope * (d[i] - centre));
    }
    return line;
  }

  /**
   * {@code (1 - (|d - x| / h)^3)^3}, h a little more than the distance of the farthest one used.
   */
  private double[] tricube(double x) {
    double[] away = Arrays.stream(d).map(value -> Math.abs(value - x)).toArray();
    double[] sorted = away.clone();
    Arrays.sort(sorted);
    int used = Math.min(d.length, Math.max(LEAST, (int) Math.ceil(SHARE * d.length)));
    double h = 1.001 * sorted[used - 1] + 1e-9;
    return Arrays.stream(away)
        .map(distance -> distance >= h ? 0 : Math.pow(1 - Math.pow(distance / h, 3), 3))
        .toArray();
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
