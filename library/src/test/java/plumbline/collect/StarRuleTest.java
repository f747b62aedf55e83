package plumbline.collect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import plumbline.InputException;
import plumbline.config.Config;
import plumbline.data.Prompt;

class StarRuleTest {
  private static final StarRule USUAL = Config.defaults(StarRule.class);

  private static Candidate pair(List<Integer> better, List<Integer> worse) {
    return new Candidate(
        "p1-1",
        Prompt.of("?"),
        new Answer("strong", 2, "yes", better),
        new Answer("weak", 1, "no", worse));
  }

  @ParameterizedTest
  @CsvSource({
    "4, 2, ''",
    "5, 2, ''",
    "2, 1, ''",
    "3, 3, equal ratings",
    "1, 1, equal ratings",
    "2, 4, weaker model rated higher",
    "5, 1, too far apart",
    "0, 3, unparsable",
    "3, 0, unparsable"
  })
  void equalAndExtremeRatingsGoAndTheRestStays(int better, int worse, String lost) {
    assertThat(USUAL.lost(pair(List.of(better), List.of(worse)))).isEqualTo(lost);
  }

  @Test
  void theMatrixIsWhatTheConfigurationSays() {
    StarRule rule =
        Config.parse("{matrix: ['00000', '00000', '00000', '00000', '10000']}", "test")
            .bind(StarRule.class);

    assertThat(rule.lost(pair(List.of(5), List.of(1)))).isEmpty();
    assertThat(rule.lost(pair(List.of(5), List.of(2)))).isNotEmpty();
  }

  @Test
  void severalJudgesHaveToAgreeAsFarAsIsWanted() {
    Candidate split = pair(List.of(5, 5, 2), List.of(2, 3, 3));
    StarRule most = Config.parse("agree: 0.6", "test").bind(StarRule.class);

    assertThat(USUAL.lost(split)).isEqualTo("judges disagree");
    assertThat(most.lost(split)).isEmpty();
    assertThat(most.lost(pair(List.of(4, 4, 0), List.of(2, 2, 2)))).isEqualTo("unparsable");
  }

  @Test
  void aMatrixOfAnotherShapeIsRefused() {
    assertThatThrownBy(() -> Config.parse("matrix: ['01', '2']", "f.yaml").bind(StarRule.class))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("five rows of five digits");
  }
}
