package plumbline.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.bytedeco.pytorch.GradMode;

/**
 * Parts of a computation side by side: {@link Engine#threads} threads, each of which multiplies
 * alone and opens scopes of its own.
 *
 * <p>What a part gives must not depend on the others, so that the results do not depend on the
 * number of threads.
 */
public final class Workers {
  private static final long IDLE_MINUTES = 10;

  private static final ExecutorService POOL =
      new ThreadPoolExecutor(
          0,
          Integer.MAX_VALUE,
          IDLE_MINUTES,
          TimeUnit.MINUTES,
          new SynchronousQueue<>(),
          body -> {
            Thread thread = new Thread(body, "plumbline-worker");
            thread.setDaemon(true);
            return thread;
          });

  private static final ThreadLocal<Boolean> INSIDE = ThreadLocal.withInitial(() -> false);

  private Workers() {}

  /**
   * The results of {@code work} in the order of the parts. Operations are recorded for a backward
   * pass if they are in the caller.
   *
   * <p>Within a part, and where there is one part only, the caller computes alone.
   *
   * @param work gives plain Java data or kept tensors, none of them null
   * @throws RuntimeException that of the first part that failed; the others have ended then, and
   *     what they gave is lost
   */
  public static <P, R> List<R> map(List<P> parts, Function<P, R> work) {
    int threads = Math.min(Engine.threads(), parts.size());
    if (threads <= 1 || inTurn()) {
      List<R> results = new ArrayList<>(parts.size());
      parts.forEach(part -> results.add(work.apply(part)));
      return results;
    }
    Task<P, R> task = new Task<>(parts, work, threads);
    Engine.divided(task::runWithOthers);
    return task.results();
  }

  /** Whether parts are computed here one after another, however many there are. */
  public static boolean inTurn() {
    return Engine.threads() == 1 || INSIDE.get() || !Engine.device().equals("cpu");
  }

  /** {@link #map} of work that gives nothing. */
  public static <P> void each(List<P> parts, Consumer<P> work) {
    map(
        parts,
        part -> {
          work.accept(part);
          return true;
        });
  }

  /**
   * {@link #map} whose results are the same bytes for every number of threads: a part that is alone
   * is computed by one thread too. Products that OpenBLAS spreads over several round otherwise.
   */
  public static <P, R> List<R> alike(List<P> parts, Function<P, R> work) {
    List<List<R>> results = new ArrayList<>();
    Engine.divided(() -> results.add(map(parts, work)));
    return results.get(0);
  }

  /** One call's parts, which its threads take one after another. */
  private static final class Task<P, R> {
    private final List<P> parts;
    private final Function<P, R> work;
    private final boolean recording = GradMode.is_enabled();
    private final AtomicInteger next = new AtomicInteger();
    private final CountDownLatch others;
    private final Object[] results;
    private final Throwable[] failures;

    Task(List<P> parts, Function<P, R> work, int threads) {
      this.parts = parts;
      this.work = work;
      this.others = new CountDownLatch(threads - 1);
      this.results = new Object[parts.size()];
      this.failures = new Throwable[parts.size()];
    }

    void runWithOthers() {
      for (long i = others.getCount(); i > 0; i--) {
        POOL.execute(this::runAsOther);
      }
      run();
      awaitOthers();
    }

    private void runAsOther() {
      try {
        Engine.multiplyAlone();
        if (recording) {
          run();
        } else {
          Scopes.noGrad(this::run);
        }
      } finally {
        others.countDown();
      }
    }

    private void run() {
      INSIDE.set(true);
      try {
        for (int i = next.getAndIncrement(); i < parts.size(); i = next.getAndIncrement()) {
          compute(i);
        }
      } finally {
        INSIDE.set(false);
      }
    }

    private void compute(int part) {
      try {
        results[part] = work.apply(parts.get(part));
      } catch (RuntimeException | Error e) {
        failures[part] = e;
        next.set(parts.size());
      }
    }

    /** What others compute with is freed by the caller, who therefore leaves last. */
    private void awaitOthers() {
      boolean interrupted = false;
      while (true) {
        try {
          others.await();
          break;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    @SuppressWarnings("unchecked")
    List<R> results() {
      for (Throwable failure : failures) {
        if (failure instanceof RuntimeException e) {
          throw e;
        }
        if (failure instanceof Error e) {
          throw e;
        }
      }
      return (List<R>) Arrays.asList(results);
    }
  }
}
