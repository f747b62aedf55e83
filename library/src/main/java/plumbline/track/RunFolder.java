package plumbline.track;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import plumbline.InputException;

/**
 * A run directory as others see it, while it is written and later. What cannot be read yet is as if
 * it were not there.
 *
 * @param name the folder's path below the one that was asked for, "." for that one itself
 */
public record RunFolder(Path path, String name) {
  public static final String METRICS = "metrics.jsonl";
  public static final String SAMPLES = "samples.jsonl";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> NO_RUNS = List.of("checkpoints", "model");

  /**
   * The run in a folder and those below it: a pipeline, then its stages in the order in which they
   * began.
   *
   * @throws InputException if there is none
   */
  public static List<RunFolder> in(Path top) {
    List<RunFolder> found = present(top);
    if (found.isEmpty()) {
      throw new InputException(
          top
              + (Files.isDirectory(top) ? ": no run directory" : ": no such folder")
              + "; wanted the folder that a run was written to (--out), which holds run.json");
    }
    return found;
  }

  /** As {@link #in}, but there may be none, yet. */
  public static List<RunFolder> present(Path top) {
    List<RunFolder> found = new ArrayList<>();
    try {
      addBelow(top, ".", found);
    } catch (IOException | UncheckedIOException e) {
      // A folder may go while it is read: its run is at work there. Another look sees the rest.
      return found;
    }
    return found;
  }

  private static void addBelow(Path folder, String name, List<RunFolder> found) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    RunFolder self = new RunFolder(folder, name);
    if (Files.exists(folder.resolve("run.json"))) {
      found.add(self);
    }
    List<Path> children;
    try (Stream<Path> entries = Files.list(folder)) {
      children =
          entries
              .filter(Files::isDirectory)
              .filter(child -> !NO_RUNS.contains(child.getFileName().toString()))
              .sorted(Comparator.comparing(RunFolder::begun).thenComparing(child -> child))
              .toList();
    }
    for (Path child : children) {
      String own = child.getFileName().toString();
      addBelow(child, name.equals(".") ? own : name + "/" + own, found);
    }
  }

  private static Instant begun(Path folder) {
    return new RunFolder(folder, "").moment("started").orElse(Instant.MAX);
  }

  /** {@code run.json}, a missing node without it. */
  public JsonNode info() {
    return json("run.json");
  }

  /** A JSON file of the run, a missing node if there is none. */
  public JsonNode json(String file) {
    try {
      Path json = path.resolve(file);
      return Files.exists(json) ? JSON.readTree(Files.readString(json)) : MissingNode.getInstance();
    } catch (IOException e) {
      return MissingNode.getInstance();
    }
  }

  /** What the run is called: its own name, or the folder's. */
  public String title() {
    return info().path("name").asText(path.toAbsolutePath().normalize().getFileName().toString());
  }

  /** The moment in a field of {@code run.json}. */
  public Optional<Instant> moment(String field) {
    try {
      String text = info().path(field).asText();
      return text.isEmpty() ? Optional.empty() : Optional.of(Instant.parse(text));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  /** How it stands with a run. */
  public enum State {
    /** Its process is at work. */
    RUNNING,
    /** Its process died or was stopped. */
    INTERRUPTED,
    FAILED,
    OK
  }

  /** How it stands, told by a process that is not itself at work in the folder. */
  public State state() {
    State written = stateAsWritten();
    return written == State.RUNNING && !isLocked() ? State.INTERRUPTED : written;
  }

  /** How it stands by {@code run.json} alone, which a process that died leaves at running. */
  public State stateAsWritten() {
    return switch (info().path("status").asText()) {
      case "ok" -> State.OK;
      case "failed" -> State.FAILED;
      default -> State.RUNNING;
    };
  }

  /** Whether a process holds {@code run.lock}. */
  private boolean isLocked() {
    Path file = path.resolve("run.lock");
    if (!Files.exists(file)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      return lock == null;
    } catch (OverlappingFileLockException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
