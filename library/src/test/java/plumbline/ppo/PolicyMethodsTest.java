package plumbline.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.InputException;
import plumbline.NativeMemory;
import plumbline.TinyModels;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.data.Completion;
import plumbline.data.Demonstration;
import plumbline.data.Prompt;
import plumbline.model.Head;
import plumbline.model.Safetensors;
import plumbline.model.TextModel;
import plumbline.model.Transformer;
import plumbline.score.RewardServer;
import plumbline.score.ScoreTree;
import plumbline.score.Scorer;
import plumbline.score.Scores;
import plumbline.tensor.Scopes;
import plumbline.train.Progress;
import plumbline.train.Rollout;
import plumbline.train.RunDirectory;

/** Every method, and every choice that a method is made of, on a model of two layers. */
class PolicyMethodsTest {
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

  private static PpoConfig config(Preset.Method method, String... settings) {
    ConfigTree tree =
        Config.parse(
            "{model: m, data: prompts, score: {gold: clinic}, steps: 3, rows_per_micro_batch: 16,"
                + " prompts_per_update: 4, sampling: {max_new_tokens: 10},"
                + " optimizer: {lr: 3e-3, schedule: constant}}",
            "x.yaml");
    for (String setting : settings) {
      tree = tree.with(setting);
    }
    return Preset.apply(method, tree).bind(PpoConfig.class);
  }

  private PpoTrainer trainer(PpoConfig config, Scorer scorer, RunDirectory run) {
    List<Demonstration> demonstrations =
        config.ptx().isPresent()
            ? List.of(new Demonstration(Prompt.of("the cat"), "sat"))
            : List.of();
    return new PpoTrainer(
        start.transformer(),
        start.text(),
        start.transformer(),
        new PolicyTask(PROMPTS, demonstrations, scorer, Optional.empty()),
        config,
        1,
        run);
  }

  private List<JsonNode> train(String name, Preset.Method method, String... settings) {
    return train(name, PolicyMethodsTest::asciiShare, method, settings);
  }

  private List<JsonNode> train(
      String name, Scorer scorer, Preset.Method method, String... settings) {
    try (RunDirectory run = TinyModels.run(folder.resolve(name));
        PpoTrainer trainer = trainer(config(method, settings), scorer, run)) {
      trainer.run(run, Progress.silent());
      Safetensors.write(run.path().resolve("w.safetensors"), trainer.policy().weights().all());
      return TinyModels.metrics(run.path());
    }
  }

  private byte[] weights(String name) {
    return TinyModels.bytes(folder.resolve(name).resolve("w.safetensors"));
  }

  private static double mean(List<JsonNode> metrics, String name) {
    return metrics.stream().mapToDouble(row -> row.get(name).asDouble()).average().orElseThrow();
  }

  // ---- methods

  @ParameterizedTest
  @EnumSource(Preset.Method.class)
  void aRewardThatAnyoneCanSeeGoesUp(Preset.Method method) {
    // Best-of-n samples from the model it started with; here, from what it has become. ReMax, whose
    // baseline is one greedy response, is the slowest.
    int steps = method == Preset.Method.REMAX ? 35 : 25;
    List<JsonNode> metrics =
        train(
            "run",
            method,
            method == Preset.Method.BESTOFN ? "rows.sampled_from=policy" : "steps=" + steps,
            "steps=" + steps,
            "optimizer.lr=1e-2",
            "prompts_per_update=" + (method == Preset.Method.PPO ? 32 : 8),
            "samples_per_prompt=" + (method == Preset.Method.PPO ? 1 : 4),
            "kl.coefficient=0.01");
    double before = mean(metrics.subList(0, 3), "reward/mean");
    assertThat(before).isBetween(0.3, 0.75);
    assertThat(mean(metrics.subList(steps - 3, steps), "reward/mean")).isGreaterThan(before + 0.15);
  }

