package plumbline.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Estimate;
import plumbline.data.exhibit.Figure;
import plumbline.data.exhibit.Items;
import plumbline.data.exhibit.Plot;
import plumbline.data.exhibit.Source;
import plumbline.data.exhibit.Table;
import plumbline.eval.Bootstrap;
import plumbline.eval.Interval;

/** Several runs on one page: a column each, differences to the first, curves over each other. */
final class Comparison {
  private static final long SEED = 1;
  private static final int FEWEST_ITEMS = 2;

  private final Map<String, Run> runs = new LinkedHashMap<>();

  /**
   * @param folders two or more run directories
   */
  Comparison(List<Path> folders) {
    List<Run> read = folders.stream().map(RunReader::read).toList();
    Set<String> names = new HashSet<>();
    boolean differ = read.stream().allMatch(run -> names.add(run.name()));
    for (int i = 0; i < read.size(); i++) {
      String label = differ ? read.get(i).name() : folders.get(i).normalize().toString();
      runs.put(runs.containsKey(label) ? label + " (" + (i + 1) + ")" : label, read.get(i));
    }
  }

  String page() {
    Exhibition exhibition = new Exhibition(source());
    List<Page.Section> sections = sections(exhibition);
    String title = "Comparison of " + runs.size() + " runs";
    String head =
        "<h1>"
            + title
            + "</h1>\n<p class=\"facts\">"
            + Html.escape(String.join(" · ", runs.keySet()))
            + "</p>\n";
    return Page.frame(title, head, sections, exhibition);
  }

  List<Table> tables() {
    Exhibition exhibition = new Exhibition(source());
    sections(exhibition);
    return exhibition.tables();
  }

  ArrayNode claims() {
    return ComparedClaims.json(runs);
  }

  private List<Page.Section> sections(Exhibition page) {
    List<Page.Section> sections = new ArrayList<>();
    sections.add(new Page.Section("runs", "Runs", facts(page)));
    sections.add(new Page.Section("measures", "Measures", measures(page)));
    sections.add(new Page.Section("differences", "Differences item by item", differences(page)));
    ComparedClaims.of(runs)
        .ifPresent(
            table ->
                sections.add(
                    new Page.Section("claims", "Claims of the publication", page.table(table))));
    StringBuilder means = new StringBuilder();
    MeanTables.of(runs.values()).forEach(table -> means.append(page.table(table)));
    if (!means.isEmpty()) {
      sections.add(new Page.Section("means", "Tables over all runs", means.toString()));
    }
    sections.add(new Page.Section("training", "End of training", ends(page)));
    sections.add(new Page.Section("curves", "Curves", curves(page)));
    sections.add(new Page.Section("environment", "Commands", commands(page)));
    return sections;
  }

  private List<String> heads(String first) {
    List<String> heads = new ArrayList<>(List.of(first));
    heads.addAll(runs.keySet());
    return heads;
  }

  /** A row whose cells are taken of each run. */
  private List<Cell> row(String name, Function<Run, Cell> cell) {
    List<Cell> row = new ArrayList<>(List.of(Cell.words(name)));
    runs.values().forEach(run -> row.add(cell.apply(run)));
    return row;
  }

  private String facts(Exhibition page) {
    List<List<Cell>> rows = new ArrayList<>();
    rows.add(row("kind", run -> Cell.words(run.kind())));
    rows.add(row("status", run -> Cell.words(run.status())));
    rows.add(row("seed", run -> fact(run, "seed")));
    rows.add(row("started", run -> fact(run, "started")));
    rows.add(
        row(
            "time",
            run -> Cell.words(Numbers.seconds(run.info().path("seconds").asDouble(Double.NaN)))));
    rows.add(row("warnings", run -> Cell.words("" + run.allWarnings().size())));
    rows.add(row("outcome", run -> Cell.words(Headline.of(run))));
    return page.table("facts", Table.of("runs", "The runs", heads(""), rows));
  }

  private static Cell fact(Run run, String name) {
    return Cell.words(run.info().path(name).asText("not recorded").replaceFirst("\\.\\d+", ""));
  }

