package plumbline.dpo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import plumbline.tensor.Ops;

/** What is worth knowing of the pairs of an update, under the names that users of TRL know. */
final class PairStatistics {
  private final double beta;
  private final List<Row> rows = new ArrayList<>();
  private double loss = Double.NaN;

  private record Row(double chosen, double rejected, double refChosen, double refRejected) {
    double chosenRatio() {
      return chosen - refChosen;
    }

    double rejectedRatio() {
      return rejected - refRejected;
    }
  }

  PairStatistics(double beta) {
    this.beta = beta;
  }

  /** A micro-batch's share of the update's loss, and after it four log-probs of each pair. */
  static double[] numbers(PairLogprobs pair, double part) {
    double[][] sides = {
      Ops.toDoubles(pair.chosen()),
      Ops.toDoubles(pair.rejected()),
      Ops.toDoubles(pair.refChosen()),
      Ops.toDoubles(pair.refRejected())
    };
    double[] numbers = new double[1 + sides.length * sides[0].length];
    numbers[0] = part;
    for (int side = 0; side < sides.length; side++) {
      for (int i = 0; i < sides[side].length; i++) {
        numbers[1 + sides.length * i + side] = sides[side][i];
      }
    }
    return numbers;
  }

  /** Adds a micro-batch's {@link #numbers}. */
  void add(double[] numbers) {
    loss = Double.isNaN(loss) ? numbers[0] : loss + numbers[0];
    for (int at = 1; at < numbers.length; at += 4) {
      rows.add(new Row(numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3]));
    }
  }

  void add(double[] chosen, double[] rejected, double[] refChosen, double[] refRejected) {
    for (int i = 0; i < chosen.length; i++) {
      rows.add(new Row(chosen[i], rejected[i], refChosen[i], refRejected[i]));
    }
  }

  /** Implicit reward of chosen minus that of rejected, of each pair. */
  double[] margins() {
    return rows.stream()
        .mapToDouble(row -> beta * (row.chosenRatio() - row.rejectedRatio()))
        .toArray();
  }

  double meanReward() {
    return beta * (mean(Row::chosenRatio) + mean(Row::rejectedRatio)) / 2;
  }

  double chosenRatio() {
    return mean(Row::chosenRatio);
  }

  double rejectedRatio() {
    return mean(Row::rejectedRatio);
  }

  private double mean(ToDoubleFunction<Row> of) {
    return rows.stream().mapToDouble(of).average().orElse(Double.NaN);
  }

  /** Means over the pairs. */
  Map<String, Double> metrics(String prefix) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    if (!Double.isNaN(loss)) {
      metrics.put("loss/train", loss);
    }
    double chosen = beta * chosenRatio();
    double rejected = beta * rejectedRatio();
    metrics.put(prefix + "rewards/chosen", chosen);
    metrics.put(prefix + "rewards/rejected", rejected);
    metrics.put(prefix + "rewards/margins", chosen - rejected);
    double right = Arrays.stream(margins()).map(m -> m > 0 ? 1 : m == 0 ? 0.5 : 0).sum();
    metrics.put(prefix + "rewards/accuracies", right / rows.size());
    metrics.put(prefix + "logps/chosen", mean(Row::chosen));
    metrics.put(prefix + "logps/rejected", mean(Row::rejected));
    return metrics;
  }
}
