package plumbline.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Exhibits;
import plumbline.data.exhibit.Figure;
import plumbline.data.exhibit.Plot;
import plumbline.data.exhibit.Source;
import plumbline.data.exhibit.Table;
import plumbline.eval.Bootstrap;
import plumbline.eval.EqualDivergence;
import plumbline.eval.EqualDivergence.Measured;
import plumbline.eval.Interval;

/**
 * Policies by how far they went: courses of policies of one kind, and what others gain over them at
 * equal divergence.
 *
 * @param judge whose scores are the quality
 * @param before the model that all began with, its quality
 * @param methods by name, in the configuration's order
 * @param courses names of methods by the course's name
 */
record ComparedCourses(
    String judge,
    double[] before,
    Map<String, Measured> methods,
    Map<String, List<String>> courses) {
  /** A policy's mean divergence and quality. */
  private record Place(double kl, Interval quality) {
    Plot.Point point() {
      return new Plot.Point(
          Math.sqrt(Math.max(0, kl)), quality.mean(), quality.low(), quality.high());
    }
  }

  /**
   * Writes for each method that is asked about {@code {course, kl, difference}}.
   *
   * @param asked a course's name by method's name
   * @return warnings about methods that went further than their course
   */
  List<String> putEqualKl(Map<String, String> asked, ObjectNode node, Bootstrap bootstrap) {
    List<String> warnings = new ArrayList<>();
    asked.forEach(
        (name, course) -> {
          Measured policy = methods.get(name);
          Optional<Interval> difference =
              EqualDivergence.difference(
                  policy,
                  courses.get(course).stream().map(methods::get).toList(),
                  before,
                  bootstrap);
          ObjectNode row = node.putObject(name).put("course", course).put("kl", mean(policy.kl()));
          difference.ifPresentOrElse(
              found -> TrainStages.put(row.putObject("difference"), found),
              () ->
                  warnings.add(
                      "equal_kl: %s went further (%.2f nats) than all of the course %s: there is nothing to compare it with"
                          .formatted(name, mean(policy.kl()), course)));
        });
    return warnings;
  }

  /** Quality over the root of the divergence, a line a course, and what the numbers tell. */
  Exhibits exhibits(Map<String, ComparedHealth> health, Bootstrap bootstrap) {
    Map<String, Place> places = new LinkedHashMap<>();
    methods.forEach(
        (name, found) ->
            places.put(name, new Place(mean(found.kl()), bootstrap.mean(found.quality()))));
    Plot.Point start = new Place(0, bootstrap.mean(before)).point();
    List<Plot.Line> lines = new ArrayList<>();
    Set<String> alone = new LinkedHashSet<>(methods.keySet());
    courses.forEach(
        (name, members) -> {
          List<Plot.Point> points = new ArrayList<>(List.of(start));
          members.stream()
              .map(places::get)
              .sorted(Comparator.comparingDouble(Place::kl))
              .forEach(place -> points.add(place.point()));
          lines.add(new Plot.Line(name, points));
          members.forEach(alone::remove);
        });
    Plot plot =
        courses.isEmpty()
            ? new Plot.Scatter(X, judge, clouds(start, places))
            : new Plot.Curve(X, judge, with(lines, alone, places));
    String note =
        courses.isEmpty()
            ? "Each policy by itself; the model before alignment stands at 0."
            : "A line joins policies of one kind in the order of their distance; all begin with the"
                + " model before alignment.";
    return new Exhibits(
        tables(health),
        List.of(
            Figure.of("quality-over-distance", "Quality over the distance gone", plot)
                .noted(note)
                .from(Source.of(before.length, "95% percentile bootstrap over prompts"))),
        List.of());
  }

  /** A line a finding; no table where there is none. */
  private static List<Table> tables(Map<String, ComparedHealth> health) {
    List<List<Cell>> rows = new ArrayList<>();
    health.forEach(
        (name, found) ->
            found.lines().forEach(line -> rows.add(List.of(Cell.words(name), Cell.words(line)))));
    Table table = Table.of("health", "What the numbers tell", List.of("policy", "finding"), rows);
    return rows.isEmpty() ? List.of() : List.of(table);
  }

  private static final String X = "sqrt(KL), nats per response";

  private static List<Plot.Line> clouds(Plot.Point start, Map<String, Place> places) {
    List<Plot.Line> clouds = new ArrayList<>();
    clouds.add(new Plot.Line("before", List.of(start)));
    places.forEach((name, place) -> clouds.add(new Plot.Line(name, List.of(place.point()))));
    return clouds;
  }

  /** Policies of no course join as lines of one point, drawn as dots. */
  private static List<Plot.Line> with(
      List<Plot.Line> lines, Set<String> alone, Map<String, Place> places) {
    List<Plot.Line> all = new ArrayList<>(lines);
    alone.forEach(name -> all.add(new Plot.Line(name, List.of(places.get(name).point()))));
    return all;
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElse(Double.NaN);
  }
}
