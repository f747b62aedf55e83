package plumbline.distributed;

import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/** Ranks that are threads of this process, for tests. */
public final class Ranks {
  private Ranks() {}

  /** What each of {@code size} ranks returns, in their order. */
  public static <T> List<T> run(int size, Function<World, T> body) {
    Deadlines deadlines = new Deadlines(Duration.ofSeconds(20), Duration.ofSeconds(20));
    int port = freePort();
    ExecutorService threads = Executors.newFixedThreadPool(size);
    try {
      List<Future<T>> running = new ArrayList<>();
      for (int rank = 0; rank < size; rank++) {
        Placement place = new Placement(rank, size, rank, "127.0.0.1", port, 0, false);
        running.add(threads.submit(() -> World.run(place, deadlines, Ranks::ignore, body)));
      }
      List<T> results = new ArrayList<>();
      RuntimeException failure = null;
      for (Future<T> each : running) {
        try {
          results.add(each.get());
        } catch (ExecutionException e) {
          failure =
              e.getCause() instanceof RuntimeException cause && failure == null
                  ? cause
                  : failure == null ? new IllegalStateException(e.getCause()) : failure;
        }
      }
      if (failure != null) {
        throw failure;
      }
      return results;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    } finally {
      threads.shutdown();
    }
  }

  private static void ignore(String lost) {
    // The thread that works finds out by itself.
  }

  /** A port that nobody listened on just now. */
  public static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
