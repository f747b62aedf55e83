package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.InputException;
import plumbline.config.Config;
import plumbline.data.Judgment;
import plumbline.data.format.JudgmentFiles;
import plumbline.judge.StandInEndpoint;
import plumbline.judge.StandInEndpoint.Failure;
import plumbline.score.ScoringException;
import plumbline.train.Progress;

class WinratePipelineTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  private static final String MODELS =
      """
      seed: 2
      out: %s
      data: {format: clinic, demonstrations: 120, pairs: 40, prompts: 30, test_rows: 30}
      scratch: {data: data, vocabulary_size: 500, hidden_size: 16, intermediate_size: 32, heads: 2,
        key_value_heads: 1, layers: 1, max_positions: 320}
      sft: {model: scratch, data: data, max_steps: 20, optimizer: {lr: 5e-3},
        lengths: {max_prompt_tokens: 200, max_response_tokens: 60, too_long: truncate}}
      """;

  private String pipeline(String stage) {
    return MODELS.formatted(folder.resolve("run")) + stage;
  }

  private JsonNode run(String yaml, boolean resume) {
    return Pipeline.of(Config.parse(yaml, "pipeline.yaml")).run(resume, Progress.silent());
  }

  private static final String TOURNAMENT =
      """
      tournament:
        stage: winrate
        models: {scratch: scratch, sft: sft, good: {responses: %s}}
        data: data
        judges: {gold: gold, first: first, longer: longer}
        categories: rule
        prompts: 24
        max_prompt_tokens: 200
        sampling: {max_new_tokens: 12}
      """;

  /** The clinic's best replies as a third system. */
  private Path goodReplies() throws IOException {
    Path first = folder.resolve("first");
    run(
        "out: "
            + first
            + "\nseed: 2"
            + "\ndata: {format: clinic, demonstrations: 120, pairs: 40, prompts: 30, test_rows: 30}",
        false);
    Path file = folder.resolve("good.jsonl");
    StringBuilder rows = new StringBuilder();
    for (String line : Files.readAllLines(first.resolve("data/prompts.test.jsonl"))) {
      JsonNode row = JSON.readTree(line);
      rows.append(
          JSON.createObjectNode()
              .<com.fasterxml.jackson.databind.node.ObjectNode>set("prompt", row.get("prompt"))
              .put("completion", "I am sorry to hear that. Please rest, drink water.")
              .toString());
      rows.append('\n');
    }
    return Files.writeString(file, rows);
  }

  @Test
  void everyModelMeetsEveryOtherAndBadJudgesAreNamed() throws IOException {
    String yaml = pipeline(TOURNAMENT.formatted(goodReplies()));

    JsonNode result = run(yaml, false);

    assertThat(result.get("winrates")).hasSize(3);
    JsonNode first = result.get("winrates").get(0);
    assertThat(first.get("model").asText()).isEqualTo("sft");
    assertThat(first.get("baseline").asText()).isEqualTo("scratch");
    assertThat(first.get("n").asInt()).isEqualTo(24);
    assertThat(first.at("/by_judge/first/win_rate").asDouble()).isEqualTo(50);
    assertThat(first.at("/by_judge/first/draws").asInt()).isEqualTo(24);
    int categorised = 0;
    for (JsonNode cell : first.at("/by/category")) {
      categorised += cell.get("n").asInt();
      assertThat(cell.get("small").asBoolean()).isEqualTo(cell.get("n").asInt() < 20);
      assertThat(cell.get("category").asText()).isNotEqualTo("unknown");
    }
    assertThat(categorised).isEqualTo(24);
    assertThat(result.get("ranking")).hasSize(3);
    Path stage = folder.resolve("run/tournament");
    JsonNode summary = JSON.readTree(stage.resolve("summary.json").toFile());
    assertThat(summary.at("/judges/1/warnings").toString()).contains("the answer shown first");
    assertThat(summary.at("/judges/2/warnings").toString()).contains("the longer answer wins");
    assertThat(summary.at("/matrix/sft/scratch").asDouble())
        .isCloseTo(first.get("win_rate").asDouble(), within(1e-9));
    assertThat(JudgmentFiles.read(List.of(stage.resolve("annotations.jsonl"))))
        .hasSize(3 * 24 * 3 * 2)
        .extracting(Judgment::judge)
        .contains("gold", "first", "longer");
    String report = Files.readString(folder.resolve("run/report.html"), StandardCharsets.UTF_8);
    assertThat(report).contains("do not rely on first").contains("Lengths of winners and losers");
    JsonNode shown = JSON.readTree(stage.resolve("report.json").toFile());
    assertThat(shown.get("figures").findValuesAsText("type"))
        .contains("heatmap", "histogram", "intervals");
    assertRatesByLength(shown.get("figures"), summary.get("matrix"));
    assertThat(shown.get("tables").findValuesAsText("id"))
        .contains("judges", "ratings", "by-category", "by-length");

    byte[] before = Files.readAllBytes(stage.resolve("summary.json"));
    Files.delete(stage.resolve("run.json"));
    run(yaml, true);

    assertThat(Files.readAllBytes(stage.resolve("summary.json"))).isEqualTo(before);
  }

  /** A point for each model: its mean rate against the others over the length of its answers. */
  private static void assertRatesByLength(JsonNode figures, JsonNode matrix) {
    JsonNode rates =
        StreamSupport.stream(figures.spliterator(), false)
            .filter(figure -> figure.get("id").asText().equals("rate-length"))
            .findFirst()
            .orElseThrow();
    Map<String, JsonNode> points = new HashMap<>();
    rates
        .get("clouds")
        .forEach(cloud -> points.put(cloud.get("name").asText(), cloud.at("/points/0")));
    assertThat(points).containsOnlyKeys("scratch", "sft", "good");
    points.forEach(
        (model, point) -> {
          double sum = 0;
          for (String other : points.keySet()) {
            sum += other.equals(model) ? 0 : matrix.get(model).get(other).asDouble();
          }
          assertThat(point.get(1).asDouble()).as(model).isCloseTo(sum / 200, within(1e-9));
          assertThat(point.get(0).asDouble()).isPositive();
        });
  }

  @Test
  void aRemoteModelAnswersAndARemoteJudgeThatIsDownIsAskedAgainOnResume() throws IOException {
    try (StandInEndpoint endpoint =
        StandInEndpoint.failing(50, List.of(Failure.ERROR_500, Failure.RATE_LIMIT))) {
      String stage =
          """
          duel:
            stage: winrate
            models:
              sft: sft
              far: {endpoint: %1$s, model: judge-1, first_wait: 0.001, longest_wait: 0.01}
            baseline: far
            data: data
            judges:
              remote: {endpoint: %1$s, model: judge-1, first_wait: 0.001, longest_wait: 0.01,
                max_tokens: 16, input_price: 5, output_price: 20}
            budget: %2$s
            prompts: 12
            max_prompt_tokens: 200
            sampling: {max_new_tokens: 8}
          """;
      String poor = pipeline(stage.formatted(endpoint.address(), "0.00001"));
      String rich = pipeline(stage.formatted(endpoint.address(), "5"));

      assertThatThrownBy(() -> run(poor, false))
          .isInstanceOf(ScoringException.class)
          .hasMessageContaining("budget")
          .hasMessageContaining("--resume");
      Path other = folder.resolve("rich");
      JsonNode result =
          run(rich.replace(folder.resolve("run").toString(), other.toString()), false);

      assertThat(result.at("/winrates/0/model").asText()).isEqualTo("sft");
      assertThat(result.at("/winrates/0/baseline").asText()).isEqualTo("far");
      assertThat(result.at("/winrates/0/n").asInt()).isEqualTo(12);
      JsonNode summary = JSON.readTree(other.resolve("duel/summary.json").toFile());
      assertThat(summary.get("usd").asDouble()).isPositive().isLessThan(5);
      assertThat(Files.readString(other.resolve("duel/run.json"))).contains("calls made again");
    }
  }

  @Test
  void wrongNamesAreFoundBeforeAnyStageRuns() {
    String stage = "t: {stage: winrate, models: {a: %s, b: sft}, data: data, judges: {g: %s}}\n";
    assertThatThrownBy(() -> run(pipeline(stage.formatted("stf", "gold")), false))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("t.models.a")
        .hasMessageContaining("did you mean 'sft'");
    assertThatThrownBy(() -> run(pipeline(stage.formatted("scratch", "golt")), false))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("did you mean 'gold'");
    assertThatThrownBy(
            () -> run(pipeline(stage.formatted("scratch", "{score: {model: nothing}}")), false))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("t.judges.g.score");
    assertThat(folder.resolve("run")).doesNotExist();
  }
}
