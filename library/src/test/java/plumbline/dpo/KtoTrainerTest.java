package plumbline.dpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.AnyThreads;
import plumbline.GuardedTraining;
import plumbline.InputException;
import plumbline.NativeMemory;
import plumbline.TinyModels;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.data.Prompt;
import plumbline.data.RatedResponse;
import plumbline.model.Head;
import plumbline.model.TextModel;
import plumbline.model.TokenBatch;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;
import plumbline.train.LoraConfig;
import plumbline.train.Progress;
import plumbline.train.RunDirectory;

class KtoTrainerTest implements GuardedTraining {
  private static final List<LabelledResponse> ROWS = rows();
  private static final double BETA = 0.1;

  @TempDir Path folder;

  private static List<LabelledResponse> rows() {
    String[] names = {"cat", "dog", "user", "system", "an ant", "sat", "ran", "the the"};
    List<LabelledResponse> rows = new ArrayList<>();
    for (int i = 0; i < names.length; i++) {
      Prompt prompt = Prompt.of("say " + "the ".repeat(i) + names[i]);
      boolean desirable = i % 4 != 3;
      rows.add(
          new LabelledResponse(
              prompt, desirable ? names[i] + " ran".repeat(i % 3) : "the sat" + i, desirable));
    }
    return rows;
  }

  private static KtoConfig config(String... settings) {
    ConfigTree tree =
        Config.parse(
            "{model: m, data: ratings, rows_per_update: 8, lengths: {max_prompt_tokens: 60,"
                + " max_response_tokens: 30}, optimizer: {lr: 1e-3, schedule: constant}}",
            "x.yaml");
    for (String setting : settings) {
      tree = tree.with(setting);
    }
    return tree.bind(KtoConfig.class);
  }

  private TextModel model(double sharpness) {
    TextModel model = TinyModels.of(folder.resolve("tokenizer"), EnumSet.of(Head.LANGUAGE), 1);
    TinyModels.sharpen(model.transformer(), sharpness);
    return model;
  }

  @Override
  public Path runs() {
    return folder;
  }

  /** A row's answer is compared with another row's: two are the least. */
  @Override
  public String small() {
    return "rows_per_update=2";
  }

  @Override
  public Map<String, float[]> trained(
      String name, Consumer<Transformer> damage, String... settings) {
    try (TextModel model = model(4)) {
      damage.accept(model.transformer());
      train(model, config(settings), name);
      return TinyModels.values(model.transformer());
    }
  }

  private KtoTrainer.Result train(TextModel model, KtoConfig config, String name) {
    return train(model, Optional.empty(), config, name, Progress.silent());
  }

  private KtoTrainer.Result train(
      TextModel model,
      Optional<Transformer> reference,
      KtoConfig config,
      String name,
      Progress progress) {
    try (RunDirectory run = TinyModels.resumed(folder.resolve(name))) {
      String hash = reference.isPresent() ? "other" : "start";
      return KtoTrainer.train(
          model.transformer(),
          model.text(),
          new DpoTrainer.Reference(reference, folder.resolve("cache"), hash),
          ROWS,
          ROWS,
          config,
          3,
          run,
          progress);
    }
  }

  /** Sum of log softmax(z_{t-1})[y_t] over the response, by itself and in double precision. */
  private static double logprob(Transformer model, TokenizedRow row) {
    int[] ids = row.tokens();
    double[] logits =
        Scopes.noGrad(
            () -> Scopes.call(() -> Ops.toDoubles(model.logits(model.hidden(TokenBatch.of(ids))))));
    int vocabulary = logits.length / ids.length;
    double sum = 0;
    for (int t = row.prompt().length; t < ids.length; t++) {
      double total = 0;
      for (int v = 0; v < vocabulary; v++) {
        total += Math.exp(logits[(t - 1) * vocabulary + v]);
      }
      sum += logits[(t - 1) * vocabulary + ids[t]] - Math.log(total);
    }
    return sum;
  }

