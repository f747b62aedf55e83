package plumbline.rewardmodel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.GuardedTraining;
import plumbline.InputException;
import plumbline.NativeMemory;
import plumbline.TinyModels;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.data.Completion;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;
import plumbline.model.Head;
import plumbline.model.Safetensors;
import plumbline.model.TextModel;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.score.RewardModelScorer;
import plumbline.score.ScoreScales;
import plumbline.score.ScoreStatistics;
import plumbline.train.Progress;
import plumbline.train.RunDirectory;

class RewardTrainerTest implements GuardedTraining {
  @TempDir Path folder;
  private TextModel base;

  @BeforeEach
  void open() {
    base = TinyModels.of(folder.resolve("base"), EnumSet.of(Head.LANGUAGE), 1);
    TinyModels.sharpen(base.transformer(), 3);
  }

  @AfterEach
  void close() {
    base.close();
  }

  /** The answer with a cat in it is preferred, whatever else stands there. */
  private static List<PreferencePair> pairs(int from, int to) {
    String[] words = {"dog", "user", "ant", "ran", "sat", "system", "the", "assistant"};
    List<PreferencePair> pairs = new ArrayList<>();
    for (int i = from; i < to; i++) {
      String word = words[i % words.length];
      String other = words[i / words.length % words.length];
      pairs.add(
          new PreferencePair(
              Prompt.of("the " + word + " " + i),
              other + (i % 2 == 0 ? " cat " + word : " the cat"),
              other + (i % 3 == 0 ? " dog " + word : " the ant") + " ran".repeat(i % 2)));
    }
    return pairs;
  }

  private static RewardConfig config(String... settings) {
    ConfigTree tree =
        Config.parse(
            "{model: m, data: pairs, rows_per_update: 8, lengths: {max_prompt_tokens: 60,"
                + " max_response_tokens: 40}, optimizer: {lr: 3e-3, schedule: constant}}",
            "x.yaml");
    for (String setting : settings) {
      tree = tree.with(setting);
    }
    return tree.bind(RewardConfig.class);
  }

  private Transformer model() {
    return base.transformer().withHeads(EnumSet.of(Head.SCORE), 2);
  }

  @Override
  public Path runs() {
    return folder;
  }

  @Override
  public Map<String, float[]> trained(
      String name, Consumer<Transformer> damage, String... settings) {
    try (Transformer model = model()) {
      damage.accept(model);
      train(model, pairs(0, 8), config(settings), 1, name);
      return TinyModels.values(model);
    }
  }

  private RewardTrainer.Result train(
      Transformer model, List<PreferencePair> train, RewardConfig config, long seed, String name) {
    try (RunDirectory run = TinyModels.run(folder.resolve(name))) {
      return RewardTrainer.train(
          model,
          base.text(),
          RewardRows.ofPairs(train),
          RewardRows.ofPairs(pairs(200, 232)),
          config,
          seed,
          run,
          Progress.silent());
    }
  }

  private record Pair(TokenizedRow chosen, TokenizedRow rejected) {}

  private List<Pair> tokens(List<PreferencePair> pairs) {
    return pairs.stream()
        .map(
            pair ->
                new Pair(row(pair.prompt(), pair.chosen()), row(pair.prompt(), pair.rejected())))
        .toList();
  }

  private TokenizedRow row(Prompt prompt, String response) {
    return new TokenizedRow(base.text().prompt(prompt), base.text().response(response));
  }

  private static double score(Transformer model, TokenizedRow row) {
    return RewardModelScorer.raw(model, List.of(row), 1)[0];
  }

  @Test
  void theLossIsTheMeanOverPairsScoredOneByOne() {
    try (Transformer model = model()) {
      double wanted = 0;
      double margins = 0;
      double correct = 0;
      for (Pair pair : tokens(pairs(0, 8))) {
        double d = score(model, pair.chosen()) - score(model, pair.rejected());
        wanted += Math.log1p(Math.exp(-d)) / 8;
        margins += d / 8;
        correct += d > 0 ? 0.125 : 0;
      }
      train(model, pairs(0, 8), config("optimizer.lr=0", "rows_per_micro_batch=3"), 1, "loss");
      JsonNode metrics = TinyModels.metrics(folder.resolve("loss")).get(0);
      assertThat(metrics.get("loss/train").asDouble()).isCloseTo(wanted, within(1e-5));
      assertThat(metrics.get("rewards/margins").asDouble()).isCloseTo(margins, within(1e-5));
      assertThat(metrics.get("rewards/accuracies").asDouble()).isEqualTo(correct);
      assertThat(
              metrics.get("rewards/chosen").asDouble() - metrics.get("rewards/rejected").asDouble())
          .isCloseTo(margins, within(1e-5));
    }
  }

