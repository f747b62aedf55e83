package plumbline.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import plumbline.GoldenFiles;
import plumbline.NativeMemory;
import plumbline.TinyModels;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

class TransformerTest {
  private static final int[] ROW = {3, 17, 5, 5, 0, 41, 9};

  private static ModelConfig config(int layers, boolean biases, boolean tied) {
    return LlamaConfig.of(
        50,
        12,
        20,
        layers,
        4,
        2,
        6,
        16,
        1e-5,
        100,
        new RotaryScaling.None(),
        tied,
        biases,
        biases,
        OptionalInt.empty(),
        OptionalInt.of(2),
        OptionalInt.of(0));
  }

  /** Weights large enough that every part of the model shows in the result; biases not zero. */
  private static Transformer decoder(ModelConfig config, ScalarType type, Head... heads) {
    EnumSet<Head> wanted = EnumSet.noneOf(Head.class);
    wanted.addAll(Arrays.asList(heads));
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    try (Transformer random = Transformer.random(config, wanted, 5)) {
      random
          .weights()
          .all()
          .forEach(
              (name, tensor) -> {
                long[] shape = Ops.shape(tensor);
                try (Tensor spread = Parameters.normal(name, 9, 0.3, shape)) {
                  tensors.put(
                      name, Scopes.call(() -> Scopes.keep(tensor.to(type).add(spread.to(type)))));
                }
              });
    }
    return new Transformer(config, wanted, new Parameters(tensors));
  }

  private static double[] logits(Transformer decoder, int... row) {
    return noGrad(() -> Ops.toDoubles(decoder.logits(decoder.hidden(TokenBatch.of(row)))));
  }

  private static <T> T noGrad(Supplier<T> body) {
    return Scopes.noGrad(() -> Scopes.call(body));
  }

  @Test
  void logitsEqualANaiveForwardInDoublePrecision() {
    for (boolean biases : new boolean[] {false, true}) {
      for (boolean tied : new boolean[] {false, true}) {
        ModelConfig config = config(1, biases, tied);
        try (Transformer decoder = decoder(config, ScalarType.Float, Head.LANGUAGE)) {
          double[] wanted = NaiveLlama.logits(config, decoder.weights(), ROW);
          GoldenFiles.assertClose("logits", logits(decoder, ROW), wanted, 1e-5);
          assertThat(Arrays.stream(wanted).map(Math::abs).max().orElse(0)).isGreaterThan(1);
        }
      }
    }
  }

  @Test
  void moreLayersEqualTheNaiveForwardToo() {
    ModelConfig config = config(3, true, false);
    try (Transformer decoder = decoder(config, ScalarType.Double, Head.LANGUAGE)) {
      // The rotary tables are float32, as in the models' own training.
      GoldenFiles.assertClose(
          "logits", logits(decoder, ROW), NaiveLlama.logits(config, decoder.weights(), ROW), 1e-5);
    }
  }

  @Test
  void gradientsOfEveryWeightEqualFiniteDifferences() {
    try (Transformer decoder =
        decoder(config(2, true, false), ScalarType.Double, Head.LANGUAGE, Head.VALUE)) {
      decoder.weights().setTrainable(name -> true);
      Scopes.run(() -> toyLoss(decoder).backward());
      SplittableRandom random = new SplittableRandom(4);
      for (Map.Entry<String, Tensor> weight : decoder.weights().all().entrySet()) {
        double[] gradient = Scopes.call(() -> Ops.toDoubles(weight.getValue().grad()));
        assertThat(Arrays.stream(gradient).map(Math::abs).max().orElse(0))
            .as("largest gradient of " + weight.getKey())
            .isGreaterThan(1e-6);
        for (int check = 0; check < 3; check++) {
          int i = random.nextInt(gradient.length);
          double difference = difference(decoder, weight.getValue(), i, 1e-5);
          GoldenFiles.assertClose(weight.getKey() + "[" + i + "]", gradient[i], difference, 1e-7);
        }
      }
    }
  }

  private static Tensor toyLoss(Transformer decoder) {
    Tensor hidden = decoder.hidden(TokenBatch.of(ROW, new int[] {7, 8}));
    Tensor logp = decoder.logits(hidden).log_softmax(-1);
    return logp.select(2, 7).sum().add(decoder.values(hidden).square().sum());
  }

  private static double difference(Transformer decoder, Tensor weight, int i, double step) {
    double up = lossAfter(decoder, weight, i, step);
    double down = lossAfter(decoder, weight, i, -2 * step);
    lossAfter(decoder, weight, i, step);
    return (up - down) / (2 * step);
  }

  private static double lossAfter(Transformer decoder, Tensor weight, int i, double move) {
    return noGrad(
        () -> {
          weight.view(-1).narrow(0, i, 1).add_(new Scalar(move));
          return toyLoss(decoder).item_double();
        });
  }

  @Test
  void laterTokensNeverChangeEarlierLogits() {
    try (Transformer decoder = decoder(config(2, false, false), ScalarType.Float, Head.LANGUAGE)) {
      double[] whole = logits(decoder, ROW);
      int[] changed = ROW.clone();
      changed[4] = 33;
      changed[6] = 1;
      double[] other = logits(decoder, changed);
      int shared = 4 * 50;
      assertThat(Arrays.copyOf(other, shared)).containsExactly(Arrays.copyOf(whole, shared));
      assertThat(Arrays.copyOfRange(other, shared, shared + 50))
          .isNotEqualTo(Arrays.copyOfRange(whole, shared, shared + 50));
      GoldenFiles.assertClose(
          "logits of the prefix",
          logits(decoder, Arrays.copyOf(ROW, 4)),
          Arrays.copyOf(whole, shared),
          1e-5);
    }
  }

