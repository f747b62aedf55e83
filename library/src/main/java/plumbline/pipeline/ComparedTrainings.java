package plumbline.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Estimate;
import plumbline.data.exhibit.Figure;
import plumbline.data.exhibit.Plot;
import plumbline.data.exhibit.Table;
import plumbline.eval.Interval;
import plumbline.eval.ScoreAtDistance;

/**
 * How compared policies were trained: what each had gained where all had paid the same divergence.
 */
final class ComparedTrainings {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Divergences in nats at which methods are compared, where two reached them. */
  private static final List<Double> LEVELS = List.of(0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0);

  private static final int CURVE_POINTS = 40;

  private static final String KL = "objective/kl";
  private static final String MONITOR = "monitor/mean";
  private static final String REWARD = "reward/raw";

  /** Of what is drawn and tabled, in this order, the metric by its name. */
  private static final Map<String, String> SCORES = new LinkedHashMap<>();

  static {
    SCORES.put("monitor", MONITOR);
    SCORES.put("reward", REWARD);
  }

  /** The updates of a training that measured its divergence. */
  private record Course(List<JsonNode> rows) {
    Optional<ScoreAtDistance> score(String metric) {
      List<JsonNode> measured =
          rows.stream().filter(row -> row.path(metric).isNumber() && row.has(KL)).toList();
      return measured.isEmpty()
          ? Optional.empty()
          : Optional.of(new ScoreAtDistance(column(measured, KL), column(measured, metric)));
    }

    private static double[] column(List<JsonNode> rows, String metric) {
      return rows.stream().mapToDouble(row -> row.path(metric).doubleValue()).toArray();
    }

    Plot.Line byUpdate(String name) {
      return new Plot.Line(
          name,
          rows.stream()
              .filter(row -> row.path(KL).isNumber())
              .map(row -> Plot.Point.of(row.path("step").doubleValue(), row.path(KL).doubleValue()))
              .toList());
    }
  }

  /** A policy that was not trained: what choosing costs at most, and what it gains. */
  private record Chosen(double kl, Interval judged) {}

  private final Map<String, Course> courses = new LinkedHashMap<>();
  private final Map<String, Chosen> chosen = new LinkedHashMap<>();

  /**
   * Adds the training that made a policy, if its folder has one.
   *
   * @param run the stage's or run's folder
   */
  void add(String method, Path run) {
    Path file = run.resolve("metrics.jsonl");
    if (!Files.isRegularFile(file)) {
      return;
    }
    List<JsonNode> rows = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(file)) {
        JsonNode row = JSON.readTree(line);
        if (row.path(KL).isNumber()) {
          rows.add(row);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(file.toString(), e);
    }
    if (!rows.isEmpty()) {
      courses.put(method, new Course(rows));
    }
  }

  /** Adds best-of-n by its bound of the divergence and its quality on the test prompts. */
  void addChosen(String method, double kl, Interval judged) {
    chosen.put(method, new Chosen(kl, judged));
  }

  /** The smoothed courses of a metric, of the trainings that left their start. */
  private Map<String, ScoreAtDistance> scores(String metric) {
    Map<String, ScoreAtDistance> scores = new LinkedHashMap<>();
    courses.forEach(
        (name, course) ->
            course
                .score(metric)
                .filter(score -> score.reaches(LEVELS.get(0)))
                .ifPresent(score -> scores.put(name, score)));
    return scores;
  }

  private List<Double> levels(Map<String, ScoreAtDistance> scores) {
    TreeSet<Double> levels = new TreeSet<>(LEVELS);
    chosen.values().forEach(point -> levels.add(point.kl()));
    levels.removeIf(kl -> scores.values().stream().filter(score -> score.reaches(kl)).count() < 2);
    return List.copyOf(levels);
  }

