package plumbline.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import plumbline.InputException;
import plumbline.config.Key;
import plumbline.eval.Interval;
import plumbline.ppo.Change;
import plumbline.ppo.MetricsHistory;

/** Trainings of policies side by side: first and last updates, what changed, what rang. */
final class TrainingsStage {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Standard errors of a 95% interval. */
  private static final double NORMAL = 1.959964;

  /** The keys of a stage that puts trainings side by side. */
  record Config(
      @Key(doc = "the trainings by name: {A: ppo-a, B: ppo-b}, earlier stages")
          Map<String, String> of,
      @Key(def = "{}", doc = "the evaluations of what they left, by the same names: earlier stages")
          Map<String, String> evaluations,
      @Key(
              def = "20",
              min = 2,
              doc =
                  "updates at either end of which means are compared; half of them where there are"
                      + " fewer than twice as many")
          int window) {
    Config {
      if (of.size() < 2) {
        throw new IllegalArgumentException(
            "'of' names " + of.size() + " training, wanted two or more: {A: ppo-a, B: ppo-b}");
      }
      evaluations
          .keySet()
          .forEach(
              name -> {
                if (!of.containsKey(name)) {
                  throw new IllegalArgumentException(
                      "'evaluations' names '" + name + "', wanted some of " + of.keySet());
                }
              });
    }
  }

  /**
   * A training that was read.
   *
   * @param rows of its {@code metrics.jsonl}
   * @param changes by metric
   * @param alarms as its summary has them
   * @param evaluation the summary of its evaluation, or a missing node
   */
  record Course(
      List<JsonNode> rows, Map<String, Change> changes, JsonNode alarms, JsonNode evaluation) {
    /** Last less first, 95%. */
    Optional<Interval> change(String metric) {
      return Optional.ofNullable(changes.get(metric))
          .map(c -> normal(c.last() - c.first(), c.errorOfChange()));
    }

    /** The mean over the last updates, 95%. */
    Optional<Interval> end(String metric) {
      return Optional.ofNullable(changes.get(metric)).map(c -> normal(c.last(), c.error()));
    }

    double at(boolean last, String metric) {
      return rows.get(last ? rows.size() - 1 : 0).path(metric).asDouble(Double.NaN);
    }
  }

  private static Interval normal(double mean, double error) {
    return new Interval(mean, mean - NORMAL * error, mean + NORMAL * error);
  }

  /** The metrics whose changes are compared, with their titles. */
  static final Map<String, String> METRICS = new LinkedHashMap<>(PolicyCourse.TABLE);

  static {
    METRICS.put("objective/kl", "KL to the reference, nats per response");
    METRICS.put("response/eos_rate", "Share of responses that end");
    METRICS.put("monitor/mean", "Monitor, never trained on");
  }

  private TrainingsStage() {}

  /** Checks what it names before any stage runs. */
  static Plan.Made plan(Config config, Plan plan) {
    config.of().forEach((name, stage) -> plan.checkStage("of." + name, stage));
    config.evaluations().forEach((name, stage) -> plan.checkStage("evaluations." + name, stage));
    return new Plan.Made(Plan.Kind.NUMBERS, Set.of(), OptionalInt.empty());
  }

  static void run(Config config, StageContext context) {
    Map<String, Course> courses = new LinkedHashMap<>();
    config
        .of()
        .forEach(
            (name, stage) ->
                courses.put(
                    name,
                    read(
                        context.folder(stage),
                        Optional.ofNullable(config.evaluations().get(name)).map(context::folder),
                        config.window())));
    context.run().summary(summary(courses));
    context.run().exhibits(new TrainingsExhibits(courses).all());
  }

  private static Course read(Path run, Optional<Path> evaluation, int window) {
    List<JsonNode> rows = new ArrayList<>();
    MetricsHistory history = new MetricsHistory();
    Path file = run.resolve("metrics.jsonl");
    try {
      for (String line : Files.readAllLines(file)) {
        JsonNode row = JSON.readTree(line);
        Map<String, Double> values = new LinkedHashMap<>();
        row.properties()
            .forEach(metric -> values.put(metric.getKey(), metric.getValue().asDouble(Double.NaN)));
        history.add(row.path("step").asLong(), values);
        rows.add(row);
      }
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
    }
    if (rows.isEmpty()) {
      throw new InputException(file + ": this training has no update");
    }
    Map<String, Change> changes = new LinkedHashMap<>();
    METRICS
        .keySet()
        .forEach(name -> history.change(name, window).ifPresent(c -> changes.put(name, c)));
    return new Course(
        rows,
        changes,
        Results.read(run.resolve("summary.json")).path("alarms"),
        evaluation
            .map(folder -> Results.read(folder.resolve("summary.json")))
            .orElse(JSON.missingNode()));
  }

  private static ObjectNode summary(Map<String, Course> courses) {
    ObjectNode summary = JSON.createObjectNode();
    ObjectNode table = summary.putObject("table1");
    ObjectNode changes = summary.putObject("changes");
    ObjectNode ends = summary.putObject("ends");
    ObjectNode differences = summary.putObject("differences");
    ObjectNode alarms = summary.putObject("alarms");
    String reference = courses.keySet().iterator().next();
    courses.forEach(
        (name, course) -> {
          ObjectNode own = table.putObject(name);
          for (boolean last : new boolean[] {false, true}) {
            ObjectNode update = own.putObject(last ? "last" : "first");
            update.put("step", (long) course.at(last, "step"));
            PolicyCourse.TABLE.keySet().forEach(m -> update.put(m, course.at(last, m)));
          }
          for (String metric : METRICS.keySet()) {
            course.change(metric).ifPresent(i -> put(changes, name, metric, i));
            course.end(metric).ifPresent(i -> put(ends, name, metric, i));
            if (!name.equals(reference)) {
              difference(course, courses.get(reference), metric)
                  .ifPresent(i -> put(differences, name, metric, i));
            }
          }
          ArrayNode rung = alarms.putArray(name);
          course.alarms().forEach(alarm -> rung.add(alarm.path("name").asText()));
        });
    return summary;
  }

  /** The change of one less that of another. */
  static Optional<Interval> difference(Course course, Course other, String metric) {
    return course
        .change(metric)
        .flatMap(
            a -> other.change(metric).map(b -> Interval.sum(new double[] {1, -1}, List.of(a, b))));
  }

  private static void put(ObjectNode node, String name, String metric, Interval interval) {
    ObjectNode own = node.has(name) ? (ObjectNode) node.get(name) : node.putObject(name);
    TrainStages.put(own.putObject(metric), interval);
  }
}
