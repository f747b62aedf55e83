package plumbline.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class RolloutMismatchTest {
  private static final double[] TRAINED = {0.1, 0.2, 0.3, 0.4};
  private static final double[] SAMPLED = {0.4, 0.25, 0.25, 0.1};

  /** Each token of the vocabulary once. */
  private static RolloutMismatch everyToken(double[] sampled, double[] trained) {
    return new RolloutMismatch(List.of(logs(sampled)), List.of(logs(trained)));
  }

  private static float[] logs(double[] probabilities) {
    float[] logs = new float[probabilities.length];
    for (int i = 0; i < logs.length; i++) {
      logs[i] = (float) Math.log(probabilities[i]);
    }
    return logs;
  }

  /**
   * The gradient of the expected reward of a softmax policy, in closed form, entry v: {@code p(v)
   * (A(v) - mean A)}; and what the weights make of the copy's samples.
   */
  @Test
  void theExpectedGradientOverTheCopysSamplesIsThatOverThePolicys() {
    double[] advantages = {1.5, -0.5, 0.25, 2};
    float[] weights = everyToken(SAMPLED, TRAINED).weights(100).get(0);
    double mean = 0;
    for (int v = 0; v < 4; v++) {
      mean += TRAINED[v] * advantages[v];
    }
    for (int entry = 0; entry < 4; entry++) {
      double weighted = 0;
      double plain = 0;
      for (int v = 0; v < 4; v++) {
        double score = (v == entry ? 1 : 0) - TRAINED[entry];
        weighted += SAMPLED[v] * weights[v] * advantages[v] * score;
        plain += SAMPLED[v] * advantages[v] * score;
      }
      double exact = TRAINED[entry] * (advantages[entry] - mean);
      assertThat(weighted).isCloseTo(exact, within(1e-6));
      assertThat(Math.abs(plain - exact)).isGreaterThan(0.01);
    }
  }

  @Test
  void noTokenCountsMoreThanTheCap() {
    RolloutMismatch mismatch = everyToken(SAMPLED, TRAINED);
    assertThat(mismatch.weights(2).get(0))
        .containsExactly(floats(0.25, 0.8, 1.2, 2), within(1e-6f));
    assertThat(mismatch.metrics(2).get("rollout/truncated")).isEqualTo(0.25);
    assertThat(mismatch.metrics(5).get("rollout/truncated")).isZero();
  }

  private static float[] floats(double... values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  @Test
  void aCopyOfTheSameNumbersChangesNothing() {
    RolloutMismatch mismatch = everyToken(TRAINED, TRAINED);
    assertThat(mismatch.weights(2).get(0)).containsOnly(1f);
    assertThat(mismatch.metrics(2).get("rollout/mismatch_kl")).isZero();
  }

  @Test
  void theMismatchIsTheDivergenceInExpectation() {
    double exact = 0;
    double found = 0;
    for (int v = 0; v < 4; v++) {
      exact += SAMPLED[v] * Math.log(SAMPLED[v] / TRAINED[v]);
      double[] sampled = {SAMPLED[v]};
      double[] trained = {TRAINED[v]};
      found += SAMPLED[v] * everyToken(sampled, trained).metrics(2).get("rollout/mismatch_kl");
    }
    assertThat(found).isCloseTo(exact, within(1e-6));
  }
}
