package plumbline.track;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import plumbline.InputException;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.data.AtomicFile;
import plumbline.data.Sha256;
import plumbline.track.MlflowApi.Created;
import plumbline.track.MlflowApi.Metric;

/**
 * One run directory and its run on an MLflow server. What has been sent is noted in {@code
 * mlflow.json} beside it, so that nothing is sent twice, whoever goes on.
 */
final class MlflowRun {
  static final String STATE = "mlflow.json";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int METRICS_PER_CALL = 1000;
  private static final int PARAMS_PER_CALL = 100;
  private static final int LONGEST_VALUE = 500;
  private static final int LONGEST_KEY = 250;

  /** Sent when a run has ended, where they are. */
  private static final List<String> FILES =
      List.of(
          "config.yaml",
          "run.json",
          "summary.json",
          "samples.jsonl",
          "report.html",
          "model/README.md");

  private final RunFolder run;
  private final MlflowConfig config;
  private final MlflowApi api;
  private final RowTail tail;
  private final List<JsonNode> waiting = new ArrayList<>();
  private ObjectNode state;

  MlflowRun(RunFolder run, MlflowConfig config, MlflowApi api) {
    this.run = run;
    this.config = config;
    this.api = api;
    this.tail = new RowTail(run.path().resolve(RunFolder.METRICS));
    this.state = known();
  }

  /** What an earlier process noted, if it was of this server and configuration. */
  private ObjectNode known() {
    if (run.json(STATE) instanceof ObjectNode known
        && known.path("server").asText().equals(config.server().toString())
        && known.path("config").asText().equals(configHash())) {
      return known;
    }
    return JSON.createObjectNode()
        .put("server", config.server().toString())
        .put("experiment", config.experiment())
        .put("config", configHash());
  }

  private String configHash() {
    Path file = run.path().resolve("config.yaml");
    return Files.exists(file) ? Sha256.of(file) : "";
  }

  /** Looks for rows that are not sent yet. */
  void read() {
    try {
      RowTail.Read read = tail.next();
      if (read.anew()) {
        waiting.clear();
      }
      long sent = state.path("sent_step").asLong(Long.MIN_VALUE);
      read.rows().stream().filter(row -> Event.step(row) > sent).forEach(waiting::add);
    } catch (IOException e) {
      throw new InputException(
          run.path().resolve(RunFolder.METRICS) + ": cannot be read (" + e.getMessage() + ")", e);
    }
  }

  int waiting() {
    return waiting.size();
  }

  /** The run's id on the server; empty before it is made. */
  String id() {
    return state.path("run_id").asText();
  }

  /** Makes the run on the server, if that was not done before. */
  void create(String experiment, String parent) throws TrackingFailed {
    if (!id().isEmpty()) {
      return;
    }
    long start = run.moment("started").orElseGet(Instant::now).toEpochMilli();
    Created created = api.create(experiment, run.title(), start, tags(parent));
    state.put("run_id", created.id()).put("artifact_uri", created.artifacts());
    note();
  }

  private Map<String, String> tags(String parent) {
    JsonNode info = run.info();
    Map<String, String> tags = new LinkedHashMap<>();
    if (!parent.isEmpty()) {
      tags.put("mlflow.parentRunId", parent);
    }
    tags.put("mlflow.source.name", "plumbline");
    tags.put("mlflow.source.type", "LOCAL");
    tags.put("plumbline.kind", info.path("kind").asText());
    tags.put("plumbline.seed", info.path("seed").asText());
    for (String group : List.of("versions", "environment", "data")) {
      info.path(group)
          .properties()
          .forEach(field -> tags.put(key(group + "." + field.getKey()), value(field.getValue())));
    }
    return tags;
  }

  /** Sends the parameters and every row that waits. */
  void send() throws TrackingFailed {
    if (!state.has("params")) {
      for (Map<String, String> part : parts(params())) {
        api.log(id(), List.of(), part);
      }
      state.put("params", true);
      note();
    }
    SortedMap<Long, Double> times = waiting.isEmpty() ? new TreeMap<>() : times();
    while (!waiting.isEmpty()) {
      List<Metric> metrics = new ArrayList<>();
      int rows = 0;
      while (rows < waiting.size()) {
        List<Metric> row = metrics(waiting.get(rows), times);
        if (rows > 0 && metrics.size() + row.size() > METRICS_PER_CALL) {
          break;
        }
        metrics.addAll(row.subList(0, Math.min(row.size(), METRICS_PER_CALL)));
        rows++;
      }
      if (!metrics.isEmpty()) {
        api.log(id(), metrics, Map.of());
      }
      state.put("sent_step", Event.step(waiting.get(rows - 1)));
      note();
      waiting.subList(0, rows).clear();
    }
  }

