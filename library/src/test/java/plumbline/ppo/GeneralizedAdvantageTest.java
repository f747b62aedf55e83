package plumbline.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import plumbline.GoldenFiles;
import plumbline.GradientCheck;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

class GeneralizedAdvantageTest {
  private static final int B = 4;
  private static final int T = 7;
  private final SplittableRandom random = new SplittableRandom(5);
  private final double[] values = GradientCheck.normal(random, B * T);
  private final double[] rewards = GradientCheck.normal(random, B * T);

  /** Full, padded on the right, padded on the left, and with a gap. */
  private static final double[] MASK = {
    1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 0, 0, 0, 0,
    0, 0, 1, 1, 1, 1, 1,
    0, 1, 1, 0, 0, 1, 0
  };

  private static GeneralizedAdvantage of(double[] values, double[] rewards) {
    return GeneralizedAdvantage.of(tensor(values), tensor(rewards), tensor(MASK), 0.97, 0.9);
  }

  private static Tensor tensor(double[] x) {
    return Ops.doubles(x, B, T);
  }

  @Test
  void estimatesEqualANaiveLoopOverTheTokensThatTakePart() {
    double[] advantages = new double[B * T];
    double[] returns = new double[B * T];
    for (int b = 0; b < B; b++) {
      double nextValue = 0;
      double nextAdvantage = 0;
      for (int i = b * T + T - 1; i >= b * T; i--) {
        if (MASK[i] == 1) {
          double delta = rewards[i] + 0.97 * nextValue - values[i];
          advantages[i] = delta + 0.97 * 0.9 * nextAdvantage;
          returns[i] = advantages[i] + values[i];
          nextValue = values[i];
          nextAdvantage = advantages[i];
        }
      }
    }
    Scopes.run(
        () -> {
          GeneralizedAdvantage got = of(values, rewards);
          GoldenFiles.assertClose("A", Ops.toDoubles(got.advantages()), advantages, 1e-12);
          GoldenFiles.assertClose("R", Ops.toDoubles(got.returns()), returns, 1e-12);
        });
  }

  @Test
  void whatStandsOutsideTheResponseChangesNothing() {
    double[] otherValues = values.clone();
    double[] otherRewards = rewards.clone();
    for (int i = 0; i < B * T; i++) {
      if (MASK[i] == 0) {
        otherValues[i] = i % 2 == 0 ? Double.NaN : Double.POSITIVE_INFINITY;
        otherRewards[i] = i % 2 == 0 ? Double.NEGATIVE_INFINITY : Double.NaN;
      }
    }
    Scopes.run(
        () -> {
          GeneralizedAdvantage clean = of(values, rewards);
          GeneralizedAdvantage poisoned = of(otherValues, otherRewards);
          assertThat(Ops.toDoubles(poisoned.advantages()))
              .isEqualTo(Ops.toDoubles(clean.advantages()));
          assertThat(Ops.toDoubles(poisoned.returns())).isEqualTo(Ops.toDoubles(clean.returns()));
        });
  }

  @Test
  void paddingOnEitherSideChangesNothing() {
    double[] v = {0.5, -1, 2};
    double[] r = {0.1, 0.2, 1};
    Scopes.run(
        () -> {
          double[] bare = row(v, r, new double[] {1, 1, 1});
          double[] right =
              row(
                  new double[] {0.5, -1, 2, 9, 9},
                  new double[] {0.1, 0.2, 1, 9, 9},
                  new double[] {1, 1, 1, 0, 0});
          double[] left =
              row(
                  new double[] {9, 9, 0.5, -1, 2},
                  new double[] {9, 9, 0.1, 0.2, 1},
                  new double[] {0, 0, 1, 1, 1});
          assertThat(Arrays.copyOf(right, 3)).isEqualTo(bare);
          assertThat(Arrays.copyOfRange(left, 2, 5)).isEqualTo(bare);
        });
  }

  private static double[] row(double[] values, double[] rewards, double[] mask) {
    int width = values.length;
    return Ops.toDoubles(
        GeneralizedAdvantage.of(
                Ops.doubles(values, 1, width),
                Ops.doubles(rewards, 1, width),
                Ops.doubles(mask, 1, width),
                1,
                0.95)
            .advantages());
  }

  @Test
  void whitenedRewardsLeakFromPaddingOnlyInTheFormThatRecursThroughIt() {
    Scopes.run(
        () -> {
          Tensor mask = tensor(MASK);
          Tensor whitened = Ops.whitenKeepingMean(tensor(rewards), mask);
          GeneralizedAdvantage ours =
              GeneralizedAdvantage.of(tensor(values), whitened, mask, 1, 0.95);
          GeneralizedAdvantage theirs =
              GeneralizedAdvantage.throughPadding(
                  tensor(values), tensor(rewards), mask, 1, 0.95, true);
          double[] a = Ops.toDoubles(ours.advantages());
          double[] b = Ops.toDoubles(theirs.advantages());
          GoldenFiles.assertClose("full row", Arrays.copyOf(b, T), Arrays.copyOf(a, T), 1e-12);
          assertThat(Math.abs(a[T] - b[T])).as("row that ends early").isGreaterThan(1e-3);
        });
  }

  @Test
  void withLambdaAndGammaOneReturnsAreTheRewardsToCome() {
    Scopes.run(
        () -> {
          GeneralizedAdvantage got =
              GeneralizedAdvantage.of(
                  Ops.doubles(new double[] {5, -3, 2, 8}, 1, 4),
                  Ops.doubles(new double[] {1, 2, 4, 100}, 1, 4),
                  Ops.doubles(new double[] {1, 1, 1, 0}, 1, 4),
                  1,
                  1);
          assertThat(Ops.toDoubles(got.returns())).containsExactly(7, 6, 4, 0);
        });
  }

  @Test
  void noGradientFlowsIntoTheEstimates() {
    Scopes.run(
        () -> {
          Tensor leaf = GradientCheck.leaf(tensor(values));
          GeneralizedAdvantage got =
              GeneralizedAdvantage.of(leaf, tensor(rewards), tensor(MASK), 1, 0.95);
          assertThat(got.advantages().requires_grad()).isFalse();
          assertThat(got.returns().requires_grad()).isFalse();
        });
  }

  @Test
  void shapesThatDoNotMatchAreNamed() {
    Scopes.run(
        () ->
            assertThatThrownBy(
                    () ->
                        GeneralizedAdvantage.of(
                            Ops.zeros(2, 3), Ops.zeros(2, 4), Ops.zeros(2, 3), 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("rewards has shape [2, 4] but values has [2, 3]"));
  }
}
