package plumbline.rewardmodel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.AnyThreads;
import plumbline.InputException;
import plumbline.NativeMemory;
import plumbline.TinyModels;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;
import plumbline.data.RankedResponses;
import plumbline.data.RatedResponse;
import plumbline.model.Family;
import plumbline.model.Head;
import plumbline.model.ModelConfig;
import plumbline.model.Safetensors;
import plumbline.model.TextModel;
import plumbline.model.TinyFamilies;
import plumbline.model.TokenBatch;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.score.RewardModelScorer;
import plumbline.tensor.Engine;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;
import plumbline.train.Progress;
import plumbline.train.RunDirectory;

class ObjectivesTest {
  private static final String RANKINGS = "{rows: rankings}";
  private static final Set<Head> SCORE = EnumSet.of(Head.SCORE);
  private static final String[] WORDS = {"dog", "ant", "ran", "sat", "system", "user"};

  @TempDir Path folder;
  private TextModel base;

  @BeforeEach
  void open() {
    base = TinyModels.of(folder.resolve("base"), EnumSet.of(Head.LANGUAGE), 1);
    TinyModels.sharpen(base.transformer(), 3);
  }

  @AfterEach
  void close() {
    Engine.useDtype("float32");
    base.close();
  }

  // ---- rows: what has more cats is better

  private static String response(int cats, int i) {
    return (WORDS[i % 6] + " " + "cat ".repeat(cats) + WORDS[i / 2 % 6]).strip();
  }

  private static RewardRows rows(int from, int to) {
    List<PreferencePair> pairs = new ArrayList<>();
    List<RankedResponses> rankings = new ArrayList<>();
    List<RatedResponse> ratings = new ArrayList<>();
    for (int i = from; i < to; i++) {
      Prompt prompt = Prompt.of("the " + WORDS[i % 6] + " " + i);
      pairs.add(
          new PreferencePair(
              prompt, response(2, i), response(0, i + 1), OptionalDouble.of(1 + i % 3)));
      List<String> four =
          List.of(3, 2, 1, 0).stream()
              .map(cats -> response(cats, 7 * prompt.hashCode() & 15))
              .toList();
      rankings.add(new RankedResponses(prompt, four, Set.of()));
      ratings.add(new RatedResponse(prompt, response(i % 4, i), Map.of("cats", i % 4 / 3.0)));
    }
    return new RewardRows(pairs, rankings, ratings);
  }

  private static RewardConfig config(String... settings) {
    ConfigTree tree =
        Config.parse(
            "{model: m, data: rows, rows_per_update: 8, lengths: {max_prompt_tokens: 60,"
                + " max_response_tokens: 40}, optimizer: {lr: 3e-3, schedule: constant}}",
            "x.yaml");
    for (String setting : settings) {
      tree = tree.with(setting);
    }
    return tree.bind(RewardConfig.class);
  }

  private Transformer model(RewardConfig config) {
    try (Transformer labelled = base.transformer().withOutputs(List.of(), config.outputs(), 2)) {
      return config
          .lora()
          .map(keys -> labelled.withAdapter(keys.lora(), SCORE, 2))
          .orElseGet(() -> labelled.withHeads(SCORE, 2));
    }
  }

  private RewardTrainer.Result train(
      Transformer model, RewardRows train, RewardRows test, RewardConfig config, String name) {
    try (RunDirectory run = TinyModels.run(folder.resolve(name))) {
      return RewardTrainer.train(
          model, base.text(), train, test, config, 1, run, Progress.silent());
    }
  }

  // ---- K responses

  private static TokenizedRow tokens(SplittableRandom random, int most) {
    return new TokenizedRow(
        random.ints(random.nextInt(1, most), 4, 37).toArray(),
        random.ints(random.nextInt(1, most), 4, 37).toArray());
  }

  /** Two prompts: four responses with six pairs, and three of which two are tied. */
  private static List<Comparison> ranked() {
    SplittableRandom random = new SplittableRandom(8);
    List<int[]> six =
        new RankedResponses(Prompt.of("a"), List.of("a", "b", "c", "d"), Set.of()).comparisons();
    List<int[]> two =
        new RankedResponses(Prompt.of("a"), List.of("a", "b", "c"), Set.of(2)).comparisons();
    assertThat(six).hasSize(6);
    assertThat(two).containsExactly(new int[] {0, 1}, new int[] {0, 2});
    return List.of(
        new Comparison(responses(random, 4), six, OptionalDouble.empty()),
        new Comparison(responses(random, 3), two, OptionalDouble.empty()));
  }

