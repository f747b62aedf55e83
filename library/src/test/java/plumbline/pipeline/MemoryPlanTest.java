package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.ForkedJvm;
import plumbline.TinyModels;
import plumbline.config.Config;
import plumbline.hub.HubProgress;
import plumbline.hub.ModelFinder;
import plumbline.model.Footprint;
import plumbline.model.Head;
import plumbline.model.ModelConfig;
import plumbline.model.ModelFolder;
import plumbline.model.TokenBatch;
import plumbline.model.Transformer;
import plumbline.tensor.Engine;
import plumbline.tensor.Scopes;
import plumbline.train.AdamW;
import plumbline.train.Memory;

class MemoryPlanTest {
  private static final long PLENTY = 1L << 50;
  private static final ModelFinder LOCAL =
      ModelFinder.of(java.util.Map.of("HF_HUB_OFFLINE", "1"), HubProgress.silent());

  @TempDir Path folder;

  static ModelConfig midSize() {
    OptionalInt none = OptionalInt.empty();
    return ModelConfig.llama(2000, 256, 768, 8, 8, 4, 512, false, none, none, none);
  }

  private StageMemory sft(ModelConfig config, long available, String... settings) {
    Path model = folder.resolve("model");
    try (Transformer random = Transformer.random(config, EnumSet.of(Head.LANGUAGE), 1)) {
      ModelFolder.save(random, model);
    }
    var tree = Config.parse("{model: '" + model + "', data: none}", "x.yaml");
    for (String setting : settings) {
      tree = tree.with(setting);
    }
    return Pipeline.ofStage("sft", tree).memory(available, LOCAL).get(0);
  }

  @Test
  void weightsGradientsAndOptimizerAreExactToTheByte() {
    for (ModelConfig config : List.of(TinyModels.config(300), midSize())) {
      StageMemory plan = sft(config, PLENTY);
      try (Transformer model = Transformer.random(config, EnumSet.of(Head.LANGUAGE), 1)) {
        model.weights().setTrainable(name -> true);
        Scopes.run(
            () -> model.logits(model.hidden(TokenBatch.of(new int[] {1, 2}))).sum().backward());
        try (AdamW optimizer = new AdamW(model.weights().trainable(), 0.9, 0.95, 1e-8, 0)) {
          assertThat(plan.bytes("weights")).isEqualTo(bytes(model.weights().all().values()));
          assertThat(plan.bytes("gradients"))
              .isEqualTo(
                  Scopes.<Long>call(
                      () ->
                          bytes(
                              model.weights().all().values().stream().map(Tensor::grad).toList())));
          long state =
              Scopes.call(
                  () ->
                      bytes(
                          optimizer.state().entrySet().stream()
                              .filter(entry -> !entry.getKey().equals("step"))
                              .map(java.util.Map.Entry::getValue)
                              .toList()));
          assertThat(plan.bytes("optimizer")).isEqualTo(state);
        }
      }
    }
  }