  private String measures(Exhibition page) {
    Set<List<String>> names = new LinkedHashSet<>();
    runs.values().stream()
        .flatMap(run -> evaluation(run).stream())
        .forEach(
            evaluation ->
                evaluation
                    .systems()
                    .keySet()
                    .forEach(
                        system ->
                            evaluation.measures().forEach(m -> names.add(List.of(system, m)))));
    List<List<Cell>> rows = new ArrayList<>();
    for (List<String> name : names) {
      String title =
          EvaluationSection.label(name.get(0)) + ": " + EvaluationSection.title(name.get(1));
      rows.add(row(title, run -> measure(run, name.get(0), name.get(1))));
    }
    rows.add(row("Difference, aligned minus SFT", run -> of(run, Evaluation::difference)));
    rows.add(
        row(
            "Win rate of aligned against SFT",
            run -> of(run, e -> e.winRate().map(Estimate::asShare))));
    rows.add(row("Reward model: accuracy on held-out pairs", Comparison::accuracy));
    rows.removeIf(row -> row.stream().skip(1).allMatch(Estimate.missing()::equals));
    return rows.isEmpty()
        ? Html.note("Nothing was evaluated in any of the runs.")
        : page.table(
            "numbers",
            Table.of("measures", "What was measured at the end", heads("Measure"), rows)
                .noted("Intervals are each run's own; whether runs differ is below.")
                .from(Source.of(-1, "95%, of each run")));
  }

  /** The seeds and commands of all runs. */
  private Source source() {
    Set<String> seeds = new LinkedHashSet<>();
    Set<String> commands = new LinkedHashSet<>();
    for (Run run : runs.values()) {
      seeds.add(run.info().path("seed").asText("not recorded"));
      commands.add(run.info().path("command").asText("not recorded"));
    }
    return new Source(-1, "", String.join(", ", seeds), String.join("; ", commands));
  }

  private static Optional<Evaluation> evaluation(Run run) {
    return run.parts("evaluate").stream()
        .flatMap(part -> Evaluation.of(part.summary()).stream())
        .findFirst();
  }

  private static Cell measure(Run run, String system, String measure) {
    return evaluation(run)
        .map(found -> EvaluationSection.cell(found, system, measure))
        .orElse(Estimate.missing());
  }

  private static Cell of(Run run, Function<Evaluation, Optional<Estimate>> number) {
    return evaluation(run).flatMap(number).orElse(Estimate.missing());
  }

  private static Cell accuracy(Run run) {
    return run.parts("reward").stream()
        .flatMap(part -> Estimate.of(part.summary().path("accuracy")).stream())
        .findFirst()
        .map(Estimate::asShare)
        .orElse(Estimate.missing());
  }

  /** Means over the items that a run and the first one have both measured. */
  private String differences(Exhibition page) {
    List<String> labels = List.copyOf(runs.keySet());
    Map<List<String>, Map<String, Double>> first = items(runs.get(labels.get(0)));
    List<List<Cell>> rows = new ArrayList<>();
    for (String label : labels.subList(1, labels.size())) {
      items(runs.get(label))
          .forEach(
              (key, values) ->
                  difference(label + ", " + name(key), values, first.getOrDefault(key, Map.of()))
                      .ifPresent(rows::add));
    }
    if (rows.isEmpty()) {
      return Html.note(
          "No two of the runs hold numbers for the same items, so no paired difference can be"
              + " computed.");
    }
    return page.table(
        Table.of(
                "differences",
                "Each run minus " + labels.get(0) + ", on the items that both have",
                List.of("Run and measure", labels.get(0), "Run", "Difference", "Items"),
                rows)
            .noted("Where an interval contains 0, no difference is shown.")
            .from(new Source(-1, "95% percentile bootstrap over items, paired", "" + SEED, "")));
  }

  private static String name(List<String> key) {
    return EvaluationSection.label(key.get(0)) + ": " + EvaluationSection.title(key.get(1));
  }

  private static Map<List<String>, Map<String, Double>> items(Run run) {
    Map<List<String>, Map<String, Double>> items = new LinkedHashMap<>();
    for (Run each : run.all()) {
      for (Items own : each.exhibits().items()) {
        items.put(List.of(own.system(), own.measure()), own.values());
      }
    }
    return items;
  }

