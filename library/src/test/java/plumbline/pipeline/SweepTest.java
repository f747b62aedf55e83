package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import plumbline.InputException;
import plumbline.TinyModels;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.tensor.Engine;
import plumbline.train.Progress;

class SweepTest {
  @TempDir private Path folder;

  private static ConfigTree expanded(String yaml) {
    return Sweep.expand(Config.parse(yaml, "p.yaml")).tree();
  }

  @Test
  void aStageBecomesOneForEachValue() {
    ConfigTree tree =
        expanded(
            """
            seed: 4
            sft: {model: m}
            ppo: {model: sft, score: {weights: [1, 2]}, steps: 3,
              sweep: {score.weights: [[0.25, 0.75], [0.5, 0.5]]}}
            """);
    assertThat(tree)
        .isEqualTo(
            Config.parse(
                """
                seed: 4
                sft: {model: m}
                ppo@0.25_0.75: {model: sft, score: {weights: [0.25, 0.75]}, steps: 3, stage: ppo}
                ppo@0.5_0.5: {model: sft, score: {weights: [0.5, 0.5]}, steps: 3, stage: ppo}
                """,
                "wanted"));
    assertThat(tree.keys()).containsExactly("seed", "sft", "ppo@0.25_0.75", "ppo@0.5_0.5");
  }

