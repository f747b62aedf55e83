package plumbline.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import plumbline.InputException;

/**
 * What a run's files say of the model that it made. Nothing here is of the clock, and what lies in
 * the pipeline's folder is named from there: the same configuration and seed give the same card.
 */
final class RunCard {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Numbers of a summary that the clock or the machine decides. */
  private static final Set<String> OF_THE_CLOCK = Set.of("seconds", "peak_rss_mb", "tokens_per_s");

  private final Path folder;
  private final Path out;
  private final JsonNode run;
  private final JsonNode summary;
  private final CardKind kind;

  /**
   * @param folder the run's
   * @param out the pipeline's, which may be the same
   */
  RunCard(Path folder, Path out) {
    this.folder = folder;
    this.out = out;
    this.run = read(folder.resolve("run.json"));
    this.summary = Results.ofRun(folder);
    this.kind = CardKind.of(run.path("kind").asText());
  }

  ModelCard card() {
    Path model = folder.resolve("model");
    ModelCard card = new ModelCard(model, kind);
    parents().stream().findFirst().ifPresent(start -> card.basedOn(start));
    card.put("datasets", dataSets());
    card.put("model-index", modelIndex());
    card.put("plumbline", provenance());
    String name = run.path("name").asText();
    String stage = run.path("kind").asText();
    card.title(name.equals(stage) ? stage : name + " (" + stage + ")");
    card.paragraph(kind.what() + ", made by `plumbline` with a stage of kind `" + stage + "`.");
    card.section("Where it comes from");
    card.table(List.of("", ""), facts());
    card.models("Built on", parents(), this::shown);
    card.files("Trained on and measured with", data());
    card.section("Results");
    card.table(List.of("number of `summary.json`", "value"), numbers());
    card.paragraph("`mean`, `low` and `high` are an estimate and its 95 % interval.");
    List<String> limits = new ArrayList<>(kind.limits());
    for (JsonNode warning : run.path("warnings")) {
      limits.add("Said by the training: " + warning.asText().replace(out + "/", ""));
    }
    alarms().forEach(limits::add);
    card.uses(limits);
    card.section("Configuration");
    card.block("yaml", configuration());
    return card;
  }

  private List<Path> parents() {
    List<Path> parents = new ArrayList<>();
    run.path("parents").forEach(parent -> parents.add(Path.of(parent.asText())));
    return parents;
  }

  /** Files that were read, as they are shown, with their SHA-256. */
  private Map<String, String> data() {
    Map<String, String> data = new LinkedHashMap<>();
    run.path("data")
        .properties()
        .forEach(file -> data.put(shown(Path.of(file.getKey())), file.getValue().asText()));
    return data;
  }

  private String shown(Path path) {
    Path whole = path.toAbsolutePath().normalize();
    Path root = out.toAbsolutePath().normalize();
    return whole.startsWith(root)
        ? root.relativize(whole).toString().replace('\\', '/')
        : ModelCard.shown(path);
  }

  // ---- header

  /** The data sets that the rows themselves name. */
  private List<String> dataSets() {
    Set<String> names = new TreeSet<>();
    for (Map.Entry<String, JsonNode> file : run.path("data").properties()) {
      Path path = Path.of(file.getKey());
      if (path.toString().endsWith(".jsonl") && Files.isRegularFile(path)) {
        addDataSets(path, names);
      }
    }
    return List.copyOf(names);
  }

