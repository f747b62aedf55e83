package plumbline.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import plumbline.data.exhibit.Figure;
import plumbline.data.exhibit.Plot;

/** What the steps of a cleaning, a split or a collection left of the rows, as flows. */
final class Funnels {
  private Funnels() {}

  /**
   * From a summary with {@code steps: [{name, in, out, rejected}]}; empty without a step, and of a
   * run that draws its flows itself.
   */
  static Optional<Figure> of(Run run) {
    JsonNode steps = run.summary().path("steps");
    boolean drawn =
        run.exhibits().figures().stream().anyMatch(figure -> figure.plot() instanceof Plot.Sankey);
    if (drawn || !steps.isArray() || steps.isEmpty() || !steps.get(0).path("in").isNumber()) {
      return Optional.empty();
    }
    List<Plot.Sankey.Flow> flows = new ArrayList<>();
    String from = "rows in";
    for (JsonNode step : steps) {
      String name = step.path("name").asText("step");
      double in = step.path("in").asDouble();
      double out = step.path("out").asDouble();
      flow(flows, from, "after " + name, out);
      flow(flows, from, "lost: " + name, in - out);
      from = "after " + name;
    }
    return Optional.of(
        Figure.of(
                Exhibition.id(run.name()) + ".funnel",
                "What each step left of the rows",
                new Plot.Sankey(flows))
            .noted(Numbers.plain(steps.get(0).path("in").asDouble()) + " rows in")
            .from(run.source()));
  }

  private static void flow(List<Plot.Sankey.Flow> flows, String from, String to, double amount) {
    if (amount > 0) {
      flows.add(new Plot.Sankey.Flow(from, to, amount));
    }
  }
}
