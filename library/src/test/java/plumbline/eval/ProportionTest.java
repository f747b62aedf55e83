package plumbline.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ProportionTest {
  private static final double Z = 1.959963984540054;

  @Test
  void equalsTheFormulaWorkedOutByHand() {
    // p = 0: low 0, high z^2 / (n + z^2)
    Interval none = Proportion.wilson(0, 10);
    assertThat(none.low()).isZero();
    assertThat(none.high()).isCloseTo(Z * Z / (10 + Z * Z), within(1e-12));
    // p = 1/2: 1/2 -+ z / 2 sqrt(n + z^2)
    Interval half = Proportion.wilson(5, 10);
    assertThat(half.low()).isCloseTo(0.236593, within(1e-6));
    assertThat(half.high()).isCloseTo(0.763407, within(1e-6));
    // p = 0.8, n = 10: (0.8 + 0.192073 -+ 0.313624) / 1.384146
    Interval most = Proportion.wilson(8, 10);
    assertThat(most.mean()).isEqualTo(0.8);
    assertThat(most.low()).isCloseTo(0.490162, within(2e-6));
    assertThat(most.high()).isCloseTo(0.943318, within(2e-6));
  }

  @Test
  void coversTheTruthAsOftenAsItSaysOverAllShares() {
    int n = 60;
    double coverage = 0;
    int shares = 0;
    for (double p = 0.02; p < 0.99; p += 0.005) {
      double probability = Math.pow(1 - p, n);
      for (int k = 0; k <= n; k++) {
        coverage += Proportion.wilson(k, n).contains(p) ? probability : 0;
        probability *= (n - k) * p / ((k + 1) * (1 - p));
      }
      shares++;
    }
    assertThat(100 * coverage / shares).isCloseTo(95, within(2.0));
  }

  @Test
  void failuresMirrorSuccesses() {
    for (int k = 0; k <= 7; k++) {
      Interval successes = Proportion.wilson(k, 7);
      Interval failures = Proportion.wilson(7 - k, 7);
      assertThat(failures.low()).isCloseTo(1 - successes.high(), within(1e-12));
      assertThat(failures.high()).isCloseTo(1 - successes.low(), within(1e-12));
      assertThat(successes.contains(successes.mean())).isTrue();
    }
  }

  @Test
  void refusesImpossibleCounts() {
    assertThatThrownBy(() -> Proportion.wilson(0, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("n is 0, wanted at least one trial");
    assertThatThrownBy(() -> Proportion.wilson(4, 3))
        .hasMessage("successes is 4, wanted a number from 0 to n = 3");
    assertThatThrownBy(() -> Proportion.wilson(-1, 3)).hasMessageContaining("-1");
  }
}
