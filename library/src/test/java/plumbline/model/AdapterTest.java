package plumbline.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import plumbline.GradientCheck;
import plumbline.InputException;
import plumbline.NativeMemory;
import plumbline.TinyModels;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

class AdapterTest {
  private static final Set<Head> LANGUAGE = EnumSet.of(Head.LANGUAGE);
  static final Lora FORM = Lora.of(3, 6, LoraTargets.allLinear());
  private static final TokenBatch ROWS =
      TokenBatch.of(new int[] {3, 17, 5, 5, 0, 41}, new int[] {9, 2, 8});

  /** Two blocks with biases, and weights that show in the result. */
  private static Transformer base() {
    ModelConfig config =
        LlamaConfig.of(
            50,
            12,
            20,
            2,
            4,
            2,
            6,
            16,
            1e-5,
            100,
            new RotaryScaling.None(),
            true,
            true,
            true,
            OptionalInt.empty(),
            OptionalInt.of(2),
            OptionalInt.of(0));
    Transformer base = Transformer.random(config, LANGUAGE, 5);
    TinyModels.sharpen(base, 10);
    disturb(base, 3);
    return base;
  }

  /** An adapter that has learned something: nothing of it is 0. */
  private static Transformer trained(Transformer base, Lora form, Set<Head> heads, long seed) {
    Transformer adapted = base.withAdapter(form, heads, seed);
    disturb(adapted, seed);
    return adapted;
  }

  private static void disturb(Transformer model, long seed) {
    Scopes.noGrad(
        () ->
            model
                .weights()
                .own()
                .forEach(
                    (name, weight) -> {
                      try (Tensor noise = Parameters.normal(name, seed, 0.1, Ops.shape(weight))) {
                        weight.add_(noise);
                      }
                    }));
  }

  private static float[] logits(Transformer model) {
    return Scopes.noGrad(() -> Scopes.call(() -> Ops.toFloats(model.logits(model.hidden(ROWS)))));
  }

  private static void assertClose(float[] found, float[] wanted, double tolerance) {
    assertThat(found).hasSameSizeAs(wanted);
    float largest = 0;
    for (int i = 0; i < found.length; i++) {
      assertThat((double) found[i]).isCloseTo(wanted[i], within(tolerance));
      largest = Math.max(largest, Math.abs(wanted[i]));
    }
    assertThat(largest).isGreaterThan(0.1f);
  }

  private static Lora dora() {
    return FORM.withDora();
  }

  @Test
  void aNewAdapterChangesNothing() {
    try (Transformer base = base();
        Transformer adapted = base.withAdapter(FORM, LANGUAGE, 1);
        Transformer decomposed = base.withAdapter(dora(), LANGUAGE, 1)) {
      assertThat(logits(adapted)).isEqualTo(logits(base));
      assertClose(logits(decomposed), logits(base), 1e-5);
      assertThat(adapted.adapter().orElseThrow().modules()).hasSize(14);
      assertThat(adapted.weights().own()).hasSize(28);
    }
  }

  @Test
  void withTheAdapterOffTheBaseIsExactlyAsItWas() {
    try (Transformer base = base()) {
      float[] before = logits(base);
      try (Transformer adapted = trained(base, FORM, LANGUAGE, 1)) {
        assertThat(logits(adapted)).isNotEqualTo(before);
        assertThat(logits(base)).isEqualTo(before);
      }
      assertThat(logits(base)).isEqualTo(before);
    }
  }

  @Test
  void oneSeedGivesOneAdapter() {
    try (Transformer base = base();
        Transformer one = base.withAdapter(FORM, LANGUAGE, 7);
        Transformer same = base.withAdapter(FORM, LANGUAGE, 7);
        Transformer other = base.withAdapter(FORM, LANGUAGE, 8)) {
      String name = "model.layers.0.mlp.down_proj.lora_A.weight";
      float[] a = Scopes.call(() -> Ops.toFloats(one.weights().get(name)));
      assertThat(a)
          .isEqualTo(Scopes.call(() -> Ops.toFloats(same.weights().get(name))))
          .isNotEqualTo(Scopes.call(() -> Ops.toFloats(other.weights().get(name))));
      double bound = 1 / Math.sqrt(20);
      for (float value : a) {
        assertThat(Math.abs(value)).isLessThanOrEqualTo((float) bound);
      }
    }
  }

