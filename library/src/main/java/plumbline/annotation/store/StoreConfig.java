package plumbline.annotation.store;

import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;

/**
 * Which database, and what the store takes from outside.
 *
 * @param url {@code jdbc:sqlite:FILE} or {@code jdbc:postgresql://HOST:PORT/NAME}
 * @param user of PostgreSQL; empty where the URL or the server says it
 * @param password of PostgreSQL; not for logs
 * @param connections how many at once, at least 2
 * @param clock tells when leases and tokens run out
 * @param answers understands what the questions' answers say
 */
public record StoreConfig(
    String url, String user, String password, int connections, Clock clock, AnswerReader answers) {
  /** Environment variables that hold the user and the password of PostgreSQL. */
  public static final String USER = "PLUMBLINE_LABEL_DB_USER";

  public static final String PASSWORD = "PLUMBLINE_LABEL_DB_PASSWORD";

  private static final int CONNECTIONS = 10;

  /** {@code labels.db} in a folder. */
  public static StoreConfig sqlite(Path folder) {
    return of("jdbc:sqlite:" + folder.resolve("labels.db"), Map.of());
  }

  /** A database by its URL, user and password from the environment. */
  public static StoreConfig of(String url, Map<String, String> environment) {
    return new StoreConfig(
        url,
        environment.getOrDefault(USER, ""),
        environment.getOrDefault(PASSWORD, ""),
        CONNECTIONS,
        Clock.systemUTC(),
        new EqualAnswers());
  }

  public StoreConfig withClock(Clock other) {
    return new StoreConfig(url, user, password, connections, other, answers);
  }

  public StoreConfig withAnswers(AnswerReader other) {
    return new StoreConfig(url, user, password, connections, clock, other);
  }

  /** Without the password. */
  @Override
  public String toString() {
    return url;
  }
}
