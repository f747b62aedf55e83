package plumbline.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import plumbline.InputException;

/** What a stage adds to its pipeline's summary. */
final class Results {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final double SHARE = 0.1;

  private Results() {}

  static void add(String kind, Path folder, ObjectNode summary) {
    switch (kind) {
      case "reward" ->
          reward(summary).set("accuracy", read(folder.resolve("summary.json")).path("accuracy"));
      case "ppo" -> training(folder, summary);
      case "eval_reward" -> models(folder, summary);
      case "compare" -> comparison(read(folder.resolve("summary.json")), summary);
      case "winrate", "verdicts" -> tournament(folder, summary);
      case "agreement", "people" -> named(kind, folder, summary);
      case "collect" -> collection(read(folder.resolve("summary.json")), summary);
      case "best_of_n" -> selection(read(folder.resolve("summary.json")), summary);
      case "trainings" -> {
        JsonNode own = read(folder.resolve("summary.json"));
        List.of("table1", "changes", "differences", "alarms")
            .forEach(key -> summary.set(key, own.path(key)));
      }
      case "claims" ->
          read(folder.resolve("summary.json"))
              .path("claims")
              .forEach(claim -> summary.withArray("/claims").add(claim));
      case "evaluate" -> evaluation(read(folder.resolve("summary.json")), summary);
      default -> {
        // The other stages have nothing that the pipeline's table needs.
      }
    }
  }

  /**
   * Where the results of a sweep's run stand: {@code sweep: [{run, settings: {ppo.score.weights:
   * ...}, ...}]}, each with what a pipeline's summary has.
   */
  static ObjectNode ofVariant(Sweep.Variant variant, ObjectNode summary) {
    ArrayNode runs = summary.withArray("/sweep");
    for (JsonNode run : runs) {
      if (run.path("run").asText().equals(variant.label())) {
        return (ObjectNode) run;
      }
    }
    ObjectNode run = runs.addObject().put("run", variant.label());
    ObjectNode settings = run.putObject("settings");
    variant.settings().forEach(settings::put);
    return run;
  }

  private static ObjectNode reward(ObjectNode summary) {
    return summary.has("reward") ? (ObjectNode) summary.get("reward") : summary.putObject("reward");
  }

  /** Means over the first and the last tenth of the updates. */
  private static void training(Path folder, ObjectNode summary) {
    List<JsonNode> steps = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(folder.resolve("metrics.jsonl"))) {
        steps.add(JSON.readTree(line));
      }
    } catch (IOException e) {
      throw new InputException(folder + ": metrics.jsonl cannot be read: " + e.getMessage(), e);
    }
    int count = Math.max(1, (int) (SHARE * steps.size()));
    put(reward(summary).putObject("start"), steps.subList(0, count));
    put(reward(summary).putObject("end"), steps.subList(steps.size() - count, steps.size()));
  }

  private static void put(ObjectNode node, List<JsonNode> steps) {
    node.put("mean", mean(steps, "reward/mean"));
    node.put("std", mean(steps, "reward/std"));
    node.put("value_error", mean(steps, "value/error"));
  }

  private static double mean(List<JsonNode> steps, String metric) {
    return steps.stream()
        .mapToDouble(step -> step.path(metric).asDouble(Double.NaN))
        .average()
        .orElse(Double.NaN);
  }

  private static void evaluation(JsonNode evaluation, ObjectNode summary) {
    JsonNode systems = evaluation.path("systems");
    if (systems.path("sft").has("gold")) {
      ObjectNode gold = summary.putObject("gold");
      gold.set("sft", systems.at("/sft/gold/mean"));
      gold.set("policy", systems.at("/policy/gold/mean"));
      gold.set("difference", evaluation.get("difference"));
    }
    summary.set("win_rate", evaluation.get("win_rate"));
    reward(summary).set("sft", systems.at("/sft/reward"));
    reward(summary).set("policy", systems.at("/policy/reward"));
    summary.set("kl", systems.at("/policy/kl/mean"));
  }

  /** A second stage's model of the same name is called {@code stage/name}. */
  private static void models(Path folder, ObjectNode summary) {
    ObjectNode models = summary.withObject("/models");
    read(folder.resolve("summary.json"))
        .path("models")
        .properties()
        .forEach(
            model -> {
              String name = model.getKey();
              models.set(
                  models.has(name) ? folder.getFileName() + "/" + name : name, model.getValue());
            });
  }

  /** Of each method what decides between methods: gold, its gain, and what it cost. */
  private static void comparison(JsonNode comparison, ObjectNode summary) {
    ObjectNode before = summary.putObject("before");
    copy(comparison.path("before"), before);
    if (comparison.has("at_kl")) {
      summary.set("at_kl", comparison.get("at_kl"));
    }
    ObjectNode methods =
        summary.has("methods") ? (ObjectNode) summary.get("methods") : summary.putObject("methods");
    comparison
        .path("methods")
        .properties()
        .forEach(
            method -> {
              ObjectNode row = methods.putObject(method.getKey());
              copy(method.getValue(), row);
              row.set("difference", method.getValue().path("difference"));
              row.set("win_rate", method.getValue().path("win_rate"));
              row.set("kl", method.getValue().at("/kl/mean"));
            });
    for (String key : List.of("equal_kl", "trends")) {
      if (comparison.has(key)) {
        summary.set(key, comparison.get(key));
      }
    }
  }

  /** A funnel's steps, what they cost and what came of them. */
  private static void collection(JsonNode own, ObjectNode summary) {
    for (String key :
        List.of(
            "steps",
            "survival",
            "epsilon",
            "matrix",
            "sets",
            "labels_by_gold",
            "agreement",
            "people",
            "bill")) {
      if (own.has(key)) {
        summary.set(key, own.get(key));
      }
    }
  }

  private static void selection(JsonNode own, ObjectNode summary) {
    for (String key : List.of("reward_models", "best_of_n", "between")) {
      if (own.has(key)) {
        summary.set(key, own.get(key));
      }
    }
  }

  /** Rows of several stages stand together, each with its stage's name. */
  private static void tournament(Path folder, ObjectNode summary) {
    JsonNode own = read(folder.resolve("summary.json"));
    for (String key : List.of("winrates", "ranking")) {
      ArrayNode rows = summary.withArray("/" + key);
      for (JsonNode row : own.path(key)) {
        ObjectNode named = rows.addObject().put("stage", folder.getFileName().toString());
        named.setAll((ObjectNode) row);
      }
    }
  }

  /** By the stages' names, of which there may be several of a kind: {@code agreement.STAGE}. */
  private static void named(String kind, Path folder, ObjectNode summary) {
    summary
        .withObject("/" + kind)
        .set(folder.getFileName().toString(), read(folder.resolve("summary.json")).get(kind));
  }

  private static void copy(JsonNode answers, ObjectNode row) {
    if (answers.has("gold")) {
      row.set("gold", answers.get("gold"));
    }
    row.set("reward", answers.get("reward"));
    row.set("response_length", answers.get("response_length"));
  }

  /** What a run's folder sums up; an empty object for a folder that is no run's. */
  static JsonNode ofRun(Path folder) {
    Path file = folder.resolve("summary.json");
    return Files.isRegularFile(file) ? read(file) : JSON.createObjectNode();
  }

  /** A file of a run directory. */
  static JsonNode read(Path file) {
    try {
      return JSON.readTree(Files.readString(file));
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
