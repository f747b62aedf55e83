package plumbline.tensor;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import plumbline.tensor.PackedLinear.Form;

/**
 * How fast products of few rows are, packed and not, in computing time of one thread: what a step
 * of generation consists of. A program; its figures are in docs/benchmarks.md.
 */
final class FewRows {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final int[][] SHAPES = {
    {16, 256, 1024},
    {16, 768, 256},
    {16, 256, 4096},
    {8, 768, 3072},
    {8, 3072, 768},
    {8, 768, 50257}
  };

  /** Weights that are read in turn, so that the nearest caches do not hold them all. */
  private static final long BYTES_IN_TURN = 24L << 20;

  private FewRows() {}

  public static void main(String[] arguments) {
    Engine.configure("cpu", 1);
    Scopes.noGrad(
        () -> {
          for (int[] shape : SHAPES) {
            Scopes.run(() -> measure(shape[0], shape[1], shape[2]));
          }
        });
  }

  private static void measure(int rows, int in, int out) {
    int count = (int) Math.max(1, Math.min(12, BYTES_IN_TURN / (4L * in * out)));
    Tensor x = torch.randn(rows, in);
    List<Tensor> weights = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      weights.add(torch.randn(out, in));
    }
    StringBuilder line =
        new StringBuilder("%d x %d x %d:".formatted(rows, in, out))
            .append(
                " linear %.0f"
                    .formatted(rate(rows, in, out, count, i -> torch.linear(x, weights.get(i)))));
    for (Form form : Form.values()) {
      long start = THREADS.getCurrentThreadCpuTime();
      List<PackedLinear> packed =
          weights.stream().map(w -> PackedLinear.of(w, Optional.empty(), form)).toList();
      double milliseconds = (THREADS.getCurrentThreadCpuTime() - start) / 1e6 / count;
      line.append(
          ", %s %.0f (packed in %.1f ms)"
              .formatted(
                  form, rate(rows, in, out, count, i -> packed.get(i).apply(x)), milliseconds));
      packed.forEach(PackedLinear::close);
    }
    System.out.println(line + " GFLOP/s");
  }

  private interface Product {
    Tensor of(int weight);
  }

  private static double rate(int rows, int in, int out, int count, Product product) {
    double operations = 2.0 * rows * in * out;
    int repeats = (int) Math.max(10, Math.min(1000, 2e8 / operations));
    double best = Double.MAX_VALUE;
    for (int attempt = 0; attempt < 4; attempt++) {
      long start = THREADS.getCurrentThreadCpuTime();
      for (int i = 0; i < repeats; i++) {
        int weight = i % count;
        Scopes.run(() -> product.of(weight));
      }
      best = Math.min(best, (THREADS.getCurrentThreadCpuTime() - start) / 1e9 / repeats);
    }
    return operations / best / 1e9;
  }
}