  @Test
  void gradientsReachTheAdapterAndSavedModulesOnly() {
    Lora form = FORM.withModulesToSave("embed_tokens").withBias(Lora.Bias.LORA_ONLY);
    try (Transformer base = base();
        Transformer adapted = trained(base, form, EnumSet.of(Head.SCORE), 1)) {
      adapted.weights().setTrainable(name -> true);
      Scopes.run(() -> adapted.scores(ROWS).sum().backward());
      Set<String> kinds =
          adapted.weights().trainable().keySet().stream()
              .map(name -> name.replaceFirst(".*\\.\\d+\\..*\\.(lora_.|bias).*", "$1"))
              .collect(Collectors.toSet());
      assertThat(kinds)
          .containsExactlyInAnyOrder(
              "lora_A", "lora_B", "bias", "model.embed_tokens.weight", "score.weight");
      adapted
          .weights()
          .trainable()
          .forEach((name, weight) -> assertThat(weight.grad().defined()).as(name).isTrue());
      base.weights()
          .all()
          .forEach((name, weight) -> assertThat(weight.grad().defined()).as(name).isFalse());
    }
  }

  @Test
  void threeAdaptersStandOnOneCopyOfTheWeights() {
    try (Transformer base = base();
        Transformer policy = trained(base, FORM, LANGUAGE, 1);
        Transformer critic = trained(base, dora(), EnumSet.of(Head.VALUE), 2);
        Transformer reward = trained(base, FORM, EnumSet.of(Head.SCORE), 3)) {
      float[] alone = logits(policy);
      for (Transformer model : List.of(policy, critic, reward)) {
        base.weights()
            .all()
            .forEach(
                (name, weight) ->
                    assertThat(model.weights().get(name).data_ptr())
                        .as(name)
                        .isEqualTo(weight.data_ptr()));
      }
      Scopes.run(
          () -> {
            assertThat(Ops.toFloats(reward.scores(ROWS))).hasSize(2);
            assertThat(Ops.toFloats(critic.values(critic.hidden(ROWS)))).hasSize(12);
          });
      assertThat(logits(policy)).isEqualTo(alone);
    }
  }

  @Test
  void theBaseLivesAsLongAsItsLastUser() {
    Transformer base = base();
    Transformer adapted = trained(base, FORM, LANGUAGE, 1);
    float[] before = logits(adapted);
    base.close();
    assertThat(logits(adapted)).isEqualTo(before);
    adapted.close();
  }

  @Test
  void mergingKeepsTheOutputsAndUnmergingGivesTheBaseBack() {
    for (Lora form : List.of(FORM, dora())) {
      Transformer base = base();
      Map<String, float[]> before = TinyModels.values(base);
      try (Transformer adapted = trained(base, form, LANGUAGE, 1)) {
        assertThatThrownBy(() -> adapted.adapter().orElseThrow().merge())
            .hasMessageContaining("another model shares the weights");
        base.close();
        float[] wanted = logits(adapted);
        Adapter adapter = adapted.adapter().orElseThrow();
        adapter.merge();
        assertThat(adapter.isMerged()).isTrue();
        assertClose(logits(adapted), wanted, 1e-5);
        adapter.unmerge();
        before.forEach(
            (name, values) ->
                assertClose(
                    Scopes.call(() -> Ops.toFloats(adapted.weights().get(name))), values, 1e-5));
        assertClose(logits(adapted), wanted, 1e-5);
      }
    }
  }

  @Test
  void aMergedModelComputesTheSameWithoutAdapter() {
    Lora form = dora().withModulesToSave("embed_tokens").withBias(Lora.Bias.ALL);
    try (Transformer base = base()) {
      Map<String, float[]> before = TinyModels.values(base);
      Transformer adapted = trained(base, form, LANGUAGE, 1);
      float[] wanted = logits(adapted);
      try (Transformer merged = adapted.intoMerged()) {
        assertThat(merged.adapter()).isEmpty();
        assertThat(merged.weights().all().keySet()).isEqualTo(base.weights().all().keySet());
        assertClose(logits(merged), wanted, 1e-5);
      }
      TinyModels.assertSameValues(TinyModels.values(base), before, 0);
    }
  }

  @Test
  void aSecondAdapterStandsOnAMergedOne() {
    Transformer first = trained(base(), FORM, LANGUAGE, 1);
    assertThatThrownBy(() -> first.withAdapter(FORM, LANGUAGE, 2))
        .hasMessageContaining("merge it first");
    float[] once = logits(first);
    try (Transformer merged = first.intoMerged();
        Transformer fresh = merged.withAdapter(dora(), LANGUAGE, 2);
        Transformer twice = trained(merged, FORM, LANGUAGE, 2)) {
      assertClose(logits(fresh), once, 1e-5);
      float[] wanted = logits(twice);
      assertThat(wanted).isNotEqualTo(once);
      try (Transformer whole = twice.copy().intoMerged()) {
        assertClose(logits(whole), wanted, 1e-5);
      }
    }
  }

