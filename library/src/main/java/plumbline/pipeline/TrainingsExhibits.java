package plumbline.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Estimate;
import plumbline.data.exhibit.Exhibits;
import plumbline.data.exhibit.Figure;
import plumbline.data.exhibit.Plot;
import plumbline.data.exhibit.Source;
import plumbline.data.exhibit.Table;
import plumbline.eval.Interval;

/** The tables and figures of trainings side by side. */
record TrainingsExhibits(Map<String, TrainingsStage.Course> courses) {
  private static final String SECTION = "The trainings side by side";
  private static final Map<String, String> CURVES = new LinkedHashMap<>();

  static {
    CURVES.put("reward/mean", "Mean reward");
    CURVES.put("reward/std", "Standard deviation of rewards");
    CURVES.put("policy/entropy", "Policy entropy, nats per token");
    CURVES.put("loss/total", "Total loss");
    CURVES.put("response/length_mean", "Response length, tokens");
    CURVES.put("objective/kl", "KL to the reference, nats per response");
    CURVES.put("monitor/mean", "Monitor, never trained on");
  }

  /** What is measured on held-out prompts: where it stands in an evaluation, with its title. */
  private static final Map<String, String> HELD_OUT = new LinkedHashMap<>();

  static {
    HELD_OUT.put("/systems/sft/gold", "Gold quality before");
    HELD_OUT.put("/systems/policy/gold", "Gold quality after");
    HELD_OUT.put("/difference", "What the judge's score gained");
    HELD_OUT.put("/win_rate", "Win rate against the model before");
    HELD_OUT.put("/systems/policy/kl", "KL to the model before, nats per response");
    HELD_OUT.put("/systems/sft/response_length", "Response length before, tokens");
    HELD_OUT.put("/systems/policy/response_length", "Response length after, tokens");
    HELD_OUT.put("/systems/policy/eos_rate", "Share of responses that end");
  }

  Exhibits all() {
    List<Table> tables = new ArrayList<>(List.of(firstAndLast(), changes(), alarms()));
    if (courses.values().stream().anyMatch(course -> course.evaluation().isObject())) {
      tables.add(2, heldOut());
    }
    return new Exhibits(
        tables.stream().map(table -> table.under(SECTION)).toList(),
        CURVES.keySet().stream()
            .flatMap(metric -> curve(metric).stream())
            .map(figure -> figure.under(SECTION))
            .toList(),
        List.of());
  }

  private Table firstAndLast() {
    List<String> heads = new ArrayList<>(List.of(""));
    courses.forEach(
        (name, course) -> {
          heads.add(name + ", update " + (long) course.at(false, "step"));
          heads.add(name + ", update " + (long) course.at(true, "step"));
        });
    List<List<Cell>> rows = new ArrayList<>();
    PolicyCourse.TABLE.forEach(
        (metric, title) -> {
          List<Cell> row = new ArrayList<>(List.of(Cell.words(title)));
          for (TrainingsStage.Course course : courses.values()) {
            row.add(Cell.number(course.at(false, metric)));
            row.add(Cell.number(course.at(true, metric)));
          }
          rows.add(row);
        });
    return Table.of("table1", "Table 1: the first and the last update", heads, rows)
        .noted("Single updates; what changed beyond noise is in the next table.");
  }

  private Table changes() {
    List<String> names = List.copyOf(courses.keySet());
    TrainingsStage.Course first = courses.get(names.get(0));
    List<String> heads = new ArrayList<>(List.of(""));
    names.forEach(name -> heads.add(name + ": change"));
    names.stream().skip(1).forEach(name -> heads.add(name + " less " + names.get(0)));
    List<List<Cell>> rows = new ArrayList<>();
    TrainingsStage.METRICS.forEach(
        (metric, title) -> {
          List<Cell> row = new ArrayList<>(List.of(Cell.words(title)));
          names.forEach(name -> row.add(cell(courses.get(name).change(metric))));
          names.stream()
              .skip(1)
              .map(name -> TrainingsStage.difference(courses.get(name), first, metric))
              .forEach(difference -> row.add(cell(difference)));
          if (row.stream().skip(1).anyMatch(cell -> !cell.equals(Estimate.missing()))) {
            rows.add(row);
          }
        });
    return Table.of("changes", "What changed, last updates less first", heads, rows)
        .noted("Where an interval contains 0, no change, or no difference, is shown.")
        .from(
            Source.of(
                -1,
                "95%, normal, of the noise between updates: it holds the noise of sampling, not that"
                    + " of another seed"));
  }

  private static Estimate cell(Optional<Interval> interval) {
    return interval
        .map(i -> Estimate.of(i.mean(), i.low(), i.high(), -1))
        .orElse(Estimate.missing());
  }

  private Table heldOut() {
    List<String> heads = new ArrayList<>(List.of(""));
    heads.addAll(courses.keySet());
    List<List<Cell>> rows = new ArrayList<>();
    HELD_OUT.forEach(
        (place, title) -> {
          List<Cell> row = new ArrayList<>(List.of(Cell.words(title)));
          courses
              .values()
              .forEach(
                  course ->
                      row.add(
                          Estimate.of(course.evaluation().at(place)).orElse(Estimate.missing())));
          if (row.stream().skip(1).anyMatch(cell -> !cell.equals(Estimate.missing()))) {
            rows.add(row);
          }
        });
    return Table.of("held-out", "On held-out prompts", heads, rows)
        .from(Source.of(-1, "95% percentile bootstrap over prompts"));
  }

  private Table alarms() {
    List<List<Cell>> rows = new ArrayList<>();
    courses.forEach(
        (name, course) -> {
          for (JsonNode alarm : course.alarms()) {
            rows.add(
                List.of(
                    Cell.words(name),
                    Cell.words(alarm.path("name").asText()),
                    Cell.number(alarm.path("step").asDouble()),
                    Cell.words(alarm.path("found").asText()),
                    Cell.words(alarm.path("remedy").asText())));
          }
          if (course.alarms().isEmpty()) {
            rows.add(
                List.of(
                    Cell.words(name),
                    Cell.words("none rang"),
                    Estimate.missing(),
                    Cell.words(""),
                    Cell.words("")));
          }
        });
    return Table.of(
        "alarms",
        "Alarms: entropy that collapses, length that runs to its limit, and others",
        List.of("training", "alarm", "first at update", "found", "what helps"),
        rows);
  }

  private Optional<Figure> curve(String metric) {
    List<Plot.Line> lines = new ArrayList<>();
    courses.forEach(
        (name, course) -> {
          List<Plot.Point> points =
              course.rows().stream()
                  .filter(row -> row.path(metric).isNumber())
                  .map(
                      row ->
                          Plot.Point.of(
                              row.path("step").doubleValue(), row.path(metric).doubleValue()))
                  .toList();
          if (!points.isEmpty()) {
            lines.add(new Plot.Line(name, points));
          }
        });
    String title = CURVES.get(metric);
    return lines.isEmpty()
        ? Optional.empty()
        : Optional.of(
            Figure.of(metric.replace('/', '-'), title, new Plot.Curve("update", title, lines)));
  }
}