  private static List<TokenizedRow> responses(SplittableRandom random, int count) {
    return IntStream.range(0, count).mapToObj(i -> tokens(random, 12)).toList();
  }

  /** In the engine's precision, so that weights, masks and losses agree. */
  private static Transformer random(Family family, int outputs) {
    List<String> labels = IntStream.range(0, outputs).mapToObj(i -> "output" + i).toList();
    ModelConfig config = TinyFamilies.config(family).withLabels(labels);
    Transformer model = Transformer.random(config, SCORE, 4);
    TinyModels.sharpen(model, 5);
    return model;
  }

  @ParameterizedTest
  @EnumSource(names = {"LLAMA", "ROBERTA"})
  void aRankingCostsOnePassPerResponseAndItsGradientIsThatOfTheNaivePairLoop(Family family) {
    PreferenceConfig keys =
        config("preference={rows: rankings, centring: 0.02, score_l2: 0.01, label_smoothing: 0.1}")
            .preference()
            .orElseThrow();
    Engine.useDtype("float64");
    try (Transformer model = random(family, 2)) {
      model.weights().setTrainable(name -> true);
      double wanted = naivePairLoop(model, keys);
      Map<String, double[]> naive = gradients(model);
      for (int prompts : new int[] {2, 1}) {
        PreferenceObjective learnt =
            new PreferenceObjective(model, 1, keys, prompts, ranked(), List.of());
        assertThat(learnt.accumulate(new int[] {0}, 1).responses()).isEqualTo(4);
        TinyModels.takeGradients(model);
        Objective.Update update = learnt.accumulate(new int[] {0, 1}, 1);
        assertThat(update.responses()).isEqualTo(7);
        assertThat(update.loss()).isCloseTo(wanted, within(1e-9));
        TinyModels.assertSameGradients(gradients(model), naive, 1e-9);
      }
    }
  }

  /** The gradients of all weights but those that softmax makes exactly 0: the keys' biases. */
  private static Map<String, double[]> gradients(Transformer model) {
    Map<String, double[]> all = TinyModels.takeGradients(model);
    all.keySet().removeIf(name -> name.endsWith("key.bias"));
    return all;
  }

  /** Two passes per pair, each row by itself, which is never padded. */
  private static double naivePairLoop(Transformer model, PreferenceConfig keys) {
    double sum = 0;
    for (Comparison prompt : ranked()) {
      for (int[] pair : prompt.pairs()) {
        sum +=
            Scopes.call(
                () -> {
                  Tensor better = score(model, prompt.responses().get(pair[0]));
                  Tensor worse = score(model, prompt.responses().get(pair[1]));
                  Tensor margin = better.sub(better);
                  Tensor right = Ops.plus(margin, 1 - keys.labelSmoothing());
                  Tensor loss =
                      Ops.times(
                          BradleyTerryLoss.perPair(
                                  better, worse, margin, right, keys.centring(), keys.scoreL2())
                              .sum(),
                          0.5 / prompt.pairs().size());
                  loss.backward();
                  return loss.item_double();
                });
      }
    }
    return sum;
  }

  private static Tensor score(Transformer model, TokenizedRow row) {
    return model.labelScores(TokenBatch.of(row.tokens())).select(1, 1);
  }

  @Test
  void strengthIsAMarginOrATarget() {
    SplittableRandom random = new SplittableRandom(2);
    Comparison pair = Comparison.of(tokens(random, 9), tokens(random, 9), OptionalDouble.of(1.5));
    Engine.useDtype("float64");
    try (Transformer model = random(Family.LLAMA, 1)) {
      double[] s =
          RewardModelScorer.raw(
              model, List.of(pair.responses().get(0), pair.responses().get(1)), 2);
      double d = s[0] - s[1];
      assertThat(loss(model, pair, "{margin: strength, strength_scale: 0.5}"))
          .isCloseTo(Math.log1p(Math.exp(-(d - 0.75))), within(1e-9));
      double p = 1 / (1 + Math.exp(-0.5 * 1.5));
      assertThat(loss(model, pair, "{target: strength, strength_scale: 0.5}"))
          .isCloseTo(
              p * Math.log1p(Math.exp(-d)) + (1 - p) * Math.log1p(Math.exp(d)), within(1e-9));
    }
  }

  private static double loss(Transformer model, Comparison pair, String preference) {
    PreferenceConfig keys = config("preference=" + preference).preference().orElseThrow();
    model.weights().setTrainable(name -> true);
    return new PreferenceObjective(model, 0, keys, 1, List.of(pair), List.of())
        .accumulate(new int[] {0}, 1)
        .loss();
  }

