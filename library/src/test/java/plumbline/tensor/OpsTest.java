package plumbline.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BinaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import plumbline.GoldenFiles;
import plumbline.GradientCheck;

class OpsTest {
  private static final int COUNT = 24;
  private final SplittableRandom random = new SplittableRandom(12);
  private final double[] x = GradientCheck.normal(random, COUNT);
  private final double[] mask = new double[COUNT];
  private final double[] poisoned = x.clone();

  OpsTest() {
    double[] poison = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
    for (int i = 0; i < COUNT; i++) {
      mask[i] = random.nextInt(3) == 0 ? 0 : 1;
      poisoned[i] = mask[i] == 0 ? poison[i % 3] : x[i];
    }
  }

  private Tensor mask() {
    return Ops.doubles(mask, 4, 6);
  }

  private Tensor x() {
    return Ops.doubles(poisoned, 4, 6);
  }

  // ---- from and to Java

  @Test
  void valuesComeBackAsTheyWentIn() {
    float[] floats = {1.5f, -0f, Float.NaN, Float.NEGATIVE_INFINITY, Float.MIN_VALUE, 3e38f};
    double[] doubles = {Math.PI, -0.0, Double.NaN, Double.POSITIVE_INFINITY, 1e-300, 2};
    long[] longs = {Long.MIN_VALUE, -1, 0, 1, (1L << 53) + 1, Long.MAX_VALUE};
    Scopes.run(
        () -> {
          assertThat(Ops.toFloats(Ops.floats(floats, 2, 3))).isEqualTo(floats);
          assertThat(Ops.toDoubles(Ops.doubles(doubles, 3, 2))).isEqualTo(doubles);
          assertThat(Ops.toLongs(Ops.longs(longs, 6))).isEqualTo(longs);
        });
  }

  @Test
  void aTensorDoesNotShareTheArrayItWasMadeFrom() {
    float[] values = {1, 2};
    Scopes.run(
        () -> {
          Tensor tensor = Ops.floats(values, 2);
          values[0] = 9;
          assertThat(Ops.toFloats(tensor)).containsExactly(1, 2);
        });
  }

  @Test
  void aTransposedTensorIsReadInItsOwnOrder() {
    Scopes.run(
        () -> {
          Tensor tensor = Ops.floats(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).t();
          assertThat(Ops.shape(tensor)).containsExactly(3, 2);
          assertThat(Ops.toFloats(tensor)).containsExactly(1, 4, 2, 5, 3, 6);
        });
  }

  @Test
  void otherTypesAreConvertedOnReading() {
    Scopes.run(
        () -> {
          Tensor half = Ops.floats(new float[] {1.5f, -2}, 2).to(ScalarType.BFloat16);
          assertThat(Ops.toFloats(half)).containsExactly(1.5f, -2);
          assertThat(Ops.toDoubles(Ops.longs(new long[] {3}, 1))).containsExactly(3);
          assertThat(Ops.toLongs(Ops.floats(new float[] {3.9f}, 1))).containsExactly(3);
        });
  }

  @Test
  void aTensorThatTakesPartInAGradientCanBeRead() {
    Scopes.run(
        () -> {
          Tensor leaf = Ops.zeros(2).set_requires_grad(true);
          assertThat(Ops.toFloats(Ops.plus(leaf, 1))).containsExactly(1, 1);
        });
  }

  @Test
  void aScalarHasNoDimensions() {
    Scopes.run(
        () -> {
          Tensor scalar = Ops.doubles(new double[] {4});
          assertThat(Ops.shape(scalar)).isEmpty();
          assertThat(scalar.item_double()).isEqualTo(4);
        });
  }

