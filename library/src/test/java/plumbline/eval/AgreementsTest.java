package plumbline.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import plumbline.data.Message;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;

class AgreementsTest {
  private static PreferencePair verdict(String prompt, String dataset, boolean tie) {
    Prompt asked = new Prompt(List.of(Message.user(prompt)), Map.of("dataset", dataset));
    return new PreferencePair(
        asked, "better", "worse", tie ? OptionalDouble.of(0) : OptionalDouble.empty());
  }

  @Test
  void eachModelsShareIsByDataSetAndDifferencesArePaired() {
    Agreements agreements =
        new Agreements(
            List.of(verdict("1", "x", false), verdict("2", "x", false), verdict("3", "y", true)),
            7);
    agreements.add("right", new double[] {1, 0, 2, 1, 0, 0});
    agreements.add("wrong", new double[] {0, 1, 0, 1, 1, 0});

    JsonNode document = agreements.document();

    assertThat(document.get("n").asInt()).isEqualTo(3);
    assertThat(document.get("ties").asInt()).isEqualTo(1);
    assertThat(document.at("/models/right/accuracy/mean").asDouble()).isEqualTo(1);
    assertThat(document.at("/models/wrong/by/dataset/x/accuracy/mean").asDouble()).isZero();
    assertThat(document.at("/models/wrong/by/dataset/y/accuracy/mean").asDouble()).isEqualTo(0.5);
    JsonNode difference = document.at("/between/0/difference");
    assertThat(difference.get("mean").asDouble()).isCloseTo(-2.5 / 3, within(1e-12));
    assertThat(difference.get("high").asDouble()).isNegative();
  }

  @Test
  void scoresOfAnotherNumberOfAnswersAreRefused() {
    Agreements agreements = new Agreements(List.of(verdict("1", "x", false)), 1);

    assertThat(agreements.answers()).hasSize(2);
    assertThatThrownBy(() -> agreements.add("m", new double[] {1}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("wanted 2");
  }
}
