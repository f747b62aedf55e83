package plumbline.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ScoreAtDistanceTest {
  /** A training of 60 updates whose distance rises to 3, with noise about a course of scores. */
  private static ScoreAtDistance training(DoubleUnaryOperator course, double noise, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] d = IntStream.range(0, 60).mapToDouble(i -> 3 * i / 59.0).toArray();
    double[] kl = IntStream.range(0, 60).mapToDouble(i -> d[i] * d[i]).toArray();
    double[] scores = new double[60];
    for (int i = 0; i < 60; i++) {
      scores[i] = course.applyAsDouble(d[i]) + noise * random.nextGaussian();
    }
    return new ScoreAtDistance(kl, scores);
  }

  @Test
  void aLineIsFoundExactly() {
    ScoreAtDistance scores = training(d -> 0.4 + 0.1 * d, 0, 1);
    for (double kl : new double[] {0, 0.3, 1, 4, 8}) {
      assertThat(scores.at(kl).mean()).isCloseTo(0.4 + 0.1 * Math.sqrt(kl), within(1e-9));
      assertThat(scores.at(kl).high() - scores.at(kl).low()).isCloseTo(0, within(1e-6));
    }
  }

  @Test
  void intervalsHoldTheTruthAsOftenAsTheySay() {
    int held = 0;
    int all = 0;
    for (long seed = 0; seed < 300; seed++) {
      ScoreAtDistance scores = training(d -> 0.4 + 0.1 * d, 0.05, seed);
      for (double kl : new double[] {0.25, 2, 6}) {
        all++;
        held += scores.at(kl).contains(0.4 + 0.1 * Math.sqrt(kl)) ? 1 : 0;
      }
    }
    assertThat(held / (double) all).isBetween(0.92, 0.98);
  }

  @Test
  void aPeakIsSeenWhereItIs() {
    ScoreAtDistance scores = training(d -> d * (0.5 - 0.2 * d), 0.02, 3);
    assertThat(scores.at(1.25 * 1.25).mean()).isCloseTo(0.3125, within(0.03));
    assertThat(scores.at(1.25 * 1.25).low()).isGreaterThan(scores.at(6).high());
  }

  @Test
  void theOrderOfUpdatesDoesNotMatterAndNoiseBelowZeroCountsAsZero() {
    double[] kl = {4, 1, -0.01, 2, 3, 0, 1.5, 2.5, 3.5};
    double[] scores = {0.9, 0.6, 0.5, 0.7, 0.8, 0.5, 0.65, 0.75, 0.85};
    double[] sorted = {0, 0, 1, 1.5, 2, 2.5, 3, 3.5, 4};
    double[] its = {0.5, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9};
    assertThat(new ScoreAtDistance(kl, scores).at(2).mean())
        .isCloseTo(new ScoreAtDistance(sorted, its).at(2).mean(), within(1e-12));
  }

  @Test
  void onlyWhatSeveralUpdatesReachedIsReached() {
    ScoreAtDistance scores = training(d -> d, 0, 1);
    assertThat(scores.farthest()).isBetween(8.0, 9.0);
    assertThat(scores.reaches(8)).isTrue();
    assertThat(scores.reaches(9)).isFalse();
    assertThat(new ScoreAtDistance(new double[7], new double[7]).reaches(0)).isFalse();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> scores.at(9))
        .withMessageContaining("was not reached");
  }

  @Test
  void updatesThatNeverLeftTheStartHaveTheirMean() {
    double[] scores = IntStream.range(0, 20).mapToDouble(i -> i % 2).toArray();
    assertThat(new ScoreAtDistance(new double[20], scores).at(0).mean())
        .isCloseTo(0.5, within(1e-9));
  }
}
