package plumbline.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What came of a pipeline, for people. */
final class ResultTable {
  private ResultTable() {}

  static List<Table> of(JsonNode summary) {
    List<Table> tables = new ArrayList<>();
    if (summary.has("steps")) {
      tables.add(funnel(summary));
    }
    if (summary.has("best_of_n")) {
      tables.add(choices(summary));
    }
    if (summary.has("win_rate")) {
      tables.add(comparison(summary));
    }
    if (summary.has("methods")) {
      tables.add(methods(summary));
    }
    if (summary.at("/reward/start").isObject()) {
      tables.add(training(summary.get("reward")));
    }
    if (summary.path("sweep").isArray()) {
      tables.add(sweep(summary.get("sweep")));
    }
    if (summary.path("claims").isArray()) {
      tables.add(claims(summary.get("claims")));
    }
    return tables;
  }

  /** What a publication says and how our number stands to it. */
  private static Table claims(JsonNode claims) {
    Table table = Table.of("claim", "expected", "here", "95% interval", "verdict");
    for (JsonNode claim : claims) {
      table.row(
          claim.path("id").asText(),
          claim.path("expect").asText(),
          number(claim.at("/ours/value")),
          interval(claim.path("ours")),
          claim.path("verdict").asText());
    }
    return table;
  }

  /** What each step of a collection left. */
  private static Table funnel(JsonNode summary) {
    Table table = Table.of("candidate pairs", "in", "out", "lost");
    for (JsonNode step : summary.get("steps")) {
      double in = step.path("in").asDouble();
      double out = step.path("out").asDouble();
      table.row(
          step.path("name").asText(),
          step.path("in").asText(),
          step.path("out").asText(),
          in == 0 ? "-" : String.format(Locale.ROOT, "%.0f%%", 100 * (1 - out / in)));
    }
    return table;
  }

  /** What reward models choose of as many answers as were tried at most. */
  private static Table choices(JsonNode summary) {
    Table table = Table.of("reward model", "accuracy", "best of", "gold quality", "win rate");
    summary
        .get("best_of_n")
        .properties()
        .forEach(
            model ->
                model
                    .getValue()
                    .properties()
                    .forEach(
                        point ->
                            table.row(
                                model.getKey(),
                                number(
                                    summary.at(
                                        "/reward_models/" + model.getKey() + "/accuracy/mean")),
                                point.getKey(),
                                number(point.getValue().at("/gold/mean")),
                                number(point.getValue().at("/win_rate/mean")))));
    return table;
  }

  /** The runs of a sweep side by side. */
  private static Table sweep(JsonNode runs) {
    Table table = Table.of("sweep", "gold quality", "reward", "win rate", "KL");
    for (JsonNode run : runs) {
      table.row(
          run.path("run").asText(),
          number(run.at("/gold/policy")),
          number(
              run.at("/reward/policy/mean").isNumber()
                  ? run.at("/reward/policy/mean")
                  : run.at("/reward/end/mean")),
          number(run.at("/win_rate/mean")),
          number(run.path("kl")));
    }
    return table;
  }

  private static Table comparison(JsonNode summary) {
    Table table = Table.of("on held-out prompts", "before", "after", "95% interval");
    JsonNode gold = summary.path("gold");
    if (gold.has("sft")) {
      table.row(
          "gold quality",
          number(gold.get("sft")),
          number(gold.get("policy")),
          "difference " + interval(gold.get("difference")));
    }
    table.row(
        "reward, mean",
        number(summary.at("/reward/sft/mean")),
        number(summary.at("/reward/policy/mean")),
        "");
    table.row(
        "win rate, judged by " + summary.at("/win_rate/judge").asText(),
        "",
        number(summary.at("/win_rate/mean")),
        interval(summary.get("win_rate")));
    table.row("KL to the model before, nats", "", number(summary.get("kl")), "");
    return table;
  }

  private static Table methods(JsonNode summary) {
    String quality = summary.at("/before/gold").isObject() ? "gold" : "reward";
    Table table = Table.of("on held-out prompts", quality, "difference, 95% interval", "KL, nats");
    table.row("before", number(summary.at("/before/" + quality + "/mean")), "", "");
    summary
        .get("methods")
        .properties()
        .forEach(
            method ->
                table.row(
                    method.getKey(),
                    number(method.getValue().at("/" + quality + "/mean")),
                    interval(method.getValue().path("difference")),
                    number(method.getValue().path("kl"))));
    return table;
  }

  private static Table training(JsonNode reward) {
    Table table = Table.of("in training", "first tenth", "last tenth", "");
    for (String[] row :
        new String[][] {
          {"reward, mean", "mean"},
          {"reward, standard deviation", "std"},
          {"value error", "value_error"}
        }) {
      table.row(
          row[0], number(reward.at("/start/" + row[1])), number(reward.at("/end/" + row[1])), "");
    }
    if (reward.path("accuracy").isObject()) {
      table.row(
          "reward model, held-out accuracy",
          "",
          number(reward.at("/accuracy/mean")),
          interval(reward.get("accuracy")));
    }
    return table;
  }

  private static String number(JsonNode node) {
    return node.isNumber() ? String.format(Locale.ROOT, "%.3f", node.asDouble()) : "-";
  }

  private static String interval(JsonNode node) {
    return number(node.path("low")) + " to " + number(node.path("high"));
  }
}