  private static long bytes(Iterable<Tensor> tensors) {
    long sum = 0;
    for (Tensor tensor : tensors) {
      sum += tensor.numel() * torch.elementSize(tensor.scalar_type().intern());
    }
    return sum;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void activationsAreWithinAThirdOfWhatAPassNeeds(boolean checkpointed) {
    assumeThat(Memory.peakMegabytes()).as("peak memory, known on Linux only").isPositive();
    Footprint footprint = new Footprint(midSize(), Set.of(Head.LANGUAGE), 4);
    double formula =
        footprint.activations(ActivationMemory.ROWS, ActivationMemory.WIDTH, checkpointed)
            / (double) (1 << 20);

    long growth =
        ForkedJvm.growthMegabytes(1 << 18, ActivationMemory.class, Boolean.toString(checkpointed));

    assertThat(growth / formula).isBetween(0.67, 1.34);
  }

  @Test
  void aStageThatDoesNotFitIsToldTheSmallestChange() {
    StageMemory plan = sft(midSize(), PLENTY);
    assertThat(plan.advice()).isEmpty();

    StageMemory tight = sft(midSize(), plan.peakBytes() - 1);
    assertThat(tight.advice().orElseThrow()).contains("set activation_checkpointing: true:");
    String[] shortRows = {"lengths.max_prompt_tokens=8", "lengths.max_response_tokens=8"};
    long peak = sft(midSize(), PLENTY, shortRows).peakBytes();
    assertThat(sft(midSize(), peak - 1, shortRows).advice().orElseThrow())
        .contains("set rows_per_micro_batch: 16:");
    StageMemory tighter = sft(midSize(), plan.peakBytes() - 1, "rows_per_micro_batch=1");
    assertThat(tighter.advice()).isEmpty();
    StageMemory hopeless = sft(midSize(), 1 << 20);
    assertThat(hopeless.advice().orElseThrow()).contains("lora: {}");
  }

  @Test
  void checkpointingNeedsLess() {
    long plain = sft(midSize(), PLENTY).bytes("activations");
    long lean = sft(midSize(), PLENTY, "activation_checkpointing=true").bytes("activations");
    assertThat(lean).isLessThan(plain / 2).isPositive();
  }

  @Test
  void partsThatAreComputedTogetherAreCounted() {
    StageMemory alone = sft(midSize(), PLENTY);
    assertThat(sft(midSize(), PLENTY, "rows_per_micro_batch=64").bytes("activations"))
        .as("a part has 512 tokens, whatever the micro-batch")
        .isEqualTo(alone.bytes("activations"));
    try {
      Engine.configure("cpu", 2);
      StageMemory together = sft(midSize(), PLENTY);
      assertThat(together.bytes("activations")).isEqualTo(2 * alone.bytes("activations"));
      assertThat(together.bytes("gradients of each thread"))
          .as("those of the head and of two matrices on their way to the sum")
          .isEqualTo(2L * 4 * (2000 * 256 + 2 * 256 * 768));
    } finally {
      Engine.configure("cpu", 1);
    }
  }

  @Test
  void aTrainingsPrecisionIsCounted() {
    StageMemory plan = sft(midSize(), PLENTY, "dtype=bfloat16");
    long matrices = new Footprint(midSize(), Set.of(Head.LANGUAGE), 4).blockMatrices();
    assertThat(plan.bytes("weights in bfloat16")).isEqualTo(2 * matrices);
    assertThat(sft(midSize(), PLENTY).bytes("weights in bfloat16")).isZero();
  }

  @Test
  void modelsThatAnswerInTurnAreNotAddedUp() {
    Path model = folder.resolve("model");
    sft(midSize(), PLENTY);
    String two = "models: {a: '" + model + "', b: '" + model + "'}";
    String more = ", judges: {gold: {clinic: gold}}, data: none}";
    StageMemory both =
        Pipeline.ofStage("winrate", Config.parse("{" + two + more, "x.yaml"))
            .memory(PLENTY, LOCAL)
            .get(0);
    long ofOne =
        both.items().stream()
            .filter(item -> item.phase().equals("answers of a"))
            .mapToLong(StageMemory.Item::bytes)
            .sum();
    assertThat(both.items())
        .extracting(StageMemory.Item::phase)
        .containsOnly("always", "answers of a", "answers of b");
    assertThat(both.peakBytes())
        .isEqualTo(both.bytes("process") + both.bytes("malloc's reserve") + ofOne);
  }

  @Test
  void aModelThatIsNotThereIsNamed() {
    var tree = Config.parse("{model: nowhere, data: none}", "x.yaml");
    assertThatThrownBy(() -> Pipeline.ofStage("sft", tree).memory(PLENTY, LOCAL))
        .hasMessageContaining("nowhere");
  }

  @Test
  void aPipelinesStagesBuildOnOneAnother() {
    var tree =
        Config.parse(
            """
            data: {format: clinic}
            scratch: {data: data, hidden_size: 64, intermediate_size: 96, vocabulary_size: 300}
            sft: {model: scratch, data: data}
            pairs: {model: sft, data: data}
            reward: {model: sft, data: pairs}
            ppo: {model: sft, data: data, score: {model: reward}}
            evaluate: {before: sft, after: ppo, data: data, score: {model: reward}}
            """,
            "x.yaml");
    List<StageMemory> stages = Pipeline.of(tree).memory(PLENTY, LOCAL);

    assertThat(stages).hasSize(7);
    assertThat(stages.get(5).bytes("kv cache")).isPositive();
    assertThat(stages.get(5).bytes("copy that samples"))
        .as("matrices of the blocks and the head, of the weights")
        .isBetween(stages.get(5).bytes("reference") / 2, stages.get(5).bytes("reference"));
    assertThat(stages.get(5).bytes("reward model reward")).isPositive();
    assertThat(stages.get(5).peakBytes()).isGreaterThan(stages.get(2).peakBytes());
  }
}
