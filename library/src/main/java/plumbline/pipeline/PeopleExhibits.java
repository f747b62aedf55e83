package plumbline.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import plumbline.annotation.GroupStudy;
import plumbline.annotation.MergeMethod;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Estimate;
import plumbline.data.exhibit.Exhibits;
import plumbline.data.exhibit.Figure;
import plumbline.data.exhibit.Plot;
import plumbline.data.exhibit.Source;
import plumbline.data.exhibit.Table;
import plumbline.eval.Interval;

/** What a study with people shows: points by group and over all. */
final class PeopleExhibits {
  private static final String SECTION = "Study with people";

  private PeopleExhibits() {}

  /**
   * {@code {people: {simulated, groups: {NAME: {items, open, votes, concordance, points,
   * points_with_ties}}, models: {NAME: {points: {mean, low, high}, points_with_ties,
   * between_groups}}}}}.
   */
  static void put(GroupStudy study, boolean simulated, ObjectNode summary) {
    ObjectNode people = summary.putObject("people").put("simulated", simulated);
    ObjectNode groups = people.putObject("groups");
    study
        .groups()
        .forEach(
            (name, group) -> {
              ObjectNode row = groups.putObject(name);
              row.put("items", group.items()).put("open", group.open()).put("votes", group.votes());
              row.put("concordance", group.concordance().orElse(Double.NaN));
              group.points().forEach(row.putObject("points")::put);
              group.pointsWithTies().forEach(row.putObject("points_with_ties")::put);
            });
    ObjectNode models = people.putObject("models");
    study
        .points()
        .forEach(
            (model, score) -> {
              ObjectNode row = models.putObject(model);
              TrainStages.put(row.putObject("points"), score.mean());
              TrainStages.put(
                  row.putObject("points_with_ties"), study.pointsWithTies().get(model).mean());
              row.put("between_groups", score.betweenGroups());
            });
  }

  static Exhibits of(GroupStudy study, boolean simulated, MergeMethod method) {
    long items = study.groups().values().stream().mapToLong(GroupStudy.Group::items).sum();
    Source source = Source.of(items, "95% bootstrap over items");
    String who = simulated ? "SIMULATED people of the built-in world, not people. " : "";
    String how =
        who
            + "Each item's votes merged by "
            + method.name().toLowerCase(Locale.ROOT).replace('_', '-')
            + "; points 1 for the best of K, 1/K for the last. ";
    Table all =
        Table.of("people-points", "Points of the merged rankings", columns(study), rows(study))
            .noted(
                how
                    + "Where the votes leave an order open, 'points' decides by the models' names,"
                    + " 'with ties' shares.");
    Table groups =
        Table.of(
                "people-groups",
                "What the groups did",
                List.of("group", "items", "votes", "order left open", "Kendall's W"),
                study.groups().entrySet().stream().map(PeopleExhibits::group).toList())
            .noted(
                who + "W is 1 where a group's people agree in full, 0 where they do not at all.");
    Figure figure =
        Figure.of(
                "people",
                "Points with ties",
                new Plot.Intervals(
                    "points",
                    Double.NaN,
                    study.pointsWithTies().entrySet().stream()
                        .map(e -> new Plot.Named(e.getKey(), estimate(e.getValue().mean())))
                        .toList()))
            .noted(who);
    return new Exhibits(
        List.of(all.under(SECTION).from(source), groups.under(SECTION).from(source)),
        List.of(figure.under(SECTION).from(source)),
        List.of());
  }

  private static List<String> columns(GroupStudy study) {
    List<String> columns = new ArrayList<>(List.of("model"));
    columns.addAll(study.groups().keySet());
    columns.addAll(List.of("points", "deviation of groups", "with ties"));
    return columns;
  }

  private static List<List<Cell>> rows(GroupStudy study) {
    List<List<Cell>> rows = new ArrayList<>();
    study
        .points()
        .forEach(
            (model, score) -> {
              List<Cell> row = new ArrayList<>(List.of(Cell.words(model)));
              study.groups().values().forEach(g -> row.add(Cell.number(g.points().get(model))));
              row.add(estimate(score.mean()));
              row.add(Cell.number(score.betweenGroups()));
              row.add(estimate(study.pointsWithTies().get(model).mean()));
              rows.add(row);
            });
    return rows;
  }

  private static List<Cell> group(Map.Entry<String, GroupStudy.Group> entry) {
    GroupStudy.Group group = entry.getValue();
    return List.of(
        Cell.words(entry.getKey()),
        Cell.number(group.items()),
        Cell.number(group.votes()),
        Cell.number(group.open()),
        Cell.number(group.concordance().orElse(Double.NaN)));
  }

  private static Estimate estimate(Interval interval) {
    return Estimate.of(interval.mean(), interval.low(), interval.high(), -1);
  }
}
