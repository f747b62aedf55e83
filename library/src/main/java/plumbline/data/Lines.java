package plumbline.data;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import plumbline.InputException;

/**
 * Streams the lines of a UTF-8 text file, plain or gzip (told apart by the first bytes), with or
 * without byte order mark, ended by LF or CRLF.
 */
final class Lines implements Closeable {
  private static final int GZIP_MAGIC_1 = 0x1f;
  private static final int GZIP_MAGIC_2 = 0x8b;
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private final Path file;
  private final InputStream in;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private int number;

  private Lines(Path file, InputStream in) {
    this.file = file;
    this.in = in;
  }

  /**
   * @throws InputException if the file is missing, a folder or unreadable
   */
  static Lines open(Path file) {
    if (Files.isDirectory(file)) {
      throw new InputException(file + ": is a folder, wanted a file");
    }
    if (!Files.exists(file)) {
      throw new InputException(file + ": no such file");
    }
    try {
      BufferedInputStream raw = new BufferedInputStream(Files.newInputStream(file));
      raw.mark(2);
      boolean zipped = raw.read() == GZIP_MAGIC_1 && raw.read() == GZIP_MAGIC_2;
      raw.reset();
      return new Lines(file, zipped ? new BufferedInputStream(new GZIPInputStream(raw)) : raw);
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * The next line without its end; empty at the end of the file.
   *
   * @throws InputException if the line is not UTF-8 or the gzip data is damaged
   */
  Optional<String> next() {
    bytes.reset();
    number++;
    try {
      int b = in.read();
      if (b < 0) {
        return Optional.empty();
      }
      while (b >= 0 && b != '\n') {
        bytes.write(b);
        b = in.read();
      }
    } catch (EOFException | ZipException e) {
      throw new InputException(place() + ": damaged gzip data: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(file.toString(), e);
    }
    return Optional.of(decode(bytes.toByteArray()));
  }

  /** File and number of the line that {@link #next} gave last, {@code pairs.jsonl:381}. */
  String place() {
    return file + ":" + number;
  }

  int number() {
    return number;
  }

  private String decode(byte[] line) {
    int from = number == 1 && startsWithMark(line) ? BYTE_ORDER_MARK.length : 0;
    int to = line.length > from && line[line.length - 1] == '\r' ? line.length - 1 : line.length;
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(line, from, to - from))
          .toString();
    } catch (CharacterCodingException e) {
      throw new InputException(place() + ": is not UTF-8 text; convert the file to UTF-8", e);
    }
  }

  private static boolean startsWithMark(byte[] line) {
    return line.length >= BYTE_ORDER_MARK.length
        && Arrays.equals(line, 0, BYTE_ORDER_MARK.length, BYTE_ORDER_MARK, 0, 3);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
