package plumbline.dpo;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is worth knowing of single responses, under the names of {@link PairStatistics}: "chosen"
 * are the desirable ones, "rejected" the others.
 */
final class UnpairedStatistics {
  private final double beta;
  private final List<Row> rows = new ArrayList<>();

  private record Row(double logprob, double reference, boolean desirable) {
    double ratio() {
      return logprob - reference;
    }
  }

  UnpairedStatistics(double beta) {
    this.beta = beta;
  }

  void add(double logprob, double reference, boolean desirable) {
    rows.add(new Row(logprob, reference, desirable));
  }

  double meanReward() {
    return beta * rows.stream().mapToDouble(Row::ratio).average().orElse(Double.NaN);
  }

  /** Mean log-ratio of one side in nats; NaN without a row of that side. */
  double ratio(boolean desirable) {
    return side(desirable).stream().mapToDouble(Row::ratio).average().orElse(Double.NaN);
  }

  private List<Row> side(boolean desirable) {
    return rows.stream().filter(row -> row.desirable() == desirable).toList();
  }

  /**
   * How often a desirable response's reward is above an undesirable one's, over all such couples;
   * ties count half. NaN without a row of either side.
   */
  double accuracy() {
    List<Row> good = side(true);
    List<Row> bad = side(false);
    double right = 0;
    for (Row one : good) {
      for (Row other : bad) {
        int order = Double.compare(one.ratio(), other.ratio());
        right += order > 0 ? 1 : order == 0 ? 0.5 : 0;
      }
    }
    return right / ((double) good.size() * bad.size());
  }

  Map<String, Double> metrics(String prefix) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    double chosen = beta * ratio(true);
    double rejected = beta * ratio(false);
    metrics.put(prefix + "rewards/chosen", chosen);
    metrics.put(prefix + "rewards/rejected", rejected);
    metrics.put(prefix + "rewards/margins", chosen - rejected);
    metrics.put(prefix + "rewards/accuracies", accuracy());
    metrics.put(prefix + "logps/chosen", logprobs(true));
    metrics.put(prefix + "logps/rejected", logprobs(false));
    return metrics;
  }

  private double logprobs(boolean desirable) {
    return side(desirable).stream().mapToDouble(Row::logprob).average().orElse(Double.NaN);
  }
}
