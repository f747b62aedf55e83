package plumbline.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DiversityTest {
  @Test
  void countsWhatCanBeCountedByHand() {
    Diversity diversity =
        Diversity.ofTexts(List.of("Rest, and drink. Rest!", "rest and drink", ""));
    // tokens: rest and drink rest | rest and drink
    assertThat(diversity.distinct1()).isEqualTo(3 / 7.0);
    // pairs: rest-and and-drink drink-rest | rest-and and-drink
    assertThat(diversity.distinct2()).isEqualTo(3 / 5.0);
    assertThat(diversity.repetition()).isZero();
    assertThat(diversity.meanLength()).isEqualTo(7 / 3.0);
    assertThat(diversity.identical()).isZero();
  }

  @Test
  void aLoopingResponseIsRepetitiveAndARepeatedResponseIsIdentical() {
    List<Integer> loop = List.of(1, 2, 1, 2, 1, 2); // 121 212 121 212
    assertThat(Diversity.of(List.of(loop)).repetition()).isEqualTo(0.5);
    assertThat(Diversity.of(List.of(loop, loop, List.of(3))).identical())
        .isCloseTo(2 / 3.0, within(1e-12));
  }

  @Test
  void equalsANaiveLoop() {
    Random random = new Random(1);
    List<List<Integer>> responses = new ArrayList<>();
    for (int r = 0; r < 40; r++) {
      responses.add(random.ints(random.nextInt(12), 0, 9).boxed().toList());
    }
    Set<String> pairs = new HashSet<>();
    int count = 0;
    for (List<Integer> response : responses) {
      for (int i = 1; i < response.size(); i++) {
        pairs.add(response.get(i - 1) + " " + response.get(i));
        count++;
      }
    }
    Diversity diversity = Diversity.of(responses);
    assertThat(diversity.distinct2()).isCloseTo((double) pairs.size() / count, within(1e-12));

    Collections.shuffle(responses, random);
    Diversity shuffled = Diversity.of(responses);
    assertThat(shuffled.distinct1()).isEqualTo(diversity.distinct1());
    assertThat(shuffled.repetition()).isCloseTo(diversity.repetition(), within(1e-12));
    assertThat(shuffled.identical()).isEqualTo(diversity.identical());
  }

  @Test
  void whatCannotBeMeasuredIsNotZero() {
    Diversity silent = Diversity.ofTexts(List.of("", ""));
    assertThat(silent.distinct1()).isNaN();
    assertThat(silent.distinct2()).isNaN();
    assertThat(silent.repetition()).isNaN();
    assertThat(silent.meanLength()).isZero();
    assertThat(silent.identical()).isEqualTo(1);
  }

  @Test
  void refusesNoResponses() {
    assertThatThrownBy(() -> Diversity.ofTexts(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no response");
  }
}
