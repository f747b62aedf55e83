package plumbline.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.AnyThreads;
import plumbline.InputException;
import plumbline.NativeMemory;
import plumbline.TinyModels;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.data.Completion;
import plumbline.data.Prompt;
import plumbline.model.Head;
import plumbline.model.Safetensors;
import plumbline.model.TextModel;
import plumbline.model.Transformer;
import plumbline.score.Scorer;
import plumbline.score.Scores;
import plumbline.tensor.Scopes;
import plumbline.train.NonFiniteException;
import plumbline.train.Progress;
import plumbline.train.Rollout;
import plumbline.train.RunDirectory;

class PpoTrainerTest {
  private static final List<Prompt> PROMPTS =
      List.of(
          Prompt.of("the cat"),
          Prompt.of("the dog ran"),
          Prompt.of("a"),
          Prompt.of("the user sat, the system ran"));

  @TempDir Path folder;
  private TextModel start;

  @BeforeEach
  void open() {
    start = TinyModels.of(folder.resolve("start"), EnumSet.of(Head.LANGUAGE), 1);
    TinyModels.sharpen(start.transformer(), 3);
  }

  @AfterEach
  void close() {
    start.close();
  }

  /** What share of the response's characters is plain ASCII; about half at first. */
  private static Scores asciiShare(List<Completion> completions) {
    return Scores.of(
        "ascii",
        completions.stream()
            .map(Completion::response)
            .mapToDouble(
                text -> text.chars().filter(c -> c < 128).count() / Math.max(1.0, text.length()))
            .toArray());
  }

  private static PpoConfig config(String... settings) {
    ConfigTree tree =
        Config.parse(
            "{model: m, data: prompts, score: {gold: clinic}, steps: 3, prompts_per_update: 8,"
                + " ppo_epochs: 1, sampling: {max_new_tokens: 10},"
                + " optimizer: {lr: 3e-3, schedule: constant}}",
            "x.yaml");
    for (String setting : settings) {
      tree = tree.with(setting);
    }
    return tree.bind(PpoConfig.class);
  }

  private PpoTrainer trainer(PpoConfig config, long seed, RunDirectory run) {
    return trainer(config, seed, run, Optional.empty());
  }

  private PpoTrainer trainer(
      PpoConfig config, long seed, RunDirectory run, Optional<Scorer> monitor) {
    return new PpoTrainer(
        start.transformer(),
        start.text(),
        start.transformer(),
        new PolicyTask(PROMPTS, List.of(), PpoTrainerTest::asciiShare, monitor),
        config,
        seed,
        run);
  }

  private List<JsonNode> train(String name, String... settings) {
    return train(name, 1, Optional.empty(), settings);
  }

  private List<JsonNode> train(
      String name, long seed, Optional<Scorer> monitor, String... settings) {
    try (RunDirectory run = TinyModels.run(folder.resolve(name));
        PpoTrainer trainer = trainer(config(settings), seed, run, monitor)) {
      trainer.run(run, Progress.silent());
      Safetensors.write(run.path().resolve("w.safetensors"), trainer.policy().weights().all());
      return TinyModels.metrics(run.path());
    }
  }

  @Test
  void aScoreThatIsNoNumberStopsTrainingAndItsRolloutsAreKept() {
    Scorer broken =
        completions -> {
          double[] scores = new double[completions.size()];
          scores[2] = Double.NaN;
          return Scores.of("broken", scores);
        };
    try (RunDirectory run = TinyModels.run(folder.resolve("broken"));
        PpoTrainer trainer =
            new PpoTrainer(
                start.transformer(),
                start.text(),
                start.transformer(),
                new PolicyTask(PROMPTS, List.of(), broken, Optional.empty()),
                config(),
                1,
                run)) {
      assertThatThrownBy(() -> trainer.run(run, Progress.silent()))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining("update 1: the score of response 2 is NaN; its rows are in");
    }
    JsonNode kept = TinyModels.json(folder.resolve("broken/nonfinite/step-1.json"));
    assertThat(kept.get("rows")).hasSize(8);
    assertThat(kept.at("/rows/2/text").asText()).isNotEmpty();
  }

