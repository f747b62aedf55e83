package plumbline.dpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.AnyThreads;
import plumbline.GuardedTraining;
import plumbline.InputException;
import plumbline.NativeMemory;
import plumbline.TinyModels;
import plumbline.config.Config;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;
import plumbline.model.Head;
import plumbline.model.TextModel;
import plumbline.model.TokenBatch;
import plumbline.model.Transformer;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;
import plumbline.train.LoraConfig;
import plumbline.train.Progress;
import plumbline.train.RunDirectory;

class DpoTrainerTest implements GuardedTraining {
  private static final List<PreferencePair> PAIRS = pairs();

  @TempDir Path folder;

  private static List<PreferencePair> pairs() {
    String[] names = {"cat", "dog", "user", "system", "an ant", "sat", "ran", "the the"};
    List<PreferencePair> pairs = new ArrayList<>();
    for (int i = 0; i < names.length; i++) {
      Prompt prompt = Prompt.of("say " + "the ".repeat(i) + names[i]);
      pairs.add(new PreferencePair(prompt, names[i] + " ran".repeat(i % 3), "the sat" + i % 2));
    }
    return pairs;
  }

  private static DpoConfig config(String... settings) {
    var tree =
        Config.parse(
            "{model: m, data: pairs, pairs_per_update: 8, lengths: {max_prompt_tokens: 60,"
                + " max_response_tokens: 30}, optimizer: {lr: 1e-3, schedule: constant}}",
            "x.yaml");
    for (String setting : settings) {
      tree = tree.with(setting);
    }
    return tree.bind(DpoConfig.class);
  }

  private TextModel model() {
    TextModel model = TinyModels.of(folder.resolve("tokenizer"), EnumSet.of(Head.LANGUAGE), 1);
    TinyModels.sharpen(model.transformer(), 4);
    return model;
  }

  @Override
  public Path runs() {
    return folder;
  }

  @Override
  public String small() {
    return "pairs_per_update=1";
  }

  @Override
  public Map<String, float[]> trained(
      String name, Consumer<Transformer> damage, String... settings) {
    try (TextModel model = model()) {
      damage.accept(model.transformer());
      train(model, config(settings), name);
      return TinyModels.values(model.transformer());
    }
  }

  private DpoTrainer.Result train(TextModel model, DpoConfig config, String name) {
    return train(model, config, name, Progress.silent());
  }

  private DpoTrainer.Result train(
      TextModel model, DpoConfig config, String name, Progress progress) {
    return train(model, PAIRS, config, name, progress);
  }

  private DpoTrainer.Result train(
      TextModel model,
      List<PreferencePair> pairs,
      DpoConfig config,
      String name,
      Progress progress) {
    try (RunDirectory run = TinyModels.resumed(folder.resolve(name))) {
      return DpoTrainer.train(
          model.transformer(),
          model.text(),
          new DpoTrainer.Reference(Optional.empty(), folder.resolve("cache"), "start"),
          pairs,
          PAIRS.subList(0, 4),
          config,
          3,
          run,
          progress);
    }
  }

  /** Sum of log softmax(z_{t-1})[y_t] over the response, by itself and in double precision. */
  static double logprob(Transformer model, int[] prompt, int[] response) {
    int[] ids = Arrays.copyOf(prompt, prompt.length + response.length);
    System.arraycopy(response, 0, ids, prompt.length, response.length);
    double[] logits =
        Scopes.noGrad(
            () -> Scopes.call(() -> Ops.toDoubles(model.logits(model.hidden(TokenBatch.of(ids))))));
    int vocabulary = logits.length / ids.length;
    double sum = 0;
    for (int t = prompt.length; t < ids.length; t++) {
      double total = 0;
      for (int v = 0; v < vocabulary; v++) {
        total += Math.exp(logits[(t - 1) * vocabulary + v]);
      }
      sum += logits[(t - 1) * vocabulary + ids[t]] - Math.log(total);
    }
    return sum;
  }

