package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.hub.HubProgress;
import plumbline.hub.ModelFinder;
import plumbline.model.AdapterFolder;
import plumbline.model.Family;
import plumbline.model.Head;
import plumbline.model.Lora;
import plumbline.model.ModelFolder;
import plumbline.model.SharedBases;
import plumbline.model.TinyFamilies;
import plumbline.model.TokenBatch;
import plumbline.model.Transformer;
import plumbline.model.WeightFormat;
import plumbline.sft.SftConfig;
import plumbline.tensor.Scopes;
import plumbline.train.AdamW;

/** The plan of adapters and of weights in few bits against what loaded models have. */
class LoraPlanTest {
  private static final long PLENTY = 1L << 50;
  private static final Set<Head> LANGUAGE = EnumSet.of(Head.LANGUAGE);
  private static final ModelFinder LOCAL =
      ModelFinder.of(Map.of("HF_HUB_OFFLINE", "1"), HubProgress.silent());

  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void save() {
    model = folder.resolve("base");
    try (Transformer random = Transformer.random(MemoryPlanTest.midSize(), LANGUAGE, 1)) {
      ModelFolder.save(random, model);
    }
  }

  private ConfigTree tree(String more, String... settings) {
    ConfigTree tree = Config.parse("{model: '" + model + "', data: none" + more + "}", "x.yaml");
    for (String setting : settings) {
      tree = tree.with(setting);
    }
    return tree;
  }

  private StageMemory plan(String method, long available, ConfigTree tree) {
    return Pipeline.ofStage(method, tree).memory(available, LOCAL).get(0);
  }

  private static String setting(WeightFormat format) {
    return "weights=" + format.name().toLowerCase(java.util.Locale.ROOT);
  }

  @ParameterizedTest
  @EnumSource
  void weightsOfEveryFormatAreExactToTheByte(WeightFormat format) {
    for (Family family : new Family[] {Family.LLAMA, Family.GPT2, Family.GPT_NEOX}) {
      model = folder.resolve(family.name());
      try (Transformer random = Transformer.random(TinyFamilies.config(family), LANGUAGE, 1)) {
        ModelFolder.save(random, model);
      }
      StageMemory plan = plan("sft", PLENTY, tree(", lora: {}", setting(format)));
      try (Transformer loaded = ModelFolder.load(model, Optional.of(format))) {
        assertThat(plan.bytes("weights")).as("%s", family).isEqualTo(loaded.weights().bytes());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "sft, '{r: 4}', INT8",
    "sft, '{use_dora: true, target_modules: [q_proj, v_proj]}', NF4",
    "sft, '{rank_pattern: {down_proj: 2}, modules_to_save: [embed_tokens, k_proj]}', INT4",
    "reward, '{r: 3, bias: all}', BFLOAT16",
    "reward, '{use_dora: true}', INT8"
  })
  void adapterGradientsAndOptimizerAreExactToTheByte(
      String method, String lora, WeightFormat format) {
    StageMemory plan = plan(method, PLENTY, tree(", lora: " + lora, setting(format)));
    Set<Head> heads = method.equals("sft") ? LANGUAGE : EnumSet.of(Head.SCORE);
    Lora form = tree(", lora: " + lora).bind(SftConfig.class).lora().orElseThrow().lora();
    try (Transformer base = ModelFolder.load(model, Optional.of(format));
        Transformer adapted = base.withAdapter(form, heads, 1)) {
      adapted.weights().setTrainable(name -> true);
      Scopes.run(
          () -> {
            TokenBatch batch = TokenBatch.of(new int[] {1, 2, 3});
            Tensor result =
                method.equals("sft")
                    ? adapted.logits(adapted.hidden(batch))
                    : adapted.scores(batch);
            result.sum().backward();
          });
      try (AdamW optimizer = new AdamW(adapted.weights().trainable(), 0.9, 0.95, 1e-8, 0)) {
        assertThat(plan.bytes("weights")).isEqualTo(base.weights().bytes());
        assertThat(plan.bytes("adapter")).isEqualTo(bytes(adapted.weights().own().values()));
        Scopes.run(
            () -> {
              var gradients =
                  adapted.weights().trainable().values().stream().map(Tensor::grad).toList();
              assertThat(plan.bytes("gradients")).isEqualTo(bytes(gradients));
              Map<String, Tensor> state = new java.util.TreeMap<>(optimizer.state());
              state.remove("step");
              assertThat(plan.bytes("optimizer")).isEqualTo(bytes(state.values()));
            });
      }
    }
  }

  private static long bytes(Iterable<Tensor> tensors) {
    long sum = 0;
    for (Tensor tensor : tensors) {
      sum += tensor.nbytes();
    }
    return sum;
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "INT8"})
  void policyReferenceCriticAndRewardModelStandOnOneBase(WeightFormat format) {
    Path reward = folder.resolve("reward");
    Lora form = tree(", lora: {}").bind(SftConfig.class).lora().orElseThrow().lora();
    long adapter;
    try (Transformer base = ModelFolder.load(model);
        Transformer scorer = base.withAdapter(form, EnumSet.of(Head.SCORE), 1)) {
      adapter = bytes(scorer.weights().own().values());
      AdapterFolder.save(scorer, scorer.heads(), model.toString(), reward);
    }
    String leaf = "score: {model: '" + reward + "', " + setting(format).replace("=", ": ") + "}";
    StageMemory plan = plan("ppo", PLENTY, tree(", lora: {}, " + leaf, setting(format)));

    try (SharedBases bases = new SharedBases();
        Transformer policy = bases.merged(model, Optional.of(format));
        Transformer scorer = bases.load(reward, Optional.of(format))) {
      assertThat(plan.bytes("weights")).isEqualTo(policy.weights().bytes());
      assertThat(scorer.weights().get("model.norm.weight").data_ptr())
          .isEqualTo(policy.weights().get("model.norm.weight").data_ptr());
    }
    assertThat(plan.bytes("reward model " + reward)).isEqualTo(adapter);
    assertThat(plan.items())
        .extracting(StageMemory.Item::name)
        .contains("adapter", "critic's adapter", "critic's gradients")
        .doesNotContain("reference", "critic's start model", "base of reward model " + reward);
    StageMemory apart = plan("ppo", PLENTY, tree(", lora: {}, " + leaf, setting(WeightFormat.NF4)));
    assertThat(apart.bytes("base of reward model " + reward)).isEqualTo(plan.bytes("weights"));
  }

