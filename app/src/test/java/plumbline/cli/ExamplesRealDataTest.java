package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples on the real files, shortened from minutes to seconds. */
class ExamplesRealDataTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> SHORT =
      List.of(
          "scratch.layers=1",
          "scratch.hidden_size=32",
          "scratch.intermediate_size=64",
          "scratch.vocabulary_size=512",
          "sft.max_steps=6",
          "sft.optimizer.lr=1e-2",
          "reward.max_steps=3",
          "reward.reference_rows=16",
          "ppo.steps=2",
          "ppo.prompts_per_update=4",
          "evaluate.prompts=24",
          "evaluate.samples=3");

  @TempDir private Path folder;

  @Test
  void hhRlhfRunsFromTextToReport() throws IOException {
    Path data = SharedFolder.require("plumbline.data", "hh-rlhf");

    JsonNode summary = run("hh-rlhf", data, List.of());

    assertImported(data.resolve("helpful-base.jsonl.gz"), "pairs");
    assertThat(read("data/summary.json").at("/imported_pairs/rejected").asInt()).isPositive();
    assertThat(summary.at("/reward/accuracy/n").asInt()).isGreaterThan(10);
  }

  @Test
  void medicalMakesItsPairsAndRunsFromTextToReport() throws IOException {
    Path data = SharedFolder.require("plumbline.data", "medical-dialogues/mts-dialog.jsonl");

    JsonNode summary = run("medical", data, List.of("pairs.pairs=40", "pairs.test_pairs=20"));

    assertImported(data, "demonstrations");
    assertThat(folder.resolve("run/data/pairs.train.jsonl")).doesNotExist();
    JsonNode rows = read("data/summary.json");
    assertThat(
            rows.get("demonstrations.train.jsonl").asInt()
                + rows.get("demonstrations.test.jsonl").asInt()
                + rows.at("/beyond_limits/demonstrations.test.jsonl").asInt())
        .isEqualTo(rows.at("/imported_demonstrations/kept").asInt());
    assertThat(read("pairs/summary.json").get("pairs.train.jsonl").asInt()).isBetween(1, 40);
    assertThat(summary.at("/reward/accuracy/n").asInt()).isBetween(1, 20);
  }

  @Test
  void theMedicalStudyRunsOnRealVisits() throws IOException {
    Path data = SharedFolder.require("plumbline.data", "medical-dialogues/mts-dialog.jsonl");
    List<String> args =
        new ArrayList<>(List.of("run", example("medical-study").toString(), "--json", "-q"));
    args.addAll(List.of("--size", "real", "--short", "--threads", "1"));
    args.addAll(List.of("--out", folder.resolve("run").toString(), "--set", "data.path=" + data));
    for (String base : List.of("base-a", "base-b")) {
      args.addAll(List.of("--set", base + ".max_steps=1", "--set", base + ".eval_rows=8"));
    }

    Captured run = Captured.plumbline(args.toArray(String[]::new));

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.json().get("claims").findValuesAsText("id"))
        .containsExactly("encoder-tells-apart", "llama-tells-apart");
    assertThat(run.json().get("claims").findValuesAsText("verdict")).doesNotContain("not measured");
    JsonNode prepared = read("data/summary.json").get("prepared");
    assertThat(prepared.at("/dialogue_length/before_merging/rows").asInt()).isPositive();
    assertThat(prepared.at("/steps/0/reasons").toString()).contains("unanswered question");
    assertThat(Files.readString(folder.resolve("run/report.html")))
        .contains("messages before merging", "messages after merging", "Table 1");
  }

  @Test
  void withoutAPathAnExampleSaysWhatToSet() {
    for (String name : List.of("hh-rlhf", "medical")) {
      Captured bare =
          Captured.plumbline(
              "run", example(name).toString(), "--out", folder.resolve("run").toString(), "--json");

      assertThat(bare.code()).isEqualTo(2);
      assertThat(bare.err()).hasLineCount(1).contains("'path' is missing", "--set data.path=");
      assertThat(bare.json().get("error").asText()).contains("'path' is missing");
      assertThat(folder.resolve("run")).doesNotExist();
    }
  }

  private JsonNode run(String name, Path data, List<String> settings) throws IOException {
    List<String> args = new ArrayList<>(List.of("run", example(name).toString(), "--json", "-q"));
    args.addAll(List.of("--out", folder.resolve("run").toString(), "--threads", "1"));
    List<String> all = new ArrayList<>(List.of("data.path=" + data));
    all.addAll(SHORT);
    all.addAll(settings);
    all.forEach(setting -> args.addAll(List.of("--set", setting)));

    Captured run = Captured.plumbline(args.toArray(String[]::new));

    assertThat(run.code()).as(run.err()).isZero();
    JsonNode summary = run.json();
    assertThat(summary.get("status").asText()).isEqualTo("ok");
    assertThat(summary).isEqualTo(read("summary.json"));
    assertSummary(summary);
    assertLosses();
    assertReport(Path.of(summary.get("report").asText()), name);
    return summary;
  }

  private static void assertSummary(JsonNode summary) {
    for (String number :
        List.of(
            "/seconds", "/peak_rss_mb", "/kl", "/reward/start/mean", "/reward/end/value_error")) {
      assertThat(summary.at(number).isNumber()).as(number).isTrue();
    }
    for (String interval : List.of("/reward/accuracy", "/win_rate")) {
      JsonNode found = summary.at(interval);
      assertThat(found.get("low").asDouble())
          .as(interval)
          .isBetween(0.0, found.get("mean").asDouble());
      assertThat(found.get("high").asDouble())
          .as(interval)
          .isBetween(found.get("mean").asDouble(), 1.0);
    }
    assertThat(summary.at("/win_rate/judge").asText()).isEqualTo("reward model");
    assertThat(summary.has("gold")).isFalse();
  }

  /** An untrained model's loss is log V; a few steps bring it below. */
  private void assertLosses() throws IOException {
    double uniform = Math.log(512);
    List<String> sft = Files.readAllLines(folder.resolve("run/sft/metrics.jsonl"));
    double first = JSON.readTree(sft.get(0)).get("loss/train").asDouble();
    assertThat(first).isBetween(uniform - 0.1, uniform + 0.1);
    JsonNode summary = read("sft/summary.json");
    assertThat(summary.get("train_loss").asDouble()).isBetween(1.0, first - 0.1);
    assertThat(summary.get("test_loss").asDouble()).isBetween(1.0, uniform - 0.1);
    List<String> reward = Files.readAllLines(folder.resolve("run/reward/metrics.jsonl"));
    assertThat(JSON.readTree(reward.get(0)).get("loss/train").asDouble())
        .isBetween(Math.log(2) - 0.1, Math.log(2) + 0.1);
  }

  /**
   * Every row of the source is kept or rejected with a reason, and every kept row is on one side.
   */
  private void assertImported(Path source, String kind) throws IOException {
    JsonNode summary = read("data/summary.json");
    JsonNode counts = summary.get("imported_" + kind);
    long lines;
    try (Stream<String> all = TestLines.of(source)) {
      lines = all.filter(line -> !line.isBlank()).count();
    }
    assertThat(counts.get("rows_in").asLong()).isEqualTo(lines);
    int reasons = 0;
    for (JsonNode count : counts.get("reasons")) {
      reasons += count.asInt();
    }
    assertThat(counts.get("rejected").asInt()).isEqualTo(reasons);
    if (kind.equals("pairs")) {
      assertThat(counts.get("kept").asInt() + reasons).isEqualTo((int) lines);
      assertThat(summary.get("pairs.train.jsonl").asInt() + summary.get("pairs.test.jsonl").asInt())
          .isEqualTo(counts.get("kept").asInt());
    }
  }

  private void assertReport(Path report, String name) throws IOException {
    assertThat(report).isEqualTo(folder.resolve("run/report.html"));
    assertThat(Files.readString(report))
        .contains("<title>" + name, "judged by the reward model that the policy was trained on")
        .endsWith("</html>\n");
  }

  private JsonNode read(String file) throws IOException {
    return JSON.readTree(folder.resolve("run").resolve(file).toFile());
  }

  private static Path example(String name) {
    return Path.of(System.getProperty("plumbline.root"), "examples", name + ".yaml");
  }
}
