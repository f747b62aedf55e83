package plumbline.web.serve;

import java.util.Optional;

/** The requests that use a model, which is freed when it is let go of and the last has ended. */
final class Users {
  private int count;
  private Optional<Runnable> free = Optional.empty();

  synchronized void enter() {
    count++;
  }

  void leave() {
    Optional<Runnable> now;
    synchronized (this) {
      count--;
      now = count == 0 ? free : Optional.empty();
    }
    now.ifPresent(Runnable::run);
  }

  /** Nobody will enter any more. */
  void letGo(Runnable closing) {
    boolean unused;
    synchronized (this) {
      free = Optional.of(closing);
      unused = count == 0;
    }
    if (unused) {
      closing.run();
    }
  }
}
