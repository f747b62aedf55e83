package plumbline.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import plumbline.data.PreferencePair;

/**
 * How far a reward model and a judge, or people, prefer the same answers.
 *
 * @param n verdicts
 * @param agreement share of verdicts with which the model agrees: 1 for the same, 1/2 where one of
 *     the two sees a tie and the other none, 0 for the opposite
 * @param kappa Cohen's kappa of the two over {first, tie, second}; empty where chance alone would
 *     always agree
 */
public record VerdictAgreement(int n, Interval agreement, OptionalDouble kappa) {
  /**
   * Compares a model's margins with verdicts.
   *
   * @param verdicts pairs as the judge sees them, the better answer as {@code chosen}; a strength
   *     of 0 is a tie
   * @param margins {@code double[N]}, the model's score of {@code chosen} minus that of {@code
   *     rejected}
   * @throws IllegalArgumentException when the lengths differ or there is no verdict
   */
  public static VerdictAgreement of(List<PreferencePair> verdicts, double[] margins, long seed) {
    Bootstrap.requireFinite("margins", margins);
    if (verdicts.size() != margins.length) {
      throw new IllegalArgumentException(
          "there are " + verdicts.size() + " verdicts but " + margins.length + " margins");
    }
    double[] judge = new double[margins.length];
    double[] model = new double[margins.length];
    for (int i = 0; i < margins.length; i++) {
      PreferencePair pair = verdicts.get(i);
      // Which answer is "chosen" is the verdict itself; labels need an order that knows of none.
      int turn = pair.chosen().compareTo(pair.rejected()) <= 0 ? 1 : -1;
      judge[i] = isTie(pair) ? 0 : turn;
      model[i] = turn * (int) Math.signum(margins[i]);
    }
    double[] points = points(verdicts, margins);
    int[] prompt =
        ClusterBootstrap.numbered(verdicts.stream().map(v -> v.prompt().messages()).toList());
    double[] asMargins = Arrays.stream(points).map(p -> p - 0.5).toArray();
    return new VerdictAgreement(
        margins.length,
        PairMeasures.accuracy(asMargins, prompt, seed),
        CohenKappa.of(judge, model, CohenKappa.Weights.NONE));
  }

  /** What each verdict is worth to a model: {@code double[N]} of 1, 1/2 and 0. */
  static double[] points(List<PreferencePair> verdicts, double[] margins) {
    double[] points = new double[margins.length];
    for (int i = 0; i < points.length; i++) {
      double judge = isTie(verdicts.get(i)) ? 0 : 1;
      points[i] = 1 - Math.abs(judge - Math.signum(margins[i])) / 2;
    }
    return points;
  }

  static boolean isTie(PreferencePair verdict) {
    return verdict.strength().isPresent() && verdict.strength().getAsDouble() == 0;
  }

  ObjectNode json() {
    ObjectNode json = Nodes.object().put("n", n);
    json.set("accuracy", Nodes.of(agreement, n));
    json.set("kappa", Nodes.of(kappa.orElse(Double.NaN)));
    if (n < Cells.SMALL) {
      json.put("small", true);
    }
    return json;
  }
}
