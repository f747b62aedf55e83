package plumbline.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import plumbline.InputException;
import plumbline.data.Example;
import plumbline.data.format.RowFiles;

/** A file of rows that grows: each is on the disk before the next is thought of. */
final class AppendedRows {
  private final Path file;

  /**
   * @throws InputException if the file cannot be written
   */
  AppendedRows(Path file) {
    this.file = file;
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      open().close();
    } catch (IOException e) {
      throw cannot(e);
    }
  }

  Path file() {
    return file;
  }

  void add(Example row) {
    try (FileChannel channel = open()) {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      if (isTorn(channel)) {
        line.write('\n');
      }
      RowFiles.writeLine(RowFiles.json(row), line);
      ByteBuffer bytes = ByteBuffer.wrap(line.toByteArray());
      channel.position(channel.size());
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    } catch (IOException e) {
      throw cannot(e);
    }
  }

  private FileChannel open() throws IOException {
    return FileChannel.open(
        file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  /** Whether somebody was stopped in the middle of the last line. */
  private static boolean isTorn(FileChannel channel) throws IOException {
    ByteBuffer last = ByteBuffer.allocate(1);
    return channel.size() > 0 && channel.read(last, channel.size() - 1) == 1 && last.get(0) != '\n';
  }

  private InputException cannot(IOException e) {
    return new InputException(file + ": cannot be written: " + e.getMessage(), e);
  }
}
