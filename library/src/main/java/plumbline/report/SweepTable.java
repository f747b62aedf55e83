package plumbline.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Estimate;
import plumbline.data.exhibit.Figure;
import plumbline.data.exhibit.Plot;
import plumbline.data.exhibit.Table;

/** The runs of a sweep side by side: what was set, and what came of it. */
final class SweepTable {
  private SweepTable() {}

  /**
   * The table, and what the runs that are policies paid in divergence.
   *
   * @param runs the summary's {@code sweep}
   * @param stages of the pipeline
   */
  static String html(JsonNode runs, List<Run> stages, Exhibition page) {
    return table(runs, page) + divergence(stages, page);
  }

  /** One line a run; empty where none is a policy. */
  private static String divergence(List<Run> stages, Exhibition page) {
    List<Plot.Line> lines =
        stages.stream()
            .filter(stage -> stage.name().contains("@"))
            .map(stage -> Curves.line(stage.name(), stage.metrics().curve("objective/kl")))
            .filter(line -> !line.points().isEmpty())
            .toList();
    Plot plot = new Plot.Curve("update", "KL, nats per response", lines);
    return lines.isEmpty()
        ? ""
        : page.figure(
            Figure.of("sweep-kl", "Divergence from the reference by update", plot)
                .noted("objective/kl of each run's responses."));
  }

  private static String table(JsonNode runs, Exhibition page) {
    List<List<Cell>> rows = new ArrayList<>();
    for (JsonNode run : runs) {
      List<String> settings = new ArrayList<>();
      run.path("settings")
          .properties()
          .forEach(setting -> settings.add(setting.getKey() + " = " + setting.getValue().asText()));
      rows.add(
          List.of(
              Cell.words(String.join(", ", settings)),
              estimate(run.at("/reward/start/mean")),
              estimate(run.at("/reward/end/mean")),
              estimate(run.at("/gold/policy")),
              estimate(run.at("/gold/difference")),
              estimate(run.path("win_rate")).asShare(),
              estimate(run.path("kl"))));
    }
    List<String> heads =
        List.of(
            "Set",
            "Reward, start",
            "Reward, end",
            "Gold",
            "Gold, difference",
            "Win rate",
            "KL, nats");
    return page.table(Table.of("sweep", "The runs of the sweep", heads, rows));
  }

  private static Estimate estimate(JsonNode node) {
    return Estimate.of(node).orElse(Estimate.missing());
  }
}
