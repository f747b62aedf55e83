package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import plumbline.TensorBoardEvents;

/**
 * A command that dies at random moments, by one signal or another, and is started again until it
 * ends: what it leaves in its folder {@code run} must be what an undisturbed one leaves.
 *
 * @param place the folder that the command runs in
 * @param command its words, the same every time
 */
record KilledRun(Path place, List<String> command) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What the clock or the machine decides. */
  private static final Set<String> OF_THE_CLOCK =
      Set.of("started", "ended", "resumed", "seconds", "skipped", "peak_rss_mb", "tokens_per_s");

  /** When a process is killed: nobody knows, or while a file stands there under another name. */
  enum Moment {
    ANY,
    SAVING
  }

  /** How. */
  private enum Signal {
    KILL(137, 9),
    TERM(143, 15),
    INT(130, 2);

    private final int exitCode;
    private final int number;

    Signal(int exitCode, int number) {
      this.exitCode = exitCode;
      this.number = number;
    }

    /** Those that end a child: what this process ignores, as one in the background may, it too. */
    static List<Signal> heard() throws IOException {
      Path status = Path.of("/proc/self/status");
      if (!Files.exists(status)) {
        return List.of(values());
      }
      long ignored =
          Files.readAllLines(status).stream()
              .filter(line -> line.startsWith("SigIgn:"))
              .mapToLong(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
              .findFirst()
              .orElse(0);
      return Arrays.stream(values())
          .filter(signal -> (ignored >> (signal.number - 1) & 1) == 0)
          .toList();
    }

    /** Returns the exit code. */
    int send(Process process) throws Exception {
      new ProcessBuilder("kill", "-" + name(), "" + process.pid()).start().waitFor();
      return process.waitFor();
    }
  }

  /** What a run leaves that nobody disturbs. */
  Map<String, Object> undisturbed() throws Exception {
    assertThat(start().waitFor()).as(this::words).isZero();
    return left();
  }

  /**
   * Kills so many times, then runs to the end and compares.
   *
   * @param signs rows of metrics and summaries that the run writes, about: work to be met
   * @return the kills that met a living process
   */
  int assertSameAfterKills(
      int times, Moment moment, int signs, long seed, Map<String, Object> wanted) throws Exception {
    SplittableRandom random = new SplittableRandom(seed + place.getFileName().hashCode());
    List<Signal> heard = Signal.heard();
    Map<Signal, Integer> kills = new EnumMap<>(Signal.class);
    int torn = 0;
    for (int i = 0; i < times; i++) {
      Process process = start();
      if (moment == Moment.ANY) {
        awaitWork(process, 1 + random.nextInt(Math.max(1, 2 * signs / (times + 1) - 1)));
        process.waitFor(random.nextInt(150), TimeUnit.MILLISECONDS);
      } else {
        awaitTemporaries(process, 1 + random.nextInt(1 + 2 * signs / (times + 1)));
      }
      Signal signal =
          moment == Moment.SAVING ? Signal.KILL : heard.get(random.nextInt(heard.size()));
      int code = signal.send(process);
      if (code != 0) {
        assertThat(code).as("%s: %s", signal, words()).isEqualTo(signal.exitCode);
        kills.merge(signal, 1, Integer::sum);
      }
      assertNoCrash();
      torn += temporaries().isEmpty() ? 0 : 1;
    }
    System.err.printf(
        "%s: killed by %s, %d times with a half-written file%n", place.getFileName(), kills, torn);
    assertEndsAs(wanted);
    return kills.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** Runs to the end and compares. */
  void assertEndsAs(Map<String, Object> wanted) throws Exception {
    assertThat(start().waitFor()).as(this::words).isZero();
    assertNoCrash();
    Map<String, Object> found = left();
    assertThat(found.keySet()).isEqualTo(wanted.keySet());
    wanted.forEach((file, content) -> assertThat(found.get(file)).as(file).isEqualTo(content));
  }

  private void assertNoCrash() {
    assertThat(place.toFile().list())
        .as(this::words)
        .noneMatch(name -> name.startsWith("hs_err") || name.startsWith("core"));
  }

  // ---- processes

  Process start() throws IOException {
    return CommandProcess.start(place, command.toArray(String[]::new));
  }

  String words() {
    try {
      return Files.readString(place.resolve(CommandProcess.WORDS));
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Waits for so many new rows of metrics and summaries. */
  void awaitWork(Process process, int more) throws Exception {
    int before = signs();
    while (process.isAlive() && signs() < before + more) {
      Thread.sleep(5);
    }
  }

  private int signs() throws IOException {
    int signs = 0;
    for (Path file : files(place.resolve("run"))) {
      if (file.endsWith("metrics.jsonl")) {
        String text = Files.readString(file, StandardCharsets.UTF_8);
        signs += (int) text.chars().filter(c -> c == '\n').count();
      } else if (file.endsWith("summary.json")) {
        signs++;
      }
    }
    return signs;
  }

  /** Waits until something has stood under a temporary name so many times. */
  private void awaitTemporaries(Process process, int times) throws Exception {
    List<Path> seen = List.of();
    int count = 0;
    while (process.isAlive() && count < times) {
      List<Path> now = temporaries();
      if (!now.isEmpty() && !now.equals(seen)) {
        count++;
      }
      seen = now;
      LockSupport.parkNanos(100_000);
    }
  }

  private List<Path> temporaries() throws IOException {
    return files(place.resolve("run")).stream().filter(f -> f.toString().contains(".tmp")).toList();
  }

  // ---- what is left

  private static List<Path> files(Path run) throws IOException {
    if (!Files.exists(run)) {
      return List.of();
    }
    // A file may go while the folder is read: the process is at work there.
    List<Path> files = new ArrayList<>();
    try (Stream<Path> all = Files.walk(run)) {
      all.filter(Files::isRegularFile).forEach(files::add);
    } catch (UncheckedIOException e) {
      return files;
    }
    return files;
  }

  /** Every file by its name; JSON without what the clock decides. */
  private Map<String, Object> left() throws IOException {
    Path run = place.resolve("run");
    Map<String, Object> left = new TreeMap<>();
    for (Path file : files(run)) {
      String name = run.relativize(file).toString();
      if (name.contains(".tfevents.")) {
        // Its name and the times in it are the clock's.
        String place = Path.of(name).getParent() + "/events.out.tfevents";
        assertThat(left.put(place, timelessEvents(file.getParent()))).as("a second file").isNull();
      } else if (name.endsWith("report.html")) {
        // It shows times.
        left.put(name, "a report");
      } else if (name.endsWith(".json") || name.endsWith(".jsonl")) {
        left.put(name, timeless(file));
      } else {
        left.put(name, Files.readAllBytes(file));
      }
    }
    return left;
  }

  private static List<String> timelessEvents(Path folder) throws IOException {
    return TensorBoardEvents.values(folder).stream()
        .filter(value -> !value.matches("\\d+ (time/|tokens_per_s).*"))
        .sorted()
        .toList();
  }

  private static List<JsonNode> timeless(Path file) throws IOException {
    List<JsonNode> documents = new ArrayList<>();
    try (var values = JSON.readerFor(JsonNode.class).<JsonNode>readValues(file.toFile())) {
      values.forEachRemaining(documents::add);
    }
    documents.forEach(KilledRun::forgetTimes);
    if (file.endsWith("state.json")) {
      // The lengths of logs, which hold times.
      documents.forEach(state -> ((ObjectNode) state).remove(List.of("logs", "checksum")));
    }
    return documents;
  }

  private static void forgetTimes(JsonNode node) {
    if (node instanceof ObjectNode object) {
      object
          .properties()
          .removeIf(e -> OF_THE_CLOCK.contains(e.getKey()) || e.getKey().startsWith("time/"));
      object.forEach(KilledRun::forgetTimes);
    } else if (node instanceof ArrayNode array) {
      array.forEach(KilledRun::forgetTimes);
    }
  }
}