  @Test
  void valuesThatDoNotFillTheShapeAreRefused() {
    assertThatThrownBy(() -> Ops.floats(new float[5], 2, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("5 values do not fill shape [2, 3]");
    assertThatThrownBy(() -> Ops.longs(new long[2]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("2 values do not fill shape []");
  }

  @Test
  void tensorsOfDifferentShapesAreNamed() {
    Scopes.run(
        () ->
            assertThatThrownBy(
                    () ->
                        Ops.checkSameShape(
                            "advantages", Ops.zeros(2, 3), "logprobs", Ops.zeros(2, 4)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("advantages has shape [2, 3] but logprobs has [2, 4]"));
  }

  // ---- arithmetic

  @Test
  void arithmeticWithNumbersKeepsDoublePrecision() {
    Scopes.run(
        () -> {
          Tensor one = Ops.doubles(new double[] {1, -1, 5}, 3);
          assertThat(Ops.toDoubles(Ops.plus(one, 1e-12)))
              .containsExactly(1 + 1e-12, -1 + 1e-12, 5 + 1e-12);
          assertThat(Ops.toDoubles(Ops.times(one, 0.1))).containsExactly(0.1, -0.1, 5 * 0.1);
          assertThat(Ops.toDoubles(Ops.clamp(one, 0.9, 2.1))).containsExactly(1, 0.9, 2.1);
        });
  }

  @Test
  void tensorsAreJoinedAlongADimension() {
    Scopes.run(
        () -> {
          Tensor a = Ops.floats(new float[] {1, 2}, 1, 2);
          Tensor b = Ops.floats(new float[] {3, 4}, 1, 2);
          assertThat(Ops.shape(Ops.cat(List.of(a, b), 0))).containsExactly(2, 2);
          assertThat(Ops.shape(Ops.cat(List.of(a, b), 1))).containsExactly(1, 4);
          assertThat(Ops.toFloats(Ops.cat(List.of(b, a), 1))).containsExactly(3, 4, 1, 2);
        });
  }

  // ---- masks

  @Test
  void aLengthMaskHoldsTheFirstPositionsOfEachRow() {
    Scopes.run(
        () -> {
          Tensor lengths = Ops.lengthMask(new int[] {0, 2, 3, 9}, 3);
          assertThat(Ops.shape(lengths)).containsExactly(4, 3);
          assertThat(Ops.toFloats(lengths)).containsExactly(0, 0, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1);
        });
  }

  @Test
  void whatTheMaskExcludesChangesNoResult() {
    assertUnchanged((values, m) -> Ops.masked(values, m));
    assertUnchanged((values, m) -> Ops.maskedSum(values, m));
    assertUnchanged((values, m) -> Ops.maskedMean(values, m));
    assertUnchanged((values, m) -> Ops.maskedMean(values, m, 0));
    assertUnchanged((values, m) -> Ops.maskedVariance(values, m, true));
    assertUnchanged((values, m) -> Ops.whiten(values, m));
    assertUnchanged((values, m) -> Ops.whitenKeepingMean(values, m));
  }

  private void assertUnchanged(BinaryOperator<Tensor> operation) {
    Scopes.run(
        () -> {
          double[] clean = Ops.toDoubles(operation.apply(Ops.doubles(x, 4, 6), mask()));
          assertThat(Ops.toDoubles(operation.apply(x(), mask()))).isEqualTo(clean);
          assertThat(clean).doesNotContain(Double.NaN);
        });
  }

  @Test
  void whatTheMaskExcludesChangesNoGradientAndGetsNone() {
    assertGradientUnchanged((values, m) -> Ops.maskedMean(values, m));
    assertGradientUnchanged((values, m) -> Ops.maskedVariance(values, m, false));
    assertGradientUnchanged((values, m) -> Ops.whiten(values, m).pow(cubed()).sum());
    assertGradientUnchanged((values, m) -> Ops.whitenKeepingMean(values, m).pow(cubed()).sum());
  }

  private static org.bytedeco.pytorch.Scalar cubed() {
    return new org.bytedeco.pytorch.Scalar(3);
  }

  private void assertGradientUnchanged(BinaryOperator<Tensor> loss) {
    Scopes.run(
        () -> {
          double[] clean = GradientCheck.gradient(v -> loss.apply(v, mask()), Ops.doubles(x, 4, 6));
          assertThat(GradientCheck.gradient(v -> loss.apply(v, mask()), x())).isEqualTo(clean);
          assertThat(Arrays.stream(clean).map(Math::abs).max().orElseThrow()).isGreaterThan(1e-3);
          for (int i = 0; i < COUNT; i++) {
            if (mask[i] == 0) {
              assertThat(clean[i]).isZero();
            }
          }
        });
  }

  @Test
  void momentsAndWhiteningEqualANaiveLoop() {
    double n = Arrays.stream(mask).sum();
    double sum = 0;
    for (int i = 0; i < COUNT; i++) {
      sum += mask[i] * x[i];
    }
    double mean = sum / n;
    double squares = 0;
    for (int i = 0; i < COUNT; i++) {
      squares += mask[i] * Math.pow(x[i] - mean, 2);
    }
    double unbiased = squares / (n - 1);
    double biased = squares / n;
    double[] whitened = new double[COUNT];
    double[] spread = new double[COUNT];
    for (int i = 0; i < COUNT; i++) {
      whitened[i] = mask[i] * (x[i] - mean) / Math.sqrt(unbiased + 1e-8);
      spread[i] = mask[i] * (whitened[i] + mean);
    }
    Scopes.run(
        () -> {
          assertClose("mean", Ops.maskedMean(x(), mask()), mean);
          assertClose("unbiased variance", Ops.maskedVariance(x(), mask(), true), unbiased);
          assertClose("variance", Ops.maskedVariance(x(), mask(), false), biased);
          assertClose("whitened", Ops.whiten(x(), mask()), whitened);
          assertClose("mean kept", Ops.whitenKeepingMean(x(), mask()), spread);
        });
  }

  private static void assertClose(String what, Tensor got, double... wanted) {
    GoldenFiles.assertClose(what, Ops.toDoubles(got), wanted, 1e-12);
  }

  @Test
  void aSingleEntryIsWhitenedToZero() {
    Scopes.run(
        () -> {
          Tensor one = Ops.floats(new float[] {5, 7}, 1, 2);
          Tensor first = Ops.lengthMask(new int[] {1}, 2);
          assertThat(Ops.toFloats(Ops.whiten(one, first))).containsExactly(0, 0);
          assertThat(Ops.toFloats(Ops.whitenKeepingMean(one, first))).containsExactly(5, 0);
        });
  }

  @Test
  void theMeanOfNothingIsNotANumber() {
    Scopes.run(
        () -> assertThat(Ops.maskedMean(Ops.zeros(2, 2), Ops.zeros(2, 2)).item_double()).isNaN());
  }

  @Test
  void aMaskOfAnotherShapeIsRefused() {
    Scopes.run(
        () ->
            assertThatThrownBy(() -> Ops.maskedSum(Ops.zeros(2, 3), Ops.zeros(2, 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("mask has shape [2, 1]"));
  }

  @Test
  void valuesDrawnOneAfterAnotherFillAnyShape() {
    Scopes.run(
        () -> {
          int count = 3 * 50_000;
          float[] wanted = new float[count];
          for (int i = 0; i < count; i++) {
            wanted[i] = i / 7f;
          }
          java.util.PrimitiveIterator.OfInt next =
              java.util.stream.IntStream.range(0, count).iterator();
          Tensor drawn = Ops.drawn(() -> next.nextInt() / 7f, 3, 50_000);
          assertThat(Ops.shape(drawn)).containsExactly(3, 50_000);
          assertThat(Ops.toFloats(drawn)).isEqualTo(wanted);
          assertThat(Ops.drawn(() -> 1, 0, 2).numel()).isZero();
        });
  }
}
