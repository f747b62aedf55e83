package plumbline.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/**
 * Sums over ranks that are threads of this process, of growing size, and how long they take: the
 * least of six, printed. The system properties {@code plumbline.sum.ranks} and {@code
 * plumbline.sum.mib} say over how many and up to which size.
 */
class AllReduceTest {
  private static final int RANKS = Integer.getInteger("plumbline.sum.ranks", 2);
  private static final int MIB = Integer.getInteger("plumbline.sum.mib", 4);
  private static final int TIMES = 6;

  @Test
  void everyRankHasTheSumOfAll() {
    List<Integer> sizes = new ArrayList<>(List.of(1));
    for (int mib = 1; mib <= MIB; mib *= 4) {
      sizes.add(mib << 18);
    }
    for (int numbers : sizes) {
      double least =
          Ranks.run(RANKS, world -> leastMillis(world, numbers)).stream()
              .mapToDouble(Double::doubleValue)
              .max()
              .orElseThrow();
      System.err.printf("sum of %d numbers over %d ranks: %.1f ms%n", numbers, RANKS, least);
    }
  }

  private static double leastMillis(World world, int numbers) {
    double least = Double.MAX_VALUE;
    for (int time = 0; time < TIMES; time++) {
      float own = (world.rank() + 1) * (time + 1);
      float[] values = new float[numbers];
      Arrays.fill(values, own);
      long[] nanos = new long[1];
      float[] found =
          Scopes.call(
              () -> {
                Tensor tensor = Ops.floats(values, numbers);
                long start = System.nanoTime();
                world.sum(List.of(tensor));
                nanos[0] = System.nanoTime() - start;
                return Ops.toFloats(tensor);
              });
      float all = (time + 1) * RANKS * (RANKS + 1) / 2f;
      assertThat(found[0]).isEqualTo(all);
      assertThat(found[numbers - 1]).isEqualTo(all);
      least = Math.min(least, nanos[0] / 1e6);
    }
    return least;
  }
}