  @Test
  void dropoutIsActiveInTrainingOnlyAndItsSeedDecidesIt() {
    for (Lora form : List.of(FORM.withDropout(0.5), dora().withDropout(0.5))) {
      try (Transformer base = base();
          Transformer adapted = trained(base, form, LANGUAGE, 1);
          Transformer without = trained(base, form.withDropout(0), LANGUAGE, 1)) {
        float[] plain = logits(adapted);
        assertThat(plain).isEqualTo(logits(without));
        float[] dropped = adapted.training(4, () -> logits(adapted));
        assertThat(dropped).isNotEqualTo(plain);
        assertThat(adapted.training(4, () -> logits(adapted))).isEqualTo(dropped);
        assertThat(adapted.training(5, () -> logits(adapted))).isNotEqualTo(dropped);
        assertThat(logits(adapted)).isEqualTo(plain);
        assertThat(without.training(4, () -> logits(without))).isEqualTo(plain);
      }
    }
  }

  @Test
  void dropoutKeepsTheMean() {
    Lora form = FORM.withDropout(0.25);
    try (Transformer base = base();
        Transformer adapted = trained(base, form, LANGUAGE, 1)) {
      Scopes.run(
          () -> {
            Tensor x = Ops.plus(Ops.zeros(2000, 12), 1);
            Tensor y = Ops.zeros(2000, 24);
            Adapter adapter = adapted.adapter().orElseThrow();
            String module = "model.layers.0.self_attn.q_proj";
            Tensor wanted = adapter.adapt(module, x, y.clone()).mean(0);
            Tensor found = adapter.training(1, () -> adapter.adapt(module, x, y.clone()).mean(0));
            double error = found.sub(wanted).abs().max().item_double();
            // 2000 rows of 12 inputs with variance 1/3 each: a few thousandths of chance.
            assertThat(error).isBetween(1e-6, 0.02);
          });
    }
  }

  @Test
  void gradientsOfAllPartsAreFiniteDifferencesWithTheNormHeld() {
    SplittableRandom random = new SplittableRandom(3);
    long[][] shapes = {{2, 4}, {5, 2}, {5}, {3, 4}};
    Scopes.run(
        () -> {
          Tensor weight = Ops.doubles(GradientCheck.normal(random, 20), 5, 4);
          Tensor a = Ops.doubles(GradientCheck.normal(random, 8), 2, 4);
          Tensor b = Ops.doubles(GradientCheck.normal(random, 10), 5, 2);
          Tensor magnitude = Ops.doubles(GradientCheck.normal(random, 5), 5);
          Tensor x = Ops.doubles(GradientCheck.normal(random, 12), 3, 4);
          Tensor norm = LoraLayer.rowNorm(weight, a, b, 1.5);
          Tensor[] parts = {a, b, magnitude, x};
          for (int i = 0; i < parts.length; i++) {
            int moved = i;
            GradientCheck.assertMatchesDifferences(
                value -> {
                  Tensor[] now = parts.clone();
                  now[moved] = value;
                  Tensor product = torch.linear(now[3], weight);
                  Tensor update = LoraLayer.update(now[3], now[0], now[1], 1.5);
                  Tensor y = product.add(LoraLayer.decomposed(product, update, now[2], norm));
                  return y.mul(y).sum();
                },
                Ops.toDoubles(parts[i]),
                shapes[i]);
          }
        });
  }