  @Test
  void theFirstLossIsThatOfANaiveLoop() {
    try (TextModel model = model()) {
      List<double[]> naive = new ArrayList<>();
      int tokens = 0;
      for (PreferencePair pair : PAIRS) {
        int[] prompt = model.text().prompt(pair.prompt());
        int[] chosen = model.text().response(pair.chosen());
        int[] rejected = model.text().response(pair.rejected());
        naive.add(
            new double[] {
              logprob(model.transformer(), prompt, chosen),
              logprob(model.transformer(), prompt, rejected)
            });
        tokens += chosen.length;
      }
      String free = "reference=none";
      double simpo = 0;
      double sft = 0;
      for (double[] pair : naive) {
        simpo += Math.log1p(Math.exp(-(0.2 * (pair[0] - pair[1]) - 0.5))) / naive.size();
        sft -= pair[0] / tokens;
      }
      for (int rows : new int[] {8, 3, 1}) {
        String micro = "pairs_per_micro_batch=" + rows;
        assertThat(firstLoss(model, "dpo" + rows, micro)).isCloseTo(Math.log(2), within(1e-6));
        assertThat(
                firstLoss(
                    model, "free" + rows, micro, free, "objectives=[{beta: 0.2, margin: 0.5}]"))
            .isCloseTo(simpo, within(1e-5 * simpo));
        assertThat(firstLoss(model, "sft" + rows, micro, "sft_weight=2"))
            .isCloseTo(Math.log(2) + 2 * sft, within(1e-5 * sft));
      }
    }
  }

  private double firstLoss(TextModel model, String name, String... settings) {
    List<String> all = new ArrayList<>(List.of("max_steps=1", "optimizer.lr=0"));
    all.addAll(List.of(settings));
    train(model, config(all.toArray(String[]::new)), name);
    return TinyModels.metrics(folder.resolve(name)).get(0).get("loss/train").asDouble();
  }

  @Test
  void microBatchesChangeNothing() {
    Map<String, float[]> wanted = weightsAfter("pairs_per_micro_batch=8", "a");
    for (int rows : new int[] {4, 3, 1}) {
      TinyModels.assertSameValues(
          weightsAfter("pairs_per_micro_batch=" + rows, "b" + rows), wanted, 1e-6f);
    }
  }

  private Map<String, float[]> weightsAfter(String setting, String name) {
    try (TextModel model = model()) {
      train(model, config(setting, "epochs=10", "optimizer.lr=1e-4"), name);
      return TinyModels.values(model.transformer());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[{loss: sigmoid}]",
        "[{loss: sigmoid, label_smoothing: 0.1}]",
        "[{loss: robust, label_smoothing: 0.1}]",
        "[{loss: hinge}]",
        "[{loss: ipo}]",
        "[{loss: exo, label_smoothing: 0.001}]",
        "[{loss: nca}]",
        "[{loss: sppo}]",
        "[{loss: aot}]",
        "[{loss: aot_pair}]",
        "[{loss: apo_zero}]",
        "[{loss: bco}]",
        "[{loss: sigmoid, weight: 0.5}, {loss: ipo, weight: 0.5}]"
      })
  void everyObjectiveLearnsToPreferTheChosenResponses(String objectives) {
    try (TextModel model = model()) {
      DpoTrainer.Result result =
          train(
              model,
              config("objectives=" + objectives, "epochs=15", "pairs_per_micro_batch=8"),
              "x");
      assertThat(Arrays.stream(result.testMargins())).allMatch(margin -> margin > 0);
    }
  }

  @Test
  void lengthsCountAsConfigured() {
    for (String how : List.of("mean", "ld")) {
      try (TextModel model = model()) {
        DpoTrainer.Result result =
            train(model, config("logprobs=" + how, "objectives=[{beta: 1}]", "epochs=30"), how);
        assertThat(Arrays.stream(result.testMargins())).allMatch(margin -> margin > 0);
      }
    }
  }