  @Test
  void aGradientThatExplodesIsSkippedOrStops() {
    String limit = "optimizer.exploded_grad_norm=1e-9";
    assertThatThrownBy(() -> train("stops", limit)).isInstanceOf(NonFiniteException.class);
    List<JsonNode> metrics = train("skips", limit, "optimizer.on_nonfinite=skip");
    assertThat(metrics).hasSize(3);
    assertThat(metrics.get(2).get("grad_norm").isNull()).isTrue();
    try (RunDirectory run = TinyModels.run(folder.resolve("start"))) {
      PpoTrainer trainer = trainer(config(), 1, run);
      Safetensors.write(run.path().resolve("w.safetensors"), trainer.policy().weights().all());
      trainer.close();
    }
    assertThat(weights("skips")).isEqualTo(weights("start"));
    // The critic's steps are counted too: two for each update.
    assertThatThrownBy(
            () -> train("limit", limit, "optimizer.on_nonfinite=skip", "optimizer.max_skipped=5"))
        .hasMessageContaining("update 3: ")
        .hasMessageContaining("one more than optimizer.max_skipped, 5");
  }

  private byte[] weights(String name) {
    return TinyModels.bytes(folder.resolve(name).resolve("w.safetensors"));
  }

  @Test
  void atTheFirstUpdateThePolicyIsStillTheOneThatSampled() {
    for (String critic : new String[] {"separate", "shared"}) {
      for (double temperature : new double[] {1, 0.7}) {
        JsonNode first =
            train(
                    critic + temperature,
                    "critic.kind=" + critic,
                    "sampling.temperature=" + temperature,
                    "rows_per_micro_batch=3")
                .get(0);
        assertThat(first.get("policy/ratio").asDouble()).isCloseTo(1, within(1e-5));
        assertThat(first.get("policy/approx_kl").asDouble()).isCloseTo(0, within(1e-9));
        assertThat(first.get("policy/clip_fraction").asDouble()).isZero();
        assertThat(first.get("objective/kl").asDouble()).isCloseTo(0, within(1e-4));
      }
    }
  }

  @Test
  void laterUpdatesLeaveTheReference() {
    List<JsonNode> metrics = train("run", "steps=6", "ppo_epochs=3");
    JsonNode last = metrics.get(5);
    assertThat(Math.abs(last.get("objective/kl").asDouble())).isGreaterThan(1e-3);
    assertThat(last.get("policy/ratio").asDouble()).isNotEqualTo(1);
    assertThat(last.get("policy/approx_kl").asDouble()).isGreaterThan(1e-6);
  }

  @Test
  void aRewardThatAnyoneCanSeeGoesUp() {
    for (String critic : new String[] {"separate", "shared"}) {
      List<JsonNode> metrics =
          train(
              critic,
              "critic.kind=" + critic,
              "steps=30",
              "prompts_per_update=32",
              "ppo_epochs=2",
              "kl.coefficient=0.01");
      double before = mean(metrics.subList(0, 3));
      double after = mean(metrics.subList(27, 30));
      assertThat(before).as("share of ASCII at first").isBetween(0.3, 0.75);
      assertThat(after).as("share of ASCII with a " + critic + " critic").isGreaterThan(0.9);
      assertThat(metrics.get(29).get("objective/kl").asDouble()).isGreaterThan(0.5);
      assertThat(metrics.get(29).get("value/error").asDouble())
          .isLessThan(metrics.get(0).get("value/error").asDouble());
    }
  }

  private static double mean(List<JsonNode> metrics) {
    return metrics.stream().mapToDouble(row -> row.get("reward/mean").asDouble()).sum()
        / metrics.size();
  }

  @Test
  void gradientsAndStatisticsDoNotDependOnHowTheUpdateIsCut() {
    for (String critic : new String[] {"separate", "shared"}) {
      Map<String, Double> wanted = new LinkedHashMap<>();
      Map<String, double[]> whole = gradients(critic, 8, wanted);
      assertThat(wanted.get("loss/value")).isPositive();
      for (int rowsAtATime : new int[] {1, 3, 4}) {
        Map<String, Double> statistics = new LinkedHashMap<>();
        Map<String, double[]> cut = gradients(critic, rowsAtATime, statistics);
        TinyModels.assertSameGradients(cut, whole, 1e-6);
        wanted.forEach(
            (name, value) ->
                assertThat(statistics.get(name))
                    .as(name)
                    .isCloseTo(value, within(1e-6 * Math.max(1, Math.abs(value)))));
      }
    }
  }

