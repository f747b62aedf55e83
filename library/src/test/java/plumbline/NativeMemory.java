package plumbline;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.javacpp.Pointer;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/**
 * Counts native objects that Java still holds.
 *
 * <p>JavaCPP counts only while its own collector is on, so tests run without {@code
 * -Dorg.bytedeco.javacpp.nopointergc=true}; with it every count is 0 and no leak would show.
 */
public final class NativeMemory {
  private NativeMemory() {}

  /** The count once nothing that earlier tests dropped is left to be collected. */
  public static long settledCount() {
    Scopes.run(
        () -> {
          Ops.zeros(1);
          assertThat(Pointer.totalCount()).as("count of native objects").isPositive();
        });
    long count = Pointer.totalCount();
    for (int quiet = 0; quiet < 2; quiet++) {
      System.gc();
      pause();
      long now = Pointer.totalCount();
      if (now != count) {
        count = now;
        quiet = -1;
      }
    }
    return count;
  }

  /** Runs {@code body}, which may leave no native object behind. */
  public static void assertNoneLeftBy(Runnable body) {
    long before = settledCount();
    body.run();
    assertThat(Pointer.totalCount()).as("native objects left behind").isEqualTo(before);
  }

  private static void pause() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
