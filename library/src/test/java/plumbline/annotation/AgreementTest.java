package plumbline.annotation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import plumbline.annotation.Agreement.Scale;
import plumbline.eval.Interval;

class AgreementTest {
  /** Krippendorff's own example with missing answers (2011, part C). */
  @Test
  void alphaEqualsItsAuthorsExample() {
    double[][] units = {
      {1, 1, 1}, {2, 2, 3, 2}, {3, 3, 3, 3}, {3, 3, 3, 3}, {2, 2, 2, 2}, {1, 2, 3, 4},
      {4, 4, 4, 4}, {1, 1, 2, 1}, {2, 2, 2, 2}, {5, 5, 5}, {1, 1}, {3}
    };

    assertThat(Agreement.krippendorff(units, Scale.NOMINAL).orElseThrow())
        .isCloseTo(0.743, within(5e-4));
    assertThat(Agreement.krippendorff(units, Scale.ORDINAL).orElseThrow())
        .isCloseTo(0.815, within(5e-4));
    assertThat(Agreement.krippendorff(units, Scale.INTERVAL).orElseThrow())
        .isCloseTo(0.849, within(5e-4));
  }

  /** Fleiss' own example (1971): 0.430 with 30 subjects is long; the one of ten is everywhere. */
  @Test
  void fleissEqualsTheExampleOfFourteenRaters() {
    int[][] counts = {
      {0, 0, 0, 0, 14}, {0, 2, 6, 4, 2}, {0, 0, 3, 5, 6}, {0, 3, 9, 2, 0}, {2, 2, 8, 1, 1},
      {7, 7, 0, 0, 0}, {3, 2, 6, 3, 0}, {2, 5, 3, 2, 2}, {6, 5, 2, 1, 0}, {0, 2, 2, 3, 7}
    };
    double[][] units =
        Arrays.stream(counts)
            .map(
                row -> {
                  double[] unit = new double[14];
                  int at = 0;
                  for (int value = 0; value < row.length; value++) {
                    Arrays.fill(unit, at, at + row[value], value);
                    at += row[value];
                  }
                  return unit;
                })
            .toArray(double[][]::new);

    assertThat(Agreement.fleiss(units).orElseThrow()).isCloseTo(0.210, within(5e-4));
    units[0] = new double[] {1, 1};
    assertThat(Agreement.fleiss(units)).isEmpty();
  }

  @Test
  void countedUnitsAgreeAsMuchAsTheUnitsOneByOne() {
    Random random = new Random(5);
    double[][] units = new double[200][];
    AnswerCounts counts = new AnswerCounts();
    for (int u = 0; u < units.length; u++) {
      int level = random.nextInt(3);
      units[u] =
          random
              .doubles(1 + random.nextInt(4))
              .map(dice -> dice < 0.7 ? level : Math.floor(dice * 10) % 3)
              .toArray();
      counts.add(Arrays.stream(units[u]).boxed().toList());
    }

    for (Scale scale : Scale.values()) {
      double alpha = Agreement.krippendorff(units, scale).orElseThrow();
      Interval interval = counts.alpha(scale, 1).orElseThrow();
      assertThat(interval.mean()).isCloseTo(alpha, within(1e-12));
      assertThat(interval.low()).isBetween(alpha - 0.3, alpha - 0.02);
      assertThat(interval.high()).isBetween(alpha + 0.02, alpha + 0.3);
    }
    assertThat(counts.size())
        .isEqualTo((int) Arrays.stream(units).filter(unit -> unit.length > 1).count());
    assertThat(new AnswerCounts().alpha(Scale.NOMINAL, 1)).isEmpty();
  }

  @Test
  void fullAgreementIsOneAndOneValueIsUndefined() {
    double[][] same = {{1, 1}, {2, 2}, {3, 3}};
    double[][] constant = {{1, 1}, {1, 1}};

    for (Scale scale : Scale.values()) {
      assertThat(Agreement.krippendorff(same, scale).orElseThrow()).isEqualTo(1);
      assertThat(Agreement.krippendorff(constant, scale)).isEmpty();
    }
    assertThat(Agreement.fleiss(same).orElseThrow()).isEqualTo(1);
    assertThat(Agreement.fleiss(constant)).isEmpty();
    assertThat(Agreement.krippendorff(new double[][] {{1}, {2}}, Scale.NOMINAL)).isEmpty();
  }

  @Test
  void noiseIsNearZero() {
    Random random = new Random(3);
    double[][] units = new double[3_000][];
    for (int u = 0; u < units.length; u++) {
      units[u] = random.ints(3, 0, 4).asDoubleStream().toArray();
    }

    assertThat(Agreement.krippendorff(units, Scale.ORDINAL).orElseThrow())
        .isCloseTo(0, within(0.04));
    assertThat(Agreement.fleiss(units).orElseThrow()).isCloseTo(0, within(0.04));
  }

  @Test
  void concordanceOfRankings() {
    double[] one = {1, 2, 3, 4};
    double[] opposite = {4, 3, 2, 1};
    double[] tied = {7, 7, 9, 9};

    assertThat(Agreement.kendallW(new double[][] {one, one, one}).orElseThrow()).isEqualTo(1);
    assertThat(Agreement.kendallW(new double[][] {one, opposite}).orElseThrow()).isZero();
    assertThat(Agreement.kendallW(new double[][] {tied, tied}).orElseThrow())
        .isCloseTo(1, within(1e-12));
    assertThat(Agreement.kendallW(new double[][] {{1, 1}, {2, 2}})).isEmpty();
    assertThat(Agreement.kendallW(new double[][] {one})).isEmpty();
    Vote vote = new Vote("", Map.of("a", 1.0, "b", 2.0), 1);
    VotedItem item = new VotedItem("i", List.of("a", "b"), List.of(vote, vote));
    assertThat(Agreement.meanKendallW(List.of(item)).orElseThrow()).isEqualTo(1);
  }
}