  @Test
  void aDecomposedLayerIsTheMagnitudeTimesTheDirection() {
    try (Transformer base = base();
        Transformer adapted = trained(base, dora(), LANGUAGE, 1)) {
      String module = "model.layers.1.mlp.up_proj";
      Scopes.run(
          () -> {
            Parameters weights = adapted.weights();
            double[] w = Ops.toDoubles(weights.get(module + ".weight"));
            double[] a = Ops.toDoubles(weights.get(module + Adapter.A));
            double[] b = Ops.toDoubles(weights.get(module + Adapter.B));
            double[] m = Ops.toDoubles(weights.get(module + Adapter.MAGNITUDE));
            double[] bias = Ops.toDoubles(weights.get(module + ".bias"));
            Tensor x = Ops.doubles(GradientCheck.normal(new SplittableRandom(1), 12), 1, 12);
            double[] input = Ops.toDoubles(x);
            Tensor single = x.to(torch.ScalarType.Float);
            Tensor plain =
                torch
                    .linear(single, weights.get(module + ".weight"))
                    .add(weights.get(module + ".bias"));
            float[] found =
                Ops.toFloats(adapted.adapter().orElseThrow().adapt(module, single, plain));
            for (int out = 0; out < 20; out++) {
              double[] row = new double[12];
              double square = 0;
              for (int in = 0; in < 12; in++) {
                row[in] = w[out * 12 + in];
                for (int r = 0; r < 3; r++) {
                  row[in] += 2 * b[out * 3 + r] * a[r * 12 + in];
                }
                square += row[in] * row[in];
              }
              double y = bias[out];
              for (int in = 0; in < 12; in++) {
                y += m[out] * row[in] / Math.sqrt(square) * input[in];
              }
              assertThat((double) found[out]).isCloseTo(y, within(1e-5));
            }
          });
    }
  }

  @Test
  void aTargetThatFitsNothingListsTheLayersThereAre() {
    try (Transformer base = base()) {
      refused(
          base,
          Lora.of(2, 4, LoraTargets.of("c_attn")),
          "target_modules 'c_attn' fits no linear layer of the model; its blocks have"
              + " mlp.down_proj, mlp.gate_proj, mlp.up_proj, self_attn.k_proj, self_attn.o_proj,"
              + " self_attn.q_proj, self_attn.v_proj");
      refused(
          base,
          FORM.withModulesToSave("score"),
          "modules_to_save 'score' is no module of the model; it has model.embed_tokens,"
              + " model.norm and the modules of its blocks");
      NativeMemory.assertNoneLeftBy(
          () -> refused(base, FORM.withModulesToSave("score"), "modules_to_save 'score'"));
    }
  }

  private static void refused(Transformer base, Lora form, String message) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> base.withAdapter(form, LANGUAGE, 1).close())
        .withMessageContaining(message);
  }

  @Test
  void nothingIsLeftBehind() {
    try (Transformer base = base()) {
      Runnable life =
          () -> {
            Lora form = dora().withDropout(0.1).withModulesToSave("embed_tokens");
            Transformer adapted = trained(base, form, EnumSet.of(Head.LANGUAGE, Head.VALUE), 1);
            adapted.weights().setTrainable(name -> true);
            for (int step = 0; step < 3; step++) {
              Scopes.run(
                  () ->
                      adapted.training(
                          1,
                          () -> {
                            Tensor hidden = adapted.hidden(ROWS);
                            Tensor sum = adapted.logits(hidden).sum();
                            sum.add(adapted.values(hidden).sum()).backward();
                            return 0;
                          }));
            }
            Scopes.run(
                () ->
                    adapted
                        .weights()
                        .trainable()
                        .values()
                        .forEach(weight -> weight.mutable_grad().reset()));
            try (Transformer copy = adapted.copy()) {
              copy.adapter().orElseThrow().merge();
              copy.adapter().orElseThrow().unmerge();
            }
            adapted.intoMerged().close();
          };
      life.run();
      NativeMemory.assertNoneLeftBy(life);
    }
  }

  @Test
  void otherRanksAndAlphasArePerLayer() {
    Lora form =
        new Lora(
            2,
            4,
            0,
            LoraTargets.of("q_proj", "v_proj"),
            new TreeMap<>(Map.of("v_proj", 5)),
            new TreeMap<>(Map.of(".*\\.1\\..*", 10.0)),
            true,
            false,
            List.of(),
            Lora.Bias.NONE,
            Lora.Init.GAUSSIAN);
    try (Transformer base = base();
        Transformer adapted = base.withAdapter(form, LANGUAGE, 1)) {
      Parameters weights = adapted.weights();
      String q = "model.layers.1.self_attn.q_proj";
      String v = "model.layers.1.self_attn.v_proj";
      assertThat(Ops.shape(weights.get(q + Adapter.A))).containsExactly(2, 12);
      assertThat(Ops.shape(weights.get(v + Adapter.B))).containsExactly(12, 5);
      assertThat(form.scaleOf(v)).isEqualTo(10 / Math.sqrt(5));
      assertThat(adapted.adapter().orElseThrow().modules()).hasSize(4);
      assertThat(weights.get(q + Adapter.B).abs().max().item_double()).isZero();
      weights.get(q + Adapter.B).mul_(new Scalar(1));
    }
  }
}
