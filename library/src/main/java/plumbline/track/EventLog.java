package plumbline.track;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import plumbline.InputException;
import plumbline.data.AtomicFile;

/**
 * A run's metrics and samples as TensorBoard reads them: {@code events.out.tfevents.*}, one file,
 * made of the rows of the run's logs and of nothing else.
 *
 * <p>The file's name and the times in it are the clock's. Everything else is the rows'.
 */
public final class EventLog implements AutoCloseable {
  private static final String PREFIX = "events.out.tfevents.";
  private static final String SUFFIX = ".plumbline";

  private final Path folder;
  private OutputStream out;
  private long sampledStep = -1;
  private int samples;

  private EventLog(Path folder) {
    this.folder = folder;
  }

  /** A log without events, whose file appears with the first; older files are deleted. */
  public static EventLog start(Path folder) throws IOException {
    delete(files(folder));
    delete(begun(folder));
    return new EventLog(folder);
  }

  /**
   * The log of a run that goes on: a new file with exactly the events of these rows, at the moments
   * at which they were first written, in place of all older files. A TensorBoard that has read
   * those forgets them.
   *
   * @param metrics rows of {@code metrics.jsonl}
   * @param sampled rows of {@code samples.jsonl}
   */
  public static EventLog resume(Path folder, List<JsonNode> metrics, List<JsonNode> sampled)
      throws IOException {
    delete(begun(folder));
    List<Path> old = files(folder);
    EventLog log = new EventLog(folder);
    if (!metrics.isEmpty() || !sampled.isEmpty()) {
      SortedMap<Long, Double> times = times(folder);
      Path file = nameAfter(old, folder);
      log.write(file, metrics, sampled, step -> times.getOrDefault(step, now()));
      log.out = append(file);
    }
    delete(old);
    return log;
  }

  private static void delete(List<Path> files) throws IOException {
    for (Path file : files) {
      Files.delete(file);
    }
  }

  /**
   * Writes the events of a run that has ended into a folder that has none.
   *
   * @return the file
   * @throws InputException if there are events already, or the folder cannot be written
   */
  static Path export(Path folder, List<JsonNode> metrics, List<JsonNode> sampled, Times times) {
    try {
      if (!files(folder).isEmpty()) {
        throw new InputException(
            folder + ": holds events already; name another folder, or delete " + PREFIX + "*");
      }
      Path file = nameAfter(List.of(), folder);
      new EventLog(folder).write(file, metrics, sampled, times);
      return file;
    } catch (IOException e) {
      throw new InputException(folder + ": cannot be read (" + e.getMessage() + ")", e);
    }
  }

  /** When the row of a step was written, in seconds since 1970. */
  interface Times {
    double of(long step);
  }

  private void write(Path file, List<JsonNode> metrics, List<JsonNode> sampled, Times times) {
    ByteArrayOutputStream events = new ByteArrayOutputStream();
    List<JsonNode> rows = new ArrayList<>(metrics);
    rows.addAll(sampled);
    rows.sort(Comparator.comparingLong(Event::step));
    double first = times.of(rows.isEmpty() ? 0 : Event.step(rows.get(0)));
    begin(events, first);
    for (JsonNode row : rows) {
      double time = times.of(Event.step(row));
      if (isSample(row)) {
        events.writeBytes(sampleRecord(row, time));
      } else {
        Event.metrics(row, time).map(Records::framed).ifPresent(events::writeBytes);
      }
    }
    AtomicFile.write(file, events::writeTo);
  }

  private static boolean isSample(JsonNode row) {
    return row.has("response");
  }

  private static void begin(ByteArrayOutputStream events, double time) {
    events.writeBytes(Records.framed(Event.version(time)));
    events.writeBytes(Records.framed(Event.beginning(time)));
  }

  /** Adds a row of {@code metrics.jsonl}. */
  public void metrics(JsonNode row) throws IOException {
    var event = Event.metrics(row, now());
    if (event.isPresent()) {
      add(Records.framed(event.get()));
    }
  }

  /** Adds a row of {@code samples.jsonl}, if it says of which step it is. */
  public void sample(JsonNode row) throws IOException {
    if (row.has("step") && isSample(row)) {
      add(sampleRecord(row, now()));
    }
  }

  private byte[] sampleRecord(JsonNode row, double time) {
    long step = Event.step(row);
    samples = step == sampledStep ? samples + 1 : 1;
    sampledStep = step;
    return Records.framed(Event.sample(row, samples, time));
  }

  private void add(byte[] record) throws IOException {
    if (out == null) {
      ByteArrayOutputStream beginning = new ByteArrayOutputStream();
      begin(beginning, now());
      Path file = nameAfter(List.of(), folder);
      AtomicFile.write(file, beginning::writeTo);
      out = append(file);
    }
    // In one call: whoever reads along sees a whole record or none.
    out.write(record);
  }

  private static OutputStream append(Path file) throws IOException {
    return Files.newOutputStream(file, StandardOpenOption.APPEND);
  }

  /** TensorBoard reads a run's files in the order of their names. */
  private static Path nameAfter(List<Path> old, Path folder) {
    long second = Instant.now().getEpochSecond();
    for (Path file : old) {
      String digits = file.getFileName().toString().replaceAll("\\D", "");
      if (digits.matches("\\d{1,15}")) {
        second = Math.max(second, Long.parseLong(digits) + 1);
      }
    }
    return folder.resolve(PREFIX + second + SUFFIX);
  }

  /** The event files of a run that this program has written, in the order of their names. */
  static List<Path> files(Path folder) throws IOException {
    return files(folder, SUFFIX);
  }

  /** What a killed process has begun: with another moment in its name, nobody writes over it. */
  private static List<Path> begun(Path folder) throws IOException {
    return files(folder, SUFFIX + ".tmp");
  }

  private static List<Path> files(Path folder, String suffix) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(PREFIX))
          .filter(file -> file.getFileName().toString().endsWith(suffix))
          .sorted()
          .toList();
    }
  }

  /** When each step was first written, as far as the event files in the folder tell. */
  static SortedMap<Long, Double> times(Path folder) throws IOException {
    SortedMap<Long, Double> times = new TreeMap<>();
    for (Path file : files(folder)) {
      for (byte[] event : Records.read(Files.readAllBytes(file))) {
        if (Event.isSummary(event)) {
          times.putIfAbsent(Event.step(event), Event.time(event));
        }
      }
    }
    return times;
  }

  private static double now() {
    return System.currentTimeMillis() / 1e3;
  }

  @Override
  public void close() throws IOException {
    if (out != null) {
      out.close();
    }
  }
}