  @Test
  void inRoundsTheModelBelowTheAdapterIsTheReference() {
    String more = ", score: {gold: clinic}, lengths: {max_response_tokens: 64}";
    StageMemory full = plan("online_dpo", PLENTY, tree(more));
    assertThat(full.bytes("reference")).isEqualTo(full.bytes("weights"));
    StageMemory adapted = plan("online_dpo", PLENTY, tree(more + ", lora: {}, weights: int8"));
    assertThat(adapted.bytes("weights")).isBetween(1L, full.bytes("weights") / 2);
    assertThat(adapted.items())
        .extracting(StageMemory.Item::name)
        .contains("adapter", "adapter's activations")
        .doesNotContain("reference");
    StageMemory mixed = plan("online_dpo", PLENTY, tree(more + ", opponent: mixture"));
    assertThat(mixed.bytes("mixture's kv cache")).isEqualTo(mixed.bytes("kv cache")).isPositive();
    // What is advised has its keys.
    String advice = plan("online_dpo", full.peakBytes() / 2, tree(more)).advice().orElseThrow();
    assertThat(advice).contains("lora: {}");
  }

  @Test
  void fullTrainingOfTheCriticReadsTheStartOnce() {
    StageMemory plan = plan("ppo", PLENTY, tree(", score: {gold: clinic}"));
    assertThat(plan.bytes("reference")).isEqualTo(plan.bytes("weights"));
    assertThat(plan.bytes("critic's start model")).isZero();
    assertThat(plan.bytes("critic's gradients")).isEqualTo(plan.bytes("critic's weights"));
  }

  @Test
  void anAdapterIsAdvisedOnlyWhenFewerRowsAreNotEnoughAndEightBitsOnlyAfterIt() {
    String[] small = {"rows_per_micro_batch=1", "activation_checkpointing=true"};
    long full = plan("sft", PLENTY, tree("", small)).peakBytes();
    long adapter = plan("sft", PLENTY, tree(", lora: {}", small)).peakBytes();
    long rounded = plan("sft", PLENTY, tree(", lora: {}, weights: int8", small)).peakBytes();
    assertThat(rounded).isLessThan(adapter);
    assertThat(adapter).isLessThan(full);

    String fewer = plan("sft", full, tree("")).advice().orElseThrow();
    assertThat(fewer).contains("activation_checkpointing: true").doesNotContain("lora");
    String lora = plan("sft", full - 1, tree("")).advice().orElseThrow();
    assertThat(lora).startsWith("set ").contains("lora: {}").doesNotContain("int8");
    String bits = plan("sft", adapter - 1, tree("")).advice().orElseThrow();
    assertThat(bits).startsWith("set ").contains("lora: {}", "weights: int8");
    String already = plan("sft", adapter - 1, tree(", lora: {}")).advice().orElseThrow();
    assertThat(already).contains("weights: int8").doesNotContain("lora");
    String hopeless =
        plan("sft", 1, tree(", lora: {}, weights: nf4", small)).advice().orElseThrow();
    assertThat(hopeless).startsWith("it needs").doesNotContain("lora", "int8");
  }

  @Test
  void anAdvisedEvaluationFits() {
    ConfigTree tree =
        Config.parse(
            "{before: '%s', after: '%s', data: none, score: {gold: clinic}}"
                .formatted(model, model),
            "x.yaml");
    long peak = plan("evaluate", PLENTY, tree).peakBytes();
    assertThat(plan("evaluate", peak - 1, tree).advice())
        .hasValueSatisfying(words -> assertThat(words).contains("weights: int8"));
    assertThat(plan("evaluate", 1, tree).advice()).isEmpty();
  }
}
