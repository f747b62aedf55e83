package plumbline.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import plumbline.GoldenFiles;
import plumbline.GradientCheck;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

class KlRewardsTest {
  private final SplittableRandom random = new SplittableRandom(8);

  @Test
  void estimatorsEqualTheirFormulas() {
    double[] logprobs = GradientCheck.normal(random, 12);
    double[] ref = GradientCheck.normal(random, 12);
    assertEstimator(KlPenalty.K1, logprobs, ref, d -> d);
    assertEstimator(KlPenalty.K2, logprobs, ref, d -> d * d / 2);
    assertEstimator(KlPenalty.K3, logprobs, ref, d -> Math.exp(-d) - 1 + d);
    assertEstimator(KlPenalty.ABS, logprobs, ref, Math::abs);
  }

  private static void assertEstimator(
      KlPenalty penalty, double[] logprobs, double[] ref, DoubleUnaryOperator formula) {
    double[] wanted = new double[12];
    java.util.Arrays.setAll(wanted, i -> formula.applyAsDouble(logprobs[i] - ref[i]));
    Scopes.run(
        () -> {
          Tensor got = penalty.of(Ops.doubles(logprobs, 3, 4), Ops.doubles(ref, 3, 4));
          GoldenFiles.assertClose(penalty.name(), Ops.toDoubles(got), wanted, 1e-12);
        });
  }

  @Test
  void overTheVocabularyK1AndK3AverageToTheFullDivergence() {
    double[] p = {0.5, 0.3, 0.2};
    double[] q = {0.2, 0.2, 0.6};
    double wanted = 0;
    for (int v = 0; v < 3; v++) {
      wanted += p[v] * Math.log(p[v] / q[v]);
    }
    double divergence = wanted;
    Scopes.run(
        () -> {
          Tensor weights = Ops.doubles(p, 1, 1, 3);
          Tensor logp = weights.log();
          Tensor logq = Ops.doubles(q, 1, 1, 3).log();
          double full = KlPenalty.FULL.of(logp, logq).item_double();
          double k1 = KlPenalty.K1.of(logp, logq).mul(weights).sum().item_double();
          double k3 = KlPenalty.K3.of(logp, logq).mul(weights).sum().item_double();
          GoldenFiles.assertClose("full", full, divergence, 1e-12);
          GoldenFiles.assertClose("k1", k1, divergence, 1e-12);
          GoldenFiles.assertClose("k3", k3, divergence, 1e-12);
        });
  }

  @Test
  void aTokenOfProbabilityZeroAddsNothingToTheFullDivergence() {
    double none = Double.NEGATIVE_INFINITY;
    Scopes.run(
        () -> {
          Tensor logp = Ops.doubles(new double[] {0, none, none}, 1, 1, 3);
          Tensor logq = Ops.doubles(new double[] {Math.log(0.5), Math.log(0.5), none}, 1, 1, 3);
          double got = KlPenalty.FULL.of(logp, logq).item_double();
          GoldenFiles.assertClose("full", got, Math.log(2), 1e-12);
        });
  }

  @Test
  void gradientsEqualFiniteDifferences() {
    double[] logprobs = GradientCheck.normal(random, 12);
    double[] ref = GradientCheck.normal(random, 12);
    Scopes.run(
        () -> {
          for (KlPenalty penalty : KlPenalty.values()) {
            Tensor reference = Ops.doubles(ref, 2, 3, 2);
            GradientCheck.assertMatchesDifferences(
                x -> penalty.of(x, reference).sum(), logprobs, 2, 3, 2);
          }
        });
  }

  @Test
  void aSmallK3KeepsItsDigits() {
    Scopes.run(
        () -> {
          Tensor logp = Ops.floats(new float[] {-0.0001f}, 1, 1);
          double k3 = KlPenalty.K3.of(logp, Ops.zeros(1, 1)).item_double();
          // the exact value is d^2 / 2; float32 leaves (expm1(-d) + d) a relative 1e-3 of it
          assertThat(k3).isBetween(4.9e-9, 5.1e-9);
        });
  }

  @Test
  void theScoreLandsOnTheLastTokenThatTakesPart() {
    double nan = Double.NaN;
    Scopes.run(
        () -> {
          Tensor kl = Ops.doubles(new double[] {1, 2, 3, nan, nan, nan, 1, 1}, 2, 4);
          Tensor mask = Ops.doubles(new double[] {1, 1, 1, 0, 0, 0, 1, 1}, 2, 4);
          Tensor scores = Ops.doubles(new double[] {10, 20}, 2);
          double[] rewards = Ops.toDoubles(TokenRewards.of(scores, kl, mask, 0.5));
          assertThat(rewards).containsExactly(-0.5, -1, 8.5, 0, 0, 0, -0.5, 19.5);
        });
  }

  @Test
  void aRowWithoutATokenForItsScoreIsAnError() {
    Scopes.run(
        () -> {
          Tensor mask = Ops.floats(new float[] {1, 0, 0, 0}, 2, 2);
          assertThatThrownBy(() -> TokenRewards.of(Ops.zeros(2), Ops.zeros(2, 2), mask, 1))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessageContaining("row 1");
        });
  }

  @Test
  void asManyScoresAsRowsAreWanted() {
    Scopes.run(
        () -> {
          Tensor mask = Ops.floats(new float[] {1, 1, 1, 1}, 2, 2);
          assertThatThrownBy(() -> TokenRewards.of(Ops.zeros(3), Ops.zeros(2, 2), mask, 1))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessageContaining("[3]")
              .hasMessageContaining("2 rows");
        });
  }
}