  @ParameterizedTest
  @EnumSource(Preset.Method.class)
  void atTheFirstUpdateThePolicyIsStillTheOneThatSampled(Preset.Method method) {
    for (String ratio : new String[] {"token", "sequence"}) {
      JsonNode first =
          train("run" + ratio, method, "ppo_epochs=1", "steps=1", "loss.ratio=" + ratio).get(0);
      assertThat(first.get("policy/ratio").asDouble()).isCloseTo(1, within(1e-5));
      assertThat(first.get("policy/clip_fraction").asDouble()).isZero();
      assertThat(first.get("objective/kl").asDouble()).isCloseTo(0, within(1e-4));
    }
  }

  @ParameterizedTest
  @EnumSource(Preset.Method.class)
  void theSameSeedGivesTheSameBytesAndLeavesNoTensorBehind(Preset.Method method) {
    String[] settings = {"ppo_epochs=2", "minibatches=2", "ema={}", "ptx={rows: 2}"};
    train("a", method, settings);
    NativeMemory.assertNoneLeftBy(() -> train("b", method, settings));
    assertThat(weights("b")).isEqualTo(weights("a"));
    assertThat(TinyModels.timeless(folder.resolve("b")))
        .isEqualTo(TinyModels.timeless(folder.resolve("a")));
    try (RunDirectory run = TinyModels.run(folder.resolve("more"));
        PpoTrainer trainer =
            trainer(config(method, settings), PolicyMethodsTest::asciiShare, run)) {
      trainer.update(run);
      trainer.update(run);
      NativeMemory.assertNoneLeftBy(
          () -> {
            for (int i = 0; i < 3; i++) {
              trainer.update(run);
            }
          });
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Preset.Method.class,
      names = {"PPO", "GRPO", "REMAX", "RAFT"})
  void gradientsAndStatisticsDoNotDependOnHowTheUpdateIsCut(Preset.Method method) {
    for (String aggregation : new String[] {"token_mean", "sequence_mean", "constant"}) {
      Map<String, Double> wanted = new LinkedHashMap<>();
      Map<String, double[]> whole = gradients(method, aggregation, 32, wanted);
      for (int rowsAtATime : new int[] {1, 3}) {
        Map<String, Double> statistics = new LinkedHashMap<>();
        Map<String, double[]> cut = gradients(method, aggregation, rowsAtATime, statistics);
        TinyModels.assertSameGradients(cut, whole, 1e-6);
        wanted.forEach(
            (name, value) ->
                assertThat(statistics.get(name))
                    .as(name)
                    .isCloseTo(value, within(1e-6 * Math.max(1, Math.abs(value)))));
      }
    }
  }

  private Map<String, double[]> gradients(
      Preset.Method method, String aggregation, int rowsAtATime, Map<String, Double> statistics) {
    PpoConfig config =
        config(
            method,
            "prompts_per_update=2",
            "samples_per_prompt=4",
            "loss.entropy_coefficient=0.01",
            "loss.aggregation=" + aggregation,
            "rows_per_micro_batch=" + rowsAtATime);
    try (RunDirectory run = TinyModels.run(folder.resolve("cut"));
        PpoTrainer trainer = trainer(config, PolicyMethodsTest::asciiShare, run)) {
      List<Rollout> rollouts = trainer.rollout();
      TinyModels.toDouble(trainer.policy());
      if (method == Preset.Method.PPO) {
        TinyModels.toDouble(trainer.critic());
        fillValueHead(trainer.critic());
      }
      List<Completion> completions = rollouts.stream().map(Rollout::completion).toList();
      PpoBatch batch = trainer.batch(rollouts, asciiShare(completions).total());
      statistics.putAll(trainer.accumulate(batch, 1).metrics(1));
      return TinyModels.takeGradients(trainer.policy());
    }
  }

  private static void fillValueHead(Transformer critic) {
    Scopes.noGrad(
        () ->
            Scopes.run(() -> critic.weights().get("v_head.summary.weight").add_(new Scalar(0.05))));
  }

  @Test
  void aMethodWithoutACriticHasNoMetricsOfOne() {
    JsonNode row = train("run", Preset.Method.GRPO).get(0);
    assertThat(row.has("value/error")).isFalse();
    assertThat(row.has("loss/value")).isFalse();
    for (String name : List.of("loss/policy", "loss/total", "loss/kl", "returns/mean", "lr")) {
      assertThat(row.get(name).isNumber()).as(name).isTrue();
    }
  }

  // ---- divergence

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kl.estimator=k1",
        "kl={place: loss, estimator: k1, importance: true}",
        "kl={place: loss, estimator: k2}",
        "kl={place: loss, estimator: k3}",
        "kl={place: loss, estimator: k3, straight_through: true}"
      })
  void aHeavyWeightKeepsThePolicyAtTheReference(String kl) {
    String[] common = {"steps=12", "prompts_per_update=16", "samples_per_prompt=2"};
    List<JsonNode> free =
        train("free", Preset.Method.RLOO, common[0], common[1], common[2], "kl.coefficient=0");
    List<JsonNode> held =
        train("held", Preset.Method.RLOO, common[0], common[1], common[2], kl, "kl.coefficient=5");
    assertThat(held.get(11).get("objective/kl").asDouble())
        .isLessThan(0.5 * free.get(11).get("objective/kl").asDouble());
  }

  @Test
  void theFullDivergenceIsTheMeanOfItsEstimates() {
    // A policy that has moved, at a temperature.
    String[] settings = {"steps=8", "prompts_per_update=32", "kl.coefficient=0.001"};
    List<JsonNode> k1 = train("k1", Preset.Method.RLOO, settings[0], settings[1], settings[2]);
    double kl = k1.get(7).get("objective/kl").asDouble();
    assertThat(kl).isPositive();
    List<JsonNode> full =
        train(
            "full", Preset.Method.RLOO, settings[0], settings[1], settings[2], "kl.estimator=full");
    // The first update is the same: nothing has moved, so both pay nothing.
    assertThat(full.get(0).get("reward/mean")).isEqualTo(k1.get(0).get("reward/mean"));
    assertThat(full.get(7).get("objective/kl").asDouble()).isBetween(kl / 2, kl * 2);
  }

  @Test
  void aTargetPerTokenIsHeldAgainstTheDivergencePerToken() {
    String[] settings = {
      "steps=4", "kl.horizon=100", "kl.coefficient=0.1", "kl.target_per_token=1e-6"
    };
    List<JsonNode> metrics =
        train("run", Preset.Method.RLOO, settings[0], settings[1], settings[2], settings[3]);
    for (int step = 1; step < 4; step++) {
      JsonNode before = metrics.get(step - 1);
      double perToken =
          before.get("objective/kl").asDouble() / before.get("response/length_mean").asDouble();
      double error = Math.max(-0.2, Math.min(0.2, perToken / 1e-6 - 1));
      assertThat(metrics.get(step).get("kl/coef").asDouble())
          .isCloseTo(before.get("kl/coef").asDouble() * (1 + error * 16 / 100), within(1e-9));
    }
  }

  @Test
  void theAdaptersBaseIsTheSameReferenceAsACopy() {
    String[] settings = {"lora={r: 4}", "steps=4", "optimizer.lr=2e-2"};
    try (RunDirectory run = TinyModels.run(folder.resolve("run"));
        PpoTrainer trainer =
            trainer(config(Preset.Method.GRPO, settings), PolicyMethodsTest::asciiShare, run);
        Transformer copy = start.transformer().copy()) {
      trainer.run(run, Progress.silent());
      List<Rollout> rollouts = trainer.rollout();
      List<float[]> own = trainer.batch(rollouts, new double[rollouts.size()]).refLogprobs();
      List<float[]> wanted =
          plumbline.train.ResponseBatch.computePerToken(
              rollouts.stream().map(Rollout::tokens).toList(),
              16,
              batch -> plumbline.train.Logprobs.ofStates(copy, batch.states(copy), batch.ids(), 1));
      for (int row = 0; row < own.size(); row++) {
        assertThat(own.get(row)).isEqualTo(wanted.get(row));
      }
      assertThat(TinyModels.metrics(run.path()).get(3).get("objective/kl").asDouble())
          .isNotEqualTo(0);
    }
  }

  @Test
  void aRunStopsAtItsDivergenceLimitAndKeepsThePolicy() {
    List<JsonNode> metrics =
        train("run", Preset.Method.RLOO, "steps=20", "stop.objective_kl=0.3", "kl.coefficient=0");
    assertThat(metrics.size()).isLessThan(20);
    JsonNode last = metrics.get(metrics.size() - 1);
    assertThat(last.get("objective/kl").asDouble()).isGreaterThan(0.3);
    assertThat(last.has("loss/policy")).isFalse();
    String warning = TinyModels.json(folder.resolve("run/run.json")).get("warnings").toString();
    assertThat(warning).contains("stopped at update").contains("above stop.objective_kl, 0.3");
  }

  // ---- rows

  @Test
  void promptsWithoutVarianceAreReplaced() {
    // Responses to the short prompt score alike; the others by their text.
    Scorer scorer =
        completions ->
            Scores.of(
                "s",
                completions.stream()
                    .mapToDouble(
                        c ->
                            c.prompt().question().equals("a")
                                ? 0
                                : c.response().hashCode() % 1000 / 1e3)
                    .toArray());
    List<JsonNode> metrics =
        train("run", scorer, Preset.Method.GRPO, "rows.keep=varied", "samples_per_prompt=2");
    for (JsonNode row : metrics) {
      // Of four prompts one is always dropped, and one more group is asked for.
      assertThat(row.get("rollout/sampled").asInt()).isGreaterThanOrEqualTo(10);
    }
    Scorer same = completions -> Scores.of("s", new double[completions.size()]);
    List<JsonNode> useless =
        train("same", same, Preset.Method.GRPO, "rows={keep: varied, attempts: 2}", "steps=1");
    assertThat(useless.get(0).get("rollout/sampled").asInt()).isEqualTo(64);
    assertThat(useless.get(0).get("loss/policy").asDouble()).isZero();
  }

  @Test
  void responsesThatDidNotEndCanBeLeftOut() {
    try (RunDirectory run = TinyModels.run(folder.resolve("run"));
        PpoTrainer trainer =
            trainer(
                config(
                    Preset.Method.GRPO,
                    "ending.mask_unfinished=true",
                    "sampling.max_new_tokens=90"),
                PolicyMethodsTest::asciiShare,
                run)) {
      List<Rollout> rollouts = trainer.rollout();
      long ended = rollouts.stream().filter(r -> r.completion().ended()).count();
      assertThat(ended).isBetween(1L, 31L);
      PpoBatch batch = trainer.batch(rollouts, new double[rollouts.size()]);
      assertThat(batch.rows()).hasSize((int) ended);
    }
    Scorer scorer = PolicyMethodsTest::asciiShare;
    List<JsonNode> none =
        train(
            "none",
            scorer,
            Preset.Method.GRPO,
            "ending.mask_unfinished=true",
            "sampling.max_new_tokens=1",
            "prompts_per_update=1",
            "samples_per_prompt=2",
            "steps=2");
    assertThat(none).hasSize(2);
  }

  @Test
  void responsesEndAtTheStopToken() {
    List<Rollout> all;
    try (RunDirectory run = TinyModels.run(folder.resolve("plain"));
        PpoTrainer plain =
            trainer(config(Preset.Method.GRPO), PolicyMethodsTest::asciiShare, run)) {
      all = plain.rollout();
    }
    String letter =
        all.stream()
            .flatMapToInt(r -> r.completion().response().chars())
            .filter(Character::isLetter)
            .mapToObj(Character::toString)
            .filter(c -> start.text().response(c).length == 2)
            .filter(c -> contains(all, start.text().response(c)[0]))
            .findFirst()
            .orElseThrow();
    try (RunDirectory run = TinyModels.run(folder.resolve("run"));
        PpoTrainer cut =
            trainer(
                config(Preset.Method.GRPO, "ending.stop_token='" + letter + "'"),
                PolicyMethodsTest::asciiShare,
                run)) {
      int stop = start.text().response(letter)[0];
      List<Rollout> kept = cut.rollout();
      boolean any = false;
      for (int i = 0; i < all.size(); i++) {
        int[] response = kept.get(i).tokens().response();
        assertThat(response)
            .isEqualTo(Endings.truncated(all.get(i).tokens().response(), stop))
            .hasSameSizeAs(kept.get(i).logprobs());
        boolean stopped = response[response.length - 1] == stop;
        any |= stopped;
        assertThat(kept.get(i).completion().ended())
            .isEqualTo(stopped || all.get(i).completion().ended());
      }
      assertThat(any).as("a response with the stop token").isTrue();
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(
              () ->
                  trainer(
                      config(Preset.Method.GRPO, "ending.stop_token='qqq xx'"),
                      PolicyMethodsTest::asciiShare,
                      run))
          .withMessageContaining("wanted one");
    }
  }

  private static boolean contains(List<Rollout> rollouts, int token) {
    return rollouts.stream()
        .flatMapToInt(r -> java.util.Arrays.stream(r.tokens().response()))
        .anyMatch(id -> id == token);
  }

  // ---- scores

  @Test
  void scoresAreScaledByTheStatisticsThatAreChosen() {
    Scorer scorer =
        completions -> {
          double[] ascii = asciiShare(completions).total();
          return Scores.of("s", java.util.Arrays.stream(ascii).map(s -> 7 + 5 * s).toArray());
        };
    JsonNode raw = train("raw", scorer, Preset.Method.GRPO, "steps=1").get(0);
    for (String scale : new String[] {"running", "reference"}) {
      JsonNode scaled =
          train(
                  scale,
                  scorer,
                  Preset.Method.GRPO,
                  "steps=1",
                  "scoring={scale: " + scale + ", centre: true}")
              .get(0);
      assertThat(scaled.get("reward/mean").asDouble()).isCloseTo(0, within(1e-9));
      assertThat(scaled.get("reward/std").asDouble()).isCloseTo(1, within(1e-9));
      assertThat(scaled.get("score/s")).isEqualTo(raw.get("score/s"));
    }
    JsonNode whitened =
        train("w", scorer, Preset.Method.GRPO, "steps=1", "scoring.whiten=true").get(0);
    assertThat(whitened.get("reward/mean").asDouble()).isCloseTo(0, within(1e-9));
    JsonNode clipped = train("c", scorer, Preset.Method.GRPO, "steps=1", "scoring.clip=4").get(0);
    assertThat(clipped.get("reward/mean").asDouble()).isEqualTo(4);
    JsonNode overlong =
        train(
                "o",
                scorer,
                Preset.Method.GRPO,
                "steps=1",
                "ending={overlong_tokens: 9, overlong_penalty: 100}")
            .get(0);
    assertThat(overlong.get("reward/mean").asDouble())
        .isLessThan(raw.get("reward/mean").asDouble() - 10);
  }

  // ---- steps

  @Test
  void theCriticWarmsUpAlone() {
    train("warm", Preset.Method.PPO, "steps=2", "critic.warmup_updates=2");
    train("start", Preset.Method.PPO, "steps=1", "optimizer.lr=0");
    assertThat(weights("warm")).isEqualTo(weights("start"));
    train("then", Preset.Method.PPO, "steps=3", "critic.warmup_updates=2");
    assertThat(weights("then")).isNotEqualTo(weights("start"));
  }

  @Test
  void demonstrationsPullThePolicyTheirWay() {
    Scorer nothing = completions -> Scores.of("s", new double[completions.size()]);
    List<JsonNode> metrics =
        train(
            "run",
            nothing,
            Preset.Method.REINFORCE,
            "steps=25",
            "optimizer.lr=1e-2",
            "ptx={rows: 4, coefficient: 0.5}");
    double first = metrics.get(0).get("loss/ptx").asDouble();
    assertThat(first).isPositive();
    assertThat(metrics.get(24).get("loss/ptx").asDouble()).isLessThan(0.5 * first);
    assertThat(metrics.get(0).get("loss/total").asDouble())
        .isCloseTo(metrics.get(0).get("loss/policy").asDouble() + first, within(1e-9));
  }

  @Test
  void theAverageLagsBehindThePolicyAndIsSavedIfAsked() {
    train("off", Preset.Method.RLOO, "ema={decay: 0.5, save: false}");
    train("none", Preset.Method.RLOO);
    assertThat(weights("off")).isEqualTo(weights("none"));
    train("frozen", Preset.Method.RLOO, "ema={decay: 1.0}");
    train("start", Preset.Method.RLOO, "optimizer.lr=0", "steps=1");
    assertThat(weights("frozen")).isEqualTo(weights("start"));
    train("half", Preset.Method.RLOO, "ema={decay: 0.5}");
    assertThat(weights("half")).isNotEqualTo(weights("none")).isNotEqualTo(weights("start"));
    train("now", Preset.Method.RLOO, "ema={decay: 0.0}");
    assertThat(weights("now")).isEqualTo(weights("none"));
  }

  @Test
  void minibatchesTakeAStepEach() {
    train("one", Preset.Method.RLOO, "steps=1");
    train("four", Preset.Method.RLOO, "steps=1", "minibatches=4");
    train("again", Preset.Method.RLOO, "steps=1", "minibatches=4");
    assertThat(weights("four")).isEqualTo(weights("again")).isNotEqualTo(weights("one"));
    List<JsonNode> more =
        train("more", Preset.Method.RLOO, "steps=1", "minibatches=1000", "prompts_per_update=1");
    assertThat(more.get(0).get("policy/ratio").asDouble()).isNotEqualTo(1);
  }

  @Test
  void raftKeepsTheBestResponseOfEachPrompt() {
    try (RunDirectory run = TinyModels.run(folder.resolve("run"));
        PpoTrainer trainer =
            trainer(
                config(Preset.Method.RAFT, "samples_per_prompt=4"),
                PolicyMethodsTest::asciiShare,
                run)) {
      List<Rollout> rollouts = trainer.rollout();
      double[] scores = asciiShare(rollouts.stream().map(Rollout::completion).toList()).total();
      PpoBatch batch = trainer.batch(rollouts, scores);
      assertThat(batch.rows()).hasSize(4);
      for (int prompt = 0; prompt < 4; prompt++) {
        int best = 4 * prompt;
        for (int i = 4 * prompt; i < 4 * prompt + 4; i++) {
          best = scores[i] > scores[best] ? i : best;
        }
        assertThat(batch.rows().get(prompt)).isEqualTo(rollouts.get(best).tokens());
        assertThat(batch.advantages().get(prompt)).containsOnly(1);
      }
    }
  }

  // ---- scores from elsewhere

  /** Waits with its scores until the server has been asked for all rows. */
  private static Scorer askedBefore(Scorer remote, RewardServer server, int rowsOfAnUpdate) {
    return new Scorer() {
      private int asked;

      @Override
      public void expect(List<CompletableFuture<Completion>> completions) {
        remote.expect(completions);
      }

      @Override
      public Scores score(List<Completion> completions) {
        asked += rowsOfAnUpdate;
        for (int i = 0; i < 2000 && server.requests.size() < asked; i++) {
          pause();
        }
        assertThat(server.requests).hasSize(asked);
        Scores scores = remote.score(completions);
        assertThat(server.requests).hasSize(asked);
        return scores;
      }
    };
  }

  private static void pause() {
    try {
      Thread.sleep(10);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"critic.kind=shared", "critic.kind=separate", "ending.stop_token=a"})
  void aServerIsAskedWhileOthersAreDrawnAndReadAndNothingChanges(String setting) {
    String yaml =
        "{combine: mean, of: [{remote: '%s', rows_per_request: 1}, {length: characters, target: 9,"
            + " per: 3}], shape: [{clip: 9.0}]}";
    try (RewardServer server = new RewardServer();
        Scorer remote =
            ScoreTree.build(Config.parse(yaml.formatted(server.address()), "s.yaml"), Path::of)) {
      String[] settings = {"prompts_per_update=8", "steps=3", setting};
      train("early", askedBefore(remote, server, 8), Preset.Method.PPO, settings);
      train("late", rows -> remote.score(rows), Preset.Method.PPO, settings);
    }
    assertThat(weights("early")).isEqualTo(weights("late"));
  }
}
