package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.InputException;
import plumbline.NativeMemory;
import plumbline.TinyModels;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.data.PreferencePair;
import plumbline.data.format.RowFiles;
import plumbline.tensor.Engine;
import plumbline.train.Progress;

class PipelineTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The whole path in miniature: a few rows, width 16, one or two updates. */
  private static final String WHOLE =
      """
      name: miniature
      seed: 3
      data: {format: clinic, demonstrations: 12, pairs: 12, prompts: 8, test_rows: 6}
      scratch: {data: data, vocabulary_size: 400, hidden_size: 16, intermediate_size: 24,
        heads: 2, key_value_heads: 1, max_positions: 160}
      sft: {model: scratch, data: data, rows_per_update: 6,
        lengths: {max_prompt_tokens: 120, max_response_tokens: 40, too_long: truncate}}
      reward: {model: sft, data: data, reference: sft, reference_rows: 6, rows_per_update: 6,
        lengths: {max_prompt_tokens: 120, max_response_tokens: 40, too_long: truncate}}
      ppo: {model: sft, critic: {model: reward}, data: data, score: {model: reward},
        monitor: {gold: clinic}, steps: 2, prompts_per_update: 4, ppo_epochs: 2, sample_every: 1,
        sampling: {max_new_tokens: 8}, lengths: {max_prompt_tokens: 120, too_long: truncate}}
      evaluate: {before: sft, after: ppo, data: data, score: {model: reward},
        gold: {gold: clinic}, max_prompt_tokens: 150, sampling: {max_new_tokens: 8}}
      """;

  private static final List<String> STAGES =
      List.of("data", "scratch", "sft", "reward", "ppo", "evaluate");

  @TempDir private static Path shared;
  @TempDir private Path folder;

  @BeforeAll
  static void runTheWholePathOnce() {
    Engine.configure("cpu", 1);
    run(WHOLE, shared.resolve("whole"), false);
  }

  private static JsonNode run(String yaml, Path out, boolean resume, String... settings) {
    return pipeline(yaml, out, settings).run(resume, Progress.silent());
  }

  private static Pipeline pipeline(String yaml, Path out, String... settings) {
    ConfigTree tree = Config.parse(yaml, "p.yaml");
    for (String setting : settings) {
      tree = tree.with(setting);
    }
    try {
      return Pipeline.of(tree.with("out=" + JSON.writeValueAsString(out.toString())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void theWholePathEndsWellAndLeavesEveryFile() {
    Path out = shared.resolve("whole");
    JsonNode run = TinyModels.json(out.resolve("run.json"));
    assertThat(run.get("status").asText()).isEqualTo("ok");
    assertThat(run.get("kind").asText()).isEqualTo("pipeline");
    assertThat(run.get("stages").findValuesAsText("name")).isEqualTo(STAGES);
    assertThat(run.get("stages").findValuesAsText("status")).containsOnly("ok");
    assertThat(TinyModels.json(out.resolve("summary.json")).get("status").asText()).isEqualTo("ok");
    assertThat(out.resolve("report.html")).content().contains("miniature", "evaluate");
    for (String stage : STAGES) {
      for (String file : List.of("config.yaml", "run.json", "summary.json")) {
        assertThat(out.resolve(stage).resolve(file)).isNotEmptyFile();
      }
    }
    for (String stage : List.of("scratch", "sft", "reward", "ppo")) {
      for (String file : List.of("config.json", "model.safetensors", "tokenizer.json")) {
        assertThat(out.resolve(stage).resolve("model").resolve(file)).isNotEmptyFile();
      }
    }
    assertThat(out.resolve("reward/model/score_statistics.json")).isNotEmptyFile();
    for (String stage : List.of("sft", "reward", "ppo")) {
      assertThat(TinyModels.metrics(out.resolve(stage))).as(stage).hasSize(2);
    }
    assertThat(TinyModels.lines(out.resolve("ppo/samples.jsonl"))).hasSize(8);
    assertThat(TinyModels.lines(out.resolve("evaluate/samples.jsonl"))).hasSize(6);
    for (String kind : List.of("demonstrations", "pairs", "prompts")) {
      assertThat(TinyModels.lines(out.resolve("data/" + kind + ".test.jsonl"))).hasSize(6);
    }
    assertThat(files(out).keySet()).noneMatch(name -> name.endsWith(".tmp"));
  }

  @Test
  void everyStageSaysWhatItStandsOn() {
    Path out = shared.resolve("whole");
    JsonNode ppo = TinyModels.json(out.resolve("ppo/run.json"));
    assertThat(parents(ppo)).contains(model(out, "sft"), model(out, "reward"));
    assertThat(ppo.get("data").get(out.resolve("data/prompts.train.jsonl").toString()).asText())
        .hasSize(64);
    assertThat(ppo.get("seed").asLong()).isEqualTo(3);
    JsonNode evaluate = TinyModels.json(out.resolve("evaluate/run.json"));
    assertThat(parents(evaluate))
        .contains(model(out, "sft"), model(out, "ppo"), model(out, "reward"));
  }

  private static List<String> parents(JsonNode run) {
    List<String> parents = new ArrayList<>();
    run.get("parents").forEach(parent -> parents.add(parent.asText()));
    return parents;
  }

  private static String model(Path out, String stage) {
    return out.resolve(stage).resolve("model").toString();
  }

  @Test
  void theEffectiveConfigurationIsCompleteAndRunsTheSameAgain() throws IOException {
    Path out = shared.resolve("whole");
    String effective = Files.readString(out.resolve("config.yaml"));
    assertThat(effective).contains("    clip_low: 0.2\n", "  stage: ppo\n");

    Path again = folder.resolve("again");
    run(effective, again, false);
    assertSameResults(again, out);
  }

  @Test
  void anotherSeedGivesOtherWeights() {
    Path out = folder.resolve("other");
    run(WHOLE, out, false, "seed=4");
    for (String stage : List.of("scratch", "sft", "reward", "ppo")) {
      String weights = stage + "/model/model.safetensors";
      assertThat(TinyModels.bytes(out.resolve(weights)))
          .isNotEqualTo(TinyModels.bytes(shared.resolve("whole").resolve(weights)));
    }
  }

  /** The same bytes of weights and samples and the same metrics, whatever the clock said. */
  private static void assertSameResults(Path got, Path wanted) {
    for (String stage : List.of("sft", "reward", "ppo")) {
      assertThat(TinyModels.timeless(got.resolve(stage)))
          .isEqualTo(TinyModels.timeless(wanted.resolve(stage)));
    }
    Map<String, byte[]> gotFiles = files(got);
    Map<String, byte[]> wantedFiles = files(wanted);
    assertThat(gotFiles.keySet()).isEqualTo(wantedFiles.keySet());
    int compared = 0;
    for (Map.Entry<String, byte[]> file : wantedFiles.entrySet()) {
      if (file.getKey().matches(".*(/model/.*|\\.(train|test)|samples)\\.jsonl?|.*safetensors")
          || file.getKey().equals("evaluate/summary.json")) {
        assertThat(gotFiles.get(file.getKey())).as(file.getKey()).isEqualTo(file.getValue());
        compared++;
      }
    }
    assertThat(compared).isGreaterThan(20);
  }

  /** Every file by its name; the names of TensorBoard's events hold the time, which goes. */
  private static Map<String, byte[]> files(Path folder) {
    Map<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      all.filter(Files::isRegularFile)
          .forEach(
              file ->
                  files.put(
                      folder.relativize(file).toString().replaceAll("tfevents\\.\\d+", "tfevents"),
                      TinyModels.bytes(file)));
      return files;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aFolderWithARunIsNotOverwritten() {
    Path out = shared.resolve("whole");
    Map<String, byte[]> before = files(out);
    refused(
        () -> run(WHOLE, out, false),
        out
            + ": there is a run here already; go on with it with --resume, or choose another folder"
            + " with --out");
    refused(
        () -> run(WHOLE, out, true, "ppo.steps=3"),
        out + ": --resume wants the configuration that the run began with");
    refused(() -> run(WHOLE, out, true, "seed=4"), out + ": --resume wants the configuration");
    assertSameFiles(files(out), before);
  }

  private static void assertSameFiles(Map<String, byte[]> got, Map<String, byte[]> wanted) {
    assertThat(got.keySet()).isEqualTo(wanted.keySet());
    wanted.forEach((name, bytes) -> assertThat(got.get(name)).as(name).isEqualTo(bytes));
  }

  @Test
  void resumingSkipsWhatIsFinishedAndRunsTheRestToTheSameBytes() throws IOException {
    Path out = folder.resolve("resumed");
    String shorter = WHOLE.replace("steps: 2", "steps: 1");
    run(shorter, out, false);
    Map<String, byte[]> before = files(out);
    Files.delete(out.resolve("sft/run.json"));
    Files.write(out.resolve("sft/model/model.safetensors"), new byte[] {1, 2, 3});
    Files.delete(out.resolve("summary.json"));

    JsonNode summary = run(shorter, out, true);

    assertThat(summary.get("status").asText()).isEqualTo("ok");
    JsonNode stages = TinyModels.json(out.resolve("run.json")).get("stages");
    for (JsonNode stage : stages) {
      assertThat(stage.path("skipped").asBoolean())
          .as(stage.toString())
          .isEqualTo(!stage.get("name").asText().equals("sft"));
    }
    Map<String, byte[]> after = files(out);
    assertThat(after.keySet()).isEqualTo(before.keySet());
    String weights = "sft/model/model.safetensors";
    assertThat(after.get(weights)).isEqualTo(before.get(weights));
    assertThat(after.get("ppo/run.json")).isEqualTo(before.get("ppo/run.json"));
    assertThat(after.get("config.yaml")).isEqualTo(before.get("config.yaml"));
  }

  @Test
  void aStageThatFailedIsMarkedAndTriedAgainOnResume() throws IOException {
    Path out = folder.resolve("failing");
    Path data = rows("data", 3);
    String yaml = small(data).replace("max_prompt_tokens: 60", "max_prompt_tokens: 12");
    String reason = "prompt has ";
    refused(() -> run(yaml, out, false), reason);

    for (Path run : List.of(out, out.resolve("sft"))) {
      JsonNode json = TinyModels.json(run.resolve("run.json"));
      assertThat(json.get("status").asText()).isEqualTo("failed");
      assertThat(json.get("error").asText()).contains(reason);
    }
    assertThat(TinyModels.json(out.resolve("scratch/run.json")).get("status").asText())
        .isEqualTo("ok");
    assertThat(out.resolve("sft/model")).doesNotExist();
    refused(() -> run(yaml, out, true), reason);
    JsonNode stages = TinyModels.json(out.resolve("run.json")).get("stages");
    assertThat(stages.findValuesAsText("skipped")).containsExactly("true", "true");
  }

  /** Data of {@code count} rows, a random model and one update of fine-tuning. */
  private static String small(Path data) {
    return """
    data: {format: jsonl, path: %s, test_share: 0}
    scratch: {data: data, vocabulary_size: 280, hidden_size: 16, intermediate_size: 16,
      layers: 1, heads: 2, key_value_heads: 1, max_positions: 96}
    sft: {model: scratch, data: data, max_steps: 1,
      lengths: {max_prompt_tokens: 60, max_response_tokens: 30}}
    """
        .formatted(data);
  }

  private Path rows(String name, int count) throws IOException {
    Path data = Files.createDirectories(folder.resolve(name));
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < count; i++) {
      rows.append("{\"prompt\": \"say %d\", \"completion\": \"it is %d\"}\n".formatted(i, i));
    }
    Files.writeString(data.resolve("demonstrations.jsonl"), rows);
    return data;
  }

  @Test
  void aStageByItselfIsARunOfItsOwn() throws IOException {
    Path whole = shared.resolve("whole");
    Path out = folder.resolve("alone");
    ConfigTree tree =
        Config.parse(
            """
            model: %s
            data: %s
            rows_per_update: 6
            max_steps: 1
            lengths: {max_prompt_tokens: 120, max_response_tokens: 40, too_long: truncate}
            out: %s
            """
                .formatted(whole.resolve("sft"), whole.resolve("data"), out),
            "reward.yaml");
    JsonNode summary = Pipeline.ofStage("reward", tree).run(false, Progress.silent());

    assertThat(summary.at("/reward/accuracy/mean").isNumber()).isTrue();
    JsonNode run = TinyModels.json(out.resolve("run.json"));
    assertThat(run.get("status").asText()).isEqualTo("ok");
    assertThat(run.get("kind").asText()).isEqualTo("reward");
    assertThat(parents(run)).containsExactly(model(whole, "sft"));
    assertThat(out.resolve("model/score_statistics.json")).exists();
    assertThat(out.resolve("report.html")).exists();
    assertThat(TinyModels.json(out.resolve("summary.json")).get("pairs").asInt()).isEqualTo(12);
    refused(
        () -> Pipeline.ofStage("reward", tree).run(false, Progress.silent()),
        "there is a run here");
    Map<String, byte[]> before = files(out);
    Pipeline.ofStage("reward", tree).run(true, Progress.silent());
    assertThat(files(out).get("run.json")).isEqualTo(before.get("run.json"));
    refused(
        () -> Pipeline.ofStage("reward", tree.with("seed=9")).run(true, Progress.silent()),
        "--resume wants the configuration that the run began with");
  }

  @Test
  void aTrainingThatFailsLateKeepsItsCheckpoints() {
    Path whole = shared.resolve("whole");
    ConfigTree tree =
        Config.parse(
            """
            model: %s
            data: %s
            rows_per_update: 4
            checkpoints: {every: 1}
            lengths: {max_prompt_tokens: 120, max_response_tokens: 40, too_long: truncate}
            """
                .formatted(whole.resolve("scratch"), whole.resolve("data")),
            "sft.yaml");
    Path wanted = folder.resolve("undisturbed");
    Pipeline.ofStage("sft", tree.with("out=" + wanted)).run(false, Progress.silent());
    Path out = folder.resolve("failing");
    Pipeline failing = Pipeline.ofStage("sft", tree.with("out=" + out));
    Progress full = TinyModels.failingAfter(2, new InputException("the disk is full"));
    refused(() -> failing.run(false, full), "the disk is full");

    assertThat(out.resolve("checkpoints/step-2/state.json")).isNotEmptyFile();
    failing.run(true, Progress.silent());
    assertThat(TinyModels.timeless(out)).isEqualTo(TinyModels.timeless(wanted)).hasSize(3);
    String weights = "model/model.safetensors";
    assertThat(TinyModels.bytes(out.resolve(weights)))
        .isEqualTo(TinyModels.bytes(wanted.resolve(weights)));
  }

  @Test
  void aRewardModelThatCannotTellAnswersApartIsKeptWithAWarning() throws IOException {
    Path data = Files.createDirectories(folder.resolve("data"));
    Files.writeString(
        data.resolve("pairs.jsonl"),
        "{\"prompt\": \"who\", \"chosen\": \"a b\", \"rejected\": \"a c\"}\n");
    Files.writeString(
        data.resolve("demonstrations.jsonl"), "{\"prompt\": \"a\", \"completion\": \"b\"}\n");
    String yaml =
        small(data)
            + "reward: {model: sft, data: data, max_steps: 1, lengths: {max_prompt_tokens: 60,"
            + " max_response_tokens: 1, too_long: truncate}}\n";
    Path out = folder.resolve("out");
    run(yaml, out, false);

    assertThat(TinyModels.json(out.resolve("reward/run.json")).get("warnings").toString())
        .contains("all 2 reference responses have the score", "use the model with 'scale: raw'");
    assertThat(out.resolve("reward/model/model.safetensors")).exists();
    assertThat(TinyModels.json(out.resolve("reward/model/score_statistics.json")).toString())
        .isEqualTo("{\"outputs\":[{\"name\":\"preference\",\"form\":\"preference\"}]}");
  }

  @Test
  void whatTheRewardModelCouldNotReadIsTold() {
    Path whole = shared.resolve("whole");
    String yaml =
        """
        small: {stage: scratch, data: %1$s, vocabulary_size: 300, hidden_size: 16, layers: 1,
          heads: 2, key_value_heads: 1, max_positions: 64}
        reward: {model: small, data: %1$s, max_steps: 1,
          lengths: {max_prompt_tokens: 40, max_response_tokens: 20, too_long: truncate}}
        evaluate: {before: %2$s, after: %2$s, data: %1$s, score: {model: reward},
          max_prompt_tokens: 150, sampling: {max_new_tokens: 8}}
        """
            .formatted(whole.resolve("data"), whole.resolve("sft"));
    Path out = folder.resolve("out");
    run(yaml, out, false);

    assertThat(TinyModels.json(out.resolve("evaluate/run.json")).get("warnings").toString())
        .containsPattern(
            "score: \\d+ conversations did not fit the reward model's context and were cut");
  }

  @Test
  void typosInAnyStageAreFoundBeforeAnythingIsWritten() {
    typo("sft.epoch=2", "unknown key 'sft.epoch'; did you mean 'sft.epochs'?");
    typo("ppo.optimizer.beta=0", "unknown key 'ppo.optimizer.beta'");
    typo("evaluate.promts=2", "unknown key 'evaluate.promts'; did you mean 'evaluate.prompts'?");
    typo("sed=2", "unknown key 'sed'; did you mean 'seed'?");
    typo("evaluat={stage: evalute}", "there is no kind of stage 'evalute'");
    typo("ppo.score={modle: reward}", "unknown key 'ppo.score.modle'; did you mean");
    typo("ppo.monitor={gold: klinic}", "ppo.monitor.gold is 'klinic', wanted one of clinic");
    typo(
        "evaluate.score={combine: mean, of: [{model: reward, scal: raw}]}",
        "unknown key 'evaluate.score.of.0.scal'; did you mean");
    typo("evaluate.gold={goold: clinic}", "unknown key 'evaluate.gold.goold'");
    typo("a/b={stage: data, format: clinic}", "stage 'a/b'");
  }

  private void typo(String setting, String message) {
    refusedUntouched(() -> run(WHOLE, folder.resolve("typo"), false, setting), message);
  }

  private void refusedUntouched(Runnable body, String message) {
    refused(body, message);
    assertThat(folder.resolve("typo")).doesNotExist();
  }

  private static void refused(Runnable body, String message) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(body::run)
        .withMessageContaining(message)
        .withMessageNotContaining("\n");
  }

  @Test
  void namesThatNothingHasAreFoundBeforeAnythingIsWritten() {
    typo(
        "ppo.model=stf",
        "ppo.model: there is no model 'stf': stf has no config.json; wanted a folder, org/name of"
            + " a hub, or the name of an earlier stage: [data, scratch, sft, reward]; did you mean 'sft'?");
    typo("sft.model=reward", "sft.model: stage 'reward' comes later");
    typo("sft.model=data", "sft.model: stage 'data' makes no model");
    typo("sft.data=scratch", "sft.data: stage 'scratch' makes no data set");
    typo("evaluate.before=reward", "evaluate.before: stage 'reward' makes a reward model");
    typo("ppo.score={model: sft}", "ppo.score: stage 'sft' makes a language model");
    typo("ppo.critic.model=rewardd", "ppo.critic.model: there is no model 'rewardd'");
    typo("reward.reference=nobody", "reward.reference: there is no model 'nobody'");
    typo("ppo.monitor={model: nobody}", "ppo.monitor: there is no model 'nobody'");
    typo(
        "sft.data=" + folder.resolve("none"),
        "sft.data: there is no data set '" + folder.resolve("none") + "'");
    typo("data={format: jsonl, path: " + folder + "/none}", folder + "/none: there is no such");
  }

  @Test
  void rowsLongerThanTheContextAreFoundBeforeAnythingIsWritten() {
    String remedy =
        " tokens (prompt and response limits together), the model's context is 160; lower"
            + " lengths.max_prompt_tokens, lengths.max_response_tokens or sampling.max_new_tokens";
    typo("sft.lengths.max_prompt_tokens=121", "sft: rows may have 161" + remedy);
    typo("reward.lengths.max_response_tokens=100", "reward: rows may have 220" + remedy);
    typo("ppo.sampling.max_new_tokens=41", "ppo: rows may have 161" + remedy);
    typo("evaluate.max_prompt_tokens=153", "evaluate: rows may have 161" + remedy);
  }

  @Test
  void modelsInFoldersAreCheckedToo() {
    Path whole = shared.resolve("whole");
    String yaml =
        """
        pairs: {model: %s, data: %s, sampling: {max_new_tokens: 8}, max_prompt_tokens: 152}
        """
            .formatted(whole.resolve("sft"), whole.resolve("data"));
    refusedUntouched(
        () -> run(yaml, folder.resolve("typo"), false, "pairs.max_prompt_tokens=153"),
        "pairs: rows may have 161 tokens");
    refusedUntouched(
        () -> run(yaml, folder.resolve("typo"), false, "pairs.data=" + whole.resolve("sft")),
        whole.resolve("sft") + ": this data set has no demonstrations.train.jsonl");
    run(yaml, folder.resolve("pairs"), false);
    assertThat(folder.resolve("pairs/pairs/pairs.train.jsonl")).isNotEmptyFile();
    assertThat(folder.resolve("pairs/pairs/pairs.test.jsonl")).isNotEmptyFile();
  }

  @Test
  void aScoreOrdersTwoAnswersOfTheModel() throws IOException {
    Path whole = shared.resolve("whole");
    String yaml =
        """
        pairs: {model: %s, data: %s, sampling: {max_new_tokens: 8}, max_prompt_tokens: 152,
          score: {length: words, target: 2}, tie: 1}
        """
            .formatted(whole.resolve("sft"), whole.resolve("data"));
    refusedUntouched(
        () -> run(yaml, folder.resolve("typo"), false, "pairs.score={lenght: words}"),
        "did you mean 'pairs.score.length'?");
    run(yaml.replace("words", "characters"), folder.resolve("ordered"), false);
    List<PreferencePair> pairs =
        RowFiles.readPairs(folder.resolve("ordered/pairs/pairs.train.jsonl")).rows();
    assertThat(pairs).isNotEmpty();
    for (PreferencePair pair : pairs) {
      int lead = off(pair.rejected()) - off(pair.chosen());
      assertThat(lead).isGreaterThan(1);
      assertThat(pair.strength()).hasValue(lead);
    }
  }

  private static int off(String response) {
    return Math.abs(response.codePointCount(0, response.length()) - 2);
  }

  @Test
  void dataThatIsEmptyLeavesNothing() throws IOException {
    Path data = rows("empty", 0);
    refusedUntouched(() -> run(small(data), folder.resolve("typo"), false), "is empty");
    Files.delete(data.resolve("demonstrations.jsonl"));
    refusedUntouched(
        () -> run(small(data), folder.resolve("typo"), false), data + ": the data set is empty");
  }

  @Test
  void aFolderThatCannotBeWrittenIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "mine");
    for (Path out : List.of(file, file.resolve("in"))) {
      refused(() -> run(WHOLE, out, false), out + ": cannot be written (");
    }
    assertThat(file).hasContent("mine");
  }

  @Test
  void aRunLeavesNoTensorBehind() throws IOException {
    Path data = rows("data", 6);
    run(small(data), folder.resolve("first"), false);
    NativeMemory.assertNoneLeftBy(() -> run(small(data), folder.resolve("second"), false));
  }
}