  @Test
  void stagesThatNameASweptOneAreRunForEachOfItsRuns() {
    ConfigTree tree =
        expanded(
            """
            rm: {stage: reward, sweep: {epochs: [1, 2]}}
            ppo: {score: {model: rm, name: rm}, sweep: {steps: {few: 5, many: 50}}}
            evaluate: {before: sft, after: ppo, score: {combine: mean, of: [{model: rm}]}}
            one: {stage: evaluate, before: rm@2, after: ppo@1@few}
            last: {stage: ppo, model: other}
            """);
    assertThat(tree.keys())
        .containsExactly(
            "rm@1",
            "rm@2",
            "ppo@1@few",
            "ppo@1@many",
            "ppo@2@few",
            "ppo@2@many",
            "evaluate@1@few",
            "evaluate@1@many",
            "evaluate@2@few",
            "evaluate@2@many",
            "one",
            "last");
    assertThat(tree.get("ppo@2@many"))
        .isEqualTo(
            Config.parse("{score: {model: rm@2, name: rm}, steps: 50, stage: ppo}", "wanted"));
    assertThat(tree.get("evaluate@2@many"))
        .isEqualTo(
            Config.parse(
                "{before: sft, after: ppo@2@many, score: {combine: mean, of: [{model: rm@2}]},"
                    + " stage: evaluate}",
                "wanted"));
    assertThat(tree.get("one").get("after").text()).isEqualTo("ppo@1@few");
    assertThat(tree.get("last").get("stage").text()).isEqualTo("ppo");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{a: [1], b: [2]} | p.yaml:1: ppo.sweep: wanted one key with its values",
        "[1, 2] | p.yaml:1: ppo.sweep: wanted one key with its values",
        "{steps: 3} | ppo.sweep.steps is 3, wanted a list",
        "{steps: []} | there is no value to sweep over",
        "{steps: [3, 3]} | two values are called '3'; name them: {steps: {one: ..., other: ...}}",
      })
  void aSweepIsOneKeyWithValues(String sweep, String message) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> expanded("ppo: {sweep: " + sweep + "}"))
        .withMessageContaining(message);
  }

  @Test
  void aWrongSweptKeyIsFoundWithItsPlace() {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(
            () ->
                Pipeline.of(
                    Config.parse(
                        "ppo: {model: m, data: d, score: {gold: clinic},\n sweep: {stesp: [3]}}",
                        "p.yaml")))
        .withMessage("p.yaml:2: unknown key 'ppo@3.stesp'; did you mean 'ppo@3.steps'?");
  }

  @Test
  void aStageAloneHasNoSweep() {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> Pipeline.ofStage("ppo", Config.parse("sweep: {steps: [1, 2]}", "p.yaml")))
        .withMessage(
            "p.yaml:1: sweep: a sweep belongs to a pipeline: 'plumbline run PIPELINE.yaml'");
  }

  @Test
  void theRunsOfASweepStandSideBySide() throws java.io.IOException {
    Engine.configure("cpu", 1);
    String yaml =
        """
        out: %s
        data: {format: clinic, demonstrations: 12, pairs: 12, prompts: 8, test_rows: 6}
        scratch: {data: data, vocabulary_size: 400, hidden_size: 16, intermediate_size: 24,
          heads: 2, key_value_heads: 1, max_positions: 160}
        ppo: {model: scratch, data: data, steps: 1, prompts_per_update: 4, ppo_epochs: 1,
          score: {combine: weighted, weights: [1, 0], of:
            [{gold: clinic}, {length: words, target: 4, shape: [{clip: 2}]}]},
          sweep: {score.weights: [[0.25, 0.75], [1, 0]]},
          sampling: {max_new_tokens: 8}, lengths: {max_prompt_tokens: 120, too_long: truncate}}
        evaluate: {before: scratch, after: ppo, data: data, score: {gold: clinic},
          max_prompt_tokens: 150, sampling: {max_new_tokens: 8}}
        """
            .formatted(folder.resolve("run"));
    JsonNode summary = Pipeline.of(Config.parse(yaml, "p.yaml")).run(false, Progress.silent());

    JsonNode runs = summary.get("sweep");
    assertThat(runs.findValuesAsText("run")).containsExactly("0.25_0.75", "1_0");
    for (JsonNode run : runs) {
      assertThat(run.at("/reward/end/mean").isNumber()).isTrue();
      assertThat(run.at("/win_rate/mean").isNumber()).isTrue();
      assertThat(run.get("kl").isNumber()).isTrue();
    }
    assertThat(runs.at("/0/settings").toString())
        .isEqualTo("{\"ppo.score.weights\":\"[0.25, 0.75]\"}");
    assertThat(summary.has("win_rate")).isFalse();
    for (String stage : new String[] {"ppo@0.25_0.75", "evaluate@1_0"}) {
      assertThat(
              TinyModels.json(folder.resolve("run/" + stage + "/run.json")).get("status").asText())
          .isEqualTo("ok");
    }
    assertThat(Files.readString(folder.resolve("run/report.html")))
        .contains("ppo.score.weights = [0.25, 0.75]", "\"id\":\"sweep-kl\"", "ppo@1_0");
    assertThat(TinyModels.metrics(folder.resolve("run/ppo@1_0")).get(0).has("score/length"))
        .isTrue();
  }

  @Test
  void aStageWithASeedOfItsOwnDoesNotTakeThePipelines() throws java.io.IOException {
    Path out = folder.resolve("run");
    String yaml =
        """
        out: %s
        seed: 1
        plain: {stage: data, format: clinic, demonstrations: 12, pairs: 12, prompts: 8, test_rows: 6}
        data: {format: clinic, demonstrations: 12, pairs: 12, prompts: 8, test_rows: 6,
          sweep: {seed: [1, 2]}}
        """
            .formatted(out);
    Pipeline.of(Config.parse(yaml, "p.yaml")).run(false, Progress.silent());

    String plain = Files.readString(out.resolve("plain/pairs.train.jsonl"));
    assertThat(out.resolve("data@1/pairs.train.jsonl")).hasContent(plain);
    assertThat(Files.readString(out.resolve("data@2/pairs.train.jsonl"))).isNotEqualTo(plain);
    assertThat(TinyModels.json(out.resolve("data@2/run.json")).get("seed").asInt()).isEqualTo(2);
    assertThat(out.resolve("config.yaml")).content().containsOnlyOnce("  seed: 2\n");
    assertThat(Files.readString(out.resolve("report.html")))
        .as("what was not measured has no column")
        .contains("The runs of the sweep")
        .doesNotContain("Gold, difference");
  }

  @Test
  void aSeedIsAWholeNumber() {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> Pipeline.of(Config.parse("data: {format: clinic, seed: one}", "p.yaml")))
        .withMessageContaining("p.yaml:1: data.seed");
  }
}
