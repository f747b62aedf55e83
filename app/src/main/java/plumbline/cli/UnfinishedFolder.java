package plumbline.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.stream.Stream;
import plumbline.InputException;

/**
 * A folder that is filled under a temporary name beside its own and removed unless it is finished.
 *
 * @param path where to write
 * @param target what the folder is called in the end
 */
record UnfinishedFolder(Path path, Path target) implements AutoCloseable {

  /**
   * An empty folder beside {@code target}.
   *
   * @throws InputException if {@code target} exists or its parent cannot be written
   */
  static UnfinishedFolder of(Path target) {
    if (Files.exists(target)) {
      throw new InputException(target + ": exists already; remove it or choose another folder");
    }
    Path whole = target.toAbsolutePath().normalize();
    String name = "." + whole.getFileName() + "." + ProcessHandle.current().pid() + ".tmp";
    try {
      Files.createDirectories(whole.getParent());
      return new UnfinishedFolder(Files.createDirectory(whole.resolveSibling(name)), whole);
    } catch (IOException e) {
      throw new InputException(target + ": cannot be written (" + e + "); choose another", e);
    }
  }

  /** Gives the folder its name. */
  void finish() throws IOException {
    Files.move(path, target, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void close() throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
