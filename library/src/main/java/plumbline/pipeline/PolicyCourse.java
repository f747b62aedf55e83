package plumbline.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Exhibits;
import plumbline.data.exhibit.Figure;
import plumbline.data.exhibit.Plot;
import plumbline.data.exhibit.Table;
import plumbline.eval.Interval;
import plumbline.eval.OverOptimisation;
import plumbline.ppo.Alarm;

/**
 * What became of a policy in training: the numbers before and after, scores against the distance
 * from the reference with the fitted curve, the alarms.
 */
final class PolicyCourse {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SECTION = "Course of the training";
  private static final int CURVE_POINTS = 60;

  /** The rows of table 1 of the medical study, with their metrics. */
  static final Map<String, String> TABLE = new LinkedHashMap<>();

  static {
    TABLE.put("reward/mean", "Mean reward");
    TABLE.put("reward/std", "Standard deviation of rewards");
    TABLE.put("loss/total", "Total loss");
    TABLE.put("returns/var", "Variance of returns");
    TABLE.put("policy/entropy", "Policy entropy, nats per token");
    TABLE.put("value/error", "Value error");
    TABLE.put("response/length_mean", "Response length, tokens");
  }

  private final List<JsonNode> rows;
  private final List<Alarm> alarms;

  /**
   * @param rows of {@code metrics.jsonl}, one per update
   * @param alarms each as it rang first
   */
  PolicyCourse(List<JsonNode> rows, List<Alarm> alarms) {
    this.rows = rows;
    this.alarms = alarms;
  }

  /**
   * Adds {@code table1}, {@code alarms} and, where they can be fitted, {@code over_optimisation}.
   */
  void into(ObjectNode summary) {
    ObjectNode table = summary.putObject("table1");
    if (!rows.isEmpty()) {
      put(table.putObject("first"), rows.get(0));
      put(table.putObject("last"), rows.get(rows.size() - 1));
    }
    var rung = summary.putArray("alarms");
    for (Alarm alarm : alarms) {
      rung.addObject()
          .put("name", alarm.kind().label())
          .put("step", alarm.step())
          .put("found", alarm.found())
          .put("cause", alarm.kind().cause())
          .put("remedy", alarm.kind().remedy());
    }
    ObjectNode curves = JSON.createObjectNode();
    scores()
        .forEach((name, metric) -> fit(metric).ifPresent(curve -> curves.set(name, json(curve))));
    if (!curves.isEmpty()) {
      summary.set("over_optimisation", curves);
    }
  }

  private static void put(ObjectNode node, JsonNode row) {
    node.put("step", row.path("step").longValue());
    TABLE.keySet().forEach(metric -> node.put(metric, value(row, metric)));
  }

  private static ObjectNode json(OverOptimisation curve) {
    ObjectNode node = JSON.createObjectNode().put("form", "d (alpha - beta log d) + start");
    node.put("start", curve.start());
    node.set("alpha", json(curve.alpha()));
    node.set("beta", json(curve.beta()));
    node.put("r2", curve.r2());
    curve
        .peak()
        .ifPresent(
            peak ->
                node.putObject("peak")
                    .put("d", peak.d())
                    .put("kl", peak.kl())
                    .put("score", peak.gold()));
    return node;
  }

  private static ObjectNode json(Interval interval) {
    return JSON.createObjectNode()
        .put("mean", interval.mean())
        .put("low", interval.low())
        .put("high", interval.high());
  }

  /** Names of what was scored, with their metrics. */
  private Map<String, String> scores() {
    Map<String, String> scores = new LinkedHashMap<>();
    scores.put("reward", "reward/raw");
    if (rows.stream().anyMatch(row -> row.has("monitor/mean"))) {
      scores.put("monitor", "monitor/mean");
    }
    return scores;
  }

  /**
   * The curve through the updates' scores, from that of the first update, whose policy is the
   * reference; empty if too few updates have a divergence above 0.
   */
  private Optional<OverOptimisation> fit(String metric) {
    List<JsonNode> measured = measured(metric);
    if (measured.isEmpty()) {
      return Optional.empty();
    }
    double[] kl = column(measured, "objective/kl");
    try {
      return Optional.of(
          OverOptimisation.fit(
              OverOptimisation.Form.RL,
              kl,
              column(measured, metric),
              value(measured.get(0), metric)));
    } catch (IllegalArgumentException e) {
      // Too few points for a curve: there is none to show.
      return Optional.empty();
    }
  }

  /** Updates with this metric and a divergence that is none below 0. */
  private List<JsonNode> measured(String metric) {
    return rows.stream()
        .filter(row -> Double.isFinite(value(row, metric)) && value(row, "objective/kl") > -0.01)
        .toList();
  }

  private static double[] column(List<JsonNode> rows, String metric) {
    return rows.stream()
        .mapToDouble(row -> value(row, metric))
        .map(v -> metric.equals("objective/kl") ? Math.max(0, v) : v)
        .toArray();
  }

  private static double value(JsonNode row, String metric) {
    return row.path(metric).asDouble(Double.NaN);
  }