  // ---- how an update is cut

  @ParameterizedTest
  @ValueSource(
      strings = {
        "preference={rows: pairs, margin: strength, centring: 0.01}",
        "preference={rows: rankings}",
        "absolute={form: logistic, loss_weights: {low: 2}}",
        "absolute={form: regression}",
        "preference={weight: 0.5}|absolute={form: sigmoid_mse}"
      })
  void weightsAfterTwentyUpdatesDoNotDependOnHowTheyAreCut(String objective) {
    List<Map<String, float[]>> weights = new ArrayList<>();
    for (int rows : new int[] {8, 4, 2}) {
      List<String> settings = new ArrayList<>(List.of(objective.split("\\|")));
      // An epsilon well above the rounding of gradients, as in SFT's test of the same name.
      settings.addAll(
          List.of("epochs=20", "optimizer.epsilon=1e-2", "rows_per_micro_batch=" + rows));
      RewardConfig config = config(settings.toArray(String[]::new));
      try (Transformer model = model(config)) {
        RewardTrainer.Result result =
            train(model, rows(0, 8), RewardRows.NONE, config, "cut" + rows);
        assertThat(result.steps()).isEqualTo(20);
        weights.add(TinyModels.values(model));
      }
    }
    TinyModels.assertSameValues(weights.get(1), weights.get(0), 1e-6f);
    TinyModels.assertSameValues(weights.get(2), weights.get(0), 1e-6f);
  }

  @ParameterizedTest
  @ValueSource(strings = {"LLAMA", "GPT2", "ROBERTA", "BERT"})
  void paddingChangesNoGradientOfARating(String family) {
    SplittableRandom random = new SplittableRandom(6);
    List<Rating> rows =
        IntStream.range(0, 5)
            .mapToObj(i -> new Rating(tokens(random, 14), random.nextDouble()))
            .toList();
    AbsoluteConfig keys =
        config("absolute={loss_weights: {low_by_share: 0.75}}").absolute().orElseThrow();
    Engine.useDtype("float64");
    try (Transformer model = random(Family.valueOf(family), 2)) {
      model.weights().setTrainable(name -> true);
      List<Map<String, double[]>> gradients = new ArrayList<>();
      List<Double> losses = new ArrayList<>();
      for (int together : new int[] {1, 5}) {
        AbsoluteObjective learnt = new AbsoluteObjective(model, 0, keys, together, rows, List.of());
        losses.add(learnt.accumulate(new int[] {0, 1, 2, 3, 4}, 1).loss());
        gradients.add(gradients(model));
      }
      assertThat(losses.get(1)).isCloseTo(losses.get(0), within(1e-9));
      TinyModels.assertSameGradients(gradients.get(1), gradients.get(0), 1e-9);
    }
  }

  // ---- what is learnt

