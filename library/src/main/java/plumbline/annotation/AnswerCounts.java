package plumbline.annotation;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import plumbline.annotation.Agreement.Scale;
import plumbline.eval.Bootstrap;
import plumbline.eval.Interval;

/**
 * Units counted by the answers that they got, which are few kinds however many units there are. Who
 * gave which answer does not matter.
 */
public final class AnswerCounts {
  private final Map<List<Double>, Integer> units = new LinkedHashMap<>();

  /** Adds a unit; one with fewer than two answers says nothing and is left out. */
  public void add(List<Double> answers) {
    if (answers.size() > 1) {
      units.merge(answers.stream().sorted().collect(Collectors.toList()), 1, Integer::sum);
    }
  }

  /** Units with two answers or more. */
  public int size() {
    return units.values().stream().mapToInt(times -> times).sum();
  }

  /**
   * {@link Agreement#krippendorff Krippendorff's alpha} with its interval, by draws of units.
   *
   * @return empty where it is undefined
   */
  public Optional<Interval> alpha(Scale scale, long seed) {
    int n = size();
    if (n == 0) {
      return Optional.empty();
    }
    double[][] kinds =
        units.keySet().stream()
            .map(answers -> answers.stream().mapToDouble(answer -> answer).toArray())
            .toArray(double[][]::new);
    int[] kindOf = new int[n];
    int at = 0;
    int kind = 0;
    for (int times : units.values()) {
      Arrays.fill(kindOf, at, at + times, kind++);
      at += times;
    }
    return new Bootstrap(seed).of(n, draw -> alpha(kinds, kindOf, draw, scale)).get(0);
  }

  private static double[] alpha(double[][] kinds, int[] kindOf, int[] draw, Scale scale) {
    double[] times = new double[kinds.length];
    for (int unit : draw) {
      times[kindOf[unit]]++;
    }
    return new double[] {Agreement.krippendorff(kinds, times, scale).orElse(Double.NaN)};
  }
}
