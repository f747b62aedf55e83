package plumbline.cli;

import java.io.PrintStream;
import java.time.Duration;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarStyle;
import plumbline.train.Progress;

/**
 * Progress on standard error: a bar with the time left on a terminal, elsewhere a line every few
 * seconds.
 *
 * <p>The launcher says by the system property {@code plumbline.terminal} whether standard error is
 * one, and by {@code plumbline.columns} how wide it is.
 */
final class ConsoleProgress implements Progress {
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(5);

  private final PrintStream err;
  private final boolean terminal;
  private final LongSupplier nanoTime;

  ConsoleProgress(PrintStream err, boolean terminal, LongSupplier nanoTime) {
    this.err = err;
    this.terminal = terminal;
    this.nanoTime = nanoTime;
  }

  static ConsoleProgress on(PrintStream err) {
    return new ConsoleProgress(err, isOnTerminal(), System::nanoTime);
  }

  /** Whether the launcher says that standard error is a terminal. */
  static boolean isOnTerminal() {
    return Boolean.getBoolean("plumbline.terminal");
  }

  @Override
  public Task start(String label, long total) {
    return terminal ? new Bar(label, total) : new Lines(label, total);
  }

  @Override
  public void note(String line) {
    // On a terminal a bar may be standing on the line; it draws itself again below.
    err.print(
        terminal ? "\r\u001b[K" + line + System.lineSeparator() : line + System.lineSeparator());
    err.flush();
  }

  private final class Bar implements Task {
    private final Line line;
    private final ProgressBar bar;

    Bar(String label, long total) {
      int columns = Math.max(40, Integer.getInteger("plumbline.columns", 80));
      line = new Line(err, columns - 1);
      bar =
          ProgressBar.builder()
              .setTaskName(label)
              .setInitialMax(total > 0 ? total : -1)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(250)
              .continuousUpdate()
              .setConsumer(line)
              .build();
    }

    @Override
    public void step(String note) {
      if (!note.isEmpty()) {
        bar.setExtraMessage(" " + note);
      }
      bar.step();
    }

    @Override
    public void close() {
      bar.close();
      line.close();
    }
  }

  /** The bar's line. The library leaves it open if a bar ends before it was first drawn. */
  private static final class Line extends ConsoleProgressBarConsumer {
    private boolean closed;

    Line(PrintStream err, int columns) {
      super(err, columns);
    }

    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        super.close();
      }
    }
  }

  private final class Lines implements Task {
    private final StepCount count;
    private long lastLine = nanoTime.getAsLong();

    Lines(String label, long total) {
      count = new StepCount(label, total, lastLine);
    }

    @Override
    public void step(String note) {
      count.step();
      long now = nanoTime.getAsLong();
      if (now - lastLine < BETWEEN_LINES.toNanos()) {
        return;
      }
      lastLine = now;
      err.println(note.isEmpty() ? count.line(now) : count.line(now) + ", " + note);
    }

    @Override
    public void skip(long steps) {
      count.skip(steps);
    }

    @Override
    public void close() {
      err.println(count.end(nanoTime.getAsLong()));
    }
  }
}