  @Test
  void gradientsAndMetricsDoNotDependOnHowTheUpdateIsCut() {
    try (Transformer model = model()) {
      TinyModels.toDouble(model);
      Map<String, Double> wanted = new LinkedHashMap<>();
      Map<String, double[]> whole = gradients(model, 8, wanted);
      for (int pairsAtATime : new int[] {1, 4}) {
        Map<String, Double> metrics = new LinkedHashMap<>();
        Map<String, double[]> cut = gradients(model, pairsAtATime, metrics);
        wanted.forEach(
            (name, value) -> assertThat(metrics.get(name)).as(name).isCloseTo(value, within(1e-9)));
        TinyModels.assertSameGradients(cut, whole, 1e-9);
      }
    }
  }

  private Map<String, double[]> gradients(
      Transformer model, int pairsAtATime, Map<String, Double> metrics) {
    model.weights().setTrainable(name -> true);
    RewardConfig config =
        config(
            "rows_per_micro_batch=" + pairsAtATime,
            "activation_checkpointing=" + (pairsAtATime == 4),
            "preference.centring=0.01");
    model.checkpointActivations(config.activationCheckpointing());
    List<Comparison> rows =
        tokens(pairs(0, 8)).stream()
            .map(pair -> Comparison.of(pair.chosen(), pair.rejected(), OptionalDouble.empty()))
            .toList();
    PreferenceObjective objective =
        new PreferenceObjective(
            model, 0, config.preference().orElseThrow(), pairsAtATime, rows, List.of());
    Objective.Update update = objective.accumulate(IntStream.range(0, 8).toArray(), 1);
    metrics.putAll(update.metrics());
    metrics.put("loss", update.loss());
    Map<String, double[]> gradients = TinyModels.takeGradients(model);
    model.weights().setTrainable(name -> false);
    return gradients;
  }

  @Test
  void weightsAfterThreeUpdatesDoNotDependOnHowTheyAreCut() {
    // An epsilon well above the rounding of gradients, as in SFT's test of the same name.
    List<Map<String, float[]>> weights = new ArrayList<>();
    for (int pairsAtATime : new int[] {8, 1, 4}) {
      try (Transformer model = model()) {
        RewardConfig config =
            config("epochs=3", "optimizer.epsilon=1e-2", "rows_per_micro_batch=" + pairsAtATime);
        assertThat(train(model, pairs(0, 8), config, 1, "cut" + pairsAtATime).steps()).isEqualTo(3);
        weights.add(TinyModels.values(model));
      }
    }
    for (Map<String, float[]> other : weights.subList(1, 3)) {
      TinyModels.assertSameValues(other, weights.get(0), 1e-6f);
    }
  }

  @Test
  void aPreferenceThatAnyoneCanSeeIsLearnt() {
    try (Transformer model = model()) {
      RewardTrainer.Result result =
          train(model, pairs(0, 96), config("epochs=6", "eval_every=12"), 1, "run");

      assertThat(result.steps()).isEqualTo(72);
      double accuracy = result.comparisons().orElseThrow().accuracy();
      assertThat(result.comparisons().orElseThrow().margins()).hasSize(32);
      assertThat(accuracy).isGreaterThan(0.9);
      List<JsonNode> metrics = TinyModels.metrics(folder.resolve("run"));
      assertThat(metrics.get(71).get("test/accuracy").asDouble()).isEqualTo(accuracy);
      assertThat(metrics.get(70).has("test/accuracy")).isFalse();
      assertThat(metrics.get(71).get("loss/train").asDouble()).isLessThan(0.3);
      assertThat(score(model, row(Prompt.of("the sat 3"), "a cat")))
          .isGreaterThan(score(model, row(Prompt.of("the sat 3"), "a dog")));
    }
  }

  @Test
  void aScoreIsTheSameAfterSavingAndLoading() {
    List<TokenizedRow> rows = tokens(pairs(0, 6)).stream().map(Pair::chosen).toList();
    Path target = folder.resolve("saved");
    double[] before;
    try (Transformer model = model()) {
      train(model, pairs(0, 8), config(), 1, "run");
      before = RewardModelScorer.raw(model, rows, 4);
      base.save(model, target);
    }
    try (TextModel loaded = TextModel.load(target, Head.SCORE)) {
      assertThat(RewardModelScorer.raw(loaded.transformer(), rows, 4)).containsExactly(before);
    }
  }

  @Test
  void paddingAndNeighboursDoNotChangeARowsScore() {
    try (Transformer model = model()) {
      TinyModels.sharpen(model, 3);
      List<TokenizedRow> rows = new ArrayList<>();
      for (Pair pair : tokens(pairs(0, 7))) {
        rows.add(pair.chosen());
        rows.add(pair.rejected());
      }
      rows.add(row(Prompt.of("the cat sat, ".repeat(10)), "ran"));
      double[] alone = RewardModelScorer.raw(model, rows, 1);
      for (int rowsAtATime : new int[] {2, 5, 64}) {
        double[] together = RewardModelScorer.raw(model, rows, rowsAtATime);
        for (int i = 0; i < alone.length; i++) {
          assertThat(together[i]).isCloseTo(alone[i], within(1e-5));
        }
      }
      assertThat(Arrays.stream(alone).distinct().count()).isGreaterThan(10);
    }
  }

