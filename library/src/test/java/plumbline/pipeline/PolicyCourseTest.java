package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import plumbline.eval.OverOptimisation;
import plumbline.eval.OverOptimisation.Form;

class PolicyCourseTest {
  private static final double[] KL = {0, 0.25, 1, 2.25, 4};

  private static String words(double alpha, double beta, double start) {
    double[] scores =
        Arrays.stream(KL)
            .map(Math::sqrt)
            .map(d -> start + alpha * d - (d == 0 ? 0 : beta * d * Math.log(d)))
            .toArray();
    return PolicyCourse.words(OverOptimisation.fit(Form.RL, KL, scores, start), 4);
  }

  @Test
  void aPeakThatWasPassedIsTold() {
    assertThat(words(1, 1, -0.5))
        .isEqualTo("Fitted: d (1.00 - 1.00 log d) - 0.500, R2 1.00; highest at a KL of 1.00.");
  }

  @Test
  void aPeakBeyondWhatWasSeenIsNotTold() {
    assertThat(words(1, 0.1, 0.5))
        .isEqualTo(
            "Fitted: d (1.00 - 0.100 log d) + 0.500, R2 1.00;"
                + " it still rises at the farthest update, a KL of 4.00.");
  }

  @Test
  void aCurveThatOnlyRisesHasNoPeak() {
    assertThat(words(1, -0.1, 0.5))
        .isEqualTo("Fitted: d (1.00 + 0.100 log d) + 0.500, R2 1.00; it has no peak.");
  }
}
