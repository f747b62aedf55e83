package plumbline.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.InputException;
import plumbline.data.Completion;

class NodesTest {
  private static final String ABC = "of: [{value: a}, {value: b}, {value: c}]";

  private final List<Completion> rows = Trees.random(5, 40);
  private final double[] a = Trees.values(rows, "a");
  private final double[] b = Trees.values(rows, "b");
  private final double[] c = Trees.values(rows, "c");

  private double[] total(String yaml) {
    return Trees.score(yaml, rows).total();
  }

  @Test
  void theWeightedSumIsLinearInItsWeights() {
    Random random = new Random(3);
    for (int trial = 0; trial < 20; trial++) {
      double[] w = random.doubles(3, -2, 2).toArray();
      double[] v = random.doubles(3, -2, 2).toArray();
      double[] first = total(weighted(w));
      double[] second = total(weighted(v));
      double[] both = total(weighted(new double[] {w[0] + v[0], w[1] + v[1], w[2] + v[2]}));
      for (int i = 0; i < both.length; i++) {
        assertThat(both[i]).isCloseTo(first[i] + second[i], within(1e-12));
      }
    }
  }

  private static String weighted(double[] weights) {
    return "{combine: weighted, weights: " + Arrays.toString(weights) + ", " + ABC + "}";
  }

  @Test
  void theWorstCaseIsAtMostTheMean() {
    double[] min = total("{combine: min, " + ABC + "}");
    double[] mean = total("{combine: mean, " + ABC + "}");
    for (int i = 0; i < min.length; i++) {
      assertThat(min[i]).isEqualTo(Math.min(a[i], Math.min(b[i], c[i])));
      assertThat(mean[i]).isCloseTo((a[i] + b[i] + c[i]) / 3, within(1e-12));
      assertThat(min[i]).isLessThanOrEqualTo(mean[i]);
    }
  }

  @Test
  void uncertaintyCostsTheUnbiasedVarianceOrItsRoot() {
    double[] variance = total("{combine: uncertainty, k: 0.5, " + ABC + "}");
    double[] deviation = total("{combine: uncertainty, k: 0.5, spread: deviation, " + ABC + "}");
    double[] none = total("{combine: uncertainty, k: 0, " + ABC + "}");
    for (int i = 0; i < a.length; i++) {
      double mean = (a[i] + b[i] + c[i]) / 3;
      double v =
          (Math.pow(a[i] - mean, 2) + Math.pow(b[i] - mean, 2) + Math.pow(c[i] - mean, 2)) / 2;
      assertThat(variance[i]).isCloseTo(mean - 0.5 * v, within(1e-12));
      assertThat(deviation[i]).isCloseTo(mean - 0.5 * Math.sqrt(v), within(1e-12));
      assertThat(none[i]).isCloseTo(mean, within(1e-12));
    }
  }

  @Test
  void aProductMultiplies() {
    double[] product = total("{combine: product, " + ABC + "}");
    for (int i = 0; i < a.length; i++) {
      assertThat(product[i]).isEqualTo(a[i] * b[i] * c[i]);
    }
  }

  @Test
  void aGateOpensAtItsThreshold() {
    String gate = "{combine: gate, threshold: 1.5, floor: -7, of: [{value: a}, {value: b}]}";
    List<Completion> edges =
        List.of(
            Trees.row(Map.of("a", "3", "b", "1.5"), "", true),
            Trees.row(Map.of("a", "3", "b", Double.toString(Math.nextDown(1.5))), "", true),
            Trees.row(Map.of("a", "-9", "b", "2"), "", true));
    assertThat(Trees.score(gate, edges).total()).containsExactly(3, -7, -9);
  }