  private SortedMap<Long, Double> times() {
    try {
      return EventLog.times(run.path());
    } catch (IOException e) {
      return new TreeMap<>();
    }
  }

  private static List<Metric> metrics(JsonNode row, Map<Long, Double> times) {
    long step = Event.step(row);
    double seconds = times.getOrDefault(step, System.currentTimeMillis() / 1e3);
    List<Metric> metrics = new ArrayList<>();
    Event.values(row)
        .forEach(
            (name, value) ->
                metrics.add(new Metric(key(name), value, Math.round(seconds * 1e3), step)));
    return metrics;
  }

  private Map<String, String> params() {
    Map<String, String> params = new LinkedHashMap<>();
    Path file = run.path().resolve("config.yaml");
    if (Files.exists(file)) {
      addParams("", Config.read(file), params);
    }
    return params;
  }

  /** Keys with their dots; lists by number. */
  private static void addParams(String path, ConfigTree tree, Map<String, String> params) {
    if (tree.isMap()) {
      for (String key : tree.keys()) {
        addParams(path.isEmpty() ? key : path + "." + key, tree.get(key), params);
      }
    } else if (tree.isList()) {
      for (int i = 0; i < tree.items().size(); i++) {
        addParams(path + "." + i, tree.items().get(i), params);
      }
    } else if (tree.isValue()) {
      params.put(key(path), cut(tree.text(), LONGEST_VALUE));
    }
  }

  private static List<Map<String, String>> parts(Map<String, String> all) {
    List<Map<String, String>> parts = new ArrayList<>();
    all.forEach(
        (key, value) -> {
          if (parts.isEmpty() || parts.get(parts.size() - 1).size() == PARAMS_PER_CALL) {
            parts.add(new LinkedHashMap<>());
          }
          parts.get(parts.size() - 1).put(key, value);
        });
    return parts;
  }

  /** With the characters that MLflow allows in a name. */
  private static String key(String name) {
    return cut(name.replaceAll("[^\\w\\-. :/]", "_"), LONGEST_KEY);
  }

  private static String value(JsonNode node) {
    return cut(node.isTextual() ? node.asText() : node.toString(), LONGEST_VALUE);
  }

  private static String cut(String text, int length) {
    return text.length() > length ? text.substring(0, length - 3) + "..." : text;
  }

  /** Tells the server how it stands with the run. */
  void status(RunFolder.State now) throws TrackingFailed {
    String status =
        switch (now) {
          case RUNNING -> "RUNNING";
          case INTERRUPTED -> "KILLED";
          case FAILED -> "FAILED";
          case OK -> "FINISHED";
        };
    if (status.equals(state.path("status").asText("RUNNING"))) {
      return;
    }
    long end = run.moment("ended").orElseGet(Instant::now).toEpochMilli();
    api.update(id(), status, end);
    String error = run.info().path("error").asText();
    if (!error.isEmpty()) {
      api.tag(id(), "plumbline.error", cut(error, LONGEST_VALUE));
    }
    state.put("status", status);
    note();
  }

  /**
   * Uploads the run's files as they are now, if it has ended.
   *
   * @return whether the server takes files
   */
  boolean files() throws TrackingFailed {
    String artifacts = state.path("artifact_uri").asText();
    for (String name : FILES) {
      Path file = run.path().resolve(name);
      if (Files.exists(file)) {
        if (!MlflowApi.takesFiles(artifacts)) {
          return false;
        }
        String hash = Sha256.of(file);
        if (!state.path("files").path(name).asText().equals(hash)) {
          api.upload(artifacts, name, file);
          state.withObject("/files").put(name, hash);
          note();
        }
      }
    }
    return true;
  }

  private void note() {
    if (Files.exists(run.path().resolve("run.json"))) {
      AtomicFile.writeText(run.path().resolve(STATE), state.toPrettyString() + "\n");
    }
  }
}