  /** Of the policy and of a critic of its own, after the first update's rollouts. */
  private Map<String, double[]> gradients(
      String critic, int rowsAtATime, Map<String, Double> statistics) {
    PpoConfig config =
        config(
            "critic.kind=" + critic,
            "loss.entropy_coefficient=0.01",
            "activation_checkpointing=" + (rowsAtATime == 4),
            "rows_per_micro_batch=" + rowsAtATime);
    try (RunDirectory run = TinyModels.run(folder.resolve("cut"));
        PpoTrainer trainer = trainer(config, 1, run)) {
      List<Rollout> rollouts = trainer.rollout();
      TinyModels.toDouble(trainer.policy());
      TinyModels.toDouble(trainer.critic());
      fillValueHead(trainer.critic());
      PpoBatch batch = batch(trainer, rollouts);
      statistics.putAll(trainer.accumulate(batch, 1).metrics(1));
      Map<String, double[]> gradients =
          new LinkedHashMap<>(TinyModels.takeGradients(trainer.policy()));
      if (critic.equals("separate")) {
        TinyModels.takeGradients(trainer.critic())
            .forEach((name, gradient) -> gradients.put("critic." + name, gradient));
      }
      return gradients;
    }
  }

  /** A new value head is 0, through which no gradient reaches the trunk. */
  private static void fillValueHead(Transformer critic) {
    Scopes.noGrad(
        () ->
            Scopes.run(() -> critic.weights().get("v_head.summary.weight").add_(new Scalar(0.05))));
  }

  private static PpoBatch batch(PpoTrainer trainer, List<Rollout> rollouts) {
    List<Completion> completions = rollouts.stream().map(Rollout::completion).toList();
    return trainer.batch(rollouts, asciiShare(completions).total());
  }

  @Test
  void metricsOfARunDoNotDependOnHowItIsCut() {
    // As above, an epsilon well above the rounding of gradients.
    String[] common = {"optimizer.epsilon=1e-2", "ppo_epochs=2", "rows_per_micro_batch=32"};
    List<JsonNode> whole = train("whole", common);
    common[2] = "rows_per_micro_batch=3";
    List<JsonNode> cut = train("cut", common);
    for (int step = 0; step < whole.size(); step++) {
      JsonNode wanted = whole.get(step);
      for (String name :
          List.of("reward/mean", "loss/policy", "loss/value", "policy/entropy", "grad_norm")) {
        double value = wanted.get(name).asDouble();
        assertThat(cut.get(step).get(name).asDouble())
            .as(name + " at step " + step)
            .isCloseTo(value, within(1e-5 * Math.max(1, Math.abs(value))));
      }
    }
  }

