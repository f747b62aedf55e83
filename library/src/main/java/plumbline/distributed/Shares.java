package plumbline.distributed;

import java.util.Comparator;
import java.util.stream.IntStream;

/** Which rank computes which part. */
final class Shares {
  private Shares() {}

  /**
   * Each part's rank, so that the largest sum of costs is small: the longest part first, to whom
   * has least so far (Graham 1969, "Bounds on multiprocessing timing anomalies", at most 4/3 of the
   * best). A function of the costs alone, so that all ranks come to the same.
   *
   * @param costs of the parts, at least 0
   * @param ranks at least 1
   */
  static int[] of(long[] costs, int ranks) {
    int[] rank = new int[costs.length];
    long[] load = new long[ranks];
    int[] order =
        IntStream.range(0, costs.length)
            .boxed()
            .sorted(Comparator.comparingLong((Integer i) -> -costs[i]).thenComparingInt(i -> i))
            .mapToInt(Integer::intValue)
            .toArray();
    for (int part : order) {
      int least = 0;
      for (int r = 1; r < ranks; r++) {
        if (load[r] < load[least]) {
          least = r;
        }
      }
      rank[part] = least;
      load[least] += Math.max(1, costs[part]);
    }
    return rank;
  }
}
