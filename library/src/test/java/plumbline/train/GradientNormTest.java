package plumbline.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import plumbline.GradientCheck;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

class GradientNormTest {
  /** Parameters with gradients (3, 0) and (4): together of norm 5. */
  private static Map<String, Tensor> threeAndFour() {
    return withGradients(new float[] {3, 0}, new float[] {4});
  }

  private static Map<String, Tensor> withGradients(float[] first, float[] second) {
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    parameters.put("first", withGradient(first));
    parameters.put("second", withGradient(second));
    return parameters;
  }

  private static Tensor withGradient(float[] gradient) {
    Tensor parameter = GradientCheck.leaf(Ops.zeros(gradient.length));
    parameter.mutable_grad().put(Ops.floats(gradient, gradient.length));
    return parameter;
  }

  @Test
  void longGradientsAreScaledToTheLimitAndTheNormBeforeIsReturned() {
    Scopes.run(
        () -> {
          Map<String, Tensor> parameters = threeAndFour();
          assertThat(GradientNorm.clip(parameters, 1)).isEqualTo(5);
          assertThat(Ops.toFloats(parameters.get("first").grad())[0])
              .isCloseTo(0.6f, within(1e-6f));
          assertThat(GradientNorm.clip(parameters, 1)).isCloseTo(1, within(1e-6));
        });
  }

  @Test
  void aNormJustAboveTheLimitIsScaledToo() {
    Scopes.run(
        () -> {
          Map<String, Tensor> parameters = threeAndFour();
          GradientNorm.clip(parameters, 4.9);
          assertThat(GradientNorm.clip(parameters, 4.9)).isCloseTo(4.9, within(1e-5));
        });
  }

  @Test
  void shortGradientsStay() {
    Scopes.run(
        () -> {
          Map<String, Tensor> parameters = threeAndFour();
          assertThat(GradientNorm.clip(parameters, 6)).isEqualTo(5);
          assertThat(GradientNorm.clip(parameters, Double.POSITIVE_INFINITY)).isEqualTo(5);
          assertThat(Ops.toFloats(parameters.get("first").grad())).containsExactly(3, 0);
        });
  }

  @Test
  void theNormOfHugeGradientsIsFinite() {
    Scopes.run(
        () -> {
          Map<String, Tensor> parameters =
              withGradients(new float[] {3e30f, 0}, new float[] {4e30f});
          assertThat(GradientNorm.clip(parameters, 1)).isCloseTo(5e30, within(1e24));
        });
  }

  @Test
  void aGradientThatIsNotFiniteIsNamedAndNoneIsScaled() {
    Scopes.run(
        () -> {
          Map<String, Tensor> parameters =
              withGradients(
                  new float[] {3, 100}, new float[] {Float.NaN, Float.POSITIVE_INFINITY, 1});
          assertThatThrownBy(() -> GradientNorm.clip(parameters, 1))
              .isInstanceOf(ArithmeticException.class)
              .hasMessageContaining("'second'")
              .hasMessageContaining("1 NaN and 1 infinite of 3");
          assertThat(Ops.toFloats(parameters.get("first").grad())).containsExactly(3, 100);
        });
  }

  @Test
  void aParameterThatNoGradientReachedIsNamed() {
    Scopes.run(
        () -> {
          Map<String, Tensor> parameters = threeAndFour();
          parameters.put("third", GradientCheck.leaf(Ops.zeros(2)));
          assertThatThrownBy(() -> GradientNorm.clip(parameters, 1))
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContaining("'third'");
        });
  }

  @Test
  void aLimitThatIsNotPositiveIsRefused() {
    Scopes.run(
        () ->
            assertThatThrownBy(() -> GradientNorm.clip(threeAndFour(), 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("max norm is 0"));
  }
}
