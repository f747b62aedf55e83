package plumbline.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SharesTest {
  @Test
  void theLongestPartGoesToWhomHasLeast() {
    assertThat(Shares.of(new long[] {1, 9, 3, 5, 1}, 2)).containsExactly(1, 0, 1, 1, 0);
    assertThat(Shares.of(new long[] {7}, 3)).containsExactly(0);
    assertThat(Shares.of(new long[] {}, 3)).isEmpty();
  }

  /** Graham's bound, with the larger of the mean and the longest part below the best. */
  @Test
  void sumsAreBalanced() {
    SplittableRandom random = new SplittableRandom(5);
    for (int round = 0; round < 200; round++) {
      int ranks = 1 + random.nextInt(8);
      long[] costs = random.longs(1 + random.nextInt(60), 1, 100).toArray();
      long[] load = new long[ranks];
      int[] rank = Shares.of(costs, ranks);
      for (int i = 0; i < costs.length; i++) {
        load[rank[i]] += costs[i];
      }
      double mean = Arrays.stream(costs).sum() / (double) ranks;
      long longest = Arrays.stream(costs).max().orElseThrow();
      assertThat((double) Arrays.stream(load).max().orElseThrow())
          .isLessThanOrEqualTo(mean + longest);
    }
  }
}
