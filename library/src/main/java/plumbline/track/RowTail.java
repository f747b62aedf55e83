package plumbline.track;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Reads a log that grows: each call gives the rows that were added since the one before. A run that
 * goes on cuts its logs first, which is seen, and everything is read again.
 */
public final class RowTail {
  /** The end of what was read, by which it is known again; rows hold times, so that it differs. */
  private static final int KNOWN_BY = 256;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private long position;
  private byte[] before = {};

  public RowTail(Path file) {
    this.file = file;
  }

  /**
   * What was read.
   *
   * @param anew whether these are all rows, those given before forgotten
   */
  public record Read(boolean anew, List<JsonNode> rows) {}

  /**
   * The rows that are whole by now.
   *
   * @throws IOException if the file is there and cannot be read
   */
  public Read next() throws IOException {
    if (!Files.exists(file)) {
      boolean anew = position > 0;
      forget();
      return new Read(anew, List.of());
    }
    try (RandomAccessFile reader = new RandomAccessFile(file.toFile(), "r")) {
      boolean anew = !isKnown(reader);
      if (anew) {
        forget();
      }
      byte[] added = new byte[(int) Math.min(reader.length() - position, Integer.MAX_VALUE - 8)];
      reader.seek(position);
      reader.readFully(added);
      return new Read(anew, rows(added));
    }
  }

  private void forget() {
    position = 0;
    before = new byte[0];
  }

  private boolean isKnown(RandomAccessFile reader) throws IOException {
    if (reader.length() < position) {
      return false;
    }
    byte[] there = new byte[before.length];
    reader.seek(position - before.length);
    reader.readFully(there);
    return Arrays.equals(there, before);
  }

  private List<JsonNode> rows(byte[] added) throws IOException {
    int end = added.length;
    while (end > 0 && added[end - 1] != '\n') {
      end--;
    }
    if (end == 0) {
      return List.of();
    }
    position += end;
    before = Arrays.copyOfRange(added, Math.max(0, end - KNOWN_BY), end);
    List<JsonNode> rows = new ArrayList<>();
    for (String line : new String(added, 0, end, StandardCharsets.UTF_8).split("\n", -1)) {
      parsed(line).ifPresent(rows::add);
    }
    return rows;
  }

  /** Empty where a process that died tore the line; the one that goes on cuts it off. */
  private static Optional<JsonNode> parsed(String line) {
    try {
      return Optional.of(JSON.readTree(line)).filter(JsonNode::isObject);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
