package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.InputException;
import plumbline.TinyModels;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.data.PreferencePair;
import plumbline.data.format.RowFiles;
import plumbline.dpo.DpoPreset;
import plumbline.tensor.Engine;
import plumbline.train.Progress;

/** Every method that learns from preferences as a stage, and rounds of them, in miniature. */
class PreferencePipelineTest {
  private static final String LENGTHS =
      "lengths: {max_prompt_tokens: 120, max_response_tokens: 40, too_long: truncate}";

  private static final String START =
      """
      seed: 3
      data: {format: clinic, demonstrations: 12, pairs: 8, ratings: 12, prompts: 6, test_rows: 4}
      scratch: {data: data, vocabulary_size: 400, hidden_size: 16, intermediate_size: 24,
        heads: 2, key_value_heads: 1, max_positions: 160}
      """;

  private static final String ONLINE =
      """
      %s: {stage: online_dpo, model: scratch, data: data, %s, rounds: 2, prompts_per_round: 4,
        samples_per_prompt: 3, temperatures: [0.7, 1.2], pairs_per_update: 2, epochs: 2,
        optimizer: {lr: 1e-2}, sampling: {max_new_tokens: 8}, checkpoints: {every: 1},
        lengths: {max_prompt_tokens: 120, max_response_tokens: 8}}
      """;

  private static final String LENGTH =
      "score: {length: characters, target: 20, per: 5}, monitor: {gold: clinic}";

  @TempDir private static Path shared;
  @TempDir private Path folder;

  @BeforeAll
  static void runAllMethodsOnce() throws Exception {
    Engine.configure("cpu", 1);
    StringBuilder yaml = new StringBuilder(START);
    for (DpoPreset.Method method : DpoPreset.Method.values()) {
      String rows =
          method == DpoPreset.Method.BCO
              ? "rows: pairs, rows_per_update: 4, "
              : method.isUnpaired()
                  ? "label: quality, rows_per_update: 4, "
                  : "pairs_per_update: 4, pairs_per_micro_batch: 4, ";
      yaml.append("%s: {model: scratch, data: data, %s%s}\n".formatted(method, rows, LENGTHS));
    }
    run(yaml.toString(), shared.resolve("out"), false, Progress.silent());
  }

  private static JsonNode run(String yaml, Path out, boolean resume, Progress progress)
      throws IOException {
    String quoted = new ObjectMapper().writeValueAsString(out.toString());
    ConfigTree tree = Config.parse(yaml, "p.yaml").with("out=" + quoted);
    return Pipeline.of(tree).run(resume, progress);
  }

  @Test
  void everyMethodLeavesAPolicyAndSaysWhatItChose() {
    for (DpoPreset.Method method : DpoPreset.Method.values()) {
      Path stage = shared.resolve("out").resolve(method.toString());
      assertThat(stage.resolve("model/model.safetensors")).isNotEmptyFile();
      JsonNode summary = TinyModels.json(stage.resolve("summary.json"));
      assertThat(summary.get("choices").toString()).contains("(" + method + ")");
      for (JsonNode row : TinyModels.metrics(stage)) {
        assertThat(row.get("loss/train").isNumber()).as(method + " " + row).isTrue();
      }
    }
  }

  @Test
  void eachRoundKeepsItsDataModelAndNumbers() throws IOException {
    Path out = folder.resolve("online");
    run(START + ONLINE.formatted("online", LENGTH), out, false, Progress.silent());
    Path stage = out.resolve("online");
    List<JsonNode> metrics = TinyModels.metrics(stage);
    assertThat(metrics).hasSize(2);
    assertThat(metrics.get(0).get("objective/kl").asDouble()).isZero();
    assertThat(metrics.get(1).get("objective/kl").asDouble()).isNotZero();
    for (int number = 1; number <= 2; number++) {
      Path round = stage.resolve("rounds/round-" + number);
      assertThat(TinyModels.lines(round.resolve("responses.jsonl"))).hasSize(12);
      assertThat(round.resolve("model/model.safetensors")).isNotEmptyFile();
      assertThat(TinyModels.metrics(round)).isNotEmpty();
      for (PreferencePair pair : RowFiles.readPairs(round.resolve("pairs.train.jsonl")).rows()) {
        assertThat(pair.strength().getAsDouble()).isPositive();
      }
    }
    assertThat(TinyModels.bytes(stage.resolve("model/model.safetensors")))
        .isEqualTo(TinyModels.bytes(stage.resolve("rounds/round-2/model/model.safetensors")));
  }

