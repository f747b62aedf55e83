package plumbline.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static plumbline.eval.WinRate.Verdict.LOSS;
import static plumbline.eval.WinRate.Verdict.TIE;
import static plumbline.eval.WinRate.Verdict.WIN;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WinRateTest {
  private static final Bootstrap BOOTSTRAP = new Bootstrap(7);

  @Test
  void aTieIsHalfAWin() {
    double[] a = {1, 2, 3, 4};
    double[] b = {0, 2, 9, 4};
    WinRate rate = WinRate.ofScores("gold", a, b, BOOTSTRAP);
    assertThat(rate.judge()).isEqualTo("gold");
    assertThat(List.of(rate.wins(), rate.ties(), rate.losses())).containsExactly(1, 2, 1);
    assertThat(rate.rate().mean()).isEqualTo(0.5);
    assertThat(rate.prompts()).isEqualTo(4);
  }

  @Test
  void scoresAndTheVerdictsTheyImplyAgree() {
    double[] a = {1, 2, 3, 4, 7};
    double[] b = {0, 2, 9, 4, 5};
    assertThat(WinRate.ofVerdicts("gold", List.of(WIN, TIE, LOSS, TIE, WIN), BOOTSTRAP))
        .isEqualTo(WinRate.ofScores("gold", a, b, BOOTSTRAP));
  }

  @Test
  void orderOfPromptsChangesNothing() {
    List<WinRate.Verdict> verdicts = new ArrayList<>();
    Random random = new Random(5);
    for (int i = 0; i < 90; i++) {
      verdicts.add(List.of(WIN, TIE, LOSS).get(random.nextInt(3)));
    }
    WinRate before = WinRate.ofVerdicts("gold", verdicts, BOOTSTRAP);
    Collections.shuffle(verdicts, random);
    assertThat(WinRate.ofVerdicts("gold", verdicts, BOOTSTRAP)).isEqualTo(before);
  }

  @Test
  void intervalCoversTheTruthAsOftenAsItSays() {
    Random random = new Random(21);
    int covered = 0;
    int simulations = 1_000;
    for (int s = 0; s < simulations; s++) {
      List<WinRate.Verdict> verdicts = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        double u = random.nextDouble();
        verdicts.add(u < 0.55 ? WIN : u < 0.75 ? TIE : LOSS);
      }
      WinRate rate = WinRate.ofVerdicts("gold", verdicts, new Bootstrap(s));
      covered += rate.rate().contains(0.65) ? 1 : 0;
    }
    assertThat(100.0 * covered / simulations).isCloseTo(95, within(2.0));
  }

  @Test
  void unanimousVerdictsStillHaveAnIntervalWithWidth() {
    Interval wins = WinRate.ofVerdicts("gold", Collections.nCopies(20, WIN), BOOTSTRAP).rate();
    assertThat(wins.high()).isEqualTo(1);
    assertThat(wins.low()).isCloseTo(Proportion.wilson(20, 20).low(), within(1e-12));

    Interval losses = WinRate.ofVerdicts("gold", Collections.nCopies(20, LOSS), BOOTSTRAP).rate();
    assertThat(losses.low()).isEqualTo(0);
    assertThat(losses.high()).isCloseTo(Proportion.wilson(0, 20).high(), within(1e-12));

    Interval ties = WinRate.ofVerdicts("gold", Collections.nCopies(20, TIE), BOOTSTRAP).rate();
    assertThat(ties.mean()).isEqualTo(0.5);
    assertThat(ties.low()).isBetween(0.4, 0.49);
    assertThat(ties.high()).isCloseTo(1 - ties.low(), within(1e-12));
  }

  @Test
  void refusesWhatCannotBeCompared() {
    assertThatThrownBy(() -> WinRate.ofVerdicts("gold", List.of(), BOOTSTRAP))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("verdicts is empty");
    assertThatThrownBy(
            () -> WinRate.ofScores("gold", new double[] {Double.NaN}, new double[] {1}, BOOTSTRAP))
        .hasMessage("a[0] is NaN, wanted a finite number");
    assertThatThrownBy(() -> WinRate.ofScores("gold", new double[2], new double[1], BOOTSTRAP))
        .hasMessageContaining("a has 2 values but b has 1");
    assertThatThrownBy(() -> WinRate.ofVerdicts(" ", List.of(WIN), BOOTSTRAP))
        .hasMessageContaining("judge");
  }
}
