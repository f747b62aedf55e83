package plumbline.distributed;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Signs of life, given and looked for by a thread of its own: rank 0 watches all, the others watch
 * rank 0, which tells them whom it misses. A second thread notices if the first gets no answer: a
 * link that is cut says nothing.
 */
final class Pulse implements AutoCloseable {
  private static final int SIGNS_PER_DEADLINE = 6;
  private static final String MISSED = "missed";

  private final Placement place;
  private final Duration deadline;
  private final Consumer<String> lost;
  private final MeetingPoint point;
  private final Thread thread;
  private final Thread guard;
  private volatile long answered = System.nanoTime();
  private volatile String standing = "it joined";
  private volatile boolean closed;

  private Pulse(Placement place, Duration deadline, Consumer<String> lost) {
    this.place = place;
    this.deadline = deadline;
    this.lost = lost;
    this.point = MeetingPoint.come(place.address(), place.port(), deadline);
    this.thread = new Thread(this::run, "plumbline-pulse");
    thread.setDaemon(true);
    this.guard = new Thread(this::guard, "plumbline-pulse-guard");
    guard.setDaemon(true);
  }

  /**
   * Begins to give and look for signs.
   *
   * @param lost told once, on another thread, who is missing
   */
  static Pulse start(Placement place, Duration deadline, Consumer<String> lost) {
    Pulse pulse = new Pulse(place, deadline, lost);
    pulse.thread.start();
    pulse.guard.start();
    return pulse;
  }

  /** What this rank is at, for those who wait for it. */
  void at(String what) {
    standing = what;
  }

  /** A rank's newest sign and when it was first seen here. */
  private static final class Seen {
    String sign = "";
    long nanos = System.nanoTime();
  }

  private void run() {
    long count = 0;
    List<Seen> seen = new ArrayList<>();
    int watched = place.rank() == 0 ? place.size() : 1;
    for (int rank = 0; rank < watched; rank++) {
      seen.add(new Seen());
    }
    try {
      while (!closed) {
        point.put(name(place.rank()), ++count + " " + standing);
        if (point.has(prefix() + MISSED)) {
          tell(point.get(prefix() + MISSED));
          return;
        }
        for (int rank = 0; rank < watched; rank++) {
          if (rank != place.rank() && isMissing(rank, seen.get(rank))) {
            String message = message(rank, seen.get(rank));
            point.put(prefix() + MISSED, message);
            tell(message);
            return;
          }
        }
        answered = System.nanoTime();
        pause();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RankLost e) {
      tell(e.getMessage());
    }
  }

  private void pause() throws InterruptedException {
    Thread.sleep(Math.max(1, deadline.toMillis() / SIGNS_PER_DEADLINE));
  }

  private void guard() {
    try {
      while (!closed) {
        if (System.nanoTime() - answered > deadline.toNanos()) {
          tell(
              "rank %d of %d has had no answer from the meeting point %s for %s"
                  .formatted(place.rank(), place.size(), place.place(), Deadlines.words(deadline)));
        }
        pause();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isMissing(int rank, Seen seen) {
    if (point.has(name(rank))) {
      String sign = point.get(name(rank));
      if (!sign.equals(seen.sign)) {
        seen.sign = sign;
        seen.nanos = System.nanoTime();
      }
    }
    return System.nanoTime() - seen.nanos > deadline.toNanos();
  }

  private String message(int rank, Seen seen) {
    String last =
        seen.sign.isEmpty() ? "" : "; the last one said " + seen.sign.replaceFirst("\\d+ ", "");
    return "rank "
        + rank
        + " of "
        + place.size()
        + " has given no sign of life for "
        + Deadlines.words(deadline)
        + last;
  }

  private synchronized void tell(String message) {
    if (!closed) {
      closed = true;
      lost.accept(message);
    }
  }

  private String prefix() {
    return "pulse-" + place.attempt() + "/";
  }

  private String name(int rank) {
    return prefix() + rank;
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    guard.interrupt();
    try {
      thread.join(deadline.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
