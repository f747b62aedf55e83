package plumbline.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import plumbline.InputException;
import plumbline.track.EventLog;

/**
 * A run's logs, flushed row by row: {@code metrics.jsonl}, {@code samples.jsonl}, and TensorBoard's
 * events made of their rows.
 */
final class RunLogs implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String METRICS = "metrics.jsonl";
  private static final String SAMPLES = "samples.jsonl";
  private static final List<String> NAMES = List.of(METRICS, SAMPLES);

  private final Path folder;
  private final boolean writes;
  private final List<JsonNode> remembered = new ArrayList<>();
  private BufferedWriter metrics;
  private BufferedWriter samples;
  private EventLog events;

  private RunLogs(Path folder, EventLog events, boolean writes) {
    this.folder = folder;
    this.writes = writes;
    this.events = events;
  }

  /** Empty logs; what an earlier run left is deleted. */
  static RunLogs start(Path folder) throws IOException {
    for (String name : NAMES) {
      Files.deleteIfExists(folder.resolve(name));
    }
    return new RunLogs(folder, EventLog.start(folder), true);
  }

  /** The logs of a run that goes on. */
  static RunLogs resume(Path folder) {
    return new RunLogs(folder, null, true);
  }

  /** Logs that another process writes: what is appended here is only remembered. */
  static RunLogs follow(Path folder) {
    return new RunLogs(folder, null, false);
  }

  void metrics(ObjectNode row) {
    ObjectNode written = finite(row);
    if (!writes) {
      remembered.add(written);
      return;
    }
    EventLog log = events();
    metrics = append(metrics, METRICS, written);
    event(() -> log.metrics(written));
  }

  void sample(ObjectNode row) {
    if (!writes) {
      return;
    }
    ObjectNode written = finite(row);
    EventLog log = events();
    samples = append(samples, SAMPLES, written);
    event(() -> log.sample(written));
  }

  private BufferedWriter append(BufferedWriter open, String name, ObjectNode row) {
    try {
      BufferedWriter writer =
          open != null
              ? open
              : Files.newBufferedWriter(
                  folder.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      writer.write(row + "\n");
      writer.flush();
      return writer;
    } catch (IOException e) {
      throw new InputException(
          folder.resolve(name) + ": cannot be written (" + e.getMessage() + "); is the disk full?",
          e);
    }
  }

  private interface Writing {
    void run() throws IOException;
  }

  private void event(Writing writing) {
    try {
      writing.run();
    } catch (IOException e) {
      throw new InputException(
          folder + ": its events cannot be written (" + e.getMessage() + "); is the disk full?", e);
    }
  }

  /** Made, in a run that goes on, of the rows that are there, before another is added. */
  private EventLog events() {
    if (events == null) {
      event(() -> events = EventLog.resume(folder, rows(METRICS), rows(SAMPLES)));
    }
    return events;
  }

  /** The rows of {@code metrics.jsonl} so far. */
  List<JsonNode> metrics() {
    return writes ? rows(METRICS) : List.copyOf(remembered);
  }

  private List<JsonNode> rows(String name) {
    Path file = folder.resolve(name);
    try {
      List<JsonNode> rows = new ArrayList<>();
      if (Files.exists(file)) {
        for (String line : Files.readAllLines(file)) {
          rows.add(JSON.readTree(line));
        }
      }
      return rows;
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read (" + e.getMessage() + ")", e);
    }
  }

  /** How long the logs are, in bytes: what has been appended is in them, and on the disk. */
  Map<String, Long> lengths() {
    Map<String, Long> lengths = new LinkedHashMap<>();
    NAMES.forEach(name -> lengths.put(name, synced(folder.resolve(name))));
    return lengths;
  }

  private static long synced(Path file) {
    if (!Files.exists(file)) {
      return 0;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
      return channel.size();
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read (" + e.getMessage() + ")", e);
    }
  }

  /** Forgets what was appended after the logs had these lengths, and its events. */
  void truncate(Map<String, Long> lengths) {
    close();
    if (!writes) {
      remembered.clear();
      remembered.addAll(rows(METRICS));
      return;
    }
    metrics = null;
    samples = null;
    events = null;
    for (String name : NAMES) {
      Path file = folder.resolve(name);
      if (Files.exists(file)) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.truncate(lengths.getOrDefault(name, 0L));
        } catch (IOException e) {
          throw new InputException(file + ": cannot be written (" + e.getMessage() + ")", e);
        }
      }
    }
    events();
  }

  /** The same with null for what JSON has no number for. */
  static ObjectNode finite(ObjectNode object) {
    ObjectNode copy = JSON.createObjectNode();
    object.properties().forEach(field -> copy.set(field.getKey(), finite(field.getValue())));
    return copy;
  }

  /** The same with null for what JSON has no number for. */
  static JsonNode finite(JsonNode node) {
    if (node.isFloatingPointNumber() && !Double.isFinite(node.doubleValue())) {
      return NullNode.getInstance();
    }
    if (node instanceof ObjectNode object) {
      return finite(object);
    }
    if (node instanceof ArrayNode array) {
      ArrayNode copy = JSON.createArrayNode();
      array.forEach(item -> copy.add(finite(item)));
      return copy;
    }
    return node;
  }

  @Override
  public void close() {
    try {
      if (metrics != null) {
        metrics.close();
      }
      if (samples != null) {
        samples.close();
      }
      if (events != null) {
        events.close();
      }
    } catch (IOException e) {
      throw new InputException(folder + ": cannot be written (" + e.getMessage() + ")", e);
    }
  }
}
