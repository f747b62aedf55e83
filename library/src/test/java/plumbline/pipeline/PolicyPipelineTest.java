package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.InputException;
import plumbline.TinyModels;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.ppo.Preset;
import plumbline.score.BestOfN;
import plumbline.tensor.Engine;
import plumbline.train.Progress;

/** Every method as a stage, and the comparison of all, in miniature. */
class PolicyPipelineTest {
  private static final String START =
      """
      seed: 3
      data: {format: clinic, demonstrations: 12, pairs: 12, prompts: 8, test_rows: 6}
      scratch: {data: data, vocabulary_size: 400, hidden_size: 16, intermediate_size: 24,
        heads: 2, key_value_heads: 1, max_positions: 160}
      reward: {model: scratch, data: data, reference: scratch, reference_rows: 6,
        rows_per_update: 6,
        lengths: {max_prompt_tokens: 120, max_response_tokens: 40, too_long: truncate}}
      """;

  private static final String POLICY =
      """
      %s: {model: scratch, data: data, score: {model: reward}, steps: 2, prompts_per_update: 2,
        samples_per_prompt: 2, ptx: {rows: 2}, lora: {r: 2}, sampling: {max_new_tokens: 8},
        lengths: {max_prompt_tokens: 120, max_response_tokens: 40, too_long: truncate}}
      """;

  private static final String COMPARE =
      """
      evaluate: {stage: compare, before: scratch, data: data, score: {model: reward},
        gold: {gold: clinic}, max_prompt_tokens: 150, sampling: {max_new_tokens: 8},
        courses: {chosen: [best, one]}, equal_kl: {gold: chosen, best: chosen},
        methods: {grpo: {model: grpo}, one: {model: scratch},
          best: {model: scratch, best_of: {n: 4}},
          gold: {model: scratch, best_of: {n: 2, score: {gold: clinic}}}}}
      single: {stage: evaluate, before: scratch, after: scratch, data: data,
        score: {model: reward}, best_of: {n: 4}, max_prompt_tokens: 150,
        sampling: {max_new_tokens: 8}}
      """;

  @TempDir private static Path shared;
  private static JsonNode summary;

  private static final class Notes implements Progress {
    private final List<String> lines = new ArrayList<>();

    @Override
    public Task start(String label, long total) {
      return Progress.silent().start(label, total);
    }

    @Override
    public void note(String line) {
      lines.add(line);
    }
  }

  private static final Notes NOTES = new Notes();

  @BeforeAll
  static void runAllMethodsOnce() throws Exception {
    Engine.configure("cpu", 1);
    StringBuilder yaml = new StringBuilder(START);
    for (Preset.Method method : Preset.Method.values()) {
      yaml.append(POLICY.formatted(method));
    }
    String out = new ObjectMapper().writeValueAsString(shared.resolve("out").toString());
    ConfigTree tree = Config.parse(yaml + COMPARE, "p.yaml").with("out=" + out);
    summary = Pipeline.of(tree).run(false, NOTES);
  }

  @Test
  void everyMethodLeavesAPolicyAndSaysWhatItChose() {
    for (Preset.Method method : Preset.Method.values()) {
      Path folder = shared.resolve("out").resolve(method.toString());
      assertThat(folder.resolve("model/adapter_model.safetensors")).isNotEmptyFile();
      assertThat(TinyModels.metrics(folder)).hasSize(2);
      JsonNode choices = TinyModels.json(folder.resolve("summary.json")).get("choices");
      assertThat(choices.toString()).contains("rows per update: 2 prompts x 2 samples = 4");
    }
    assertThat(NOTES.lines)
        .contains(
            "advantage.estimator = grpo (grpo)",
            "prompts_per_update = 2 (written; grpo: 8)",
            "advantage.estimator = rloo (rloo)",
            "updates per pass over 8 prompts: 4.0");
    assertThat(shared.resolve("out/config.yaml"))
        .content()
        .contains("  stage: grpo\n", "    estimator: grpo\n");
  }