  @Test
  void statisticsTravelWithTheModelAndStandardise() {
    Path target = folder.resolve("saved");
    List<PreferencePair> pairs = pairs(0, 12);
    List<TokenizedRow> rows = tokens(pairs).stream().map(Pair::chosen).toList();
    try (Transformer model = model()) {
      base.save(model, target);
      ScoreStatistics.of(RewardModelScorer.raw(model, rows, 4)).write(target);
    }
    List<Completion> completions =
        pairs.stream().map(pair -> new Completion(pair.prompt(), pair.chosen(), true)).toList();
    try (RewardModelScorer scorer =
        RewardModelScorer.of("r", target, RewardModelScorer.Scale.STANDARDISE, 5)) {
      double[] scores = scorer.score(completions).total();
      double mean = Arrays.stream(scores).average().orElseThrow();
      double variance = Arrays.stream(scores).map(s -> s * s).sum() / 11;
      assertThat(mean).isCloseTo(0, within(1e-4));
      assertThat(variance).isCloseTo(1, within(1e-4));
    }
    ScoreStatistics statistics =
        ScoreScales.read(target).outputs().get("preference").reference().orElseThrow();
    assertThat(statistics.count()).isEqualTo(12);
    assertThat(statistics.standardise(statistics.mean() + 2 * statistics.deviation()))
        .isCloseTo(2, within(1e-9));
  }

  @Test
  void aModelWithoutStatisticsCannotBeStandardised() {
    Path target = folder.resolve("saved");
    try (Transformer model = model()) {
      base.save(model, target);
    }
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> RewardModelScorer.of("r", target, RewardModelScorer.Scale.STANDARDISE, 5))
        .withMessageStartingWith(target.resolve("score_statistics.json").toString())
        .withMessageContaining("use 'scale: raw', or train the reward model with")
        .withMessageNotContaining("\n");
  }

  @Test
  void theSameSeedGivesTheSameBytes() {
    byte[] first = weightsAfter(3, "a");
    assertThat(weightsAfter(3, "b")).isEqualTo(first);
    assertThat(TinyModels.timeless(folder.resolve("b")))
        .isEqualTo(TinyModels.timeless(folder.resolve("a")))
        .hasSize(3);
    assertThat(weightsAfter(4, "c")).isNotEqualTo(first);
  }

  private byte[] weightsAfter(long seed, String name) {
    try (Transformer model = model()) {
      train(model, pairs(0, 24), config("rows_per_micro_batch=3", "eval_every=2"), seed, name);
      Path file = folder.resolve(name).resolve("w.safetensors");
      Safetensors.write(file, model.weights().all());
      return TinyModels.bytes(file);
    }
  }

  @Test
  void moreStepsLeaveNoTensorBehind() {
    try (Transformer model = model()) {
      RewardConfig config = config("eval_every=1");
      train(model, pairs(0, 8), config, 1, "first");
      NativeMemory.assertNoneLeftBy(() -> train(model, pairs(0, 32), config, 1, "more"));
    }
  }

  @Test
  void noPairsAreRefused() {
    String message =
        "pairs: no pair to train on; is the data set empty, or is every row longer than"
            + " lengths.max_prompt_tokens and lengths.max_response_tokens?";
    refused(List.of(), config(), message);
    refused(pairs(0, 3), config("lengths.max_response_tokens=1", "lengths.too_long=drop"), message);
  }

  @Test
  void aRowOverTheLimitIsNamed() {
    PreferencePair pair =
        new PreferencePair(
            new Prompt(Prompt.of("the").messages(), Map.of("source", "p.jsonl", "line", "7")),
            "cat",
            "the the the the the the");
    refused(
        List.of(pair),
        config("lengths.max_response_tokens=5"),
        "p.jsonl:7: response has 7 tokens, the limit is 5; raise 'max_response_tokens' or set"
            + " 'too_long' to drop or truncate");
  }

  private void refused(List<PreferencePair> pairs, RewardConfig config, String message) {
    try (Transformer model = model()) {
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(() -> train(model, pairs, config, 1, "refused"))
          .withMessage(message);
    }
  }

  @Test
  void droppedAndCutPairsAreCounted() {
    List<PreferencePair> pairs = new ArrayList<>(pairs(0, 4));
    pairs.add(new PreferencePair(Prompt.of("a"), "the ".repeat(45), "cat"));
    try (Transformer model = model()) {
      train(model, pairs, config("lengths.too_long=drop"), 1, "drop");
      train(model, pairs, config("lengths.too_long=truncate"), 1, "cut");
    }
    assertThat(TinyModels.json(folder.resolve("drop/run.json")).get("warnings").get(0).asText())
        .isEqualTo("1 of 5 training pairs are longer than the limits and were dropped");
    assertThat(TinyModels.json(folder.resolve("cut/run.json")).get("warnings").get(0).asText())
        .isEqualTo("1 of 5 training pairs are longer than the limits and were cut");
  }
}
