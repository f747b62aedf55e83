package plumbline.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import plumbline.InputException;
import plumbline.data.AtomicFile;
import plumbline.data.Sha256;
import plumbline.data.exhibit.Exhibits;
import plumbline.distributed.World;
import plumbline.tensor.Engine;

/**
 * What a run leaves behind: {@code config.yaml}, {@code run.json}, {@code metrics.jsonl}, {@code
 * samples.jsonl}, {@code events.out.tfevents.*}, {@code summary.json} and {@code model/}.
 *
 * <p>{@code run.json} says {@code running} until {@link #finish}; a run that dies is seen to have
 * died. The two logs are append-only and flushed line by line.
 */
public final class RunDirectory implements AutoCloseable {
  /** System property with the command line of this process, which a run records if it is set. */
  public static final String COMMAND = "plumbline.command";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path path;
  private final ObjectNode run;
  private final Optional<FileChannel> lock;
  private final long startNanos = System.nanoTime();
  private final RunLogs logs;
  private Map<String, Double> last = Map.of();
  private Optional<Function<int[], String>> words = Optional.empty();

  private RunDirectory(Path path, ObjectNode run, Optional<FileChannel> lock, RunLogs logs) {
    this.path = path;
    this.run = run;
    this.lock = lock;
    this.logs = logs;
  }

  /**
   * Starts a run in an empty or new folder.
   *
   * @param name what the run is called
   * @param kind {@code pipeline}, {@code sft}, {@code reward}, {@code ppo}, {@code evaluate}, ...
   * @param config the effective configuration, complete, as YAML
   * @throws InputException if the folder cannot be written
   */
  public static RunDirectory start(Path path, String name, String kind, long seed, String config) {
    ObjectNode run = JSON.createObjectNode();
    run.put("name", name).put("kind", kind).put("seed", seed).put("status", "running");
    run.put("started", Instant.now().toString());
    String command = System.getProperty(COMMAND);
    if (command != null) {
      run.put("command", command);
    }
    run.putObject("versions")
        .put("plumbline", version())
        .put("java", System.getProperty("java.version"));
    Runtime machine = Runtime.getRuntime();
    run.putObject("environment")
        .put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"))
        .put("java", System.getProperty("java.vm.name") + " " + System.getProperty("java.version"))
        .put("cores", machine.availableProcessors())
        .put("memory_mb", Memory.physicalMegabytes())
        .put("threads", Engine.threads())
        .put("device", Engine.device())
        .put("dtype", Engine.dtype());
    run.putObject("data");
    run.putArray("parents");
    run.putArray("warnings");
    if (!World.current().isFirst()) {
      return new RunDirectory(path, run, Optional.empty(), RunLogs.follow(path));
    }
    try {
      Files.createDirectories(path);
      FileChannel lock = lock(path);
      RunDirectory directory = new RunDirectory(path, run, Optional.of(lock), RunLogs.start(path));
      directory.write("config.yaml", config);
      directory.writeRun();
      Files.deleteIfExists(path.resolve("summary.json"));
      Files.deleteIfExists(path.resolve(Exhibits.FILE));
      Checkpoints.deleteAll(path);
      UpdateGuard.deleteAll(path);
      return directory;
    } catch (IOException e) {
      throw new InputException(
          path + ": cannot be written (" + e + "); choose another folder with --out", e);
    } catch (InputException e) {
      throw new InputException(e.getMessage() + "; choose another folder with --out", e);
    }
  }

