package plumbline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.IntFunction;
import plumbline.tensor.Engine;

/** That the number of threads changes no bit of a result, and leaves nothing behind. */
public final class AnyThreads {
  private AnyThreads() {}

  /**
   * Computes something with 1, 2 and 3 threads.
   *
   * @param computed gives the result with so many threads; closes all that it opens
   */
  public static void giveTheSame(IntFunction<byte[]> computed) {
    try {
      byte[] alone = computed.apply(1);
      for (int threads = 2; threads <= 3; threads++) {
        Engine.configure("cpu", threads);
        byte[][] found = new byte[1][];
        int count = threads;
        NativeMemory.assertNoneLeftBy(() -> found[0] = computed.apply(count));
        assertThat(found[0]).as("%d threads", threads).isEqualTo(alone);
      }
    } finally {
      Engine.configure("cpu", 1);
    }
  }
}
