package plumbline.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import plumbline.track.RunWatch;
import plumbline.train.Progress;

/**
 * Progress of a training on a terminal: what is being done with the time left, below it the run's
 * {@link Dashboard}, drawn again while it trains.
 */
final class LiveDashboard implements Progress, AutoCloseable {
  private static final long BETWEEN_MILLIS = 500;

  /** Pieces of work that run at a time. */
  private static final int WORK_LINES = 2;

  private final Screen screen;
  private final Dashboard dashboard;
  private final RunWatch watch;
  private final LongSupplier nanoTime;
  private final List<Work> working = new ArrayList<>();
  private List<String> seen = List.of();
  private long nextLook;
  private final Thread thread = new Thread(this::follow, "dashboard");

  LiveDashboard(Screen screen, Dashboard dashboard, RunWatch watch, LongSupplier nanoTime) {
    this.screen = screen;
    this.dashboard = dashboard;
    this.watch = watch;
    this.nanoTime = nanoTime;
    this.nextLook = nanoTime.getAsLong();
  }

  /** On the terminal that standard error is, of the run that this process writes to a folder. */
  static LiveDashboard start(Screen screen, Path out) {
    LiveDashboard live =
        new LiveDashboard(screen, Screen.dashboard(), new RunWatch(out, true), System::nanoTime);
    live.thread.setDaemon(true);
    live.thread.start();
    return live;
  }

  private void follow() {
    try {
      while (true) {
        Thread.sleep(BETWEEN_MILLIS);
        draw();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  synchronized void draw() {
    List<String> lines = new ArrayList<>();
    working.forEach(work -> lines.add(work.line()));
    if (nanoTime.getAsLong() - nextLook >= 0) {
      look();
    }
    lines.addAll(seen);
    screen.draw(dashboard.fitting(lines));
  }

  /** Spends a twentieth of one core at most, however long the run. */
  private void look() {
    long start = nanoTime.getAsLong();
    try {
      watch.look();
      if (!watch.runs().isEmpty()) {
        seen = dashboard.lines(watch, System.currentTimeMillis() / 1e3, WORK_LINES);
      }
    } catch (IOException e) {
      // The picture is not worth the run: another look may see more.
      seen = List.of("the run's files cannot be read: " + e.getMessage());
    }
    nextLook = start + 20 * (nanoTime.getAsLong() - start);
  }

  @Override
  public synchronized Task start(String label, long total) {
    Work work = new Work(label, total);
    working.add(work);
    return work;
  }

  @Override
  public void note(String line) {
    screen.say(line);
  }

  /** Draws once more, so that what stays is the end. */
  @Override
  public void close() {
    thread.interrupt();
    synchronized (this) {
      nextLook = nanoTime.getAsLong();
      draw();
    }
  }

  private final class Work implements Task {
    private final StepCount count;
    private String note = "";

    Work(String label, long total) {
      count = new StepCount(label, total, nanoTime.getAsLong());
    }

    String line() {
      String line = count.line(nanoTime.getAsLong());
      return note.isEmpty() ? line : line + ", " + note;
    }

    @Override
    public void step(String said) {
      synchronized (LiveDashboard.this) {
        count.step();
        note = said.isEmpty() ? note : said;
      }
    }

    @Override
    public void skip(long steps) {
      synchronized (LiveDashboard.this) {
        count.skip(steps);
      }
    }

    @Override
    public void close() {
      synchronized (LiveDashboard.this) {
        working.remove(this);
      }
      LiveDashboard.this.note(count.end(nanoTime.getAsLong()));
    }
  }
}