  // ---- tables and figures

  /** What the report shows of it. */
  Exhibits exhibits() {
    if (rows.isEmpty()) {
      return Exhibits.none();
    }
    List<Table> tables = new ArrayList<>(List.of(firstAndLast()));
    if (!alarms.isEmpty()) {
      tables.add(alarmTable());
    }
    List<Figure> figures = new ArrayList<>();
    figures.add(course("reward-mean", "Mean reward", "reward/mean"));
    figures.add(course("reward-std", "Standard deviation of rewards", "reward/std"));
    figures.add(course("policy-entropy", "Policy entropy, nats per token", "policy/entropy"));
    figures.add(course("total-loss", "Total loss", "loss/total"));
    figures.add(course("response-length", "Response length, tokens", "response/length_mean"));
    scores().forEach((name, metric) -> figures.add(againstDistance(name, metric)));
    return new Exhibits(
        tables.stream().map(table -> table.under(SECTION)).toList(),
        figures.stream().map(figure -> figure.under(SECTION)).toList(),
        List.of());
  }

  private Table firstAndLast() {
    JsonNode first = rows.get(0);
    JsonNode last = rows.get(rows.size() - 1);
    List<List<Cell>> cells = new ArrayList<>();
    TABLE.forEach(
        (metric, title) ->
            cells.add(
                List.of(
                    Cell.words(title),
                    Cell.number(value(first, metric)),
                    Cell.number(value(last, metric)))));
    return Table.of(
            "table1",
            "Training at its first and its last update",
            List.of(
                "",
                "update " + first.path("step").longValue(),
                "update " + last.path("step").longValue()),
            cells)
        .noted("Single updates; the means over tenths stand in the table of training.");
  }

  private Table alarmTable() {
    return Table.of(
            "alarms",
            "Alarms",
            List.of("alarm", "first at update", "found", "cause", "remedy"),
            alarms.stream()
                .map(
                    alarm ->
                        List.<Cell>of(
                            Cell.words(alarm.kind().label()),
                            Cell.number((double) alarm.step()),
                            Cell.words(alarm.found()),
                            Cell.words(alarm.kind().cause()),
                            Cell.words(alarm.kind().remedy())))
                .toList())
        .noted("Each as it rang first; causes and remedies are the usual ones.");
  }

  private Figure course(String id, String title, String metric) {
    return Figure.of(
        id, title, new Plot.Curve("update", title, List.of(line(metric, rows, "step", metric))));
  }

  private static Plot.Line line(String name, List<JsonNode> rows, String x, String y) {
    return new Plot.Line(
        name, rows.stream().map(row -> Plot.Point.of(value(row, x), value(row, y))).toList());
  }

  private Figure againstDistance(String name, String metric) {
    List<JsonNode> measured = measured(metric);
    double[] kl = column(measured, "objective/kl");
    double[] scores = column(measured, metric);
    int[] order =
        IntStream.range(0, kl.length)
            .boxed()
            .sorted((i, j) -> Double.compare(kl[i], kl[j]))
            .mapToInt(i -> i)
            .toArray();
    List<Plot.Line> lines = new ArrayList<>();
    lines.add(
        new Plot.Line(
            "updates",
            IntStream.of(order)
                .mapToObj(i -> Plot.Point.of(Math.sqrt(kl[i]), scores[i]))
                .toList()));
    Optional<OverOptimisation> curve = fit(metric);
    curve.ifPresent(
        fitted -> lines.add(fittedLine(fitted, Math.sqrt(kl[order[order.length - 1]]))));
    return Figure.of(
            name + "-over-distance",
            "The " + name + " over the distance from the reference",
            new Plot.Curve("sqrt(KL), nats per response", name, lines))
        .noted(
            curve
                .map(fitted -> words(fitted, kl[order[order.length - 1]]))
                .orElse("Too few updates away from the reference to fit a curve."));
  }

  /**
   * @param farthest the largest KL that was seen
   */
  static String words(OverOptimisation fitted, double farthest) {
    String peak =
        fitted
            .peak()
            .map(
                top ->
                    top.kl() <= farthest
                        ? "highest at a KL of %.3g.".formatted(top.kl())
                        : "it still rises at the farthest update, a KL of %.3g."
                            .formatted(farthest))
            .orElse("it has no peak.");
    return "Fitted: d (%.3g %s log d) %s, R2 %.2f; %s"
        .formatted(
            fitted.alpha().mean(),
            signed(-fitted.beta().mean()),
            signed(fitted.start()),
            fitted.r2(),
            peak);
  }

  private static String signed(double number) {
    return (number < 0 ? "- %.3g" : "+ %.3g").formatted(Math.abs(number));
  }

  private static Plot.Line fittedLine(OverOptimisation fitted, double farthest) {
    return new Plot.Line(
        "fitted",
        IntStream.rangeClosed(0, CURVE_POINTS)
            .mapToDouble(i -> farthest * i / CURVE_POINTS)
            .mapToObj(d -> Plot.Point.of(d, fitted.at(d)))
            .toList());
  }
}
