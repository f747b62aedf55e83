package plumbline.tensor;

import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * How fast this machine multiplies matrices at the moment, in float32 or what {@link Engine} is set
 * to, with its threads: measured once for each width.
 */
public final class MachineRate {
  private static final int ROWS = 512;
  private static final int LEAST = 64;
  private static final int MOST = 1024;
  private static final long MEASURED_NANOS = 60_000_000;

  private final Map<Integer, Double> rates = new TreeMap<>();
  private double bandwidth;

  /**
   * Operations per second of {@code [512, width] x [width, width]}, two for each product and sum.
   *
   * @param width of the model, at most 1024 of it
   */
  public double matrices(int width) {
    int size = Math.min(MOST, Math.max(LEAST, Integer.highestOneBit(width)));
    return rates.computeIfAbsent(size, MachineRate::measure);
  }

  private static double measure(int size) {
    return Scopes.call(
        () -> {
          Tensor rows = Ops.zeros(ROWS, size);
          Tensor matrix = Ops.zeros(size, size);
          double seconds = perCall(() -> Scopes.run(() -> torch.matmul(rows, matrix)));
          return 2.0 * ROWS * size * size / seconds;
        });
  }

  /** Bytes per second that are read where a matrix is multiplied by one row. */
  public double bandwidth() {
    if (bandwidth == 0) {
      bandwidth =
          Scopes.call(
              () -> {
                Tensor row = Ops.zeros(1, MOST);
                Tensor matrix = Ops.zeros(MOST, 8L * MOST);
                double seconds = perCall(() -> Scopes.run(() -> torch.matmul(row, matrix)));
                return 8.0 * MOST * MOST * matrix.element_size() / seconds;
              });
    }
    return bandwidth;
  }

  /** Seconds of one call, the first one left out. */
  private static double perCall(Runnable call) {
    call.run();
    long start = System.nanoTime();
    int calls = 0;
    long spent;
    do {
      call.run();
      calls++;
      spent = System.nanoTime() - start;
    } while (spent < MEASURED_NANOS);
    return spent / 1e9 / calls;
  }
}