  /** Held until the run is closed or its process dies: two runs never write into one folder. */
  private static FileChannel lock(Path path) throws IOException {
    FileChannel channel =
        FileChannel.open(
            path.resolve("run.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      // Held by this very process: the same as by another one.
    }
    channel.close();
    throw new InputException(path + ": another run is writing here (it holds run.lock)");
  }

  /** Whether a run is writing in this folder: one of another process, or of this. */
  public static boolean isHeld(Path path) {
    if (!Files.exists(path.resolve("run.lock"))) {
      return false;
    }
    try (FileChannel lock = lock(path)) {
      return !lock.isOpen();
    } catch (InputException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Goes on in the folder of a run that was interrupted, if it left a checkpoint: what {@code
   * run.json} says of data, parents and warnings stays, the logs too. {@link Checkpoints#resume}
   * then says where to go on. Without a checkpoint this is {@link #start}.
   */
  public static RunDirectory resume(Path path, String name, String kind, long seed, String config) {
    if (!World.current().isFirst()
        || Checkpoints.saved(path).isEmpty()
        || !Files.exists(path.resolve("run.json"))) {
      return start(path, name, kind, seed, config);
    }
    try {
      ObjectNode run = (ObjectNode) JSON.readTree(Files.readString(path.resolve("run.json")));
      run.put("status", "running").remove("error");
      run.withArray("resumed").add(Instant.now().toString());
      RunDirectory directory =
          new RunDirectory(path, run, Optional.of(lock(path)), RunLogs.resume(path));
      directory.writeRun();
      return directory;
    } catch (IOException | ClassCastException e) {
      throw new InputException(
          path.resolve("run.json") + ": cannot be read (" + e.getMessage() + ")", e);
    }
  }

  /** How long the logs are, in bytes: what has been appended is in them, and on the disk. */
  Map<String, Long> logLengths() {
    return logs.lengths();
  }

  /** Forgets what was appended after the logs had these lengths. */
  void truncateLogs(Map<String, Long> lengths) {
    logs.truncate(lengths);
  }

  private static String version() {
    String version = RunDirectory.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  public Path path() {
    return path;
  }

  /** Where the run's model goes, a Hugging Face folder. */
  public Path model() {
    return path.resolve("model");
  }

  /** Records a file that the run read, with its SHA-256. */
  public void readsData(Path file) {
    ((ObjectNode) run.get("data")).put(file.toString(), Sha256.of(file));
    writeRun();
  }

  /** Records a run or model that this one builds on. */
  public void buildsOn(String parent) {
    addOnce("parents", parent);
  }

  /** Something that the reader of the results must know. */
  public void warn(String warning) {
    addOnce("warnings", warning);
  }

  private void addOnce(String list, String text) {
    ArrayNode texts = (ArrayNode) run.get(list);
    for (JsonNode there : texts) {
      if (there.asText().equals(text)) {
        return;
      }
    }
    texts.add(text);
    writeRun();
  }

  /** Records how many steps there will be, for those who watch. */
  void plan(long steps) {
    if (run.path("steps").asLong(-1) != steps) {
      put("steps", JSON.getNodeFactory().numberNode(steps));
    }
  }

  /** Adds or replaces a field of {@code run.json}. */
  public void put(String key, JsonNode value) {
    run.set(key, value);
    writeRun();
  }

  /** How tokens are written as text where rows are kept for people to look at. */
  public void reads(Function<int[], String> decoder) {
    words = Optional.of(decoder);
  }

  /** Tokens as text, if {@link #reads} has been told. */
  Optional<String> text(int[] tokens) {
    return words.map(decoder -> decoder.apply(tokens));
  }

  /** Appends one step's metrics; NaN and infinities are written as null. */
  public void metrics(long step, Map<String, Double> values) {
    last = Map.copyOf(values);
    ObjectNode row = JSON.createObjectNode().put("step", step);
    values.forEach(row::put);
    logs.metrics(row);
  }

  /** A metric of the newest row that this process has appended, if it is a finite number there. */
  OptionalDouble lastMetric(String name) {
    Double value = last.get(name);
    return value == null || !Double.isFinite(value)
        ? OptionalDouble.empty()
        : OptionalDouble.of(value);
  }

  /** The rows of {@code metrics.jsonl} so far. */
  public List<JsonNode> loggedMetrics() {
    return logs.metrics();
  }

  /** Appends one sample: prompt, response, scores, length; as for {@link #metrics}. */
  public void sample(ObjectNode row) {
    logs.sample(row);
  }

  /**
   * Writes {@code summary.json}: what a table needs. NaN and infinities become null.
   *
   * @return what was written
   */
  public JsonNode summary(JsonNode summary) {
    return writes() ? writeSummary(path, summary) : RunLogs.finite(summary);
  }

  /** {@link #summary} into a run directory that is finished. */
  public static JsonNode writeSummary(Path path, JsonNode summary) {
    JsonNode written = RunLogs.finite(summary);
    AtomicFile.writeText(path.resolve("summary.json"), written.toPrettyString() + "\n");
    return written;
  }

  /** Writes {@code report.json}: the tables and figures that the run shows of its own. */
  public void exhibits(Exhibits exhibits) {
    if (writes()) {
      exhibits.write(path);
    }
  }

  /** Writes a file of the run under a temporary name, renamed when complete. */
  public void write(String name, String text) {
    if (writes()) {
      AtomicFile.writeText(path.resolve(name), text);
    }
  }

  /** Whether this process writes here: of those that train together only the first does. */
  public boolean writes() {
    return lock.isPresent();
  }

  private void writeRun() {
    write("run.json", run.toPrettyString() + "\n");
  }

  /** Marks the run as {@code ok}, complete with everything it should have written. */
  public void finish() {
    end("ok");
  }

  /** Marks the run as {@code failed}. */
  public void fail(String reason) {
    run.put("error", reason);
    end("failed");
  }

  /** {@link #fail} for what ends the run: a disk on which nothing can be written hides it not. */
  public void failed(RuntimeException reason) {
    try {
      fail(String.valueOf(reason.getMessage()));
    } catch (InputException e) {
      reason.addSuppressed(e);
    }
  }

  private void end(String status) {
    run.put("status", status);
    run.put("ended", Instant.now().toString());
    run.put("seconds", (System.nanoTime() - startNanos) / 1e9);
    writeRun();
  }

  @Override
  public void close() {
    logs.close();
    try {
      if (lock.isPresent()) {
        lock.get().close();
      }
    } catch (IOException e) {
      throw new InputException(path + ": cannot be released (" + e.getMessage() + ")", e);
    }
  }
}
