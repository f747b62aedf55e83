package plumbline.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Estimate;
import plumbline.data.exhibit.Exhibits;
import plumbline.data.exhibit.Figure;
import plumbline.data.exhibit.Plot;
import plumbline.data.exhibit.Table;

/** What reward models chose, as tables and curves over the KL bound. */
final class BestOfExhibits {
  private static final String KL = "KL bound log n - (n-1)/n, nats";

  private BestOfExhibits() {}

  static Exhibits of(JsonNode summary) {
    List<Table> tables = new ArrayList<>(List.of(choices(summary), between(summary)));
    boolean anyBenchmark = summary.get("reward_models").elements().next().has("benchmarks");
    if (anyBenchmark) {
      tables.add(benchmarks(summary));
    }
    return new Exhibits(
        tables,
        List.of(
            curve(
                "gold",
                "Gold quality of the best of n",
                summary,
                summary.at("/policy_gold/mean").asDouble()),
            curve("win_rate", "Win rate of the best of n against the policy", summary, 0.5)),
        List.of());
  }

  private static Table choices(JsonNode summary) {
    List<String> columns = new ArrayList<>(List.of("reward model", "accuracy"));
    List<List<Cell>> rows = new ArrayList<>();
    for (Map.Entry<String, JsonNode> model : summary.get("best_of_n").properties()) {
      List<Cell> row = new ArrayList<>(List.of(Cell.words(model.getKey())));
      row.add(estimate(summary.at("/reward_models/" + model.getKey() + "/accuracy")));
      for (Map.Entry<String, JsonNode> point : model.getValue().properties()) {
        if (rows.isEmpty()) {
          columns.add("gold, n = " + point.getKey());
          columns.add("win rate, n = " + point.getKey());
        }
        row.add(estimate(point.getValue().get("gold")));
        row.add(estimate(point.getValue().get("win_rate")));
      }
      rows.add(row);
    }
    return Table.of("choices", "What the reward models choose", columns, rows)
        .noted(
            "Accuracy on held-out pairs; the best of n answers of one policy, judged by gold, and how"
                + " often it beats another answer of that policy.");
  }

  /** Accuracy on each benchmark, and what one model is better than an earlier one there. */
  private static Table benchmarks(JsonNode summary) {
    List<String> columns = new ArrayList<>(List.of("reward model"));
    List<List<Cell>> rows = new ArrayList<>();
    for (Map.Entry<String, JsonNode> model : summary.get("reward_models").properties()) {
      JsonNode files = model.getValue().get("benchmarks");
      if (rows.isEmpty()) {
        files.properties().forEach(file -> columns.add(file.getKey()));
      }
      rows.add(row(model.getKey(), files));
    }
    for (JsonNode pair : summary.get("between")) {
      String name = pair.get("model").asText() + " minus " + pair.get("over").asText();
      rows.add(row(name, pair.get("benchmarks")));
    }
    return Table.of("benchmarks", "Accuracy on further pairs", columns, rows);
  }

  private static List<Cell> row(String name, JsonNode files) {
    List<Cell> row = new ArrayList<>(List.of(Cell.words(name)));
    files.elements().forEachRemaining(accuracy -> row.add(estimate(accuracy)));
    return row;
  }

  private static Table between(JsonNode summary) {
    List<String> columns = new ArrayList<>(List.of("against each other", "accuracy, difference"));
    List<List<Cell>> rows = new ArrayList<>();
    for (JsonNode pair : summary.get("between")) {
      List<Cell> row = new ArrayList<>();
      row.add(Cell.words(pair.get("model").asText() + " over " + pair.get("over").asText()));
      row.add(estimate(pair.path("accuracy")));
      for (Map.Entry<String, JsonNode> point : pair.get("win_rate").properties()) {
        if (rows.isEmpty()) {
          columns.add("win rate, n = " + point.getKey());
        }
        row.add(estimate(point.getValue()));
      }
      rows.add(row);
    }
    return Table.of("between", "Reward models against each other", columns, rows);
  }

  private static Estimate estimate(JsonNode node) {
    return Estimate.of(node).orElse(Estimate.missing());
  }

  private static Figure curve(String what, String title, JsonNode summary, double atStart) {
    List<Plot.Line> lines = new ArrayList<>();
    for (Map.Entry<String, JsonNode> model : summary.get("best_of_n").properties()) {
      List<Plot.Point> points = new ArrayList<>(List.of(Plot.Point.of(0, atStart)));
      for (JsonNode point : model.getValue()) {
        JsonNode value = point.get(what);
        points.add(
            new Plot.Point(
                point.get("kl_bound").asDouble(),
                value.get("mean").asDouble(),
                value.get("low").asDouble(),
                value.get("high").asDouble()));
      }
      lines.add(new Plot.Line(model.getKey(), points));
    }
    return Figure.of(what, title, new Plot.Curve(KL, what.replace('_', ' '), lines));
  }
}
