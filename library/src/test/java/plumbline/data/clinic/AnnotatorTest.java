package plumbline.data.clinic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AnnotatorTest {
  private static final int DRAWS = 20_000;

  @Test
  void aCleanAnnotatorNeverErrs() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 1000; i++) {
      assertThat(Annotator.CLEAN.prefersFirst(0.51, 0.5, random)).isTrue();
      assertThat(Annotator.CLEAN.prefersFirst(0.5, 0.51, random)).isFalse();
      assertThat(Annotator.CLEAN.rank(new double[] {0.2, 0.9, 0.4}, random))
          .isEqualTo(List.of(1, 2, 0));
      assertThat(Annotator.CLEAN.rate(0.74, random)).isEqualTo(0.75);
    }
  }

  @Test
  void choicesFollowBradleyTerry() {
    double expected = 1 / (1 + Math.exp(-0.3 / 0.2));
    assertThat(share(new Annotator(0.2, 0, 0), 0.7, 0.4)).isCloseTo(expected, within(0.01));
    assertThat(share(new Annotator(0.2, 0, 0), 0.4, 0.7)).isCloseTo(1 - expected, within(0.01));
  }

  @Test
  void flipsTurnChoicesRound() {
    assertThat(share(new Annotator(0, 0.2, 0), 0.7, 0.4)).isCloseTo(0.8, within(0.01));
    double expected = 1 / (1 + Math.exp(-0.3 / 0.2));
    assertThat(share(new Annotator(0.2, 0.2, 0), 0.7, 0.4))
        .isCloseTo(0.8 * expected + 0.2 * (1 - expected), within(0.01));
  }

  @Test
  void tiesAreDecidedByAFairCoin() {
    assertThat(share(Annotator.CLEAN, 0.5, 0.5)).isCloseTo(0.5, within(0.01));
    assertThat(share(new Annotator(0.3, 0.1, 0), 0, 0)).isCloseTo(0.5, within(0.01));
    SplittableRandom random = new SplittableRandom(5);
    int first = 0;
    for (int i = 0; i < DRAWS; i++) {
      first += Annotator.CLEAN.rank(new double[] {0.5, 0.5}, random).get(0) == 0 ? 1 : 0;
    }
    assertThat((double) first / DRAWS).isCloseTo(0.5, within(0.01));
  }

  @Test
  void pairsOfARankingFollowBradleyTerryToo() {
    SplittableRandom random = new SplittableRandom(6);
    Annotator annotator = new Annotator(0.2, 0, 0);
    int before = 0;
    for (int i = 0; i < DRAWS; i++) {
      List<Integer> order = annotator.rank(new double[] {0.7, 0.1, 0.4}, random);
      before += order.indexOf(0) < order.indexOf(2) ? 1 : 0;
    }
    assertThat((double) before / DRAWS).isCloseTo(1 / (1 + Math.exp(-0.3 / 0.2)), within(0.01));
  }

  @Test
  void flipsSwapNeighboursOfARanking() {
    SplittableRandom random = new SplittableRandom(7);
    Annotator annotator = new Annotator(0, 0.3, 0);
    int swapped = 0;
    for (int i = 0; i < DRAWS; i++) {
      swapped += annotator.rank(new double[] {0.9, 0.1}, random).get(0) == 1 ? 1 : 0;
    }
    assertThat((double) swapped / DRAWS).isCloseTo(0.3, within(0.01));
  }

  @Test
  void ratingsAreFivePointsAroundGold() {
    SplittableRandom random = new SplittableRandom(8);
    Annotator annotator = new Annotator(0, 0, 0.15);
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < DRAWS; i++) {
      double rating = annotator.rate(0.5, random);
      assertThat(rating * 4).isEqualTo(Math.rint(rating * 4)).isBetween(0.0, 4.0);
      sum += rating;
      squares += (rating - 0.5) * (rating - 0.5);
    }
    assertThat(sum / DRAWS).isCloseTo(0.5, within(0.01));
    // Rounding to steps of 1/4 adds about (1/4)^2 / 12 to the variance.
    assertThat(squares / DRAWS).isCloseTo(0.15 * 0.15 + 0.0625 / 12, within(0.002));
  }

  @Test
  void impossibleNoiseIsRefused() {
    assertThatThrownBy(() -> new Annotator(-1, 0, 0))
        .hasMessage("temperature is -1.0, wanted 0 or more");
    assertThatThrownBy(() -> new Annotator(0, 1, 0))
        .hasMessage("flip is 1.0, wanted a probability in [0, 1)");
    assertThatThrownBy(() -> new Annotator(0, 0, Double.NaN))
        .hasMessage("ratingNoise is NaN, wanted 0 or more");
  }

  private static double share(Annotator annotator, double a, double b) {
    SplittableRandom random = new SplittableRandom(4);
    int first = 0;
    for (int i = 0; i < DRAWS; i++) {
      first += annotator.prefersFirst(a, b, random) ? 1 : 0;
    }
    return (double) first / DRAWS;
  }
}
