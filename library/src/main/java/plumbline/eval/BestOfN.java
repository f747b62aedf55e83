package plumbline.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** What happens when the best of n samples is taken by a proxy and judged by something better. */
public final class BestOfN {
  private BestOfN() {}

  /**
   * The samples of one prompt.
   *
   * @param proxy {@code float[K]} scores by which the best is taken
   * @param gold {@code float[K]} scores of the same samples by which the choice is judged
   */
  public record Samples(double[] proxy, double[] gold) {
    public Samples {
      Bootstrap.requireFinite("proxy", proxy);
      Bootstrap.requireFinite("gold", gold);
      if (proxy.length != gold.length) {
        throw new IllegalArgumentException(
            "there are " + proxy.length + " proxy scores but " + gold.length + " gold scores");
      }
    }
  }

  /**
   * One point of a curve.
   *
   * @param n samples of which the best by the proxy is taken
   * @param kl {@link BestOfN#kl} of n, in nats
   * @param gold expected gold score of the sample taken, over prompts
   * @param proxy expected proxy score of the sample taken, over prompts
   */
  public record Point(int n, double kl, Interval gold, Interval proxy) {}

  /**
   * {@code log n - (n - 1) / n}: an upper bound of the KL divergence of best-of-n from the policy
   * that it samples, which is reached where no two samples are alike (Stiennon et al., Learning to
   * summarize from human feedback, 2020, appendix G.3; Beirami et al., Theoretical guarantees on
   * the best-of-n alignment policy, 2024).
   *
   * @return nats, 0 for n = 1
   */
  public static double kl(int n) {
    if (n < 1) {
      throw new IllegalArgumentException("n is " + n + ", wanted at least 1");
    }
    return Math.log(n) - (n - 1.0) / n;
  }

  /**
   * The unbiased estimate of the gold score of the best of n: its mean over all subsets of n of the
   * K samples, without drawing any (Nakano et al., WebGPT, 2021, appendix I). With the samples
   * ordered by the proxy, worst first, the i-th (from 1) is the best of {@code C(i - 1, n - 1)} of
   * the {@code C(K, n)} subsets:
   *
   * <pre>sum_{i=n..K} C(i-1, n-1) / C(K, n) gold_(i)</pre>
   *
   * Samples that the proxy scores alike share their weights equally, as if ties were broken by lot.
   *
   * @param proxy {@code float[K]}
   * @param gold {@code float[K]}
   * @param n from 1 to K
   */
  public static double expected(double[] proxy, double[] gold, int n) {
    int k = proxy.length;
    if (gold.length != k || n < 1 || n > k) {
      throw new IllegalArgumentException(
          "n is " + n + ", wanted 1 to " + k + " with " + k + " gold scores, got " + gold.length);
    }
    double[] chances = chances(proxy, n);
    double expected = 0;
    for (int i = 0; i < k; i++) {
      expected += chances[i] * gold[i];
    }
    return expected;
  }

  /**
   * How likely each of the K samples is the one that is taken: the weights of {@link #expected}.
   *
   * @param proxy {@code float[K]}
   * @param n from 1 to K
   * @return {@code float[K]}, of sum 1
   */
  public static double[] chances(double[] proxy, int n) {
    int k = proxy.length;
    Integer[] order = new Integer[k];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparingDouble(i -> proxy[i]));
    double[] weight = weights(k, n);
    double[] chances = new double[k];
    for (int from = 0, to; from < k; from = to) {
      double weights = 0;
      for (to = from; to < k && proxy[order[to]] == proxy[order[from]]; to++) {
        weights += weight[to];
      }
      for (int i = from; i < to; i++) {
        chances[order[i]] = weights / (to - from);
      }
    }
    return chances;
  }

  /**
   * How often the best of n by one proxy is better than the best of n by another, ties as half,
   * both drawn by themselves from the same K samples.
   *
   * @param a {@code float[K]} scores of the first proxy
   * @param b {@code float[K]} scores of the second
   * @param gold {@code float[K]}
   */
  public static double against(double[] a, double[] b, double[] gold, int n) {
    double[] chanceA = chances(a, n);
    double[] chanceB = chances(b, n);
    double wins = 0;
    for (int i = 0; i < gold.length; i++) {
      for (int j = 0; j < gold.length; j++) {
        double points = gold[i] > gold[j] ? 1 : gold[i] < gold[j] ? 0 : 0.5;
        wins += chanceA[i] * chanceB[j] * points;
      }
    }
    return wins;
  }

  /** {@code C(i, n-1) / C(K, n)} for the samples {@code i = 0..K-1} in order, best last. */
  private static double[] weights(int k, int n) {
    double[] weight = new double[k];
    // C(K-1, n-1) / C(K, n) = n / K, and C(i-1, n-1) = C(i, n-1) (i - n + 1) / i
    weight[k - 1] = (double) n / k;
    for (int i = k - 1; i > 0; i--) {
      weight[i - 1] = i < n ? 0 : weight[i] * (i - n + 1) / i;
    }
    return weight;
  }

  /**
   * The curve over n with intervals over prompts.
   *
   * @param prompts the samples of each prompt, at least the largest n of each
   * @throws IllegalArgumentException when there is no prompt or one has too few samples
   */
  public static List<Point> curve(List<Samples> prompts, int[] ns, Bootstrap bootstrap) {
    List<Point> points = new ArrayList<>();
    for (int n : ns) {
      double[] gold = prompts.stream().mapToDouble(s -> expected(s.proxy(), s.gold(), n)).toArray();
      double[] proxy =
          prompts.stream().mapToDouble(s -> expected(s.proxy(), s.proxy(), n)).toArray();
      points.add(new Point(n, kl(n), bootstrap.mean(gold), bootstrap.mean(proxy)));
    }
    return points;
  }

  /**
   * How often the best of n beats a baseline by gold score, ties as half: {@link #expected} of 1,
   * 1/2 or 0 in place of the gold score.
   *
   * @param baseline {@code float[prompts]} gold scores of the baseline's responses
   */
  public static Interval winRate(
      List<Samples> prompts, double[] baseline, int n, Bootstrap bootstrap) {
    if (baseline.length != prompts.size()) {
      throw new IllegalArgumentException(
          "there are " + prompts.size() + " prompts but " + baseline.length + " baselines");
    }
    double[] rates = new double[baseline.length];
    for (int p = 0; p < rates.length; p++) {
      double other = baseline[p];
      double[] wins =
          Arrays.stream(prompts.get(p).gold())
              .map(gold -> gold > other ? 1 : gold < other ? 0 : 0.5)
              .toArray();
      rates[p] = expected(prompts.get(p).proxy(), wins, n);
    }
    return bootstrap.mean(rates);
  }
}
