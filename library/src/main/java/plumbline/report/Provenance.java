package plumbline.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the run was made from and on: times, data, machine, versions, configuration. */
final class Provenance {
  private static final String IMPORTED = "imported_";

  private Provenance() {}

  static String timings(Run run) {
    double longest = 0;
    double sum = 0;
    for (Run part : run.parts()) {
      double seconds = seconds(run, part);
      longest = Double.isFinite(seconds) ? Math.max(longest, seconds) : longest;
      sum += Double.isFinite(seconds) ? seconds : 0;
    }
    List<List<String>> rows = new ArrayList<>();
    for (Run part : run.parts()) {
      double seconds = seconds(run, part);
      String bar =
          seconds > 0
              ? "<div class=\"bar\" style=\"width:" + 100 * seconds / longest + "%\"></div>"
              : "";
      rows.add(
          List.of(
              Html.escape(part.name()),
              Html.escape(part.kind()),
              Page.status(part.status()),
              duration(seconds),
              bar));
    }
    double whole = run.info().path("seconds").asDouble(Double.NaN);
    if (run.parts().size() > 1 || rows.isEmpty()) {
      String total = Double.isFinite(whole) ? duration(whole) : duration(sum > 0 ? sum : whole);
      rows.add(List.of("<b>Total</b>", "", Page.status(run.status()), total, ""));
    }
    return Html.table("timings", List.of("Stage", "Kind", "Status", "Time", ""), rows);
  }

  private static String duration(double seconds) {
    return Double.isFinite(seconds) ? Numbers.seconds(seconds) : Html.notMeasured();
  }

  /** A part's own time, else what the pipeline says of it. */
  private static double seconds(Run run, Run part) {
    JsonNode own = part.info().path("seconds");
    if (own.isNumber()) {
      return own.asDouble();
    }
    for (JsonNode stage : run.info().path("stages")) {
      if (stage.path("name").asText().equals(part.name()) && stage.path("seconds").isNumber()) {
        return stage.path("seconds").asDouble();
      }
    }
    return Double.NaN;
  }

  static String data(Run run) {
    Map<String, List<String>> users = new LinkedHashMap<>();
    for (Run each : run.all()) {
      each.info()
          .path("data")
          .properties()
          .forEach(
              file ->
                  users
                      .computeIfAbsent(
                          file.getKey() + "\n" + Html.words(file.getValue()),
                          key -> new ArrayList<>())
                      .add(each.name()));
    }
    if (users.isEmpty()) {
      return imports(run) + Html.note("No data file was recorded.");
    }
    List<List<String>> rows = new ArrayList<>();
    users.forEach(
        (key, names) -> {
          int split = key.indexOf('\n');
          rows.add(
              List.of(
                  Html.escape(key.substring(0, split)),
                  "<code>" + Html.escape(key.substring(split + 1)) + "</code>",
                  Html.escape(String.join(", ", names))));
        });
    return imports(run) + Html.table("facts", List.of("File", "SHA-256", "Read by"), rows);
  }

  /** What became of the source's rows, and the rows of the files made of them. */
  private static String imports(Run run) {
    List<List<String>> imported = new ArrayList<>();
    List<List<String>> files = new ArrayList<>();
    for (Run part : run.parts()) {
      part.summary()
          .properties()
          .forEach(
              field -> {
                JsonNode value = field.getValue();
                if (field.getKey().startsWith(IMPORTED)) {
                  imported.add(
                      List.of(
                          Html.escape(field.getKey().substring(IMPORTED.length())),
                          Html.words(value.path("rows_in")),
                          Html.words(value.path("kept")),
                          Html.words(value.path("rejected")),
                          Html.escape(counts(value.path("reasons"))),
                          Html.escape(counts(value.path("notes")))));
                } else if (field.getKey().endsWith(".jsonl")) {
                  String name = part.name() + "/" + field.getKey();
                  JsonNode more = part.summary().path("beyond_limits").path(field.getKey());
                  files.add(
                      List.of(
                          Html.escape(name),
                          Html.words(value),
                          more.isMissingNode() ? "0" : Html.words(more)));
                }
              });
    }
    List<String> heads =
        List.of("Made of the source", "Rows read", "Made", "Rejected", "Why", "Changed");
    return (imported.isEmpty() ? "" : Html.table("imports", heads, imported))
        + (files.isEmpty()
            ? ""
            : Html.table(
                "numbers imports", List.of("Rows", "Count", "Left out beyond the most"), files));
  }

  private static String counts(JsonNode reasons) {
    List<String> texts = new ArrayList<>();
    reasons
        .properties()
        .forEach(reason -> texts.add(reason.getKey() + ": " + Html.words(reason.getValue())));
    return String.join("; ", texts);
  }

  /** The run's environment and versions; a stage's where it differs. */
  static String environment(Run run) {
    Map<String, Map<String, List<String>>> facts = new LinkedHashMap<>();
    for (Run each : run.all()) {
      fact(facts, each, "seed", each.info().path("seed"));
      for (String block : List.of("environment", "versions")) {
        each.info()
            .path(block)
            .properties()
            .forEach(entry -> fact(facts, each, name(block, entry.getKey()), entry.getValue()));
      }
      for (JsonNode parent : each.info().path("parents")) {
        fact(facts, each, "built on", parent);
      }
    }
    if (facts.isEmpty()) {
      return Html.note("No environment was recorded.");
    }
    List<List<String>> rows = new ArrayList<>();
    facts.forEach(
        (name, values) -> {
          List<String> cells = new ArrayList<>();
          values.forEach(
              (value, runs) ->
                  cells.add(
                      Html.escape(value)
                          + (values.size() > 1
                              ? " <small>" + Html.escape(String.join(", ", runs)) + "</small>"
                              : "")));
          rows.add(List.of(Html.escape(name), String.join("<br>", cells)));
        });
    return Html.table("facts", List.of(), rows);
  }

  private static String name(String block, String key) {
    return block.equals("versions") && key.equals("java") ? "java version" : key;
  }

  private static void fact(
      Map<String, Map<String, List<String>>> facts, Run run, String name, JsonNode value) {
    if (value.isMissingNode() || value.isNull() || (value.isContainerNode() && value.isEmpty())) {
      return;
    }
    facts
        .computeIfAbsent(name, key -> new LinkedHashMap<>())
        .computeIfAbsent(Html.words(value), key -> new ArrayList<>())
        .add(run.name());
  }

  static String configuration(Run run) {
    StringBuilder html = new StringBuilder();
    for (Run each : run.all()) {
      each.config()
          .ifPresent(yaml -> html.append(Html.folded(each.name() + ": config.yaml", yaml)));
      if (!each.summary().isMissingNode()) {
        html.append(Html.folded(each.name() + ": summary.json", each.summary().toPrettyString()));
      }
    }
    return html.isEmpty() ? Html.note("No configuration was recorded.") : html.toString();
  }
}