  private static List<TokenizedRow> tokens(TextModel model) {
    return ROWS.stream()
        .map(
            row ->
                new TokenizedRow(
                    model.text().prompt(row.prompt()), model.text().response(row.response())))
        .toList();
  }

  @ParameterizedTest
  @EnumSource(UnpairedObjective.class)
  void theFirstLossIsThatOfANaiveLoop(UnpairedObjective objective) {
    try (TextModel policy = model(4);
        TextModel reference = model(2)) {
      List<TokenizedRow> rows = tokens(policy);
      double point = 0;
      for (TokenizedRow row : KtoTrainer.mismatched(rows, 3)) {
        point +=
            (logprob(policy.transformer(), row) - logprob(reference.transformer(), row))
                / rows.size();
      }
      point = Math.max(0, point);
      double wanted = 0;
      for (int i = 0; i < rows.size(); i++) {
        double ratio =
            logprob(policy.transformer(), rows.get(i))
                - logprob(reference.transformer(), rows.get(i));
        int sign = ROWS.get(i).desirable() ? 1 : -1;
        double weight = sign > 0 ? 1 : 3;
        double loss =
            switch (objective) {
              case KTO -> 1 - sigmoid(sign * BETA * (ratio - point));
              case APO_ZERO -> 1 - sigmoid(sign * BETA * ratio);
              case BCO -> -Math.log(sigmoid(sign * BETA * ratio));
            };
        wanted += weight * loss / rows.size();
      }
      for (int micro : new int[] {8, 3, 1}) {
        String name = objective + "" + micro;
        train(
            policy,
            Optional.of(reference.transformer()),
            config(
                "max_steps=1",
                "optimizer.lr=0",
                "loss=" + objective.name().toLowerCase(Locale.ROOT),
                "rows_per_micro_batch=" + micro),
            name,
            Progress.silent());
        JsonNode metrics = TinyModels.metrics(folder.resolve(name)).get(0);
        assertThat(metrics.get("loss/train").asDouble()).isCloseTo(wanted, within(1e-5 * wanted));
        if (objective == UnpairedObjective.KTO) {
          assertThat(metrics.get("kl/reference_point").asDouble())
              .isCloseTo(point, within(1e-5 * Math.max(1, point)));
        }
      }
    }
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  @Test
  void mismatchedResponsesBelongToOtherPrompts() {
    List<TokenizedRow> rows = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      rows.add(new TokenizedRow(new int[] {i / 2}, new int[] {100 + i}));
    }
    List<TokenizedRow> mismatched = KtoTrainer.mismatched(rows, 5);
    for (int i = 0; i < rows.size(); i++) {
      assertThat(mismatched.get(i).prompt()).isEqualTo(rows.get(i).prompt());
      int from = mismatched.get(i).response()[0] - 100;
      assertThat(rows.get(from).prompt()).isNotEqualTo(rows.get(i).prompt());
    }
  }

  @Test
  void microBatchesChangeNothing() {
    Map<String, float[]> wanted = weightsAfter("rows_per_micro_batch=8", "a");
    for (int rows : new int[] {4, 3, 1}) {
      TinyModels.assertSameValues(
          weightsAfter("rows_per_micro_batch=" + rows, "b" + rows), wanted, 1e-6f);
    }
  }

  private Map<String, float[]> weightsAfter(String setting, String name) {
    try (TextModel model = model(4)) {
      // A large epsilon: AdamW's first steps make as much of a gradient of rounding as of any
      // other.
      String epsilon = "optimizer.epsilon=1e-2";
      train(model, config(setting, "epochs=10", "optimizer.lr=1e-3", epsilon), name);
      return TinyModels.values(model.transformer());
    }
  }

