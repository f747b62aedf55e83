package plumbline.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class KlControllerTest {
  @Test
  void aFixedCoefficientStays() {
    assertThat(new KlController.Fixed(0.3).after(1e9, 10).coefficient()).isEqualTo(0.3);
  }

  @Test
  void theCoefficientFollowsTheDivergence() {
    KlController start = new KlController.Adaptive(0.2, 6, 1000);
    assertThat(start.after(6, 100).coefficient()).isEqualTo(0.2);
    assertThat(start.after(6.6, 100).coefficient()).isCloseTo(0.2 * 1.01, within());
    assertThat(start.after(600, 100).coefficient()).isCloseTo(0.2 * 1.02, within());
    assertThat(start.after(-600, 100).coefficient()).isCloseTo(0.2 * 0.98, within());
  }

  @Test
  void aRestoredControllerGoesOnAsTheOldOne() {
    KlController start = new KlController.Adaptive(0.2, 6, 1000);
    KlController old = start.after(9, 64);
    KlController restored = start.withCoefficient(old.coefficient());
    assertThat(restored.after(2, 64)).isEqualTo(old.after(2, 64));
  }

  @Test
  void valuesWithoutMeaningAreRefused() {
    assertThatThrownBy(() -> new KlController.Fixed(-1)).hasMessageContaining("-1");
    assertThatThrownBy(() -> new KlController.Fixed(Double.NaN)).hasMessageContaining("NaN");
    assertThatThrownBy(() -> new KlController.Adaptive(1, 0, 10))
        .hasMessageContaining("target is 0");
  }

  private static org.assertj.core.data.Offset<Double> within() {
    return org.assertj.core.api.Assertions.within(1e-12);
  }
}
