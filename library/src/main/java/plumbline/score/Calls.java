package plumbline.score;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import plumbline.InputException;
import plumbline.data.NetworkFailure;

/**
 * Calls that may fail: each has a deadline and a few tries with growing waits between them, and
 * what has failed for good is counted.
 */
public final class Calls implements AutoCloseable {
  /** How waiting is done; tests do not wait. */
  @FunctionalInterface
  public interface Pause {
    void sleep(Duration time) throws InterruptedException;
  }

  /** A failure that may pass, with the time that the other side asks to wait. */
  public static final class TryAgain extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient Optional<Duration> wait;

    public TryAgain(String reason, Optional<Duration> wait) {
      super(reason);
      this.wait = wait;
    }
  }

  private static final Duration LONGEST_WAIT = Duration.ofMinutes(5);

  private final String what;
  private final CallLimits limits;
  private final Pause pause;
  private ExecutorService caller = newCaller();
  private String lastFailure = "";
  private long retries;

  /**
   * @param what is called, for messages
   */
  public Calls(String what, CallLimits limits, Pause pause) {
    this.what = what;
    this.limits = limits;
    this.pause = pause;
  }

  /** As above, with waits that wait. */
  public Calls(String what, CallLimits limits) {
    this(what, limits, time -> Thread.sleep(time.toMillis()));
  }

  private static ExecutorService newCaller() {
    return Executors.newSingleThreadExecutor(
        task -> {
          Thread thread = new Thread(task, "plumbline-call");
          thread.setDaemon(true);
          return thread;
        });
  }

  /**
   * Makes a call.
   *
   * @return what it gives; empty if every try has failed
   * @throws InputException or {@link ScoringException} if the call does: no other try would help
   */
  public <T> Optional<T> call(Callable<T> body) {
    Duration wait = limits.backoff();
    for (int attempt = 1; ; attempt++) {
      try {
        return Optional.of(attempt(body));
      } catch (IOException e) {
        lastFailure = e instanceof TryAgain ? e.getMessage() : NetworkFailure.reason(e);
        Duration asked = e instanceof TryAgain again ? again.wait.orElse(wait) : wait;
        Duration next = asked.compareTo(wait) > 0 ? asked : wait;
        if (attempt == limits.tries()) {
          return Optional.empty();
        }
        if (next.compareTo(LONGEST_WAIT) > 0) {
          lastFailure += ", and asks to wait " + next.toSeconds() + " s";
          return Optional.empty();
        }
        retries++;
        sleep(next);
        wait = wait.multipliedBy(2);
      }
    }
  }

  /** One try; whatever may pass is an IOException. */
  private <T> T attempt(Callable<T> body) throws IOException {
    Future<T> result = caller.submit(body);
    try {
      return result.get(limits.deadline().toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      // The call may never come back: what follows gets a thread of its own.
      caller.shutdownNow();
      caller = newCaller();
      throw new TryAgain("no answer in " + limits.deadlineS() + " s", Optional.empty());
    } catch (ExecutionException e) {
      throw passing(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ScoringException(what + ": interrupted", e);
    }
  }

  private IOException passing(Throwable cause) {
    if (cause instanceof InputException || cause instanceof ScoringException) {
      throw (RuntimeException) cause;
    }
    if (cause instanceof VirtualMachineError error && !(error instanceof StackOverflowError)) {
      throw error;
    }
    return cause instanceof IOException io ? io : new TryAgain(cause.toString(), Optional.empty());
  }

  private void sleep(Duration time) {
    try {
      pause.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ScoringException(what + ": interrupted", e);
    }
  }

  /** Why the last try that failed did. */
  public String lastFailure() {
    return lastFailure;
  }

  /** Tries after the first ones, since this was last asked. */
  public long takeRetries() {
    long found = retries;
    retries = 0;
    return found;
  }

  /** A call has come back with something that cannot be used. */
  public void failed(String reason) {
    lastFailure = reason;
  }

  /**
   * The scores of a leaf whose calls may fail. A row that failed gets the mean of those that did
   * not; which ones did stands in {@code <leaf>/error_rate}, 1 per failed row.
   *
   * @param found one score per row, NaN where the call failed
   * @throws ScoringException if more than {@code max_error_rate} of the rows have failed
   */
  public Scores scores(String leaf, double[] found) {
    double[] errors = Arrays.stream(found).map(score -> Double.isNaN(score) ? 1 : 0).toArray();
    int failed = (int) Arrays.stream(errors).sum();
    if (failed > limits.maxErrorRate() * found.length) {
      throw new ScoringException(
          "%s: %d of %d rows have no score (the last: %s; tries: %d), max_error_rate is %s"
              .formatted(
                  what, failed, found.length, lastFailure, limits.tries(), limits.maxErrorRate()));
    }
    double mean = Arrays.stream(found).filter(score -> !Double.isNaN(score)).average().orElse(0);
    double[] scores =
        Arrays.stream(found).map(score -> Double.isNaN(score) ? mean : score).toArray();
    Map<String, double[]> leaves = new LinkedHashMap<>();
    leaves.put(leaf, scores);
    leaves.put(leaf + "/error_rate", errors);
    return new Scores(scores, leaves);
  }

  @Override
  public void close() {
    caller.shutdownNow();
  }
}
