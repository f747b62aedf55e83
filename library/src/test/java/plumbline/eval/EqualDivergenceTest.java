package plumbline.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import plumbline.eval.EqualDivergence.Measured;

class EqualDivergenceTest {
  private static final int PROMPTS = 400;
  private static final Bootstrap BOOTSTRAP = new Bootstrap(1);

  /** Numbers around a mean, the same noise for each seed. */
  private static double[] around(double mean, double spread, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] values = new double[PROMPTS];
    Arrays.setAll(values, i -> spread * (random.nextDouble() - 0.5));
    double off = mean - Arrays.stream(values).average().orElseThrow();
    Arrays.setAll(values, i -> values[i] + off);
    return values;
  }

  private static Measured policy(double quality, double kl, long seed) {
    return new Measured(around(quality, 0.4, seed), around(kl, 1, seed + 1));
  }

  private static Interval difference(Measured policy, Measured... course) {
    return EqualDivergence.difference(policy, List.of(course), around(0.4, 0.4, 9), BOOTSTRAP)
        .orElseThrow();
  }

  @Test
  void theCourseIsReadOnTheLineBetweenItsNeighbours() {
    // At a divergence of 2 the course from (1, 0.6) to (3, 0.8) is at 0.7, whatever its order.
    Measured near = policy(0.6, 1, 10);
    Measured far = policy(0.8, 3, 20);
    Interval gain = difference(policy(0.75, 2, 30), far, near);
    assertThat(gain.mean()).isCloseTo(0.05, within(1e-12));
    assertThat(gain.low()).isLessThan(0.05).isGreaterThan(0);
    // Before its first policy the course comes from the model of the start, at 0.4.
    assertThat(difference(policy(0.5, 0.5, 30), near, far).mean()).isCloseTo(0, within(1e-12));
  }

  @Test
  void aPolicyOfTheCourseGainsNothing() {
    Measured same = policy(0.6, 1, 10);
    Interval gain = difference(same, same, policy(0.8, 3, 20));
    assertThat(gain.mean()).isZero();
    assertThat(gain.low()).isZero();
    assertThat(gain.high()).isZero();
  }

  @Test
  void beyondTheCourseThereIsNothingToCompareWith() {
    assertThat(
            EqualDivergence.difference(
                policy(0.9, 5, 30), List.of(policy(0.6, 1, 10)), around(0.4, 0.4, 9), BOOTSTRAP))
        .isEmpty();
  }

  @Test
  void theIntervalKnowsThatDivergencesAreEstimates() {
    Measured near = policy(0.5, 1, 10);
    Measured far = policy(0.9, 2, 20);
    Interval steady =
        difference(new Measured(around(0.7, 0.4, 30), around(1.5, 0.01, 31)), near, far);
    Interval shaky = difference(new Measured(around(0.7, 0.4, 30), around(1.5, 8, 31)), near, far);
    assertThat(shaky.high() - shaky.low()).isGreaterThan(1.2 * (steady.high() - steady.low()));
  }
}
