package plumbline.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import plumbline.data.exhibit.Plot;
import plumbline.track.WatchedRun;

/** The report's curves of a run that is still at work. */
public final class LiveCurves {
  private LiveCurves() {}

  /** What draws them: the report's style and scripts, by name the resource on the class path. */
  public static Map<String, String> resources() {
    return Map.of(
        "report.css", "plumbline/report/report.css",
        "plots.js", "plumbline/report/plots.js",
        "echarts.js", Page.echartsResource());
  }

  /**
   * The metrics that tell most of a run where there is room for few: of every group in turn one
   * that has changed, then those that have not; in the report's reading order.
   */
  public static List<String> tellingMost(WatchedRun run, int most) {
    Map<String, double[][]> series = run.series();
    List<String> all = new ArrayList<>();
    Map<String, List<String>> changed = new LinkedHashMap<>();
    List<String> constant = new ArrayList<>();
    for (Curve curve : Curve.of(series.keySet())) {
      for (String name : curve.metrics()) {
        if (!name.startsWith("alarm/")) {
          all.add(name);
          boolean moves = Arrays.stream(series.get(name)[1]).distinct().limit(2).count() > 1;
          (moves ? changed.computeIfAbsent(curve.group(), group -> new ArrayList<>()) : constant)
              .add(name);
        }
      }
    }
    Set<String> chosen = new LinkedHashSet<>();
    for (int turn = 0; turn < all.size(); turn++) {
      for (List<String> group : changed.values()) {
        group.stream().skip(turn).limit(1).forEach(chosen::add);
      }
    }
    chosen.addAll(constant);
    Set<String> kept = chosen.stream().limit(most).collect(Collectors.toSet());
    return all.stream().filter(kept::contains).toList();
  }

  /** {@code [{id, group, title, meaning, metrics, plot}]}, as the report's script draws them. */
  public static ArrayNode figures(WatchedRun run) {
    Map<String, List<Metrics.Point>> points = new LinkedHashMap<>();
    run.series()
        .forEach(
            (name, series) -> {
              List<Metrics.Point> curve = new ArrayList<>();
              for (int i = 0; i < series[0].length; i++) {
                curve.add(new Metrics.Point((long) series[0][i], series[1][i]));
              }
              points.put(name, curve);
            });
    ArrayNode figures = JsonLines.MAPPER.createArrayNode();
    for (Curve curve : Curve.of(points.keySet())) {
      Plot.Curve plot =
          new Plot.Curve(
              "step",
              "",
              curve.metrics().stream().map(name -> Curves.line(name, points.get(name))).toList());
      ObjectNode figure = figures.addObject();
      figure.put("id", Exhibition.id(curve.metrics().get(0)));
      figure.put("group", curve.group()).put("title", curve.title());
      figure.put("meaning", curve.meaning());
      curve.metrics().forEach(figure.putArray("metrics")::add);
      figure.set("plot", plot.json());
    }
    return figures;
  }
}
