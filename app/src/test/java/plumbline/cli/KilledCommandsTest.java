package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.judge.StandInEndpoint;
import plumbline.judge.StandInEndpoint.Failure;

/**
 * Commands that train nothing, killed at random moments and given again. The system properties
 * {@code plumbline.kills} and {@code plumbline.kills.seed} say how often and when.
 */
class KilledCommandsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int KILLS = Integer.getInteger("plumbline.kills", 2);
  private static final long SEED = Long.getLong("plumbline.kills.seed", 1);
  private static final int CONCURRENCY = 4;
  private static final int ITEMS = 4000;

  @TempDir private Path folder;
  private final SplittableRandom random = new SplittableRandom(SEED);

  private String words() {
    try {
      return Files.readString(folder.resolve(CommandProcess.WORDS));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private void run(String... arguments) throws Exception {
    assertThat(CommandProcess.start(folder, arguments).waitFor()).as(this::words).isZero();
  }

  // ---- eval judge

  private void writeOutputs() throws IOException {
    for (String system : List.of("one", "two")) {
      StringBuilder rows = new StringBuilder("[");
      for (int i = 0; i < 120; i++) {
        rows.append(
            "%s{\"instruction\": \"question %d\", \"output\": \"%s\", \"generator\": \"%s\"}"
                .formatted(i == 0 ? "" : ", ", i, system + " says " + i, system));
      }
      Files.writeString(folder.resolve(system + ".json"), rows.append("]"));
    }
  }

  private List<String> judging(String name, StandInEndpoint endpoint) throws IOException {
    Files.writeString(
        folder.resolve(name + ".yaml"),
        """
        endpoint: '%s'
        model: judge-1
        first_wait: 0.001
        longest_wait: 0.01
        timeout: 1
        input_price: 5
        output_price: 20
        concurrency: %d
        """
            .formatted(endpoint.address(), CONCURRENCY));
    List<String> words = new ArrayList<>(List.of("eval", "judge", "--outputs", "one.json"));
    words.addAll(List.of("two.json", "--judge", name + ".yaml", "--out", name + ".jsonl"));
    words.addAll(List.of("--judgments", name + ".judgments.jsonl", "--resume"));
    return words;
  }

  private Map<String, String> judged(String name) throws IOException {
    Map<String, String> files = new TreeMap<>();
    for (String end : List.of(".jsonl", ".judgments.jsonl")) {
      files.put(end, Files.readString(folder.resolve(name + end)));
    }
    return files;
  }

  @Test
  void judgingKilledAtRandomMomentsEndsWithTheVerdictsOfAnUndisturbedOneAndPaysOnce()
      throws Exception {
    writeOutputs();
    try (StandInEndpoint sound = StandInEndpoint.sound()) {
      run(judging("sound", sound).toArray(String[]::new));
    }
    try (StandInEndpoint faulty =
        StandInEndpoint.failing(
            30, List.of(Failure.RATE_LIMIT, Failure.ERROR_500, Failure.MALFORMED))) {
      faulty.delay(3);
      String[] command = judging("killed", faulty).toArray(String[]::new);
      for (int kill = 0; kill < KILLS; kill++) {
        Process process = CommandProcess.start(folder, command);
        int enough = faulty.totalVerdicts() + 5 + random.nextInt(Math.max(1, 200 / KILLS));
        while (process.isAlive() && faulty.totalVerdicts() < enough) {
          Thread.sleep(2);
        }
        process.destroyForcibly().waitFor();
      }
      run(command);

      assertThat(judged("killed")).isEqualTo(judged("sound"));
      int again =
          faulty.verdicts().values().stream().mapToInt(AtomicInteger::get).map(n -> n - 1).sum();
      assertThat(again).isLessThanOrEqualTo(KILLS * CONCURRENCY);
    }
  }

  // ---- label import, export

  private void writeItems() throws IOException {
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < ITEMS; i++) {
      rows.append(
          ("{\"id\": \"t%d\", \"messages\": [{\"role\": \"user\", \"content\": \"question %d\"}],"
                  + " \"responses\": [{\"model\": \"m1\", \"content\": \"a%d\"},"
                  + " {\"model\": \"m2\", \"content\": \"b\"}]}\n")
              .formatted(i, i, i));
    }
    Files.writeString(folder.resolve("items.jsonl"), rows);
    for (String file : List.of("project.yaml", "guidelines.md")) {
      Files.copy(
          Path.of(System.getProperty("plumbline.root"), "examples/labelling", file),
          folder.resolve(file));
    }
  }

  private String[] importing(String database) {
    return words("import helpful-answers items.jsonl --json", database);
  }

  private static String[] words(String label, String database) {
    return ("label " + label + " --db " + database).split(" ");
  }

  private List<JsonNode> exported(String database) throws Exception {
    String out = database + ".items.jsonl";
    run(words("export helpful-answers --as items --out " + out, database));
    List<JsonNode> items = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve(out))) {
      items.add(JSON.readTree(line));
    }
    return items;
  }

  @Test
  void itemsOfAnImportThatWasKilledAreThereOnceAfterTheNext() throws Exception {
    writeItems();
    for (String database : List.of("sound", "killed")) {
      run(words("create project.yaml", database));
    }
    long start = System.nanoTime();
    run(importing("sound"));
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    for (int kill = 0; kill < KILLS; kill++) {
      Process process = CommandProcess.start(folder, importing("killed"));
      process.waitFor(millis / 4 + random.nextLong(Math.max(1, millis)), TimeUnit.MILLISECONDS);
      process.destroyForcibly().waitFor();
    }
    run(importing("killed"));

    List<JsonNode> wanted = exported("sound");
    assertThat(wanted).hasSize(ITEMS);
    assertThat(exported("killed")).isEqualTo(wanted);
  }

  @Test
  void anExportThatWasKilledLeavesTheOldFileOrTheWholeNewOne() throws Exception {
    writeItems();
    run(words("create project.yaml", "db"));
    run(importing("db"));
    Path out = folder.resolve("items.out.jsonl");
    String[] export = words("export helpful-answers --as items --out " + out.getFileName(), "db");
    run(export);
    byte[] whole = Files.readAllBytes(out);
    for (int kill = 0; kill < KILLS; kill++) {
      byte[] before = kill % 2 == 0 ? "old".getBytes(StandardCharsets.UTF_8) : whole;
      Files.write(out, before);
      Process process = CommandProcess.start(folder, export);
      process.waitFor(300 + random.nextLong(2500), TimeUnit.MILLISECONDS);
      process.destroyForcibly().waitFor();
      byte[] found = Files.readAllBytes(out);
      assertThat(Arrays.equals(found, before) || Arrays.equals(found, whole)).isTrue();
    }
  }
}