  @ParameterizedTest
  @EnumSource(UnpairedObjective.class)
  void everyObjectiveLearnsWhatIsDesirable(UnpairedObjective objective) {
    try (TextModel model = model(4)) {
      KtoTrainer.Result result =
          train(
              model, config("epochs=20", "loss=" + objective.name().toLowerCase(Locale.ROOT)), "x");
      assertThat(result.desirable()).isEqualTo(6);
      assertThat(result.undesirable()).isEqualTo(2);
      assertThat(result.weights()).containsExactly(1, 3);
      assertThat(result.accuracy()).isEqualTo(1);
      assertThat(result.chosenChange()).isGreaterThan(result.rejectedChange());
      JsonNode last = TinyModels.metrics(folder.resolve("x")).get(19);
      assertThat(last.get("rewards/margins").asDouble()).isPositive();
    }
  }

  @Test
  void aRunKilledAtAnyStepEndsWithTheWeightsOfTheUninterruptedOne() {
    KtoConfig config = config("rows_per_update=3", "epochs=2", "checkpoints.every=2", "loss=bco");
    Map<String, float[]> wanted;
    try (TextModel model = model(4)) {
      train(model, config, "whole");
      wanted = TinyModels.values(model.transformer());
    }
    List<JsonNode> metrics = TinyModels.timeless(folder.resolve("whole"));
    for (long step = 1; step <= metrics.size(); step++) {
      String name = "killed" + step;
      Progress killer = TinyModels.killedAfter(step);
      try (TextModel model = model(4)) {
        assertThatExceptionOfType(TinyModels.Killed.class)
            .isThrownBy(() -> train(model, Optional.empty(), config, name, killer));
      }
      try (TextModel model = model(4)) {
        train(model, config, name);
        TinyModels.assertSameValues(TinyModels.values(model.transformer()), wanted, 0f);
      }
      assertThat(TinyModels.timeless(folder.resolve(name))).isEqualTo(metrics);
    }
  }

  @Test
  void moreStepsLeaveNoTensorBehind() {
    try (TextModel model = model(4)) {
      train(model, config(), "first");
      NativeMemory.assertNoneLeftBy(() -> train(model, config("epochs=4"), "more"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "lora={r: 4, alpha: 8, dropout: 0.2}|activation_checkpointing=true"})
  void theNumberOfThreadsChangesNoByte(String settings) {
    KtoConfig config =
        config(("rows_per_micro_batch=3|epochs=3|eval_every=2|" + settings).split("\\|"));
    AnyThreads.trainTheSame(
        folder,
        () -> model(4),
        config.lora().map(LoraConfig::lora),
        (model, trained, run, name) ->
            KtoTrainer.train(
                trained,
                model.text(),
                new DpoTrainer.Reference(Optional.empty(), folder.resolve("c" + name), "start"),
                ROWS,
                ROWS,
                config,
                3,
                run,
                Progress.silent()));
  }

  @Test
  void aThresholdMakesRatingsLabels() {
    List<RatedResponse> ratings =
        List.of(
            new RatedResponse(Prompt.of("a"), "x", Map.of("quality", 0.75)),
            new RatedResponse(Prompt.of("b"), "y", Map.of("quality", 0.5)));
    assertThat(LabelledResponse.ofRatings(ratings, "quality", 0.6))
        .extracting(LabelledResponse::desirable)
        .containsExactly(true, false);
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> LabelledResponse.ofRatings(ratings, "label", 0.5))
        .withMessageContaining("there is no label 'label', only [quality]");
  }

  @Test
  void oneSideAloneIsRefused() {
    try (TextModel model = model(1);
        RunDirectory run = TinyModels.run(folder.resolve("one"))) {
      List<LabelledResponse> good = ROWS.stream().filter(LabelledResponse::desirable).toList();
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(
              () ->
                  KtoTrainer.train(
                      model.transformer(),
                      model.text(),
                      new DpoTrainer.Reference(Optional.empty(), folder, "start"),
                      good,
                      List.of(),
                      config(),
                      1,
                      run,
                      Progress.silent()))
          .withMessageContaining("none of 6 training responses is undesirable");
    }
  }
}
