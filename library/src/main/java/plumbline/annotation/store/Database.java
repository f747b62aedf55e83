package plumbline.annotation.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Map;
import java.util.function.Function;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;
import plumbline.InputException;

/**
 * Connections, transactions and what differs between SQLite and PostgreSQL.
 *
 * <p>SQLite has one connection that writes and others that only read; PostgreSQL locks rows, always
 * an account's before an item's.
 */
final class Database implements AutoCloseable {
  private static final String SQLITE = "jdbc:sqlite:";
  private static final String POSTGRESQL = "jdbc:postgresql:";
  private static final String MIGRATIONS = "classpath:plumbline/annotation/store/migrations/";
  private static final int BUSY_MILLIS = 30_000;

  private final HikariDataSource writers;
  private final HikariDataSource readers;
  private final Jdbi writing;
  private final Jdbi reading;
  private final boolean sqlite;
  private final Clock clock;

  private Database(
      HikariDataSource writers, HikariDataSource readers, boolean sqlite, Clock clock) {
    this.writers = writers;
    this.readers = readers;
    this.writing = Jdbi.create(writers);
    this.reading = Jdbi.create(readers);
    this.sqlite = sqlite;
    this.clock = clock;
  }

  static Database open(StoreConfig config) {
    boolean sqlite = config.url().startsWith(SQLITE);
    if (!sqlite && !config.url().startsWith(POSTGRESQL)) {
      throw new InputException(
          config + ": unknown database, wanted jdbc:sqlite:FILE or jdbc:postgresql://HOST/NAME");
    }
    Database database = sqlite ? openSqlite(config) : openPostgresql(config);
    try {
      database.migrate();
    } catch (FlywayException e) {
      database.close();
      String why = e.getMessage().replaceAll("\\s+", " ").strip();
      throw new InputException(config + ": its tables are not those of this version: " + why, e);
    }
    return database;
  }

  private static Database openSqlite(StoreConfig config) {
    makePrivate(Path.of(config.url().substring(SQLITE.length()).replaceFirst("\\?.*", "")));
    try {
      SqliteNative.load();
    } catch (SQLException e) {
      throw new InputException(config + ": " + e.getMessage(), e);
    }
    HikariDataSource writers = pool(sqliteSource(config, false), 1, config);
    try {
      HikariDataSource readers = pool(sqliteSource(config, true), config.connections(), config);
      return new Database(writers, readers, true, config.clock());
    } catch (RuntimeException e) {
      writers.close();
      throw e;
    }
  }

  /** A new file that only its owner may read: it will hold hashes of passwords. */
  private static void makePrivate(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (!Files.isDirectory(folder)) {
      throw new InputException(folder + ": there is no such folder for the database");
    }
    boolean posix = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
    if (posix && !Files.exists(file)) {
      try {
        Files.createFile(
            file,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      } catch (FileAlreadyExistsException e) {
        return;
      } catch (IOException e) {
        throw new InputException(file + ": cannot be made: " + e.getMessage(), e);
      }
    }
  }

  private static DataSource sqliteSource(StoreConfig config, boolean reads) {
    SQLiteConfig sqlite = new SQLiteConfig();
    sqlite.setJournalMode(SQLiteConfig.JournalMode.WAL);
    sqlite.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    sqlite.setBusyTimeout(BUSY_MILLIS);
    sqlite.enforceForeignKeys(true);
    sqlite.setTransactionMode(
        reads ? SQLiteConfig.TransactionMode.DEFERRED : SQLiteConfig.TransactionMode.IMMEDIATE);
    SQLiteDataSource source = new SQLiteDataSource(sqlite);
    source.setUrl(config.url());
    return source;
  }

  private static Database openPostgresql(StoreConfig config) {
    HikariConfig pool = new HikariConfig();
    pool.setJdbcUrl(config.url());
    if (!config.user().isEmpty()) {
      pool.setUsername(config.user());
      pool.setPassword(config.password());
    }
    HikariDataSource both = start(pool, config.connections(), config);
    return new Database(both, both, false, config.clock());
  }

  private static HikariDataSource pool(DataSource source, int connections, StoreConfig config) {
    HikariConfig pool = new HikariConfig();
    pool.setDataSource(source);
    return start(pool, connections, config);
  }

  private static HikariDataSource start(HikariConfig pool, int connections, StoreConfig config) {
    pool.setMaximumPoolSize(connections);
    pool.setMinimumIdle(1);
    pool.setConnectionTimeout(BUSY_MILLIS);
    try {
      return new HikariDataSource(pool);
    } catch (HikariPool.PoolInitializationException e) {
      String why = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
      throw new InputException(config + ": the database cannot be opened: " + why, e);
    }
  }

  private void migrate() {
    String id =
        sqlite
            ? "INTEGER PRIMARY KEY AUTOINCREMENT"
            : "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY";
    Flyway.configure()
        .dataSource(writers)
        .locations(MIGRATIONS + "common", MIGRATIONS + (sqlite ? "sqlite" : "postgresql"))
        .placeholders(Map.of("id", id))
        .failOnMissingLocations(true)
        .ignoreMigrationPatterns(new String[0])
        .load()
        .migrate();
  }

  /** Queries; each sees what was committed when it began. */
  <T> T read(Function<Handle, T> work) {
    return reading.withHandle(work::apply);
  }

  /** Queries that all see the same state, however long they take. */
  <T> T snapshot(Function<Handle, T> work) {
    return reading.inTransaction(
        sqlite ? TransactionIsolationLevel.SERIALIZABLE : TransactionIsolationLevel.REPEATABLE_READ,
        work::apply);
  }

  /** One transaction: all of it or, where it throws, nothing. On disk when this returns. */
  <T> T write(Function<Handle, T> work) {
    return writing.inTransaction(work::apply);
  }

  /** At the end of a select of one table: others that want to lock the row wait. */
  String lock() {
    return sqlite ? "" : " FOR NO KEY UPDATE";
  }

  /** The same for the table of an alias; rows that others hold are passed over. */
  String lockFree(String alias) {
    return sqlite ? "" : " FOR NO KEY UPDATE OF " + alias + " SKIP LOCKED";
  }

  /** The same, waiting for rows that others hold. */
  String lockWaiting(String alias) {
    return sqlite ? "" : " FOR NO KEY UPDATE OF " + alias;
  }

  /**
   * Tells the planner how much there is in tables that have grown. PostgreSQL would find out by
   * itself a minute later, and until then sort all open items at every hand-out; SQLite walks the
   * index.
   */
  void countRows(Handle handle, String tables) {
    if (!sqlite) {
      handle.execute("ANALYZE " + tables);
    }
  }

  /** Milliseconds since 1970. */
  long now() {
    return clock.millis();
  }

  @Override
  public void close() {
    readers.close();
    writers.close();
  }
}