  @ParameterizedTest
  @ValueSource(strings = {"", "lora={r: 4}|optimizer.lr=1e-2"})
  void bothOutputsLearnOnOneTrunk(String more) {
    List<String> settings =
        new ArrayList<>(
            List.of("preference=" + RANKINGS, "absolute={}", "epochs=6", "eval_every=12"));
    if (!more.isEmpty()) {
      settings.addAll(List.of(more.split("\\|")));
    }
    RewardConfig config = config(settings.toArray(String[]::new));
    try (Transformer model = model(config)) {
      RewardTrainer.Result result = train(model, rows(0, 96), rows(200, 240), config, "both");
      assertThat(result.rows()).containsEntry("preference", 96).containsEntry("absolute", 96);
      assertThat(result.comparisons().orElseThrow().accuracy()).isGreaterThan(0.9);
      // The ratings' own variance is 0.139.
      assertThat(result.ratings().orElseThrow().mse()).isLessThan(0.03);
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyFormLearnsRatings(AbsoluteLoss.Form form) {
    RewardConfig config = config("absolute={form: " + form.output().key() + "}", "epochs=8");
    try (Transformer model = model(config)) {
      RewardTrainer.Result result = train(model, rows(0, 96), rows(200, 240), config, "run");
      assertThat(result.ratings().orElseThrow().mse()).isLessThan(0.03);
      assertThat(result.comparisons()).isEmpty();
    }
  }

  @Test
  void theBestWeightsAreTheResultAndPatienceEndsTheRun() {
    // What is trained on is the opposite of what is measured: every update makes it worse.
    List<PreferencePair> turned =
        rows(0, 64).pairs().stream()
            .map(
                pair ->
                    new PreferencePair(
                        pair.prompt(),
                        /* chosen= */ pair.rejected(),
                        /* rejected= */ pair.chosen()))
            .toList();
    RewardConfig config = config("eval_every=2", "patience=2", "epochs=2");
    RewardConfig until = config("max_steps=2", "keep=last");
    try (Transformer model = model(config);
        Transformer other = model(until)) {
      RewardTrainer.Result result =
          train(model, RewardRows.ofPairs(turned), rows(200, 220), config, "patience");
      assertThat(result.bestStep()).isEqualTo(2);
      assertThat(result.steps()).isEqualTo(6);
      RewardTrainer.Result same =
          train(other, RewardRows.ofPairs(turned), rows(200, 220), until, "until");
      assertThat(same.bestStep()).isEqualTo(2);
      TinyModels.assertSameValues(TinyModels.values(model), TinyModels.values(other), 0);
      assertThat(result.comparisons().orElseThrow().flat())
          .containsExactly(same.comparisons().orElseThrow().flat());
    }
  }

  @Test
  void aRunKilledAtAnyUpdateEndsWithTheBytesOfTheUninterruptedOne() {
    RewardConfig config =
        config(
            "preference=" + RANKINGS,
            "absolute={}",
            "optimizer.lr=0.05",
            "eval_every=2",
            "checkpoints.every=3");
    Map<String, float[]> wanted = weightsOf(config, "whole", Progress.silent());
    List<JsonNode> metrics = TinyModels.timeless(folder.resolve("whole"));
    assertThat(metrics).hasSize(8);
    for (long step = 1; step <= 8; step++) {
      String name = "killed" + step;
      Progress killer = TinyModels.killedAfter(step);
      assertThatExceptionOfType(TinyModels.Killed.class)
          .isThrownBy(() -> weightsOf(config, name, killer));
      TinyModels.assertSameValues(weightsOf(config, name, Progress.silent()), wanted, 0);
      assertThat(TinyModels.timeless(folder.resolve(name))).isEqualTo(metrics);
    }
  }

  private Map<String, float[]> weightsOf(RewardConfig config, String name, Progress progress) {
    try (Transformer model = model(config);
        RunDirectory run = TinyModels.resumed(folder.resolve(name))) {
      RewardTrainer.train(
          model, base.text(), rows(0, 64), rows(200, 216), config, 1, run, progress);
      return TinyModels.values(model);
    }
  }

  @Test
  void sequencesOfTwoThousandTokensTrain() {
    SplittableRandom random = new SplittableRandom(1);
    ModelConfig shape =
        ModelConfig.llama(
            37,
            16,
            24,
            2,
            2,
            1,
            2048,
            true,
            OptionalInt.empty(),
            OptionalInt.of(2),
            OptionalInt.of(0));
    List<TokenizedRow> rows =
        IntStream.range(0, 2)
            .mapToObj(
                i ->
                    new TokenizedRow(
                        random.ints(1500, 4, 37).toArray(), random.ints(548, 4, 37).toArray()))
            .toList();
    RewardConfig config = config("activation_checkpointing=true", "rows_per_update=1");
    try (Transformer model = Transformer.random(shape, SCORE, 3);
        RunDirectory run = TinyModels.run(folder.resolve("long"))) {
      Comparison pair = Comparison.of(rows.get(0), rows.get(1), OptionalDouble.empty());
      Objective learnt =
          new PreferenceObjective(
              model, 0, config.preference().orElseThrow(), 1, List.of(pair), List.of(pair));
      double before = learnt.measure().loss();
      new RewardTrainer(model, config, Map.of("preference", learnt)).run(1, run, Progress.silent());
      assertThat(learnt.measure().loss()).isLessThan(before);
    }
  }

  @Test
  void moreUpdatesLeaveNoTensorBehind() {
    RewardConfig config =
        config("preference=" + RANKINGS, "absolute={form: regression}", "eval_every=1");
    try (Transformer model = model(config)) {
      train(model, rows(0, 8), rows(200, 204), config, "first");
      NativeMemory.assertNoneLeftBy(
          () -> train(model, rows(0, 32), rows(200, 204), config, "more"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "lora={r: 4, alpha: 8, dropout: 0.2}|activation_checkpointing=true"})
  void theNumberOfThreadsChangesNoByte(String settings) {
    RewardConfig config =
        config(
            ("preference={rows: rankings}|absolute={form: regression}|rows_per_micro_batch=3|"
                    + settings)
                .split("\\|"));
    AnyThreads.giveTheSame(
        threads -> {
          try (Transformer model = model(config)) {
            train(model, rows(0, 24), rows(200, 208), config, "threads" + threads);
            Path file = folder.resolve("w" + threads);
            Safetensors.write(file, model.weights().all());
            return TinyModels.bytes(file);
          }
        });
    assertThat(TinyModels.timeless(folder.resolve("threads3")))
        .isEqualTo(TinyModels.timeless(folder.resolve("threads1")));
  }

  // ---- outputs

  @Test
  void outputsThatAreThereKeepTheirWeights() {
    RewardConfig config = config("absolute={}");
    try (Transformer one = model(config)) {
      List<TokenizedRow> rows = List.of(tokens(new SplittableRandom(1), 9));
      double[] before = RewardModelScorer.raw(one, rows, 1);
      try (Transformer two =
          one.withOutputs(List.of("absolute"), List.of("preference", "absolute"), 9)) {
        assertThat(two.config().labels()).containsExactly("preference", "absolute");
        assertThat(RewardModelScorer.raw(two, 1, rows, 1)).containsExactly(before);
        assertThat(RewardModelScorer.raw(two, 0, rows, 1)).isNotEqualTo(before);
      }
      assertThat(RewardModelScorer.raw(one, rows, 1)).containsExactly(before);
    }
  }

  // ---- errors

  @Test
  void keysThatContradictEachOtherAreRefused() {
    refused("preference={margin: strength, target: strength}", "would count it twice");
    refused("preference={rows: rankings, margin: strength}", "rankings have no strength");
    refused("absolute={loss_weights: {low: 2, low_by_share: 0.5}}", "leave one of them out");
    refused("absolute={low_below: 0.95}", "low_below is 0.95, above high_above 0.9");
    refused("best_by=mse", "nothing is learnt from ratings");
  }

  private static void refused(String setting, String message) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> config(setting))
        .withMessageContaining(message);
    assertThat(config("best_by=accuracy").preference()).isPresent();
  }

  @Test
  void rowsWithoutWhatIsAskedForAreRefusedOrCounted() {
    Prompt prompt = Prompt.of("the");
    List<PreferencePair> mixed = new ArrayList<>(rows(0, 8).pairs());
    mixed.set(0, new PreferencePair(prompt, "a", "b"));
    RewardRows tied =
        RewardRows.ofRankings(
            List.of(
                new RankedResponses(prompt, List.of("a", "b"), Set.of(1)),
                new RankedResponses(prompt, List.of("a", "b"), Set.of())));
    RewardRows several =
        RewardRows.ofRatings(
            List.of(
                new RatedResponse(prompt, "a", Map.of("x", 0.5, "y", 0.9)),
                new RatedResponse(prompt, "b", Map.of("x", 0.9, "y", 0.5)),
                new RatedResponse(prompt, "b", Map.of("x", 0.9))));

    RewardConfig strength = config("preference={margin: strength}");
    assertThat(warnings(RewardRows.ofPairs(mixed), strength, "some"))
        .contains("1 of 8 training pairs have no strength and are taken as plain choices");
    fails(
        RewardRows.ofPairs(List.of(mixed.get(0))), strength, "none of the training pairs has one");
    assertThat(warnings(tied, config("preference=" + RANKINGS), "tied"))
        .contains("1 of 2 training rankings have no two responses that differ");
    fails(several, config("absolute={}"), "rows: ratings have the labels [x, y]; say which");
    fails(
        several,
        config("absolute={labels: {z: 1}}"),
        "absolute.labels: no rating of rows has a label of [z]");
    assertThat(warnings(several, config("absolute={labels: {x: 0.5, y: -0.5}}"), "sum"))
        .contains("1 of 3 training ratings lack a label of [x, y]")
        .contains("1 of 3 training ratings have a weighted sum of labels below 0");
    fails(RewardRows.NONE, config("absolute={}"), "rows: no rating to train on;");
    fails(rows(0, 8), config("patience=1"), "there are no test rows to be measured on");
    assertThat(warnings(rows(0, 64), config("absolute={resample: {low_times: 2}}"), "more"))
        .contains("ratings seen in an epoch: 64 below 0.4, 16 to 0.9, 16 above, of 32 below 0.4");
  }

  private String warnings(RewardRows rows, RewardConfig config, String name) {
    try (Transformer model = model(config)) {
      train(model, rows, RewardRows.NONE, config, name);
    }
    return TinyModels.json(folder.resolve(name).resolve("run.json")).get("warnings").toString();
  }

  private void fails(RewardRows rows, RewardConfig config, String message) {
    try (Transformer model = model(config)) {
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(() -> train(model, rows, RewardRows.NONE, config, "fails"))
          .withMessageContaining(message);
    }
  }
}
