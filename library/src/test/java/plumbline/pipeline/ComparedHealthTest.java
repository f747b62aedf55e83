package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class ComparedHealthTest {
  private static final String BEFORE = "{'eos_rate': 1, 'repetition': 0.02}";

  private static ComparedHealth health(String after, String training)
      throws JsonProcessingException {
    return ComparedHealth.of("gold", json(BEFORE), json(after), json(training));
  }

  private static JsonNode json(String text) throws JsonProcessingException {
    return new ObjectMapper().readTree(text.replace('\'', '"'));
  }

  private static String after(double mean, double kl, double ended, double repeated) {
    return "{'difference': {'mean': %s, 'low': %s, 'high': %s}, 'kl': {'mean': %s}, 'eos_rate': %s, 'repetition': %s}"
        .formatted(mean, mean - 0.05, mean + 0.05, kl, ended, repeated);
  }

  private static final String BOTH_FALL = "{'chosen_change': -12, 'rejected_change': -30.3}";

  @Test
  void logProbsThatFallAreUsualWhileQualityRises() throws JsonProcessingException {
    ComparedHealth health = health(after(0.24, 0.9, 1, 0.02), BOTH_FALL);
    assertThat(health.worrying()).isEmpty();
    assertThat(health.lines())
        .containsExactly(
            "both log-probs fall in training, of chosen responses by 12.0 nats and of rejected ones"
                + " by 30.3: usual for DPO; gold rises by 0.24");
  }

  @Test
  void logProbsThatFallWithQualityWorry() throws JsonProcessingException {
    assertThat(health(after(-0.3, 0.9, 1, 0.02), BOTH_FALL).worrying())
        .singleElement()
        .asString()
        .contains("usual for DPO; here gold falls by 0.30 too: lower the learning rate");
    assertThat(health(after(-0.3, 0.9, 1, 0.02), "{}").worrying())
        .containsExactly("gold falls by 0.30: lower the learning rate");
  }

  @Test
  void aPolicyThatKeepsItsChosenResponsesHasNothingToSay() throws JsonProcessingException {
    String training = "{'chosen_change': 0.5, 'rejected_change': -2}";
    assertThat(health(after(0.24, 0.9, 1, 0.02), training).lines()).isEmpty();
    assertThat(health(after(0.02, 0.9, 1, 0.02), BOTH_FALL).lines())
        .singleElement()
        .asString()
        .endsWith("gold may not have changed (+0.02)");
  }

  @Test
  void aPolicyThatCollapsesIsSeenByItsAnswers() throws JsonProcessingException {
    assertThat(health(after(0, 26.4, 0.6, 0.5), "{}").worrying())
        .satisfiesExactly(
            line -> assertThat(line).contains("went 26 nats per answer"),
            line -> assertThat(line).contains("only 60% of its answers end"),
            line -> assertThat(line).contains("50% of the three-word runs"));
  }
}