  @Test
  void theComparisonHasEachMethodsGoldGainAndDivergence() {
    JsonNode methods = summary.get("methods");
    for (String name : List.of("grpo", "one", "best", "gold")) {
      for (String interval : List.of("gold", "difference")) {
        JsonNode found = methods.at("/" + name + "/" + interval);
        assertThat(found.get("mean").asDouble())
            .isBetween(found.get("low").asDouble(), found.get("high").asDouble());
      }
      assertThat(methods.at("/" + name + "/kl").isNumber()).isTrue();
    }
    // The model before, asked again, is itself.
    assertThat(methods.at("/one/kl").asDouble()).isZero();
    assertThat(methods.at("/one/difference/mean").asDouble()).isZero();
  }

  @Test
  void theReportTablesTheMethodsAndDrawsTheirTrainings() {
    JsonNode report = TinyModels.json(shared.resolve("out/evaluate/report.json"));
    JsonNode rows = report.at("/tables/0/rows");
    assertThat(rows).hasSize(5);
    assertThat(rows.get(1).get(0).asText()).isEqualTo("grpo");
    assertThat(rows.get(1).get(2)).isNotEqualTo(rows.get(3).get(2));
    assertThat(report.get("figures").findValuesAsText("id"))
        .containsExactly("quality-over-distance", "scores-reward", "kl-by-update");
  }

  @Test
  void theBestOfSeveralScoresHigherAtTheDivergenceOfItsNumber() {
    JsonNode methods = summary.get("methods");
    assertThat(methods.at("/best/reward/mean").asDouble())
        .isGreaterThan(methods.at("/one/reward/mean").asDouble());
    assertThat(methods.at("/best/kl").asDouble()).isCloseTo(Math.log(4) - 0.75, within(1e-6));
    assertThat(methods.at("/gold/kl").asDouble()).isCloseTo(BestOfN.divergence(2), within(1e-6));
    JsonNode single = TinyModels.json(shared.resolve("out/single/summary.json"));
    assertThat(single.at("/systems/policy/kl/mean").asDouble())
        .isCloseTo(BestOfN.divergence(4), within(1e-6));
    assertThat(single.at("/systems/policy/reward/mean")).isEqualTo(methods.at("/best/reward/mean"));
  }

  @Test
  void gainsAtEqualDivergenceStandBesideTheMethodsAndTheCourseIsDrawn() throws IOException {
    JsonNode gold = summary.at("/equal_kl/gold");
    JsonNode methods = summary.get("methods");
    // Best of two, chosen by gold, goes less far than best of four: between that and the beginning.
    double share = BestOfN.divergence(2) / BestOfN.divergence(4);
    double course = share * methods.at("/best/difference/mean").asDouble();
    assertThat(gold.at("/difference/mean").asDouble())
        .isCloseTo(methods.at("/gold/difference/mean").asDouble() - course, within(1e-9));
    assertThat(gold.get("kl")).isEqualTo(methods.at("/gold/kl"));
    assertThat(summary.at("/equal_kl/best/difference/mean").asDouble()).isZero();
    String report = Files.readString(shared.resolve("out/evaluate/report.json"));
    assertThat(report).contains("quality-over-distance", "chosen", "sqrt(KL)");
  }

  @Test
  void coursesOfUnknownPoliciesAreRefused() {
    refused("courses: {chosen: [best, one]}", "courses: {chosen: [bets]}", "names 'bets'");
    refused("equal_kl: {gold: chosen", "equal_kl: {gold: chose", "names 'chose'");
  }

  private static void refused(String written, String instead, String message) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(
            () -> Pipeline.of(Config.parse(START + COMPARE.replace(written, instead), "p.yaml")))
        .withMessageContaining(message);
  }

  @Test
  void theBestIsTheFirstOfTheHighest() {
    assertThat(BestOfN.rows(new double[] {1, 3, 3, 0, -1, -2}, 3)).containsExactly(1, 3);
    assertThat(BestOfN.divergence(1)).isZero();
  }

  @Test
  void namesThatNothingHasAreFoundBeforeTheFirstStage() {
    ConfigTree tree = Config.parse(START + COMPARE.replace("model: grpo", "model: grpp"), "p.yaml");
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(
            () ->
                Pipeline.of(tree.with("out='" + shared.resolve("typo") + "'"))
                    .run(false, Progress.silent()))
        .withMessageContaining("evaluate.methods.grpo.model: there is no model 'grpp'");
    assertThat(shared.resolve("typo")).doesNotExist();
  }
}
