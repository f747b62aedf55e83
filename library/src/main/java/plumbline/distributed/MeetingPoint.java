package plumbline.distributed;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.ByteVector;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;
import org.bytedeco.pytorch.global.torch;
import plumbline.tensor.Scopes;

/**
 * Short texts by name that all ranks see: libtorch's TCPStore, which one process keeps until it
 * ends. Made for one thread.
 */
public final class MeetingPoint {
  /** Never freed: libtorch's objects hold stores by counts that Java's do not take part in. */
  private static final Queue<TCPStore> KEPT = new ConcurrentLinkedQueue<>();

  private static final Duration PAUSE = Duration.ofMillis(200);
  private final TCPStore store;
  private final String place;

  private MeetingPoint(TCPStore store, String place) {
    this.store = store;
    KEPT.add(store);
    this.place = place;
  }

  /**
   * Opens one on this machine.
   *
   * @throws RankLost if the port is taken
   */
  public static MeetingPoint open(String address, int port) {
    return of(address, port, true, Deadlines.USUAL.sign());
  }

  /**
   * Comes to one that is there, or will be.
   *
   * @throws RankLost if it is not within the deadline
   */
  public static MeetingPoint come(String address, int port, Duration deadline) {
    return of(address, port, false, deadline);
  }

  static MeetingPoint of(String address, int port, boolean server, Duration deadline) {
    long end = System.nanoTime() + deadline.toNanos();
    while (true) {
      try {
        return once(address, port, server, deadline);
      } catch (RankLost e) {
        // A link that is cut may take a connection and end it at once.
        if (server || System.nanoTime() > end) {
          throw e;
        }
        pause();
      }
    }
  }

  private static MeetingPoint once(String address, int port, boolean server, Duration deadline) {
    String place = address + ":" + port;
    try {
      Loader.load(torch.class);
      TCPStoreOptions options =
          new TCPStoreOptions()
              .port((short) port)
              .isServer(server)
              .waitWorkers(false)
              .timeout(Group.milliseconds(deadline));
      TCPStore store = new TCPStore(address, options);
      store.setTimeout(Group.milliseconds(deadline));
      return new MeetingPoint(store, place);
    } catch (RuntimeException e) {
      throw new RankLost(
          server
              ? "the meeting point " + place + " cannot be opened: " + firstLine(e)
              : "the meeting point "
                  + place
                  + " does not answer within "
                  + Deadlines.words(deadline)
                  + ": "
                  + firstLine(e),
          e);
    }
  }

  /** libtorch's messages go on with a stack trace of C++. */
  static String firstLine(RuntimeException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("").strip();
  }

  Store store() {
    return store;
  }

  /** Leaves a text. */
  public void put(String name, String text) {
    asked(
        () -> {
          store.set(name, new ByteVector(text.getBytes(StandardCharsets.UTF_8)));
          return null;
        });
  }

  /** Adds to a count that begins at 0; returns it. */
  public long add(String name, long more) {
    return asked(() -> store.add(name, more));
  }

  /** Whether there is a text or a count of this name. */
  public boolean has(String name) {
    return asked(() -> store.check(new StringVector(name)));
  }

  /** A text that is there. */
  public String get(String name) {
    return asked(() -> new String(store.get(name).get(), StandardCharsets.UTF_8));
  }

  private interface Asking<T> {
    T ask();
  }

  private <T> T asked(Asking<T> asking) {
    try {
      return Scopes.call(asking::ask);
    } catch (RuntimeException e) {
      throw new RankLost(
          "the process that keeps the meeting point " + place + " is gone: " + firstLine(e), e);
    }
  }

  /** Waits, however long, for a text. */
  public String await(String name) {
    while (!has(name)) {
      pause();
    }
    return get(name);
  }

  static void pause() {
    try {
      Thread.sleep(PAUSE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RankLost("interrupted while it waited for other ranks", e);
    }
  }
}
