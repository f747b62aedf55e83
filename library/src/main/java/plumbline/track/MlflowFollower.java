package plumbline.track;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Tells an MLflow server of a run while this process is at work on it.
 *
 * <p>A thread of its own reads the run's logs from the disk: they are the queue, so that training
 * never waits for a server, and nothing that a server missed is lost. A server that fails is tried
 * again after growing waits.
 */
public final class MlflowFollower implements AutoCloseable {
  /** How patiently. */
  public record Pace(Duration between, Duration longest, Duration atTheEnd) {
    /** A look every 3 seconds; a failing server once a minute; at the end 20 seconds more. */
    public static Pace usual() {
      return new Pace(Duration.ofSeconds(3), Duration.ofMinutes(1), Duration.ofSeconds(20));
    }
  }

  private final MlflowUpload upload;
  private final MlflowConfig config;
  private final Path top;
  private final Pace pace;
  private final Consumer<String> warnings;
  private final CountDownLatch over = new CountDownLatch(1);
  private final Thread thread;
  private final AtomicLong failures = new AtomicLong();
  private volatile String unfinished = "the server is slow";

  private MlflowFollower(Path top, MlflowConfig config, Pace pace, Consumer<String> warnings) {
    this.upload = new MlflowUpload(top, config);
    this.config = config;
    this.top = top;
    this.pace = pace;
    this.warnings = warnings;
    this.thread = new Thread(this::follow, "mlflow");
    thread.setDaemon(true);
  }

  /**
   * Begins.
   *
   * @param top the folder that this process is about to write a run to
   * @param warnings takes what people must know, from another thread
   */
  public static MlflowFollower start(
      Path top, MlflowConfig config, Pace pace, Consumer<String> warnings) {
    MlflowFollower follower = new MlflowFollower(top, config, pace, warnings);
    follower.thread.start();
    return follower;
  }

  private void follow() {
    Duration wait = pace.between();
    try {
      while (!over.await(wait.toMillis(), TimeUnit.MILLISECONDS)) {
        wait = send(false) ? pace.between() : min(wait.multipliedBy(2), pace.longest());
      }
      // The run has ended, and its files are whole only now.
      while (!send(true)) {
        Thread.sleep(pace.between().toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  private boolean send(boolean isOver) {
    try {
      upload.send(true, isOver);
      return true;
    } catch (TrackingFailed e) {
      failed(e.getMessage());
    } catch (RuntimeException e) {
      // Whatever it is, it must not end the run.
      failed(e.toString());
    }
    return false;
  }

  private void failed(String reason) {
    unfinished = reason;
    if (failures.incrementAndGet() == 1) {
      warnings.accept("MLflow: " + reason + "; the run goes on, and it is tried again");
    }
  }

  private String missing() {
    // The thread may still stand in a call, with its books half-written.
    return thread.isAlive() ? "some rows" : upload.unsent() + " rows of metrics, or files,";
  }

  /** Calls that failed. */
  public long failures() {
    return failures.get();
  }

  /** Sends the rest, for some seconds at most, and says what is left to send. */
  @Override
  public void close() {
    over.countDown();
    try {
      thread.join(pace.atTheEnd().toMillis());
      if (thread.isAlive()) {
        thread.interrupt();
        // Not for ever: a daemon does not keep the process.
        thread.join(pace.between().toMillis());
        warnings.accept(
            "MLflow: %s were not sent (%s; %d calls failed); later: plumbline track %s --mlflow %s"
                .formatted(missing(), unfinished, failures.get(), top, config.server()));
      } else if (!upload.takesFiles()) {
        warnings.accept(
            "MLflow: the server keeps its files elsewhere; the report and the configuration were not"
                + " uploaded");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