  private static void addDataSets(Path file, Set<String> names) {
    try (BufferedReader rows = Files.newBufferedReader(file)) {
      for (String row = rows.readLine(); row != null; row = rows.readLine()) {
        if (row.contains("\"dataset\"")) {
          String name = JSON.readTree(row).at("/meta/dataset").asText();
          Optional.of(name).filter(text -> !text.isEmpty()).ifPresent(names::add);
        }
      }
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private List<Map<String, Object>> modelIndex() {
    List<Map<String, Object>> results = new ArrayList<>();
    for (CardKind.Result result : kind.results()) {
      JsonNode value = summary.at(result.pointer());
      if (value.isNumber()) {
        results.add(result(result, value));
      }
    }
    if (results.isEmpty()) {
      return List.of();
    }
    Map<String, Object> model = new LinkedHashMap<>();
    model.put("name", run.path("name").asText());
    model.put("results", results);
    return List.of(model);
  }

  private Map<String, Object> result(CardKind.Result result, JsonNode value) {
    Map<String, Object> task = new LinkedHashMap<>();
    task.put("type", kind.task());
    Map<String, Object> metric = new LinkedHashMap<>();
    metric.put("type", result.type());
    metric.put("value", value.numberValue());
    metric.put("name", result.name());
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("task", task);
    row.put("dataset", measuredOn(result.side()));
    row.put("metrics", List.of(metric));
    return row;
  }

  /** The file of a side, with its hash where a hub has a revision. */
  private Map<String, Object> measuredOn(String side) {
    Map<String, Object> dataset = new LinkedHashMap<>();
    List<String> names = new ArrayList<>();
    data()
        .forEach(
            (file, hash) -> {
              if (file.endsWith("." + side + ".jsonl")) {
                names.add(file);
                dataset.putIfAbsent("revision", hash);
              }
            });
    Map<String, Object> ordered = new LinkedHashMap<>();
    ordered.put("type", "jsonl");
    ordered.put("name", names.isEmpty() ? side : String.join(", ", names));
    ordered.put("split", side);
    ordered.putAll(dataset);
    return ordered;
  }

  private Map<String, Object> provenance() {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("stage", run.path("name").asText());
    facts.put("kind", run.path("kind").asText());
    facts.put("seed", run.path("seed").longValue());
    facts.put("versions", JSON.convertValue(run.path("versions"), Map.class));
    facts.put("parents", parents().stream().map(this::shown).toList());
    facts.put("data", data());
    return facts;
  }

  // ---- body

  private List<List<String>> facts() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("stage", "`" + run.path("kind").asText() + "`"));
    rows.add(List.of("seed", run.path("seed").asText()));
    run.path("versions")
        .properties()
        .forEach(
            version ->
                rows.add(List.of("version of " + version.getKey(), version.getValue().asText())));
    for (String key : List.of("device", "dtype", "threads")) {
      rows.add(List.of(key, run.path("environment").path(key).asText()));
    }
    return rows;
  }

  /** Every number of the summary by its place. */
  private List<List<String>> numbers() {
    List<List<String>> rows = new ArrayList<>();
    add("", summary, rows);
    return rows;
  }

  private static void add(String place, JsonNode node, List<List<String>> rows) {
    if (node.isObject()) {
      for (Map.Entry<String, JsonNode> field : node.properties()) {
        String name = field.getKey();
        if (!OF_THE_CLOCK.contains(name) && !name.startsWith("time/")) {
          add(place.isEmpty() ? name : place + "." + name, field.getValue(), rows);
        }
      }
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        add(place + "." + (i + 1), node.get(i), rows);
      }
    } else if (node.isNumber()) {
      rows.add(List.of("`" + place + "`", node.asText()));
    }
  }

  private List<String> alarms() {
    List<String> alarms = new ArrayList<>();
    for (JsonNode alarm : summary.path("alarms")) {
      alarms.add(
          "Alarm `%s` rang at update %s: %s; %s"
              .formatted(
                  alarm.path("name").asText(),
                  alarm.path("step").asText(),
                  alarm.path("found").asText(),
                  alarm.path("cause").asText()));
    }
    return alarms;
  }

  /** The configuration but for where the run stood, which another run of it may change. */
  private String configuration() {
    Path file = folder.resolve("config.yaml");
    try {
      return Files.readString(file).replaceFirst("(?m)^out: .*\\R", "");
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static JsonNode read(Path file) {
    try {
      return JSON.readTree(Files.readString(file));
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