  @Test
  void aRunKilledInAnyRoundEndsWithTheBytesOfTheUninterruptedOne() throws IOException {
    String yaml = START + ONLINE.formatted("online", LENGTH + ", accumulate: true");
    Path whole = folder.resolve("whole");
    run(yaml, whole, false, Progress.silent());
    Path model = Path.of("online/model/model.safetensors");
    byte[] wanted = TinyModels.bytes(whole.resolve(model));
    for (int deaths = 1; deaths <= 6; deaths++) {
      Path out = folder.resolve("killed" + deaths);
      Progress killer = killedAtStep(deaths);
      assertThatExceptionOfType(TinyModels.Killed.class)
          .isThrownBy(() -> run(yaml, out, false, killer));
      run(yaml, out, true, Progress.silent());
      assertThat(TinyModels.bytes(out.resolve(model))).isEqualTo(wanted);
      assertThat(TinyModels.timeless(out.resolve("online")))
          .isEqualTo(TinyModels.timeless(whole.resolve("online")));
    }
  }

  /** Counts the steps of all tasks whose label is of the rounds. */
  static Progress killedAtStep(int step) {
    int[] done = {0};
    return new Progress() {
      @Override
      public Task start(String label, long total) {
        boolean counts = label.startsWith("round") || label.equals("dpo");
        return new Task() {
          @Override
          public void step(String note) {
            done[0] += counts ? 1 : 0;
            if (counts && done[0] == step) {
              throw new TinyModels.Killed();
            }
          }

          @Override
          public void skip(long steps) {}

          @Override
          public void close() {}
        };
      }

      @Override
      public void note(String line) {}
    };
  }

  @Test
  void thePolicyMayJudgeItself() throws IOException {
    // The template of comparisons is longer than a tiny context: a short one of the user's own.
    Path templates = Files.createDirectories(folder.resolve("templates"));
    Path own = Files.createDirectories(templates.resolve("short"));
    Files.writeString(own.resolve("system.txt"), "");
    Files.writeString(own.resolve("user.txt"), "{{a}} or {{b}}?");
    String judge = "judge: {model: policy, templates: '" + templates + "', template: short}";
    Path out = folder.resolve("self");
    run(
        START + ONLINE.formatted("online", judge + ", objectives: [{target: strength}]"),
        out,
        false,
        Progress.silent());
    for (JsonNode round : TinyModels.metrics(out.resolve("online"))) {
      assertThat(round.get("reward/mean").asDouble()).isBetween(0.4999, 0.5001);
      assertThat(round.get("pairs/strength").asDouble()).isPositive();
    }
  }

  @Test
  void whatCannotBeIsRefusedBeforeTheFirstStage() {
    refused("score: {gold: clinic}, judge: {rule: longer}", "both score and judge are given");
    refused("tie: 1", "wanted score or judge");
    refused("score: {gold: clinic}, objectives: []", "objectives has no objective");
    refused("judge: {model: nothing}", "there is no model 'nothing'");
  }

  private void refused(String keys, String message) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(
            () ->
                run(
                    START + ONLINE.formatted("online", keys),
                    folder.resolve("refused"),
                    false,
                    Progress.silent()))
        .withMessageContaining(message);
    assertThat(folder.resolve("refused")).doesNotExist();
  }
}
