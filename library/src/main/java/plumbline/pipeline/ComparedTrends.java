package plumbline.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Estimate;
import plumbline.data.exhibit.Figure;
import plumbline.data.exhibit.Plot;
import plumbline.data.exhibit.Table;
import plumbline.eval.Bootstrap;
import plumbline.eval.EqualDivergence.Measured;
import plumbline.eval.Interval;

/**
 * How quality and divergence go with a number that policies were made with, such as a weight: the
 * slope of the least-squares line through the policies' means. All policies answered the same
 * prompts, so that the slope is a mean over prompts of each prompt's own, and its interval is
 * paired.
 */
final class ComparedTrends {
  private final String judge;
  private final Map<String, Measured> measured;
  private final Map<String, Map<String, Double>> trends;
  private final Bootstrap bootstrap;

  /**
   * @param measured each policy's quality and divergence, in the order of the prompts
   * @param trends by name: policies to the number that each was made with
   */
  ComparedTrends(
      String judge,
      Map<String, Measured> measured,
      Map<String, Map<String, Double>> trends,
      Bootstrap bootstrap) {
    this.judge = judge;
    this.measured = measured;
    this.trends = trends;
    this.bootstrap = bootstrap;
  }

  /**
   * What is wrong with a trend's policies, if anything.
   *
   * @throws IllegalArgumentException saying so
   */
  static void check(String name, Map<String, Double> at) {
    if (at.values().stream().distinct().count() < 2) {
      throw new IllegalArgumentException(
          "trends.%s has %s, wanted policies at two different numbers at least"
              .formatted(name, at));
    }
  }

  /** A prompt's slope: {@code sum (x - mean x) y / sum (x - mean x)^2}. */
  private double[] slopes(Map<String, Double> at, Function<Measured, double[]> value) {
    double mean = at.values().stream().mapToDouble(x -> x).average().orElseThrow();
    double squares = at.values().stream().mapToDouble(x -> (x - mean) * (x - mean)).sum();
    int prompts = measured.get(at.keySet().iterator().next()).kl().length;
    return IntStream.range(0, prompts)
        .mapToDouble(
            p ->
                at.entrySet().stream()
                    .mapToDouble(
                        e ->
                            (e.getValue() - mean)
                                * value.apply(measured.get(e.getKey()))[p]
                                / squares)
                    .sum())
        .toArray();
  }

  private Interval slope(String trend, Function<Measured, double[]> value) {
    return bootstrap.mean(slopes(trends.get(trend), value));
  }

  /** Adds {@code trends: {NAME: {quality: {mean, low, high}, kl: {mean, low, high}}}}. */
  void into(ObjectNode summary) {
    if (trends.isEmpty()) {
      return;
    }
    ObjectNode all = summary.putObject("trends");
    for (String name : trends.keySet()) {
      ObjectNode slopes = all.putObject(name);
      TrainStages.put(slopes.putObject("quality"), slope(name, Measured::quality));
      TrainStages.put(slopes.putObject("kl"), slope(name, Measured::kl));
    }
  }

  List<Table> tables() {
    if (trends.isEmpty()) {
      return List.of();
    }
    List<List<Cell>> rows = new ArrayList<>();
    for (String name : trends.keySet()) {
      rows.add(
          List.of(
              Cell.words(name),
              cell(slope(name, Measured::quality)),
              cell(slope(name, Measured::kl))));
    }
    return List.of(
        Table.of("trends", "Slopes", List.of("trend", judge, "KL, nats"), rows)
            .noted(
                "Change per 1 of the number that policies were made with, by a straight line; 95%"
                    + " paired bootstrap over prompts. It does not hold what another seed of"
                    + " training would change."));
  }

  List<Figure> figures() {
    if (trends.isEmpty()) {
      return List.of();
    }
    return List.of(
        figure("quality-trend", judge, Measured::quality),
        figure("kl-trend", "KL, nats per response", Measured::kl));
  }

  private Figure figure(String id, String y, Function<Measured, double[]> value) {
    List<Plot.Line> lines = new ArrayList<>();
    trends.forEach(
        (name, at) -> {
          Map<Double, Plot.Point> points = new LinkedHashMap<>();
          at.entrySet().stream()
              .sorted(Map.Entry.comparingByValue())
              .forEach(
                  e -> {
                    Interval mean = bootstrap.mean(value.apply(measured.get(e.getKey())));
                    points.put(
                        e.getValue(),
                        new Plot.Point(e.getValue(), mean.mean(), mean.low(), mean.high()));
                  });
          lines.add(new Plot.Line(name, List.copyOf(points.values())));
        });
    return Figure.of(
            id,
            Character.toUpperCase(y.charAt(0))
                + y.substring(1)
                + " by what policies were made with",
            new Plot.Curve("", y, lines))
        .noted("On held-out prompts, after training.");
  }

  private static Estimate cell(Interval interval) {
    return Estimate.of(interval.mean(), interval.low(), interval.high(), -1);
  }
}