  @Test
  void scoresThatAreNoNumbersAreRefused() {
    for (String bad : List.of("NaN", "Infinity")) {
      List<Completion> row = List.of(Trees.row(Map.of("a", bad), "", true));
      assertThatExceptionOfType(ArithmeticException.class)
          .isThrownBy(() -> Trees.score("{value: a}", row))
          .withMessageContaining("the score of response 0 is " + bad);
    }
    List<Completion> large = List.of(Trees.row(Map.of("a", "1e200"), "", true));
    assertThatExceptionOfType(ScoringException.class)
        .isThrownBy(() -> Trees.score("{combine: product, of: [{value: a}, {value: a}]}", large))
        .withMessage("product: score 0 is Infinity");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{combine: weighted, weights: [1, 2, 3], " + ABC + "}",
        "{combine: min, " + ABC + "}",
        "{combine: uncertainty, " + ABC + "}",
        "{combine: product, " + ABC + ", shape: [{clip: 2}, {scale: 3}, {shift: -1}]}",
        "{combine: gate, threshold: 0, floor: 1, of: [{value: a}, {value: b}]}",
        "{value: a, shape: [{sigmoid_vs_reference: 0.5}, {length_penalty: 2}, {missing_eos: 1}]}",
        "{combine: segments, by: word, of: [{length: characters, target: 3}]}"
      })
  void aScoreDependsOnNothingButItsCompletion(String yaml) {
    double[] together = total(yaml);
    assertThat(total(yaml)).containsExactly(together);
    try (Scorer scorer = Trees.build(yaml)) {
      for (int i = together.length - 1; i >= 0; i--) {
        assertThat(scorer.score(List.of(rows.get(i))).total()).containsExactly(together[i]);
      }
      assertThat(scorer.score(List.of()).total()).isEmpty();
      assertThat(scorer.state().isNull()).isTrue();
    }
  }

  @Test
  void multipliersRiseWhileAConstraintIsMissedAndFallAfterwards() {
    List<Completion> low = List.of(Trees.row(Map.of("a", "2", "b", "-1"), "", true));
    List<Completion> high = List.of(Trees.row(Map.of("a", "2", "b", "4"), "", true));
    String yaml =
        "{combine: lagrangian, levels: [1], rate: 0.5, max: 1.5, of: [{value: a}, {value: b}]}";
    try (Scorer scorer = Trees.build(yaml)) {
      assertThat(scorer.score(low).total()).containsExactly(2);
      assertThat(scorer.score(low).total()).containsExactly(2 + 1 * (-1 - 1));
      Scores third = scorer.score(high);
      assertThat(third.leaves().get("lagrangian/multiplier_1")).containsExactly(1.5);
      assertThat(third.total()).containsExactly(2 + 1.5 * (4 - 1));
      assertThat(scorer.score(high).total()).containsExactly(2);
    }
  }

  @Test
  void bentMultipliersFollowTheGradientOfTheirForm() {
    for (String form : List.of("sigmoid", "tanh")) {
      String yaml =
          "{combine: lagrangian, levels: [0.5], form: %s, start: 0.3, rate: 0.2, normalise: true, of: [{value: a}, {value: b}]}"
              .formatted(form);
      double u = 0.3;
      try (Scorer scorer = Trees.build(yaml)) {
        for (int call = 0; call < 5; call++) {
          Scores scores = scorer.score(rows);
          double m = form.equals("tanh") ? Math.tanh(u) : 1 / (1 + Math.exp(-u));
          for (int i = 0; i < a.length; i++) {
            assertThat(scores.total()[i])
                .isCloseTo((a[i] + m * (b[i] - 0.5)) / (1 + Math.abs(m)), within(1e-12));
          }
          double slope = form.equals("tanh") ? 1 - m * m : m * (1 - m);
          u -= 0.2 * (Arrays.stream(b).average().orElseThrow() - 0.5) * slope;
        }
      }
    }
  }

  @Test
  void segmentsOfPartsAreCarriedThroughSums() {
    String dense = "{combine: segments, by: word, of: [{length: characters, target: 0}]}";
    String yaml =
        "{combine: weighted, weights: [2, 3], of: [{value: a}, "
            + dense
            + "], shape: [{scale: -1}]}";
    Scores scores = Trees.score(yaml, List.of(Trees.row(Map.of("a", "5"), "one three", true)));
    assertThat(scores.total()).containsExactly(-(2 * 5 + 3 * (-3 - 5)));
    assertThat(scores.segments())
        .containsExactly(List.of(new SegmentReward(3, 9), new SegmentReward(9, 15)));
  }

  @Test
  void segmentsAreRefusedWhereTheirPlacesWouldBeLost() {
    String dense = "{combine: segments, of: [{value: a}]%s}";
    for (String shape : List.of("whiten", "clip: 2", "moving: centre", "sigmoid_vs_reference: 0")) {
      String item = shape.contains(":") ? "{" + shape + "}" : shape;
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(() -> Trees.check(dense.formatted(", shape: [" + item + "]")))
          .withMessageContaining("rewards of segments lose their places under")
          .withMessageContaining(shape.replaceAll(":.*", ""));
    }
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(
            () -> Trees.check("{combine: min, of: [{value: a}, " + dense.formatted("") + "]}"))
        .withMessageContaining("under combine: min; wanted a sum");
  }

  @Test
  void namesAreUniqueHoweverDeepTheyStand() {
    String yaml =
        "{combine: mean, of: [{value: a}, {combine: min, of: [{value: b}, {value: c, name:"
            + " value_2}]}, {value: a}]}";
    Map<String, double[]> leaves = Trees.score(yaml, rows).leaves();
    assertThat(leaves.keySet()).containsExactly("value", "value_2", "value_2_2", "value_3");
    assertThat(leaves.get("value_2")).containsExactly(b);
    assertThat(leaves.get("value_2_2")).containsExactly(c);
    assertThat(leaves.get("value_3")).containsExactly(a);
  }

  @Test
  void aStateGoesOnWhereItWasTaken() {
    String yaml =
        """
        combine: weighted
        weights: [1, 1, 1]
        of:
        - combine: lagrangian
          levels: [0.2]
          of: [{value: a}, {value: b, shape: [{moving: {how: standardise, rate: 0.3}}]}]
        - {value: c, shape: [{moving: min_max}, {moving: clip}, {scale: 2}]}
        - {value: a, shape: [{confidence: {rate: 0.4}}]}
        shape: [{moving: centre}]
        """;
    try (Scorer whole = Trees.build(yaml);
        Scorer first = Trees.build(yaml);
        Scorer second = Trees.build(yaml)) {
      for (int call = 0; call < 3; call++) {
        whole.score(Trees.random(call, 7));
        first.score(Trees.random(call, 7));
      }
      String saved = first.state().toString();
      second.restore(Trees.json(saved));
      assertThat(second.state().toString()).isEqualTo(saved);
      for (int call = 3; call < 6; call++) {
        List<Completion> batch = Trees.random(call, 7);
        assertThat(second.score(batch).total()).containsExactly(whole.score(batch).total());
      }
    }
  }

  @Test
  void theStateOfAnotherTreeIsRefused() {
    try (Scorer moving = Trees.build("{value: a, shape: [{moving: centre}]}");
        Scorer plain = Trees.build("{value: a}");
        Scorer two = Trees.build("{combine: mean, of: [{value: a}, {value: b}]}")) {
      moving.score(rows);
      for (Scorer other : List.of(plain, two)) {
        assertThatExceptionOfType(InputException.class)
            .isThrownBy(() -> other.restore(moving.state()))
            .withMessageContaining("the checkpoint is another reward tree's");
      }
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(() -> moving.restore(plain.state()))
          .withMessageContaining("wants a number 'count'");
    }
  }
}
