package plumbline.collect;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import plumbline.InputException;

/** Records as lines of JSON, and back. */
final class LogRows {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          // A record's components are its row; what it can tell besides is none of it.
          .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
          .build();

  private LogRows() {}

  /** A line with its end; equal records give equal bytes. */
  static byte[] line(Object row) {
    try {
      return (JSON.writeValueAsString(row) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The rows of a file, read as they are asked for; the caller closes the stream.
   *
   * @throws InputException naming the line that is no such row
   */
  static <T> Stream<T> read(Path file, Class<T> type) {
    try {
      BufferedReader reader = Files.newBufferedReader(file);
      Iterator<T> rows = new Lines<>(file, reader, type);
      Iterable<T> once = () -> rows;
      return StreamSupport.stream(once.spliterator(), false).onClose(() -> close(file, reader));
    } catch (IOException e) {
      throw cannot(file, e);
    }
  }

  private static void close(Path file, BufferedReader reader) {
    try {
      reader.close();
    } catch (IOException e) {
      throw cannot(file, e);
    }
  }

  private static InputException cannot(Path file, IOException e) {
    return new InputException(file + ": cannot be read: " + e.getMessage(), e);
  }

  private static final class Lines<T> implements Iterator<T> {
    private final Path file;
    private final BufferedReader reader;
    private final Class<T> type;
    private String next;
    private long number = 1;

    Lines(Path file, BufferedReader reader, Class<T> type) throws IOException {
      this.file = file;
      this.reader = reader;
      this.type = type;
      this.next = reader.readLine();
    }

    @Override
    public boolean hasNext() {
      return next != null;
    }

    @Override
    public T next() {
      if (next == null) {
        throw new NoSuchElementException();
      }
      try {
        T row = JSON.readValue(next, type);
        next = reader.readLine();
        number++;
        return row;
      } catch (JsonProcessingException e) {
        throw new InputException(
            file + ":" + number + ": is no row of this log (" + e.getOriginalMessage() + ")", e);
      } catch (IOException e) {
        throw cannot(file, e);
      }
    }
  }
}
