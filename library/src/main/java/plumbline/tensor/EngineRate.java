package plumbline.tensor;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What the machine can do with the engine's threads and precision, by trying: the ceiling under
 * which everything else runs (Williams et al. 2009, the roofline model).
 *
 * @param operationsPerSecond of a product of matrices of 512 x 768 and 768 x 3072, a multiplication
 *     and an addition counted as two
 * @param bytesPerSecond read from memory by the product of a float32 matrix of 256 MiB and a vector
 */
public record EngineRate(double operationsPerSecond, double bytesPerSecond) {
  private static final long ROWS = 512;
  private static final long IN = 768;
  private static final long OUT = 3072;
  private static final long STREAMED = 1L << 26;
  private static final long STREAMED_WIDTH = 1L << 12;
  private static final int TRIES = 12;

  /** Measures for about a second; the best of some tries counts. */
  public static EngineRate measure() {
    return Scopes.noGrad(() -> Scopes.call(EngineRate::measured));
  }

  private static EngineRate measured() {
    ScalarType type = Engine.productType();
    Tensor x = ones(ROWS, IN).to(type);
    Tensor w = ones(OUT, IN).to(type);
    double product = best(() -> torch.linear(x, w));
    Tensor matrix = ones(STREAMED / STREAMED_WIDTH, STREAMED_WIDTH).to(ScalarType.Float);
    Tensor vector = ones(STREAMED_WIDTH).to(ScalarType.Float);
    double stream = best(() -> matrix.mv(vector));
    return new EngineRate(2.0 * ROWS * IN * OUT / product, STREAMED * Float.BYTES / stream);
  }

  private static Tensor ones(long... shape) {
    return Ops.plus(Ops.zeros(shape), 1);
  }

  private static double best(Runnable body) {
    long best = Long.MAX_VALUE;
    for (int i = 0; i < TRIES; i++) {
      long start = System.nanoTime();
      Scopes.run(body);
      best = Math.min(best, System.nanoTime() - start);
    }
    return best / 1e9;
  }
}
