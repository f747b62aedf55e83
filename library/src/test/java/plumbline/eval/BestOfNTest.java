package plumbline.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BestOfNTest {
  private static final double EXACT = 1e-12;
  private static final Bootstrap BOOTSTRAP = new Bootstrap(1);

  @Test
  void equalsTheMeanOverAllSubsets() {
    Random random = new Random(4);
    for (int round = 0; round < 200; round++) {
      int k = 1 + random.nextInt(8);
      int n = 1 + random.nextInt(k);
      // few different scores, so that there are ties
      double[] proxy = random.ints(k, 0, 4).asDoubleStream().toArray();
      double[] gold = random.doubles(k).toArray();

      assertThat(BestOfN.expected(proxy, gold, n))
          .isCloseTo(overSubsets(proxy, gold, n), within(1e-9));
    }
  }

  @Test
  void theBestByTwoProxiesMeetAsOverAllPairsOfSubsets() {
    Random random = new Random(5);
    for (int round = 0; round < 50; round++) {
      int k = 2 + random.nextInt(5);
      int n = 1 + random.nextInt(k);
      double[] a = random.doubles(k).toArray();
      double[] b = random.doubles(k).toArray();
      double[] gold = random.ints(k, 0, 3).asDoubleStream().toArray();
      double wins = 0;
      for (int i = 0; i < k; i++) {
        int own = i;
        double[] beaten =
            IntStream.range(0, k)
                .mapToDouble(j -> gold[own] > gold[j] ? 1 : gold[own] < gold[j] ? 0 : 0.5)
                .toArray();
        double[] taken = new double[k];
        taken[own] = 1;
        wins += overSubsets(a, taken, n) * overSubsets(b, beaten, n);
      }

      assertThat(BestOfN.against(a, b, gold, n)).isCloseTo(wins, within(1e-9));
      assertThat(BestOfN.against(a, b, gold, n) + BestOfN.against(b, a, gold, n))
          .isCloseTo(1, within(1e-9));
    }
  }

  /** The mean gold of the best by proxy over all subsets of n; equals share. */
  private static double overSubsets(double[] proxy, double[] gold, int n) {
    double sum = 0;
    int subsets = 0;
    for (int mask = 0; mask < (1 << proxy.length); mask++) {
      if (Integer.bitCount(mask) == n) {
        int chosen = mask;
        double best =
            IntStream.range(0, proxy.length)
                .filter(i -> ((chosen >> i) & 1) == 1)
                .mapToDouble(i -> proxy[i])
                .max()
                .orElseThrow();
        sum +=
            IntStream.range(0, proxy.length)
                .filter(i -> ((chosen >> i) & 1) == 1 && proxy[i] == best)
                .mapToDouble(i -> gold[i])
                .average()
                .orElseThrow();
        subsets++;
      }
    }
    return sum / subsets;
  }

  @Test
  void theBestOfOneIsTheMeanAndTheBestOfAllTheBest() {
    double[] proxy = {3, 1, 2};
    double[] gold = {10, 40, 70};
    assertThat(BestOfN.expected(proxy, gold, 1)).isCloseTo(40, within(EXACT));
    // pairs: (3,1) and (3,2) take 10, (1,2) takes 70
    assertThat(BestOfN.expected(proxy, gold, 2)).isCloseTo(30, within(EXACT));
    assertThat(BestOfN.expected(proxy, gold, 3)).isCloseTo(10, within(EXACT));
  }

  @Test
  void staysExactForManySamples() {
    double[] proxy = IntStream.range(0, 5000).asDoubleStream().toArray();
    // of the uniform distribution on 0..K-1 the best of n has the mean n (K+1) / (n+1) - 1
    assertThat(BestOfN.expected(proxy, proxy, 64)).isCloseTo(64 * 5001 / 65.0 - 1, within(1e-6));
    assertThat(BestOfN.expected(proxy, proxy, 4999))
        .isCloseTo(4999 * 5001 / 5000.0 - 1, within(1e-6));
  }

  @Test
  void klIsThePublishedBound() {
    assertThat(BestOfN.kl(1)).isZero();
    assertThat(BestOfN.kl(2)).isCloseTo(Math.log(2) - 0.5, within(EXACT));
    assertThat(BestOfN.kl(64)).isCloseTo(3.174_508, within(1e-6));
  }

  @Test
  void aCurveHasItsMeanOverPromptsAndTheWinRateCountsTiesAsHalf() {
    List<BestOfN.Samples> prompts =
        List.of(
            new BestOfN.Samples(new double[] {1, 2}, new double[] {0, 1}),
            new BestOfN.Samples(new double[] {1, 2}, new double[] {5, 3}));
    List<BestOfN.Point> curve = BestOfN.curve(prompts, new int[] {1, 2}, BOOTSTRAP);

    assertThat(curve.get(0).gold().mean()).isCloseTo((0.5 + 4) / 2, within(EXACT));
    assertThat(curve.get(1).gold().mean()).isEqualTo(2);
    assertThat(curve.get(1).proxy().mean()).isEqualTo(2);
    assertThat(BestOfN.winRate(prompts, new double[] {0.5, 3}, 2, BOOTSTRAP).mean())
        .isEqualTo(0.75);
    assertThat(BestOfN.winRate(prompts, new double[] {0.5, 3}, 1, BOOTSTRAP).mean())
        .isEqualTo((0.5 + 0.75) / 2);
  }

  @Test
  void refusesMoreThanThereIs() {
    assertThatThrownBy(() -> BestOfN.expected(new double[] {1}, new double[] {1}, 2))
        .hasMessage("n is 2, wanted 1 to 1 with 1 gold scores, got 1");
    assertThatThrownBy(() -> new BestOfN.Samples(new double[] {1}, new double[] {1, 2}))
        .hasMessage("there are 1 proxy scores but 2 gold scores");
    assertThatThrownBy(() -> BestOfN.kl(0)).hasMessageContaining("at least 1");
  }
}