  @Test
  void moreUpdatesLeaveNoTensorBehind() {
    for (String critic : new String[] {"separate", "shared"}) {
      try (RunDirectory run = TinyModels.run(folder.resolve(critic));
          PpoTrainer trainer =
              trainer(
                  config("critic.kind=" + critic, "ppo_epochs=2", "stop.approx_kl=1e-7"), 1, run)) {
        trainer.update(run);
        trainer.update(run);
        NativeMemory.assertNoneLeftBy(
            () -> {
              for (int i = 0; i < 4; i++) {
                trainer.update(run);
              }
            });
      }
    }
    NativeMemory.assertNoneLeftBy(() -> train("closed"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "critic.kind=shared|loss.entropy_coefficient=0.01",
        "kl.place=loss",
        "lora={r: 4, alpha: 8, dropout: 0.2}|activation_checkpointing=true"
      })
  void theNumberOfThreadsChangesNoByte(String settings) {
    AnyThreads.giveTheSame(
        threads -> {
          String name = "threads" + threads;
          train(name, ("rows_per_micro_batch=3|ppo_epochs=2|" + settings).split("\\|"));
          return weights(name);
        });
    assertThat(TinyModels.timeless(folder.resolve("threads3")))
        .isEqualTo(TinyModels.timeless(folder.resolve("threads1")));
  }

  @Test
  void theSameSeedGivesTheSameBytes() {
    train("a", 3, Optional.empty(), "ppo_epochs=2");
    train("b", 3, Optional.empty(), "ppo_epochs=2");
    train("c", 4, Optional.empty(), "ppo_epochs=2");
    assertThat(weights("b")).isEqualTo(weights("a"));
    assertThat(TinyModels.timeless(folder.resolve("b")))
        .isEqualTo(TinyModels.timeless(folder.resolve("a")))
        .hasSize(3);
    assertThat(weights("c")).isNotEqualTo(weights("a"));
    assertThat(TinyModels.bytes(folder.resolve("b/samples.jsonl")))
        .isEqualTo(TinyModels.bytes(folder.resolve("a/samples.jsonl")))
        .isNotEqualTo(TinyModels.bytes(folder.resolve("c/samples.jsonl")));
  }

  @Test
  void aMonitorIsMeasuredAndInfluencesNothing() {
    Scorer monitor =
        completions ->
            Scores.of(
                "length", completions.stream().mapToDouble(c -> c.response().length()).toArray());
    List<JsonNode> without = train("without");
    List<JsonNode> with = train("with", 1, Optional.of(monitor));

    assertThat(weights("with")).isEqualTo(weights("without"));
    assertThat(without.get(0).has("score/length")).isFalse();
    assertThat(with.get(0).get("score/length").asDouble()).isPositive();
    assertThat(with.get(0).get("score/ascii")).isEqualTo(without.get(0).get("score/ascii"));
  }

  @Test
  void aMonitorsLeafDoesNotReplaceTheScorersOfThatName() {
    Scorer monitor =
        completions -> Scores.of("ascii", completions.stream().mapToDouble(c -> 7).toArray());
    List<JsonNode> without = train("without");
    JsonNode with = train("with", 1, Optional.of(monitor)).get(0);

    assertThat(with.get("score/ascii")).isEqualTo(without.get(0).get("score/ascii"));
    assertThat(with.get("score/monitor_ascii").asDouble()).isEqualTo(7);
  }

  @Test
  void theStartIsTheReferenceAndStaysAsItIs() {
    Map<String, float[]> before = TinyModels.values(start.transformer());
    try (RunDirectory run = TinyModels.run(folder.resolve("run"));
        PpoTrainer trainer = trainer(config("steps=3"), 1, run)) {
      trainer.run(run, Progress.silent());
      assertThat(TinyModels.values(trainer.policy()).get("model.norm.weight"))
          .isNotEqualTo(before.get("model.norm.weight"));
    }
    TinyModels.assertSameValues(TinyModels.values(start.transformer()), before, 0);
    assertThat(start.transformer().heads()).containsExactly(Head.LANGUAGE);
    assertThat(start.transformer().weights().all().values()).noneMatch(Tensor::requires_grad);
  }

  @Test
  void anAnswerWithoutAnEndCostsThePenalty() {
    JsonNode free = train("free", "steps=1", "optimizer.lr=0").get(0);
    JsonNode fined =
        train("fined", "steps=1", "optimizer.lr=0", "ending.missing_eos_penalty=0.25").get(0);
    double unended = 1 - free.get("response/eos_rate").asDouble();
    assertThat(unended).isPositive();
    assertThat(fined.get("reward/mean").asDouble())
        .isCloseTo(free.get("reward/mean").asDouble() - 0.25 * unended, within(1e-12));
    assertThat(fined.get("score/ascii")).isEqualTo(free.get("score/ascii"));
  }

  @Test
  void anAdaptiveCoefficientFollowsTheDivergence() {
    String[] settings = {"steps=6", "ppo_epochs=3", "kl.horizon=100", "kl.coefficient=0.1"};
    List<JsonNode> loose =
        train(
            "loose",
            settings[0],
            settings[1],
            settings[2],
            settings[3],
            "kl.target_per_response=50");
    List<JsonNode> tight =
        train(
            "tight",
            settings[0],
            settings[1],
            settings[2],
            settings[3],
            "kl.target_per_response=1e-6");
    for (int step = 1; step < 6; step++) {
      assertThat(coefficient(loose, step)).isLessThan(coefficient(loose, step - 1));
    }
    for (int step = 1; step < 6; step++) {
      double kl = tight.get(step - 1).get("objective/kl").asDouble();
      assertThat(Math.signum(coefficient(tight, step) - coefficient(tight, step - 1)))
          .isEqualTo(kl > 1e-6 ? 1 : -1);
    }
    assertThat(coefficient(tight, 5)).isGreaterThan(0.1);
    assertThat(coefficient(loose, 0)).isEqualTo(0.1);
  }

  private static double coefficient(List<JsonNode> metrics, int step) {
    return metrics.get(step).get("kl/coef").asDouble();
  }

  @Test
  void epochsEndOnceThePolicyHasMovedTooFar() {
    JsonNode all = train("all", "steps=1", "ppo_epochs=4").get(0);
    JsonNode never = train("never", "steps=1", "ppo_epochs=4", "stop.approx_kl=1e9").get(0);
    train("one", "steps=1", "ppo_epochs=1");
    // At the first epoch nothing has moved, and rounding alone is far below the limit.
    JsonNode stopped = train("stopped", "steps=1", "ppo_epochs=4", "stop.approx_kl=1e-9").get(0);

    assertThat(never.get("policy/approx_kl")).isEqualTo(all.get("policy/approx_kl"));
    assertThat(weights("never")).isEqualTo(weights("all")).isNotEqualTo(weights("one"));
    assertThat(weights("stopped")).isEqualTo(weights("one"));
    assertThat(stopped.get("policy/approx_kl").asDouble())
        .isBetween(1e-9, all.get("policy/approx_kl").asDouble());
  }

  @Test
  void samplesSayWhatWasAnswered() {
    train("run", "steps=4", "sample_every=3");
    List<JsonNode> samples = TinyModels.lines(folder.resolve("run/samples.jsonl"));
    assertThat(samples.stream().map(row -> row.get("step").asInt()))
        .containsExactly(1, 1, 1, 1, 3, 3, 3, 3);
    assertThat(samples.get(0).get("prompt").asText()).startsWith("user: ");
    assertThat(samples.get(0).at("/scores/reward").asDouble()).isBetween(0.0, 1.0);
  }

  @Test
  void severalSamplesOfAPromptDiffer() {
    try (RunDirectory run = TinyModels.run(folder.resolve("run"));
        PpoTrainer trainer =
            trainer(config("prompts_per_update=2", "samples_per_prompt=3"), 1, run)) {
      PpoBatch batch = batch(trainer, trainer.rollout());
      assertThat(batch.rows()).hasSize(6);
      assertThat(batch.rows().get(0).prompt()).isEqualTo(batch.rows().get(2).prompt());
      assertThat(batch.rows().get(0).response()).isNotEqualTo(batch.rows().get(2).response());
      assertThat(batch.rows().get(0).prompt()).isNotEqualTo(batch.rows().get(3).prompt());
    }
  }

  @Test
  void noPromptsAreRefused() {
    String message =
        "prompts: no prompt to sample from; is the data set empty, or is every prompt longer than"
            + " lengths.max_prompt_tokens?";
    for (List<Prompt> prompts : List.of(List.<Prompt>of(), PROMPTS)) {
      try (RunDirectory run = TinyModels.run(folder.resolve("run"))) {
        PpoConfig config = config("lengths.max_prompt_tokens=2", "lengths.too_long=drop");
        assertThatExceptionOfType(InputException.class)
            .isThrownBy(
                () ->
                    new PpoTrainer(
                        start.transformer(),
                        start.text(),
                        start.transformer(),
                        PolicyTask.of(prompts, PpoTrainerTest::asciiShare),
                        config,
                        1,
                        run))
            .withMessage(message);
      }
    }
    assertThat(TinyModels.json(folder.resolve("run/run.json")).get("warnings").get(0).asText())
        .isEqualTo("4 of 4 prompts are longer than the limits and were dropped");
  }

  @Test
  void aCriticWithAnotherVocabularyIsRefused() {
    try (RunDirectory run = TinyModels.run(folder.resolve("run"));
        Transformer other =
            Transformer.random(TinyModels.config(100), EnumSet.of(Head.LANGUAGE), 1)) {
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(
              () ->
                  new PpoTrainer(
                      start.transformer(),
                      start.text(),
                      other,
                      PolicyTask.of(PROMPTS, PpoTrainerTest::asciiShare),
                      config(),
                      1,
                      run))
          .withMessage(
              "the critic's vocabulary has 100 tokens and the policy's "
                  + start.transformer().config().vocabularySize()
                  + "; critic.model must be a model with the policy's tokenizer");
    }
  }

  @Test
  void configurationsThatContradictThemselvesAreRefused() {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> config("critic.kind=shared", "critic.model=m"))
        .withMessageContaining(
            "kind is shared; model, optimizer and warmup_updates belong to a separate critic");
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> config("sampling.temperature=0"))
        .withMessageContaining("sampling.temperature is 0.0, rollouts want one above 0");
  }

  @Test
  void roundedRolloutsAreWeighedByThePolicysOwnProbabilities() {
    for (String weights : List.of("int8", "bfloat16")) {
      List<JsonNode> metrics =
          train(weights, "sampling.weights=" + weights, "optimizer.lr=1e-3", "steps=2");
      for (JsonNode update : metrics) {
        // The first step's ratio is to the policy's own log-probs, not to those of the copy.
        assertThat(update.get("policy/ratio").asDouble()).isCloseTo(1, within(1e-4));
        assertThat(update.get("rollout/mismatch_kl").asDouble()).isBetween(1e-12, 0.05);
        assertThat(update.get("rollout/truncated").asDouble()).isBetween(0.0, 0.1);
      }
    }
  }

  @Test
  void rolloutsThatAreNotRoundedTellOfNoMismatch() {
    assertThat(train("plain", "steps=1").get(0).has("rollout/mismatch_kl")).isFalse();
  }
}
