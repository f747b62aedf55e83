package plumbline.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
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
import plumbline.data.Demonstration;
import plumbline.data.Prompt;
import plumbline.model.Head;
import plumbline.model.Lora;
import plumbline.model.Safetensors;
import plumbline.model.TextModel;
import plumbline.model.TokenBatch;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.tensor.Engine;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;
import plumbline.train.LoraConfig;
import plumbline.train.Progress;
import plumbline.train.RunDirectory;

class SftTrainerTest implements GuardedTraining {
  private static final List<Demonstration> ROWS = rows();

  @TempDir Path folder;

  private static List<Demonstration> rows() {
    String[] names = {"cat", "dog", "user", "system", "an ant", "sat", "ran", "the the"};
    List<Demonstration> rows = new ArrayList<>();
    for (int i = 0; i < names.length; i++) {
      Prompt prompt = Prompt.of("say " + "the ".repeat(i) + names[i]);
      rows.add(new Demonstration(prompt, names[i] + " ran".repeat(i % 3)));
    }
    return rows;
  }

  private static SftConfig config(String... settings) {
    var tree =
        Config.parse(
            "{model: m, data: rows, rows_per_update: 8, lengths: {max_prompt_tokens: 60,"
                + " max_response_tokens: 30}, optimizer: {lr: 1e-2, schedule: constant}}",
            "x.yaml");
    for (String setting : settings) {
      tree = tree.with(setting);
    }
    return tree.bind(SftConfig.class);
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
  public Map<String, float[]> trained(
      String name, Consumer<Transformer> damage, String... settings) {
    try (TextModel model = model()) {
      damage.accept(model.transformer());
      train(model, ROWS, config(settings), 1, name);
      return TinyModels.values(model.transformer());
    }
  }

  private SftTrainer.Result train(
      TextModel model, List<Demonstration> rows, SftConfig config, long seed, String name) {
    try (RunDirectory run = TinyModels.run(folder.resolve(name))) {
      return SftTrainer.train(
          model.transformer(),
          model.text(),
          rows,
          ROWS.subList(0, 3),
          config,
          seed,
          run,
          Progress.silent());
    }
  }

  private static List<TokenizedRow> tokens(TextModel model) {
    List<TokenizedRow> tokens = new ArrayList<>();
    for (Demonstration row : ROWS) {
      tokens.add(
          new TokenizedRow(
              model.text().prompt(row.prompt()), model.text().response(row.response())));
    }
    return tokens;
  }

  @Test
  void theLossIsTheMeanOverResponseTokensOnly() {
    try (TextModel model = model()) {
      double wanted = naiveLoss(model.transformer(), tokens(model));
      for (int rowsAtATime : new int[] {8, 3, 1}) {
        SftConfig config =
            config("max_steps=1", "optimizer.lr=0", "rows_per_micro_batch=" + rowsAtATime);
        double loss = train(model, ROWS, config, 1, "loss" + rowsAtATime).trainLoss();
        assertThat(loss).isCloseTo(wanted, within(1e-5 * wanted));
      }
    }
  }

  /** -log softmax(z_{t-1})[y_t] over the response tokens, each row run by itself. */
  private static double naiveLoss(Transformer decoder, List<TokenizedRow> rows) {
    double sum = 0;
    int count = 0;
    for (TokenizedRow row : rows) {
      int[] ids = row.tokens();
      double[] logits =
          Scopes.noGrad(
              () ->
                  Scopes.call(
                      () -> Ops.toDoubles(decoder.logits(decoder.hidden(TokenBatch.of(ids))))));
      int vocabulary = logits.length / ids.length;
      for (int t = row.prompt().length; t < ids.length; t++) {
        int from = (t - 1) * vocabulary;
        double[] z = Arrays.copyOfRange(logits, from, from + vocabulary);
        sum += Math.log(Arrays.stream(z).map(Math::exp).sum()) - z[ids[t]];
        count++;
      }
    }
    return sum / count;
  }

  @Test
  void gradientsDoNotDependOnHowTheUpdateIsCut() {
    try (TextModel model = model()) {
      TinyModels.toDouble(model.transformer());
      Map<String, double[]> whole = gradients(model, 8);
      for (int rowsAtATime : new int[] {1, 4}) {
        TinyModels.assertSameGradients(gradients(model, rowsAtATime), whole, 1e-9);
      }
      Map<String, double[]> lean = gradients(model, 4, "activation_checkpointing=true");
      TinyModels.assertSameGradients(lean, whole, 1e-9);
    }
  }

  private static Map<String, double[]> gradients(
      TextModel model, int rowsAtATime, String... settings) {
    Transformer decoder = model.transformer();
    decoder.weights().setTrainable(name -> true);
    List<String> all = new ArrayList<>(List.of(settings));
    all.add("rows_per_micro_batch=" + rowsAtATime);
    SftConfig config = config(all.toArray(String[]::new));
    new SftTrainer(decoder, config, List.of(), List.of()).accumulate(tokens(model), 1);
    Map<String, double[]> gradients = TinyModels.takeGradients(decoder);
    decoder.weights().setTrainable(name -> false);
    return gradients;
  }

  @Test
  void weightsAfterThreeUpdatesDoNotDependOnHowTheyAreCut() {
    // An epsilon well above the rounding of gradients: Adam divides each gradient by its own size,
    // and would turn rounding alone into steps of the learning rate.
    List<Map<String, float[]>> weights = new ArrayList<>();
    for (int rowsAtATime : new int[] {8, 1, 4}) {
      try (TextModel model = model()) {
        SftConfig config =
            config("epochs=3", "optimizer.epsilon=1e-2", "rows_per_micro_batch=" + rowsAtATime);
        assertThat(train(model, ROWS, config, 1, "cut" + rowsAtATime).steps()).isEqualTo(3);
        weights.add(TinyModels.values(model.transformer()));
      }
    }
    for (Map<String, float[]> other : weights.subList(1, 3)) {
      TinyModels.assertSameValues(other, weights.get(0), 1e-6f);
    }
  }

  @Test
  void trainingLearnsAFewRowsByHeart() {
    try (TextModel model = model()) {
      double before = naiveLoss(model.transformer(), tokens(model));
      SftTrainer.Result result =
          train(model, ROWS, config("epochs=40", "optimizer.schedule=linear"), 1, "run");

      assertThat(result.steps()).isEqualTo(40);
      double after = naiveLoss(model.transformer(), tokens(model));
      assertThat(after).isLessThan(0.2 * before);
      assertThat(result.trainLoss()).isLessThan(0.2 * before);
      // The test rows are among the training rows here.
      assertThat(result.testLoss()).isLessThan(0.3 * before);
      List<JsonNode> metrics = TinyModels.metrics(folder.resolve("run"));
      assertThat(metrics).hasSize(40);
      assertThat(metrics.get(0).get("loss/train").asDouble())
          .isCloseTo(before, within(1e-5 * before));
      assertThat(metrics.get(0).has("loss/test")).isFalse();
      assertThat(metrics.get(39).get("loss/test").asDouble()).isEqualTo(result.testLoss());
      assertThat(metrics.get(3).get("grad_norm").asDouble()).isPositive();
    }
  }

  @Test
  void anAdapterAloneLearnsAndTheBaseStaysAsItIs() {
    try (TextModel model = model()) {
      Map<String, float[]> base = TinyModels.values(model.transformer());
      double before = naiveLoss(model.transformer(), tokens(model));
      SftConfig config =
          config("epochs=40", "lora={r: 8, alpha: 16, dropout: 0.05}", "rows_per_micro_batch=3");
      Map<String, float[]> first = adapterAfter(model, config, "one", before);
      TinyModels.assertSameValues(TinyModels.values(model.transformer()), base, 0);
      TinyModels.assertSameValues(adapterAfter(model, config, "two", before), first, 0);
    }
  }

  private Map<String, float[]> adapterAfter(
      TextModel model, SftConfig config, String name, double before) {
    Lora lora = config.lora().orElseThrow().lora();
    try (Transformer adapted = model.transformer().withAdapter(lora, EnumSet.of(Head.LANGUAGE), 1);
        RunDirectory run = TinyModels.run(folder.resolve(name))) {
      SftTrainer.Result result =
          SftTrainer.train(
              adapted, model.text(), ROWS, List.of(), config, 1, run, Progress.silent());
      assertThat(naiveLoss(adapted, tokens(model))).isLessThan(0.7 * before);
      assertThat(result.trainLoss()).isLessThan(0.7 * before);
      return TinyModels.values(adapted);
    }
  }

  @Test
  void everyRowIsSeenAsOftenAsAskedFor() {
    try (TextModel model = model()) {
      SftConfig config = config("epochs=2", "rows_per_update=3");
      // 16 visits make 6 updates of 3, not 5: the last one goes on into the next epoch.
      assertThat(train(model, ROWS, config, 1, "visits").steps()).isEqualTo(6);
      assertThat(train(model, ROWS, config("rows_per_update=3", "max_steps=2"), 1, "few").steps())
          .isEqualTo(2);
      assertThat(train(model, ROWS.subList(0, 1), config(), 1, "one").steps()).isEqualTo(1);
    }
  }

  @Test
  void theSameSeedGivesTheSameBytes() {
    byte[] first = weightsAfter(3, "a");
    assertThat(weightsAfter(3, "b")).isEqualTo(first);
    assertThat(TinyModels.timeless(folder.resolve("b")))
        .isEqualTo(TinyModels.timeless(folder.resolve("a")))
        .hasSize(4);
    assertThat(weightsAfter(4, "c")).isNotEqualTo(first);
  }

  private byte[] weightsAfter(long seed, String name) {
    try (TextModel model = model()) {
      train(model, ROWS, config("rows_per_update=2", "rows_per_micro_batch=1"), seed, name);
      Path file = folder.resolve(name).resolve("w.safetensors");
      Safetensors.write(file, model.transformer().weights().all());
      return TinyModels.bytes(file);
    }
  }

  @Test
  void aRunKilledAtAnyStepEndsWithTheBytesOfTheUninterruptedOne() {
    SftConfig config = config("rows_per_update=3", "epochs=2", "checkpoints.every=2");
    byte[] wanted = bytesOf(config, "whole", Progress.silent());
    List<JsonNode> metrics = TinyModels.timeless(folder.resolve("whole"));
    for (long step = 1; step <= metrics.size(); step++) {
      String name = "killed" + step;
      Progress killer = TinyModels.killedAfter(step);
      assertThatExceptionOfType(TinyModels.Killed.class)
          .isThrownBy(() -> bytesOf(config, name, killer));
      assertThat(bytesOf(config, name, Progress.silent())).isEqualTo(wanted);
      assertThat(TinyModels.timeless(folder.resolve(name))).isEqualTo(metrics);
    }
  }

  private byte[] bytesOf(SftConfig config, String name, Progress progress) {
    try (TextModel model = model();
        RunDirectory run = TinyModels.resumed(folder.resolve(name))) {
      SftTrainer.train(
          model.transformer(), model.text(), ROWS, ROWS.subList(0, 3), config, 3, run, progress);
      Path file = folder.resolve(name).resolve("w.safetensors");
      Safetensors.write(file, model.transformer().weights().all());
      return TinyModels.bytes(file);
    }
  }

  @Test
  void moreStepsLeaveNoTensorBehind() {
    try (TextModel model = model()) {
      train(model, ROWS, config(), 1, "first");
      NativeMemory.assertNoneLeftBy(() -> train(model, ROWS, config("epochs=4"), 1, "more"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "lora={r: 4, alpha: 8, dropout: 0.2}|activation_checkpointing=true"})
  void theNumberOfThreadsChangesNoByte(String settings) {
    assertAnyThreadsGiveTheSame(settings);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "activation_checkpointing=true"})
  void theNumberOfThreadsChangesNoByteOfProductsInBfloat16(String settings) {
    Engine.useDtype("bfloat16");
    try {
      assertAnyThreadsGiveTheSame(settings);
    } finally {
      Engine.useDtype("float32");
    }
  }

  private void assertAnyThreadsGiveTheSame(String settings) {
    SftConfig config =
        config(("rows_per_micro_batch=3|epochs=3|eval_every=2|" + settings).split("\\|"));
    AnyThreads.trainTheSame(
        folder,
        () -> model(),
        config.lora().map(LoraConfig::lora),
        (model, trained, run, name) ->
            SftTrainer.train(trained, model.text(), ROWS, ROWS, config, 1, run, Progress.silent()));
  }

  @Test
  void productsInBfloat16KeepTheLossCloseAndTheWeightsInFloat32() {
    List<Double> exact = losses("float32");
    List<Double> rounded = losses("bfloat16");
    assertThat(exact.get(exact.size() - 1)).isLessThan(0.5 * exact.get(0));
    assertThat(rounded).hasSameSizeAs(exact).isNotEqualTo(exact);
    for (int step = 0; step < exact.size(); step++) {
      // bfloat16 has 8 bits: 0.4% in a product, more after many updates.
      assertThat(rounded.get(step)).isCloseTo(exact.get(step), within(0.03 * exact.get(0)));
    }
  }

  private List<Double> losses(String dtype) {
    Engine.useDtype(dtype);
    try (TextModel model = model()) {
      train(model, ROWS, config("epochs=30"), 1, dtype);
      assertThat(model.transformer().weights().all().values())
          .allMatch(weight -> weight.scalar_type().intern() == ScalarType.Float);
      return TinyModels.metrics(folder.resolve(dtype)).stream()
          .map(step -> step.get("loss/train").asDouble())
          .toList();
    } finally {
      Engine.useDtype("float32");
    }
  }

  @Test
  void aTrainedModelAsksForNoGradients() {
    try (TextModel model = model()) {
      train(model, ROWS, config(), 1, "run");
      assertThat(model.transformer().weights().all().values()).noneMatch(Tensor::requires_grad);
    }
  }

  @Test
  void withoutTestRowsTheTestLossIsUnknown() {
    try (TextModel model = model();
        RunDirectory run = TinyModels.run(folder.resolve("run"))) {
      SftTrainer.Result result =
          SftTrainer.train(
              model.transformer(),
              model.text(),
              ROWS,
              List.of(),
              config(),
              1,
              run,
              Progress.silent());
      assertThat(result.testLoss()).isNaN();
      assertThat(TinyModels.metrics(run.path()).get(0).get("loss/test").isNull()).isTrue();
    }
  }

  @Test
  void noRowsAreRefused() {
    String message =
        "rows: no demonstration to train on; is the data set empty, or is every row longer than"
            + " lengths.max_prompt_tokens and lengths.max_response_tokens?";
    refused(List.of(), config(), message);
    refused(ROWS, config("lengths.max_response_tokens=1", "lengths.too_long=drop"), message);
  }

  @Test
  void aRowOverTheLimitIsNamed() {
    Demonstration row =
        new Demonstration(
            new Prompt(
                ROWS.get(0).prompt().messages(), Map.of("source", "rows.jsonl", "line", "12")),
            "the the the the the the");
    refused(
        List.of(row),
        config("lengths.max_response_tokens=5"),
        "rows.jsonl:12: response has 7 tokens, the limit is 5; raise 'max_response_tokens' or set"
            + " 'too_long' to drop or truncate");
    refused(
        List.of(row),
        config("lengths.max_prompt_tokens=9"),
        "rows.jsonl:12: prompt has 14 tokens, the limit is 9; raise 'max_prompt_tokens' or set"
            + " 'too_long' to drop or truncate");
  }

  private void refused(List<Demonstration> rows, SftConfig config, String message) {
    try (TextModel model = model()) {
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(() -> train(model, rows, config, 1, "refused"))
          .withMessage(message);
    }
  }

  @Test
  void droppedAndCutRowsAreCounted() {
    int longest = 1;
    try (TextModel model = model()) {
      for (TokenizedRow row : tokens(model)) {
        longest = Math.max(longest, row.response().length);
      }
      String limit = "lengths.max_response_tokens=" + (longest - 1);
      train(model, ROWS, config(limit, "lengths.too_long=drop"), 1, "drop");
      train(model, ROWS, config(limit, "lengths.too_long=truncate"), 1, "cut");
    }
    assertThat(TinyModels.json(folder.resolve("drop/run.json")).get("warnings").get(0).asText())
        .isEqualTo("1 of 8 training demonstrations are longer than the limits and were dropped");
    assertThat(TinyModels.json(folder.resolve("cut/run.json")).get("warnings").get(0).asText())
        .isEqualTo("1 of 8 training demonstrations are longer than the limits and were cut");
  }

  @Test
  void endTokensThatAreTrainedAreCounted() {
    try (TextModel model = model()) {
      SftTrainer.Result result = train(model, ROWS, config("max_steps=1"), 1, "whole");
      assertThat(result.trainedEos()).isEqualTo(ROWS.size());
      assertThat(result.testEos()).isEqualTo(3);
    }
  }

  @Test
  void aDataSetThatTrainsNoEndTokenIsWarnedOf() throws IOException {
    try (TextModel model = model();
        RunDirectory run = TinyModels.run(folder.resolve("cut"))) {
      SftTrainer.Result result =
          SftTrainer.train(
              model.transformer(),
              model.text(),
              ROWS,
              List.of(),
              config("max_steps=1", "lengths.max_response_tokens=1", "lengths.too_long=truncate"),
              1,
              run,
              Progress.silent());
      assertThat(result.trainedEos()).isZero();
      assertThat(Files.readString(run.path().resolve("run.json")))
          .contains("none of the 8 training demonstrations has its end token <|im_end|>");
    }
  }
}
