package plumbline.collect;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Estimate;
import plumbline.data.exhibit.Exhibits;
import plumbline.data.exhibit.Figure;
import plumbline.data.exhibit.Plot;
import plumbline.data.exhibit.Table;
import plumbline.judge.Rating;

/** A collection's tables and figures. */
public final class FunnelExhibits {
  /**
   * What the framework's authors lost (arXiv:2406.16486): about a tenth of the prompts, 60% of the
   * pairs by ratings, half of the rest by people; about a fifth survived.
   */
  private static final List<String> OF_THE_PAPER = List.of("10%", "", "60%", "50%");

  private static final String OVERALL_OF_THE_PAPER = "80%";

  private FunnelExhibits() {}

  /** The table of survival, why pairs went, the matrix of ratings. */
  public static Exhibits of(Collected collected, StarRule rule) {
    List<Table> tables = new ArrayList<>(List.of(survival(collected), reasons(collected)));
    if (collected.sets().values().stream().anyMatch(LabelCheck::isKnown)) {
      tables.add(labels(collected));
    }
    return new Exhibits(tables, List.of(flows(collected), matrix(collected, rule)), List.of());
  }

  private static Table survival(Collected collected) {
    List<List<Cell>> rows = new ArrayList<>();
    List<StepCount> steps = collected.steps();
    for (int i = 0; i < steps.size(); i++) {
      StepCount step = steps.get(i);
      rows.add(row(step.name(), step.in(), step.out(), OF_THE_PAPER.get(i)));
    }
    rows.add(
        row("overall", steps.get(0).in(), steps.get(steps.size() - 1).out(), OVERALL_OF_THE_PAPER));
    return Table.of(
            "survival",
            "What each step left of the candidate pairs",
            List.of("step", "in", "out", "lost", "lost in the published study"),
            rows)
        .noted(
            "A prompt of the pool stands for as many candidates as pairs are drawn of it. The"
                + " published shares are about what its authors report (arXiv:2406.16486).");
  }

  private static List<Cell> row(String name, long in, long out, String paper) {
    double lost = in == 0 ? Double.NaN : 1 - (double) out / in;
    return List.of(
        Cell.words(name),
        Cell.number((double) in),
        Cell.number((double) out),
        Estimate.of(lost).asShare(),
        Cell.words(paper));
  }

  private static Table reasons(Collected collected) {
    List<List<Cell>> rows = new ArrayList<>();
    for (StepCount step : collected.steps()) {
      step.reasons()
          .forEach(
              (reason, pairs) ->
                  rows.add(
                      List.of(Cell.words(reason), Cell.words(step.name()), Cell.number(pairs))));
    }
    return Table.of(
        "reasons", "Why candidates went", List.of("reason", "step", "candidate pairs"), rows);
  }

  /** Only a world whose truth is known has this table. */
  private static Table labels(Collected collected) {
    List<List<Cell>> rows = new ArrayList<>();
    collected
        .sets()
        .forEach(
            (set, check) ->
                rows.add(
                    List.of(
                        Cell.words(set),
                        Cell.number((double) check.pairs()),
                        Estimate.of(check.rightShare()).asShare(),
                        Estimate.of(check.tiedShare()).asShare(),
                        Estimate.of(check.wrongShare()).asShare())));
    return Table.of(
            "labels",
            "How many labels are right",
            List.of("training set", "pairs", "right", "tied", "wrong"),
            rows)
        .noted("By the gold quality of the built-in world, which no step has seen.");
  }

  private static Figure flows(Collected collected) {
    List<Plot.Sankey.Flow> flows = new ArrayList<>();
    String from = "candidates";
    for (StepCount step : collected.steps()) {
      String to = "after " + step.name();
      flow(flows, from, to, step.out());
      for (String reason : step.reasons().keySet()) {
        flow(flows, from, "lost: " + reason, step.reasons().get(reason));
      }
      from = to;
    }
    return Figure.of("flows", "Where the candidate pairs went", new Plot.Sankey(flows));
  }

  private static void flow(List<Plot.Sankey.Flow> flows, String from, String to, long amount) {
    if (amount > 0) {
      flows.add(new Plot.Sankey.Flow(from, to, amount));
    }
  }

  private static Figure matrix(Collected collected, StarRule rule) {
    int stars = Rating.HIGHEST;
    List<List<Estimate>> cells = new ArrayList<>();
    List<String> down = new ArrayList<>();
    for (int better = 1; better <= stars; better++) {
      List<Estimate> row = new ArrayList<>();
      StringBuilder kept = new StringBuilder();
      for (int worse = 1; worse <= stars; worse++) {
        row.add(Estimate.of((double) collected.matrix()[better - 1][worse - 1]));
        if (rule.keeps(better, worse)) {
          kept.append(kept.isEmpty() ? ", keeps " : " ").append(worse);
        }
      }
      cells.add(row);
      down.add("r+ " + better + kept);
    }
    List<String> across = IntStream.rangeClosed(1, stars).mapToObj(star -> "r- " + star).toList();
    return Figure.of(
            "matrix",
            "Pairs by the judges' ratings of both sides",
            new Plot.Heatmap(down, across, cells, 0, Double.NaN))
        .noted(
            "Rows: the answer of the stronger model; columns: the other answer. A row says with"
                + " which ratings of the other answer its pairs stay.");
  }
}