  @Test
  void theReferenceIsReadFromTheCache() throws Exception {
    try (TextModel model = model()) {
      train(model, config("max_steps=1", "optimizer.lr=0"), "first");
      List<Path> files;
      try (var all = Files.list(folder.resolve("cache"))) {
        files = all.sorted().toList();
      }
      assertThat(files).hasSize(2);
      // A damaged file is computed again.
      byte[] bytes = Files.readAllBytes(files.get(0));
      bytes[2] ^= 8;
      Files.write(files.get(0), bytes);
      train(model, config("max_steps=1", "optimizer.lr=0"), "second");
      assertThat(TinyModels.timeless(folder.resolve("second")))
          .isEqualTo(TinyModels.timeless(folder.resolve("first")));
      // Against the cached reference of another policy every pair has moved.
      TinyModels.sharpen(model.transformer(), 1.5);
      train(model, config("max_steps=1", "optimizer.lr=0"), "third");
      JsonNode metrics = TinyModels.metrics(folder.resolve("third")).get(0);
      assertThat(Math.abs(metrics.get("rewards/chosen").asDouble())).isGreaterThan(1e-3);
    }
  }

  @Test
  void aRunKilledAtAnyStepEndsWithTheWeightsOfTheUninterruptedOne() {
    DpoConfig config =
        config("pairs_per_update=3", "epochs=2", "checkpoints.every=2", "objectives=[{loss: bco}]");
    Map<String, float[]> wanted;
    try (TextModel model = model()) {
      train(model, config, "whole");
      wanted = TinyModels.values(model.transformer());
    }
    List<JsonNode> metrics = TinyModels.timeless(folder.resolve("whole"));
    for (long step = 1; step <= metrics.size(); step++) {
      String name = "killed" + step;
      Progress killer = TinyModels.killedAfter(step);
      try (TextModel model = model()) {
        assertThatExceptionOfType(TinyModels.Killed.class)
            .isThrownBy(() -> train(model, config, name, killer));
      }
      try (TextModel model = model()) {
        train(model, config, name);
        TinyModels.assertSameValues(TinyModels.values(model.transformer()), wanted, 0f);
      }
      assertThat(TinyModels.timeless(folder.resolve(name))).isEqualTo(metrics);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"model", "none"})
  void changesAreCountedFromTheStartWithAndWithoutAReference(String reference) {
    try (TextModel model = model()) {
      double start =
          PAIRS.subList(0, 4).stream()
              .mapToDouble(
                  pair ->
                      logprob(
                          model.transformer(),
                          model.text().prompt(pair.prompt()),
                          model.text().response(pair.chosen())))
              .average()
              .orElseThrow();
      DpoConfig config = config("reference=" + reference, "epochs=3", "eval_every=3");
      DpoTrainer.Result result = train(model, config, "x");
      JsonNode last = TinyModels.metrics(folder.resolve("x")).get(2);
      double end = last.get("test/logps/chosen").asDouble();
      assertThat(result.chosenChange()).isNotZero().isCloseTo(end - start, within(1e-4));
    }
  }

  @Test
  void moreStepsLeaveNoTensorBehind() {
    try (TextModel model = model()) {
      train(model, config(), "first");
      NativeMemory.assertNoneLeftBy(() -> train(model, config("epochs=4"), "more"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "lora={r: 4, alpha: 8, dropout: 0.2}|activation_checkpointing=true"})
  void theNumberOfThreadsChangesNoByte(String settings) {
    DpoConfig config =
        config(("pairs_per_micro_batch=3|epochs=3|eval_every=2|" + settings).split("\\|"));
    AnyThreads.trainTheSame(
        folder,
        () -> model(),
        config.lora().map(LoraConfig::lora),
        (model, trained, run, name) ->
            DpoTrainer.train(
                trained,
                model.text(),
                new DpoTrainer.Reference(Optional.empty(), folder.resolve("c" + name), "start"),
                PAIRS,
                PAIRS,
                config,
                3,
                run,
                Progress.silent()));
  }

  @Test
  void whatCannotBeIsRefused() {
    refused("objectives=[]", "objectives has no objective");
    refused("objectives=[{loss: exo}]", "label_smoothing is 0, wanted above 0 for loss: exo");
    refused("objectives=[{loss: odds_ratio}]", "set logprobs: mean");
    refused("objectives=[{loss: ipo, margin: 1}]", "belong to loss: sigmoid");
    try (TextModel model = model()) {
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(() -> train(model, config("objectives=[{target: strength}]"), "strength"))
          .withMessageContaining("8 of 8 training pairs have no strength");
    }
  }

  private static void refused(String setting, String message) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> config(setting))
        .withMessageContaining(message);
  }
}