  @Test
  void aRowsScoreDependsOnNoOtherRow() {
    try (Transformer decoder = decoder(config(2, false, false), ScalarType.Float, Head.SCORE)) {
      double[] alone = scores(decoder, ROW);
      double[] among = scores(decoder, new int[] {1}, ROW, new int[] {1, 2, 3, 4, 5, 6, 7, 8, 9});
      GoldenFiles.assertClose("score", among[1], alone[0], 1e-5);
      assertThat(among[0]).isNotEqualTo(among[1]);
    }
  }

  private static double[] scores(Transformer decoder, int[]... rows) {
    return noGrad(() -> Ops.toDoubles(decoder.scores(TokenBatch.of(rows))));
  }

  @Test
  void withHeadsKeepsTheTrunkAndLeavesTheOriginal() {
    ModelConfig config = config(2, false, false);
    try (Transformer decoder = decoder(config, ScalarType.Float, Head.LANGUAGE);
        Transformer critic = decoder.withHeads(EnumSet.of(Head.VALUE), 1);
        Transformer both = critic.withHeads(EnumSet.of(Head.LANGUAGE, Head.VALUE), 2)) {
      assertThat(critic.heads()).containsExactly(Head.VALUE);
      assertThat(critic.weights().contains("lm_head.weight")).isFalse();
      assertThat(decoder.heads()).containsExactly(Head.LANGUAGE);
      assertThat(decoder.weights().contains("v_head.summary.weight")).isFalse();
      Scopes.run(
          () -> {
            for (String name : config.shapes().keySet()) {
              float[] wanted = Ops.toFloats(decoder.weights().get(name));
              assertThat(Ops.toFloats(critic.weights().get(name))).containsExactly(wanted);
              assertThat(Ops.toFloats(both.weights().get(name))).containsExactly(wanted);
            }
            assertThat(Ops.toFloats(critic.weights().get("v_head.summary.weight")))
                .containsOnly(0f);
            assertThat(Ops.toFloats(both.weights().get("lm_head.weight"))).doesNotContain(0f);
          });
      double before = logits(decoder, ROW)[0];
      Scopes.noGrad(
          () -> Scopes.run(() -> critic.weights().get("model.norm.weight").add_(new Scalar(1.0))));
      assertThat(logits(decoder, ROW)[0]).isEqualTo(before);
    }
  }

  @Test
  void weightsDependOnTheirSeedAndNameOnly() {
    ModelConfig config = config(2, false, false);
    try (Transformer one = Transformer.random(config, EnumSet.of(Head.LANGUAGE), 1);
        Transformer same = Transformer.random(config, EnumSet.of(Head.LANGUAGE, Head.SCORE), 1);
        Transformer other = Transformer.random(config, EnumSet.of(Head.LANGUAGE), 2)) {
      Scopes.run(
          () -> {
            float[] weights = Ops.toFloats(one.weights().get("lm_head.weight"));
            assertThat(Ops.toFloats(same.weights().get("lm_head.weight"))).containsExactly(weights);
            assertThat(Ops.toFloats(other.weights().get("lm_head.weight"))).isNotEqualTo(weights);
          });
    }
  }

  @Test
  void aMissingHeadAndARowTooLongAreNamed() {
    try (Transformer decoder = decoder(config(1, false, false), ScalarType.Float, Head.LANGUAGE)) {
      Scopes.run(
          () -> {
            assertThatThrownBy(() -> decoder.values(Ops.zeros(1, 1, 12)))
                .hasMessage("the model has no VALUE head, it has [LANGUAGE]");
            assertThatThrownBy(() -> decoder.hidden(TokenBatch.of(new int[17])))
                .hasMessage("a row has 17 tokens, the model's context is 16");
          });
    }
  }

  @Test
  void makingCopyingAndClosingLeavesNothing() {
    Runnable lifeAndDeath =
        () -> {
          try (Transformer decoder =
                  decoder(config(2, true, false), ScalarType.Float, Head.LANGUAGE);
              Transformer copy = decoder.copy();
              Transformer critic = copy.withHeads(EnumSet.of(Head.VALUE), 1)) {
            assertThat(critic.weights().count()).isPositive();
          }
        };
    lifeAndDeath.run();
    NativeMemory.assertNoneLeftBy(lifeAndDeath);
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void statesOfSomeTokensAreThoseOfAllWithTheSameGradients(Family family) {
    TokenBatch batch = TokenBatch.of(new int[] {4, 9, 2, 7}, new int[] {11, 3}, new int[] {8});
    long[] tokens = {1, 3, 5, 8};
    ModelConfig config = TinyFamilies.config(family);
    try (Transformer model = decoder(config, ScalarType.Double)) {
      model.weights().setTrainable(name -> true);
      List<Map<String, double[]>> gradients = new ArrayList<>();
      List<double[]> states = new ArrayList<>();
      for (boolean some : new boolean[] {false, true}) {
        Scopes.run(
            () -> {
              Tensor wanted = Ops.longs(tokens, tokens.length);
              Tensor found =
                  some
                      ? model.hiddenAt(batch, wanted)
                      : model
                          .hidden(batch)
                          .reshape(-1, config.hiddenSize())
                          .index_select(0, wanted);
              states.add(Ops.toDoubles(found));
              found.pow(new Scalar(3)).sum().backward();
            });
        gradients.add(TinyModels.takeGradients(model));
      }
      GoldenFiles.assertClose(family + ": states", states.get(1), states.get(0), 1e-12);
      gradients
          .get(1)
          .forEach(
              (name, got) -> GoldenFiles.assertClose(name, got, gradients.get(0).get(name), 1e-9));
      assertThat(gradients.get(1).values()).anySatisfy(got -> assertThat(got).isNotEmpty());
    }
  }
}
