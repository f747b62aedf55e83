package plumbline.train;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LearningRateTest {
  @ParameterizedTest
  @EnumSource
  void theWarmupEndsAtThePeak(LearningRate schedule) {
    assertThat(schedule.at(10, 0.5, 10, 100)).isEqualTo(0.5);
  }

  @ParameterizedTest
  @EnumSource
  void withoutWarmupTheFirstStepHasThePeak(LearningRate schedule) {
    assertThat(schedule.at(0, 0.5, 0, 100)).isEqualTo(0.5);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "CONSTANT")
  void theWarmupRisesFromZero(LearningRate schedule) {
    assertThat(schedule.at(0, 0.5, 10, 100)).isZero();
    assertThat(schedule.at(5, 0.5, 10, 100)).isEqualTo(0.25);
  }

  @ParameterizedTest
  @EnumSource
  void aRunThatIsAllWarmupHasARate(LearningRate schedule) {
    assertThat(schedule.at(10, 0.5, 10, 10)).isBetween(0.0, 0.5);
  }

  @Test
  void theInverseRootIsHalvedAtFourTimesTheWarmup() {
    assertThat(LearningRate.INVERSE_SQRT.at(40, 1, 10, 100)).isEqualTo(0.5);
    assertThat(LearningRate.INVERSE_SQRT.at(30_000, 1, 0, 100)).isEqualTo(0.5);
  }
}
