package plumbline.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Estimate;
import plumbline.data.exhibit.Figure;
import plumbline.data.exhibit.Plot;
import plumbline.data.exhibit.Table;

/** The runs of a sweep side by side: what was set, and what came of it. */
final class SweepTable {
  private static final Map<String, Function<JsonNode, Estimate>> MEASURES = new LinkedHashMap<>();

  static {
    MEASURES.put("Reward, start", run -> estimate(run.at("/reward/start/mean")));
    MEASURES.put("Reward, end", run -> estimate(run.at("/reward/end/mean")));
    MEASURES.put("Gold", run -> estimate(run.at("/gold/policy")));
    MEASURES.put("Gold, difference", run -> estimate(run.at("/gold/difference")));
    MEASURES.put("Win rate", run -> estimate(run.path("win_rate")).asShare());
    MEASURES.put("KL, nats", run -> estimate(run.path("kl")));
  }

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

  /** What no run has measured has no column. */
  private static String table(JsonNode runs, Exhibition page) {
    List<String> heads = new ArrayList<>(List.of("Set"));
    List<List<Cell>> rows = new ArrayList<>();
    for (JsonNode run : runs) {
      List<String> settings = new ArrayList<>();
      run.path("settings")
          .properties()
          .forEach(setting -> settings.add(setting.getKey() + " = " + setting.getValue().asText()));
      rows.add(new ArrayList<>(List.of(Cell.words(String.join(", ", settings)))));
    }
    MEASURES.forEach(
        (head, read) -> {
          List<Estimate> found = runs.valueStream().map(read).toList();
          if (found.stream().anyMatch(Estimate::isMeasured)) {
            heads.add(head);
            IntStream.range(0, found.size()).forEach(i -> rows.get(i).add(found.get(i)));
          }
        });
    return page.table(Table.of("sweep", "The runs of the sweep", heads, rows));
  }

  private static Estimate estimate(JsonNode node) {
    return Estimate.of(node).orElse(Estimate.missing());
  }
}