  /** Adds {@code at_kl: [{kl, methods: {NAME: {monitor, reward}}}]}. */
  void into(ObjectNode summary) {
    Map<String, ScoreAtDistance> rewards = scores(REWARD);
    Map<String, ScoreAtDistance> monitors = scores(MONITOR);
    ArrayNode all = JSON.createArrayNode();
    for (double kl : levels(rewards)) {
      ObjectNode methods = all.addObject().put("kl", kl).putObject("methods");
      rewards.forEach(
          (name, reward) -> {
            if (reward.reaches(kl)) {
              ObjectNode method = methods.putObject(name);
              if (monitors.containsKey(name)) {
                TrainStages.put(method.putObject("monitor"), monitors.get(name).at(kl));
              }
              TrainStages.put(method.putObject("reward"), reward.at(kl));
            }
          });
    }
    if (!all.isEmpty()) {
      summary.set("at_kl", all);
    }
  }

  // ---- tables and figures

  List<Table> tables() {
    List<Table> tables = new ArrayList<>();
    SCORES.forEach(
        (name, metric) -> {
          Map<String, ScoreAtDistance> scores = scores(metric);
          List<Double> levels = levels(scores);
          if (!levels.isEmpty()) {
            tables.add(table(name, scores, levels));
          }
        });
    return tables;
  }

  private Table table(String name, Map<String, ScoreAtDistance> scores, List<Double> levels) {
    List<String> heads = new ArrayList<>(List.of("method"));
    levels.forEach(kl -> heads.add("at %.3g nats".formatted(kl)));
    List<List<Cell>> rows = new ArrayList<>();
    scores.forEach(
        (method, score) ->
            rows.add(
                row(
                    method,
                    levels.stream()
                        .map(kl -> score.reaches(kl) ? cell(score.at(kl)) : Estimate.missing())
                        .toList())));
    if (name.equals("monitor")) {
      chosen.forEach(
          (method, point) ->
              rows.add(
                  row(
                      method,
                      levels.stream()
                          .map(kl -> kl == point.kl() ? cell(point.judged()) : Estimate.missing())
                          .toList())));
    }
    return Table.of("at-kl-" + name, "The " + name + " at equal divergence", heads, rows)
        .noted(
            "Of the trainings' updates, on training prompts: a local line over sqrt(KL), with 95%"
                + " intervals that take updates as independent; empty where a training did not go so"
                + " far. Best-of-n stands at its bound, by the test prompts.");
  }

  private static List<Cell> row(String method, List<Estimate> cells) {
    List<Cell> row = new ArrayList<>(List.of(Cell.words(method)));
    row.addAll(cells);
    return row;
  }

  private static Estimate cell(Interval interval) {
    return Estimate.of(interval.mean(), interval.low(), interval.high(), -1);
  }

  List<Figure> figures() {
    List<Figure> figures = new ArrayList<>();
    SCORES.forEach(
        (name, metric) -> {
          List<Plot.Line> lines = new ArrayList<>();
          scores(metric).forEach((method, score) -> lines.add(line(method, score)));
          if (!lines.isEmpty()) {
            figures.add(
                Figure.of(
                        name + "-over-distance",
                        "The " + name + " over the distance from the reference",
                        new Plot.Curve("sqrt(KL), nats per response", name, lines))
                    .noted("Of the trainings' updates, smoothed by a local line."));
          }
        });
    if (!courses.isEmpty()) {
      List<Plot.Line> lines = new ArrayList<>();
      courses.forEach((method, course) -> lines.add(course.byUpdate(method)));
      figures.add(
          Figure.of(
                  "kl-by-update",
                  "Divergence from the reference by update",
                  new Plot.Curve("update", "KL, nats per response", lines))
              .noted("Of the responses of each update, before it."));
    }
    return figures;
  }

  private static Plot.Line line(String method, ScoreAtDistance score) {
    double farthest = Math.sqrt(score.farthest());
    return new Plot.Line(
        method,
        IntStream.rangeClosed(0, CURVE_POINTS)
            .mapToDouble(i -> farthest * i / CURVE_POINTS)
            .mapToObj(
                d -> {
                  Interval at = score.at(Math.min(d * d, score.farthest()));
                  return new Plot.Point(d, at.mean(), at.low(), at.high());
                })
            .toList());
  }
}