  private static Optional<List<Cell>> difference(
      String name, Map<String, Double> values, Map<String, Double> first) {
    Set<String> both = new TreeSet<>(values.keySet());
    both.removeIf(
        id ->
            !Double.isFinite(values.get(id))
                || !Double.isFinite(first.getOrDefault(id, Double.NaN)));
    if (both.size() < FEWEST_ITEMS) {
      return Optional.empty();
    }
    double[] own = both.stream().mapToDouble(values::get).toArray();
    double[] other = both.stream().mapToDouble(first::get).toArray();
    Bootstrap bootstrap = new Bootstrap(SEED);
    return Optional.of(
        List.of(
            Cell.words(name),
            estimate(bootstrap.mean(other)),
            estimate(bootstrap.mean(own)),
            estimate(bootstrap.difference(own, other)),
            Cell.number(own.length)));
  }

  private static Estimate estimate(Interval interval) {
    return Estimate.of(interval.mean(), interval.low(), interval.high(), -1);
  }

  /** The metrics of each stage over its last tenth of steps. */
  private String ends(Exhibition page) {
    StringBuilder html = new StringBuilder();
    for (String stage : stages()) {
      List<List<Cell>> rows = new ArrayList<>();
      for (String metric : metrics(stage)) {
        rows.add(
            row(
                metric,
                run ->
                    Cell.number(
                        part(run, stage)
                            .map(part -> part.metrics().end(metric).orElse(Double.NaN))
                            .orElse(Double.NaN))));
      }
      html.append(
          page.table(
              Table.of(
                  Exhibition.id(stage) + ".end",
                  "Last tenth of the steps of " + stage,
                  heads("Metric"),
                  rows)));
    }
    return html.isEmpty() ? Html.note("None of the runs recorded a step.") : html.toString();
  }

  private String curves(Exhibition page) {
    StringBuilder html = new StringBuilder();
    for (String stage : stages()) {
      html.append("<h3>")
          .append(Html.escape(stage))
          .append("</h3>\n<div class=\"figures curves\">\n");
      for (Curve curve : Curve.of(metrics(stage))) {
        for (String metric : curve.metrics()) {
          html.append(
              page.bareFigure(
                  figure(stage, curve, metric),
                  "<small><code>" + Html.escape(metric) + "</code></small>"));
        }
      }
      html.append("</div>\n");
    }
    return html.isEmpty() ? Html.note("None of the runs recorded a step.") : html.toString();
  }

  private Figure figure(String stage, Curve curve, String metric) {
    List<Plot.Line> lines = new ArrayList<>();
    runs.forEach(
        (label, run) ->
            part(run, stage)
                .map(part -> part.metrics().curve(metric))
                .filter(points -> !points.isEmpty())
                .ifPresent(points -> lines.add(Curves.line(label, points))));
    return Figure.of(
            Exhibition.id(stage + "." + metric), curve.title(), new Plot.Curve("step", "", lines))
        .noted(curve.meaning());
  }

  /** Names of the stages that recorded steps; a run without stages goes by its kind. */
  private Collection<String> stages() {
    Set<String> names = new LinkedHashSet<>();
    runs.values()
        .forEach(
            run ->
                run.all().stream()
                    .filter(each -> !each.metrics().steps().isEmpty())
                    .forEach(each -> names.add(stage(run, each))));
    return names;
  }

  private static String stage(Run run, Run part) {
    return run.folder().equals(part.folder()) ? run.kind() : part.name();
  }

  private static Optional<Run> part(Run run, String stage) {
    return run.all().stream().filter(each -> stage(run, each).equals(stage)).findFirst();
  }

  private Set<String> metrics(String stage) {
    Set<String> names = new LinkedHashSet<>();
    runs.values()
        .forEach(run -> part(run, stage).ifPresent(p -> names.addAll(p.metrics().names())));
    return names;
  }

  private String commands(Exhibition page) {
    List<List<Cell>> rows = new ArrayList<>();
    runs.forEach(
        (label, run) ->
            rows.add(
                List.of(
                    Cell.words(label),
                    Cell.words(run.folder().toString()),
                    Cell.words(run.info().path("seed").asText("not recorded")),
                    Cell.words(run.info().path("command").asText("not recorded")))));
    return page.table(
        "facts",
        Table.of(
            "commands",
            "Where the runs are and what made them",
            List.of("Run", "Folder", "Seed", "Command"),
            rows));
  }
}
