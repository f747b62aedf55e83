package plumbline.dpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.Map;
import org.junit.jupiter.api.Test;
import plumbline.TinyModels;

/** What the benchmark compares is the same thing done in two ways. */
class PairThroughputTest {
  @Test
  void onePromptForBothResponsesGivesTheLossAndGradientOfTwoPaddedRows() {
    for (boolean adapter : new boolean[] {false, true}) {
      for (boolean ragged : new boolean[] {false, true}) {
        try (PairThroughput both =
            new PairThroughput(TinyModels.config(60), adapter, ragged, 6, 16, 8)) {
          double one = both.together(both.reference());
          Map<String, double[]> wanted = both.takeGradients();
          double other = both.apart();
          PairThroughput.check(one, other, wanted, both.takeGradients());
          assertThat(one).isNotEqualTo(Math.log(2));
        }
      }
    }
  }

  @Test
  void anotherLossOrGradientIsNoticed() {
    Map<String, double[]> gradient = Map.of("w", new double[] {1, 2});
    assertThatIllegalStateException()
        .isThrownBy(() -> PairThroughput.check(1, 1.1, gradient, gradient));
    assertThatIllegalStateException()
        .isThrownBy(() -> PairThroughput.check(1, 1, gradient, Map.of("w", new double[] {1, 2.1})));
  }
}
