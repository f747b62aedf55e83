package plumbline.web.serve;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import plumbline.web.Listening;
import plumbline.web.Tls;

/**
 * How models are served.
 *
 * @param keys of which a request names one; empty: nobody is asked for a key
 * @param origins of pages in browsers that may ask
 * @param rows that are generated side by side
 * @param waiting requests that may wait behind them
 * @param longest prompt and response in tokens; the model's context if that is less
 * @param largestBody of a request in bytes
 * @param adapters the folder below which clients may have adapters loaded; empty: they may not
 * @param grace how long a stopping server works on what it has begun
 */
public record ServeConfig(
    Listening listening,
    Set<String> keys,
    Set<String> origins,
    int rows,
    int waiting,
    int longest,
    int largestBody,
    Optional<Path> adapters,
    Duration grace) {
  /** Rows that are generated side by side unless somebody says otherwise. */
  public static final int ROWS = 32;

  /** Requests that wait unless somebody says otherwise. */
  public static final int WAITING = 128;

  private static final int IDLE_MILLIS = 30_000;
  private static final int LARGEST_BODY = 4 << 20;

  public ServeConfig {
    keys = Set.copyOf(keys);
    origins = Set.copyOf(origins);
  }

  /** On this machine only, without TLS and without keys. */
  public static ServeConfig of(int port) {
    return new ServeConfig(
        new Listening(Listening.LOOPBACK, port, Optional.empty(), IDLE_MILLIS),
        Set.of(),
        Set.of(),
        ROWS,
        WAITING,
        Integer.MAX_VALUE,
        LARGEST_BODY,
        Optional.empty(),
        Duration.ofMinutes(1));
  }

  public ServeConfig withListening(String host, int port, Optional<Tls> tls) {
    Listening other = new Listening(host, port, tls, listening.idleMillis());
    return new ServeConfig(
        other, keys, origins, rows, waiting, longest, largestBody, adapters, grace);
  }

  public ServeConfig withKeys(Set<String> others) {
    return new ServeConfig(
        listening, others, origins, rows, waiting, longest, largestBody, adapters, grace);
  }

  public ServeConfig withOrigins(Set<String> others) {
    return new ServeConfig(
        listening, keys, others, rows, waiting, longest, largestBody, adapters, grace);
  }

  /** As many rows side by side, and as many requests behind them. */
  public ServeConfig withRoom(int sideBySide, int behind) {
    return new ServeConfig(
        listening, keys, origins, sideBySide, behind, longest, largestBody, adapters, grace);
  }

  public ServeConfig withLongest(int tokens) {
    return new ServeConfig(
        listening, keys, origins, rows, waiting, tokens, largestBody, adapters, grace);
  }

  public ServeConfig withLargestBody(int bytes) {
    return new ServeConfig(
        listening, keys, origins, rows, waiting, longest, bytes, adapters, grace);
  }

  /** Clients may have adapters loaded from below a folder. */
  public ServeConfig withAdapters(Optional<Path> folder) {
    return new ServeConfig(
        listening, keys, origins, rows, waiting, longest, largestBody, folder, grace);
  }

  public ServeConfig withGrace(Duration other) {
    return new ServeConfig(
        listening, keys, origins, rows, waiting, longest, largestBody, adapters, other);
  }
}
