package plumbline.annotation.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import org.sqlite.SQLiteJDBCLoader;

/**
 * SQLite's native library, loaded once.
 *
 * <p>The driver unpacks it to the folder of temporary files and leaves it there when the process is
 * killed. Here it is removed as soon as it is loaded, where the system allows that.
 */
final class SqliteNative {
  private static final String FOLDER = "org.sqlite.tmpdir";

  private static boolean loaded;

  private SqliteNative() {}

  static synchronized void load() throws SQLException {
    if (loaded) {
      return;
    }
    String before = System.getProperty(FOLDER);
    try {
      Path own = Files.createTempDirectory("plumbline-sqlite");
      System.setProperty(FOLDER, own.toString());
      try {
        loaded = SQLiteJDBCLoader.initialize();
      } finally {
        clear(own);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (SQLException e) {
      throw e;
    } catch (Exception e) {
      throw new SQLException("SQLite's native library cannot be loaded: " + e.getMessage(), e);
    } finally {
      if (before == null) {
        System.clearProperty(FOLDER);
      } else {
        System.setProperty(FOLDER, before);
      }
    }
  }

  private static void clear(Path folder) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Files.delete(file);
      }
      Files.delete(folder);
    } catch (IOException e) {
      // Windows keeps a loaded library; the driver has marked it for deletion on exit
      folder.toFile().deleteOnExit();
    }
  }
}
