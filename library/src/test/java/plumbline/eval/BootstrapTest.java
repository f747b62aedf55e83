package plumbline.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BootstrapTest {
  @Test
  void intervalOfTheMeanCoversTheTruthAsOftenAsItSays() {
    Random random = new Random(11);
    int simulations = 2_000;
    int covered = 0;
    for (int s = 0; s < simulations; s++) {
      double[] values = random.doubles(80).map(u -> 3 * u).toArray();
      covered += new Bootstrap(s).mean(values).contains(1.5) ? 1 : 0;
    }
    assertThat(100.0 * covered / simulations).isCloseTo(95, within(2.0));
  }

  @Test
  void intervalOfThePairedDifferenceCoversTheTruthAsOftenAsItSays() {
    Random random = new Random(12);
    int simulations = 1_000;
    int covered = 0;
    for (int s = 0; s < simulations; s++) {
      double[] a = new double[80];
      double[] b = new double[80];
      for (int i = 0; i < a.length; i++) {
        double prompt = 10 * random.nextGaussian();
        a[i] = prompt + 0.3 + random.nextGaussian();
        b[i] = prompt + random.nextGaussian();
      }
      covered += new Bootstrap(s).difference(a, b).contains(0.3) ? 1 : 0;
    }
    assertThat(100.0 * covered / simulations).isCloseTo(95, within(2.0));
  }

  @Test
  void equalsANaiveLoop() {
    double[] values = {0.4, 2.5, -1, 7, 3.25, 0, 1};
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    SplittableRandom random = new SplittableRandom(5);
    double[] means = new double[3_000];
    for (int r = 0; r < means.length; r++) {
      for (int i = 0; i < sorted.length; i++) {
        means[r] += sorted[random.nextInt(sorted.length)] / sorted.length;
      }
    }
    Arrays.sort(means);

    Interval interval = new Bootstrap(5, 3_000, 0.9).mean(values);

    assertThat(interval.mean()).isCloseTo(Arrays.stream(values).sum() / 7, within(1e-12));
    assertThat(interval.low()).isCloseTo(quantile(means, 0.05), within(1e-12));
    assertThat(interval.high()).isCloseTo(quantile(means, 0.95), within(1e-12));
  }

  private static double quantile(double[] sorted, double q) {
    double position = q * (sorted.length - 1);
    int below = (int) position;
    return sorted[below] + (position - below) * (sorted[below + 1] - sorted[below]);
  }

  @Test
  void orderOfPromptsChangesNothing() {
    double[] a = new Random(3).doubles(50).toArray();
    double[] b = new Random(4).doubles(50).toArray();
    double[] aReversed = reversed(a);
    double[] bReversed = reversed(b);
    Bootstrap bootstrap = new Bootstrap(1);
    assertThat(bootstrap.mean(aReversed)).isEqualTo(bootstrap.mean(a));
    assertThat(bootstrap.difference(aReversed, bReversed)).isEqualTo(bootstrap.difference(a, b));
  }

  private static double[] reversed(double[] values) {
    double[] reversed = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      reversed[i] = values[values.length - 1 - i];
    }
    return reversed;
  }

  @Test
  void shiftingAndScalingTheValuesShiftsAndScalesTheInterval() {
    double[] values = new Random(8).doubles(40).toArray();
    Interval base = new Bootstrap(2).mean(values);
    Interval moved = new Bootstrap(2).mean(Arrays.stream(values).map(v -> 4 * v + 10).toArray());
    assertThat(moved.low()).isCloseTo(4 * base.low() + 10, within(1e-9));
    assertThat(moved.high()).isCloseTo(4 * base.high() + 10, within(1e-9));
  }

  @Test
  void swappingThePairFlipsTheSignOfTheDifference() {
    double[] a = new Random(8).doubles(40).toArray();
    double[] b = new Random(9).doubles(40).toArray();
    Interval forth = new Bootstrap(2).difference(a, b);
    Interval back = new Bootstrap(2).difference(b, a);
    assertThat(back.mean()).isCloseTo(-forth.mean(), within(1e-12));
    assertThat(back.low()).isCloseTo(-forth.high(), within(0.01));
  }

  @Test
  void sameSeedGivesTheSameIntervalAndAnotherSeedAnother() {
    double[] values = new Random(8).doubles(40).toArray();
    assertThat(new Bootstrap(2).mean(values)).isEqualTo(new Bootstrap(2).mean(values));
    assertThat(new Bootstrap(2).mean(values)).isNotEqualTo(new Bootstrap(3).mean(values));
  }

  @Test
  void refusesWhatHasNoInterval() {
    Bootstrap bootstrap = new Bootstrap(0);
    assertThatThrownBy(() -> bootstrap.mean(new double[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("values is empty: there is no prompt to resample");
    assertThatThrownBy(() -> bootstrap.mean(new double[] {1, Double.NaN}))
        .hasMessage("values[1] is NaN, wanted a finite number");
    assertThatThrownBy(() -> bootstrap.difference(new double[] {1}, new double[] {1, 2}))
        .hasMessageStartingWith("a has 1 values but b has 2");
    assertThatThrownBy(() -> new Bootstrap(0, 100, 0.95)).hasMessageContaining("at least 2000");
    assertThatThrownBy(() -> new Bootstrap(0, 2_000, 95)).hasMessageContaining("(0, 1)");
    assertThatThrownBy(() -> new Interval(0, 1, -1)).hasMessageContaining("above high");
    assertThatThrownBy(() -> new Interval(Double.NaN, 0, 1)).hasMessageContaining("finite");
  }
}
