package plumbline.web.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import plumbline.InputException;
import plumbline.TinyModels;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.data.Completion;
import plumbline.data.Prompt;
import plumbline.data.format.RowFiles;
import plumbline.model.Head;
import plumbline.model.Safetensors;
import plumbline.model.TextModel;
import plumbline.pipeline.Pipeline;
import plumbline.ppo.PolicyTask;
import plumbline.ppo.PpoConfig;
import plumbline.ppo.PpoTrainer;
import plumbline.score.Scores;
import plumbline.score.ScoringException;
import plumbline.tensor.Ops;
import plumbline.train.Progress;
import plumbline.train.RunDirectory;

/** Policies trained on the responses of a server that gets their adapters. */
class ServedRolloutsTest {
  private static final List<Prompt> PROMPTS =
      List.of(Prompt.of("the cat"), Prompt.of("the dog ran"), Prompt.of("a"), Prompt.of("we sat"));

  private static final String ADAPTER = "adapter_model.safetensors";

  @TempDir Path folder;
  private TinyServer server;

  @BeforeEach
  void start() {
    TinyServer.write(folder);
    server = server(folder.resolve("helper"));
  }

  private TinyServer server(Path model) {
    ServedFolders base =
        new ServedFolders("helper", model, Map.of(), Map.of(), Optional.empty(), Optional.empty());
    return TinyServer.of(folder, base, config -> config.withAdapters(Optional.of(folder)));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static Scores lengths(List<Completion> completions) {
    return Scores.of(
        "length", completions.stream().mapToDouble(row -> row.response().length()).toArray());
  }

  /** AdamW without an epsilon to speak of would divide the rounding of gradients by itself. */
  private ConfigTree config() {
    return Config.parse(
        "{model: m, data: prompts, score: {gold: clinic}, steps: 4, prompts_per_update: 6,"
            + " ppo_epochs: 2, rows_per_micro_batch: 6, sampling: {max_new_tokens: 12},"
            + " lora: {r: 4, dropout: 0.0}, optimizer: {lr: 1e-2, schedule: constant, epsilon: 1e-3}}",
        "x.yaml");
  }

  private String served() {
    return "rollout_server={endpoint: '%s/v1', model: helper, first_wait: 0.01, tries: 3}"
        .formatted(server.address());
  }

  private record Trained(Map<String, float[]> weights, List<JsonNode> metrics) {}

  private Trained train(String name, ConfigTree config, long seed) {
    try (TextModel start = TextModel.load(folder.resolve("helper"), Head.LANGUAGE);
        RunDirectory run = TinyModels.run(folder.resolve(name));
        PpoTrainer trainer =
            new PpoTrainer(
                start.transformer(),
                start.text(),
                start.transformer(),
                PolicyTask.of(PROMPTS, ServedRolloutsTest::lengths),
                config.bind(PpoConfig.class),
                seed,
                run)) {
      trainer.run(run, Progress.silent());
      Map<String, float[]> weights = new LinkedHashMap<>();
      for (Map.Entry<String, Tensor> one : trainer.policy().weights().own().entrySet()) {
        weights.put(one.getKey(), Ops.toFloats(one.getValue()));
      }
      return new Trained(weights, TinyModels.metrics(run.path()));
    }
  }

  private List<String> models() throws Exception {
    List<String> names = new ArrayList<>();
    server.get("/v1/models").json().get("data").forEach(one -> names.add(one.get("id").asText()));
    return names;
  }

  @ParameterizedTest
  @CsvSource({"1, separate, gae", "2, shared, gae", "3, none, remax"})
  void trainingOnTheServersResponsesIsTrainingOnOnesOwn(long seed, String critic, String estimator)
      throws Exception {
    ConfigTree config =
        config().with("critic.kind=" + critic).with("advantage.estimator=" + estimator);
    Trained here = train("here", config, seed);
    Trained there = train("there", config.with(served()), seed);
    assertThat(there.metrics()).hasSameSizeAs(here.metrics());
    for (int step = 0; step < here.metrics().size(); step++) {
      JsonNode own = here.metrics().get(step);
      JsonNode others = there.metrics().get(step);
      for (String name : List.of("reward/mean", "response/length_mean", "response/eos_rate")) {
        assertThat(others.get(name).doubleValue()).isEqualTo(own.get(name).doubleValue());
      }
      assertThat(others.get("objective/kl").doubleValue())
          .isCloseTo(own.get("objective/kl").doubleValue(), within(1e-3));
      assertThat(others.get("rollout/mismatch_kl").doubleValue()).isLessThan(1e-6);
      assertThat(others.get("rollout/retries").doubleValue()).isZero();
    }
    assertThat(there.weights().keySet()).isEqualTo(here.weights().keySet());
    for (String name : here.weights().keySet()) {
      assertThat(there.weights().get(name))
          .as(name)
          .containsExactly(here.weights().get(name), within(1e-4f));
    }
    assertThat(models()).containsExactly("helper");
    assertThat(folder.resolve("there/adapters")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({"policy, best_worst", "reference, opponent"})
  void roundsOnTheServersResponsesAreRoundsOnOnesOwn(String opponent, String pairs)
      throws Exception {
    ConfigTree rounds =
        Config.parse(
            "{model: '%s', data: '%s', score: {length: characters, target: 20, per: 5}, rounds: 2,"
                    .formatted(folder.resolve("helper"), folder)
                + " prompts_per_round: 4, samples_per_prompt: 4, pairs_per_update: 2,"
                + " opponent: "
                + opponent
                + ", pairs: "
                + pairs
                + ", sampling: {max_new_tokens: 12}, lengths: {max_prompt_tokens: 64, max_response_tokens: 12},"
                + " lora: {r: 4}, optimizer: {lr: 1e-2, epsilon: 1e-3}}",
            "x.yaml");
    RowFiles.write(folder.resolve("prompts.train.jsonl"), PROMPTS);
    Path here = rounds("here", rounds);
    Path there = rounds("there", rounds.with(served()));
    for (int round = 1; round <= 2; round++) {
      String responses = "rounds/round-" + round + "/responses.jsonl";
      assertThat(there.resolve(responses)).hasSameTextualContentAs(here.resolve(responses));
    }
    Map<String, Tensor> wanted = Safetensors.read(here.resolve("model/" + ADAPTER));
    Map<String, Tensor> found = Safetensors.read(there.resolve("model/" + ADAPTER));
    assertThat(found.keySet()).isEqualTo(wanted.keySet());
    wanted.forEach(
        (name, weight) ->
            assertThat(Ops.toFloats(found.get(name)))
                .as(name)
                .containsExactly(Ops.toFloats(weight), within(1e-4f)));
    assertThat(models()).containsExactly("helper");
    assertThat(there.resolve("adapters")).doesNotExist();
  }

  private Path rounds(String name, ConfigTree keys) {
    Path out = folder.resolve(name);
    Pipeline.ofStage("online_dpo", keys.with("out='" + out + "'")).run(false, Progress.silent());
    return out;
  }

  @Test
  void theReferenceCanSampleThereToo() {
    ConfigTree config =
        config()
            .with("critic.kind=none")
            .with("samples_per_prompt=2")
            .with("advantage.estimator=grpo")
            .with("loss.objective=likelihood")
            .with("rows.sampled_from=reference");
    Trained here = train("here", config, 7);
    Trained there = train("there", config.with(served()), 7);
    assertThat(there.metrics().get(3).get("reward/mean"))
        .isEqualTo(here.metrics().get(3).get("reward/mean"));
  }

  @Test
  void responsesOfAnAdapterThatIsBehindAreWeighed() {
    Trained there =
        train(
            "there",
            config()
                .with(served())
                .with("rollout_server.every=4")
                .with("rollout_server.max_gap=9")
                .with("optimizer.epsilon=1e-8"),
            5);
    List<JsonNode> metrics = there.metrics();
    assertThat(metrics.get(0).get("rollout/mismatch_kl").doubleValue()).isLessThan(1e-6);
    assertThat(metrics.get(3).get("rollout/mismatch_kl").doubleValue()).isGreaterThan(1e-5);
  }

  @Test
  void whatAKilledRunHasLeftIsTakenAway() throws Exception {
    Path left = folder.resolve("there/adapters/policy-3-0123456789ab");
    Files.createDirectories(left);
    for (String file : List.of("adapter_config.json", "adapter_model.safetensors")) {
      Files.copy(folder.resolve("ppo").resolve(file), left.resolve(file));
    }
    String load = "{\"lora_name\": \"%s\", \"lora_path\": \"%s\"}";
    assertThat(
            server.post("/v1/load_lora_adapter", load.formatted(left.getFileName(), left)).status())
        .isEqualTo(200);
    train("there", config().with(served()).with("steps=1"), 5);
    assertThat(models()).containsExactly("helper");
    assertThat(left).doesNotExist();
  }

  @Test
  void anotherModelOnTheServerIsNoticed() throws Exception {
    server.close();
    Path other = folder.resolve("other");
    try (TextModel source = TinyModels.of(folder.resolve("w"), EnumSet.of(Head.LANGUAGE), 77)) {
      TinyModels.sharpen(source.transformer(), 8);
      source.save(source.transformer(), other);
    }
    server = server(other);
    assertThatThrownBy(() -> train("there", config().with(served()), 5))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("other weights (is helper the model that training starts from?)");
    assertThat(models()).containsExactly("helper");
  }

  @Test
  void aServerThatTakesNoAdaptersOrIsGoneIsSaid() {
    ServedFolders base = ServedFolders.of(folder.resolve("helper"));
    try (TinyServer fixed = TinyServer.of(folder, base, config -> config)) {
      String setting = served().replace(server.address(), fixed.address());
      assertThatThrownBy(() -> train("fixed", config().with(setting), 5))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("status 403")
          .hasMessageContaining("plumbline serve: --lora-folder");
    }
    String gone = served();
    server.close();
    assertThatThrownBy(() -> train("gone", config().with(gone), 5))
        .isInstanceOf(ScoringException.class)
        .hasMessageContaining("was not taken (the last: no connection; tries: 3)");
  }
}
