package plumbline.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;

/** The numbers a run recorded, by step. */
final class Metrics {
  /** A recorded value; not finite where the run recorded NaN or an infinity. */
  record Point(long step, double value) {}

  private final List<Long> steps;
  private final Map<String, List<Point>> curves;

  private Metrics(List<Long> steps, Map<String, List<Point>> curves) {
    this.steps = steps;
    this.curves = curves;
  }

  /** The recorded steps, ascending. */
  List<Long> steps() {
    return steps;
  }

  /** Names in the order in which they first appear. */
  Set<String> names() {
    return Collections.unmodifiableSet(curves.keySet());
  }

  /** Values of one metric in the order of steps, empty when it was never recorded. */
  List<Point> curve(String name) {
    return curves.getOrDefault(name, List.of());
  }

  /** Steps in the first or last tenth, at least one when there is any. */
  int tenth() {
    return Math.min(steps.size(), Math.max(1, steps.size() / 10));
  }

  /** Mean of the finite values in the first tenth of the steps. */
  OptionalDouble start(String name) {
    return steps.isEmpty() ? OptionalDouble.empty() : mean(name, 0, tenth());
  }

  /** Mean of the finite values in the last tenth of the steps. */
  OptionalDouble end(String name) {
    return steps.isEmpty()
        ? OptionalDouble.empty()
        : mean(name, steps.size() - tenth(), steps.size());
  }

  private OptionalDouble mean(String name, int from, int to) {
    long first = steps.get(from);
    long last = steps.get(to - 1);
    return curve(name).stream()
        .filter(point -> point.step() >= first && point.step() <= last)
        .mapToDouble(Point::value)
        .filter(Double::isFinite)
        .average();
  }

  /** Collects rows of {@code metrics.jsonl}. */
  static final class Builder {
    private final TreeMap<Long, Map<String, Double>> rows = new TreeMap<>();
    private final Set<String> names = new LinkedHashSet<>();
    private final Set<String> notNumbers = new LinkedHashSet<>();
    private int withoutStep;
    private int twice;

    void add(int line, JsonNode row) {
      if (!row.path("step").isNumber()) {
        withoutStep++;
        return;
      }
      Map<String, Double> values = new LinkedHashMap<>();
      row.properties()
          .forEach(
              entry -> {
                if (!entry.getKey().equals("step") && !entry.getValue().isNull()) {
                  add(values, entry.getKey(), entry.getValue());
                }
              });
      twice += rows.put(row.path("step").asLong(), values) == null ? 0 : 1;
    }

    private void add(Map<String, Double> values, String name, JsonNode value) {
      // Jackson writes numbers that are not finite as text.
      if (value.isNumber()) {
        values.put(name, value.asDouble());
      } else if (Set.of("NaN", "Infinity", "-Infinity").contains(value.asText())) {
        values.put(name, Double.valueOf(value.asText()));
      } else {
        notNumbers.add(name);
        return;
      }
      names.add(name);
    }

    Metrics build(List<String> warnings) {
      if (withoutStep > 0) {
        warnings.add("metrics.jsonl: " + withoutStep + " rows without a 'step' were left out");
      }
      if (twice > 0) {
        warnings.add(
            "metrics.jsonl: "
                + twice
                + " rows repeat the step of an earlier row; the later counts");
      }
      notNumbers.forEach(
          name -> warnings.add("metrics.jsonl: '" + name + "' is no number and was left out"));
      Map<String, List<Point>> curves = new LinkedHashMap<>();
      for (String name : names) {
        List<Point> curve = new ArrayList<>();
        rows.forEach(
            (step, values) -> {
              if (values.containsKey(name)) {
                curve.add(new Point(step, values.get(name)));
              }
            });
        warnOfNotFinite(name, curve, warnings);
        curves.put(name, List.copyOf(curve));
      }
      return new Metrics(List.copyOf(rows.keySet()), curves);
    }

    private static void warnOfNotFinite(String name, List<Point> curve, List<String> warnings) {
      List<Point> broken = curve.stream().filter(point -> !Double.isFinite(point.value())).toList();
      if (!broken.isEmpty()) {
        warnings.add(
            name
                + " is not finite at "
                + broken.size()
                + (broken.size() == 1 ? " step" : " steps")
                + ", first "
                + broken.get(0).value()
                + " at step "
                + broken.get(0).step()
                + "; such values are gaps in the curve and take no part in means");
      }
    }
  }
}
