package plumbline.model;

import java.util.function.IntConsumer;
import plumbline.tensor.OutOfMemory;

/**
 * Micro-batches that become smaller by half whenever one does not fit the memory, for the rest of a
 * training. Losses are sums over rows with the whole update's denominators, so that the result
 * stays the same to rounding (and but for dropout, whose draws belong to micro-batches).
 */
public final class Halving {
  /** Micro-batches stay as they are, and what does not fit fails. */
  static final Halving NONE = new Halving(false, times -> {});

  private final boolean allowed;
  private final IntConsumer told;
  private volatile int times;

  private Halving(boolean allowed, IntConsumer told) {
    this.allowed = allowed;
    this.told = told;
  }

  /**
   * Allowed from now on.
   *
   * @param told how many times in all, whenever it becomes one more
   */
  public static Halving allowed(IntConsumer told) {
    return new Halving(true, told);
  }

  /** Whether a part that fails may be computed again. */
  boolean isAllowed() {
    return allowed;
  }

  /** How often each micro-batch is halved. */
  public int times() {
    return times;
  }

  /** Goes on from {@link #times} of an earlier process. */
  public void resume(int times) {
    this.times = times;
  }

  /**
   * A part failed that had been halved so many times.
   *
   * @return whether its halves are to be tried
   */
  synchronized boolean helps(Throwable failure, int already, int rows) {
    if (!allowed || rows < 2 || !OutOfMemory.is(failure)) {
      return false;
    }
    if (times == already) {
      times++;
      told.accept(times);
    }
    return true;
  }
}
