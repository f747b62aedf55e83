package plumbline.dpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.InputException;
import plumbline.NativeMemory;
import plumbline.TinyModels;
import plumbline.config.Config;
import plumbline.dpo.TokenPair.Opponent;
import plumbline.model.Head;
import plumbline.model.TextModel;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.train.Progress;
import plumbline.train.RunDirectory;

/** Training on the policy's responses against an opponent's. */
class OpponentTrainerTest {
  private static final String NASH = "[{loss: nash_md, beta: 0.2, kl_unit: %s}]";
  private static final String XPO = "[{loss: sigmoid}, {loss: optimism, weight: 0.05}]";

  @TempDir Path folder;

  private TextModel model(long seed) {
    TextModel model =
        TinyModels.of(folder.resolve("tokenizer" + seed), EnumSet.of(Head.LANGUAGE), seed);
    TinyModels.sharpen(model.transformer(), 4);
    return model;
  }

  private static List<TokenPair> pairs(int count, Transformer model) {
    SplittableRandom random = new SplittableRandom(9);
    int vocabulary = model.config().vocabularySize();
    List<TokenPair> pairs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] prompt = random.ints(1 + random.nextInt(9), 3, vocabulary).toArray();
      int[] chosen = random.ints(1 + random.nextInt(9), 3, vocabulary).toArray();
      int[] rejected = random.ints(1 + random.nextInt(9), 3, vocabulary).toArray();
      pairs.add(
          new TokenPair(
              new TokenizedRow(prompt, chosen),
              new TokenizedRow(prompt, rejected),
              3 * random.nextDouble(),
              i % 3 == 0 ? Opponent.CHOSEN : Opponent.REJECTED));
    }
    return pairs;
  }

  private DpoTrainer.Result train(
      TextModel model,
      Optional<Transformer> reference,
      List<TokenPair> pairs,
      String name,
      String... settings) {
    var tree =
        Config.parse(
            "{model: m, data: pairs, pairs_per_update: 8, pairs_per_micro_batch: 8, optimizer: {lr:"
                + " 1e-4, schedule: constant}, lengths: {max_prompt_tokens: 60}}",
            "x.yaml");
    for (String setting : settings) {
      tree = tree.with(setting);
    }
    try (RunDirectory run = TinyModels.resumed(folder.resolve(name))) {
      return DpoTrainer.train(
          model.transformer(),
          new DpoTrainer.Reference(reference, folder.resolve("cache"), "other"),
          pairs,
          List.of(),
          tree.bind(DpoConfig.class),
          3,
          run,
          Progress.silent());
    }
  }

  private double firstLoss(String name) {
    return TinyModels.metrics(folder.resolve(name)).get(0).get("loss/train").asDouble();
  }

  @Test
  void theFirstLossIsThatOfANaiveLoop() {
    try (TextModel model = model(1);
        TextModel other = model(2)) {
      Transformer policy = model.transformer();
      Transformer reference = other.transformer();
      List<TokenPair> pairs = pairs(8, policy);
      double nash = 0;
      double exploring = 0;
      for (TokenPair pair : pairs) {
        double[] a = logprobs(policy, reference, pair.chosen());
        double[] b = logprobs(policy, reference, pair.rejected());
        boolean chosenIsOwn = pair.opponent() == Opponent.REJECTED;
        double[] own = chosenIsOwn ? a : b;
        double wins = 1 / (1 + Math.exp(chosenIsOwn ? -pair.strength() : pair.strength()));
        nash += ((0.5 - wins) * own[0] + 0.2 * (own[0] - own[1]) * own[0]) / pairs.size();
        double margin = 0.1 * (a[0] - a[1] - b[0] + b[1]);
        exploring += (Math.log1p(Math.exp(-margin)) + 0.05 * (chosenIsOwn ? b : a)[0]) / 8;
      }
      String still = "optimizer.lr=0";
      for (int rows : new int[] {8, 3}) {
        String micro = "pairs_per_micro_batch=" + rows;
        String response = "objectives=" + NASH.formatted("response");
        train(model, Optional.of(reference), pairs, "nash" + rows, still, micro, response);
        assertThat(firstLoss("nash" + rows)).isCloseTo(nash, within(1e-5 * Math.abs(nash)));
        train(
            model, Optional.of(reference), pairs, "xpo" + rows, still, micro, "objectives=" + XPO);
        assertThat(firstLoss("xpo" + rows))
            .isCloseTo(exploring, within(1e-5 * Math.abs(exploring)));
      }
    }
  }

  private static double[] logprobs(Transformer policy, Transformer reference, TokenizedRow row) {
    return new double[] {
      DpoTrainerTest.logprob(policy, row.prompt(), row.response()),
      DpoTrainerTest.logprob(reference, row.prompt(), row.response())
    };
  }

  @Test
  void microBatchesChangeNothing() {
    for (String objectives : List.of(NASH.formatted("response"), NASH.formatted("token"), XPO)) {
      Map<String, float[]> wanted = weightsAfter(objectives, 8);
      TinyModels.assertSameValues(weightsAfter(objectives, 3), wanted, 1e-6f);
    }
  }

  private Map<String, float[]> weightsAfter(String objectives, int rows) {
    try (TextModel model = model(1)) {
      train(
          model,
          Optional.empty(),
          pairs(8, model.transformer()),
          "w" + rows + objectives.hashCode(),
          "objectives=" + objectives,
          "epochs=5",
          "optimizer.lr=1e-5",
          "pairs_per_micro_batch=" + rows);
      return TinyModels.values(model.transformer());
    }
  }

  @Test
  void responsesThatWinBecomeLikelierAndOpponentsLessLikely() {
    try (TextModel model = model(1)) {
      List<TokenPair> pairs = pairs(8, model.transformer());
      double[] before = means(model.transformer(), pairs);
      train(model, Optional.empty(), pairs, "nash", "objectives=" + NASH.formatted("token"));
      double[] nash = means(model.transformer(), pairs);
      assertThat(nash[0]).isGreaterThan(before[0]);
    }
    try (TextModel model = model(1)) {
      List<TokenPair> pairs = pairs(8, model.transformer());
      double[] before = means(model.transformer(), pairs);
      String alone = "objectives=[{loss: optimism, weight: 1}]";
      train(model, Optional.empty(), pairs, "optimism", alone);
      assertThat(means(model.transformer(), pairs)[1]).isLessThan(before[1]);
    }
  }

  /** Mean log-probs: of own responses weighted by P - 1/2, and of the opponents'. */
  private static double[] means(Transformer model, List<TokenPair> pairs) {
    double[] means = new double[2];
    for (TokenPair pair : pairs) {
      TokenizedRow own = pair.own();
      TokenizedRow other = pair.opponent() == Opponent.CHOSEN ? pair.chosen() : pair.rejected();
      double lead = 1 / (1 + Math.exp(-pair.lead())) - 0.5;
      means[0] += lead * DpoTrainerTest.logprob(model, own.prompt(), own.response());
      means[1] += DpoTrainerTest.logprob(model, other.prompt(), other.response());
    }
    return means;
  }

  @Test
  void theReferencesTokensAreReadFromTheCache() throws Exception {
    try (TextModel model = model(1)) {
      List<TokenPair> pairs = pairs(8, model.transformer());
      String[] settings = {"optimizer.lr=0", "objectives=" + NASH.formatted("response")};
      train(model, Optional.empty(), pairs, "first", settings);
      try (var files = Files.list(folder.resolve("cache"))) {
        assertThat(files).hasSize(3);
      }
      train(model, Optional.empty(), pairs, "second", settings);
      assertThat(firstLoss("second")).isEqualTo(firstLoss("first"));
      // Against the cached reference of another policy the divergence pulls.
      TinyModels.sharpen(model.transformer(), 1.1);
      train(model, Optional.empty(), pairs, "third", settings);
      double still = firstLoss("third");
      assertThat(still).isNotEqualTo(firstLoss("first"));
      train(model, Optional.of(model.transformer()), pairs, "fourth", settings);
      assertThat(firstLoss("fourth")).isEqualTo(still);
    }
  }

  @Test
  void moreStepsLeaveNoTensorBehind() {
    try (TextModel model = model(1)) {
      List<TokenPair> pairs = pairs(8, model.transformer());
      String nash = "objectives=" + NASH.formatted("response");
      train(model, Optional.empty(), pairs, "first", nash);
      NativeMemory.assertNoneLeftBy(
          () -> train(model, Optional.empty(), pairs, "more", nash, "epochs=4"));
    }
  }

  @Test
  void pairsThatNobodySampledAreRefused() {
    try (TextModel model = model(1)) {
      List<TokenPair> pairs =
          pairs(2, model.transformer()).stream()
              .map(pair -> new TokenPair(pair.chosen(), pair.rejected(), pair.strength()))
              .toList();
      for (String objectives : List.of(NASH.formatted("token"), XPO)) {
        assertThatExceptionOfType(InputException.class)
            .isThrownBy(
                () -> train(model, Optional.empty(), pairs, "given", "objectives=" + objectives))
            .withMessageContaining("which given pairs do not tell: use them in train online_dpo");
      }
    }
  }
}
