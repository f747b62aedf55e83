package plumbline.annotation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeSet;
import java.util.function.Function;
import plumbline.eval.Bootstrap;
import plumbline.eval.Interval;

/**
 * A study in which groups of people ranked answers of the same candidates, each group another set
 * of answers: every item's votes merged, and the merged rankings' points ({@link
 * MergedRanking#points}) by group and over all.
 *
 * @param groups by name
 * @param points of each candidate over the items of all groups, as {@link MergedRanking#points}
 * @param pointsWithTies the same where tied candidates share
 */
public record GroupStudy(
    Map<String, Group> groups, Map<String, Score> points, Map<String, Score> pointsWithTies) {
  /**
   * What one group said.
   *
   * @param items items voted on
   * @param open items whose votes leave an order open
   * @param votes votes on all items
   * @param concordance mean over items of Kendall's W; empty where it is nowhere defined
   * @param points mean of each candidate
   * @param pointsWithTies the same where tied candidates share
   */
  public record Group(
      int items,
      int open,
      int votes,
      OptionalDouble concordance,
      Map<String, Double> points,
      Map<String, Double> pointsWithTies) {}

  /**
   * A candidate's points.
   *
   * @param mean over items, with a bootstrap interval over items
   * @param betweenGroups deviation of the groups' means (population), NaN for one group
   */
  public record Score(Interval mean, double betweenGroups) {}

  private record Merged(String group, MergedRanking ranking) {}

  /**
   * Merges and counts.
   *
   * @param votes items by group; every item on the same candidates
   * @throws IllegalArgumentException if items differ in their candidates
   */
  public static GroupStudy of(
      Map<String, List<VotedItem>> votes, MergeMethod method, VoteTies ties, Bootstrap bootstrap) {
    TreeSet<String> candidates = new TreeSet<>();
    List<Merged> merged = new ArrayList<>();
    Map<String, Group> groups = new LinkedHashMap<>();
    votes.forEach(
        (name, items) -> {
          List<MergedRanking> own = items.stream().map(i -> method.merge(i, ties)).toList();
          own.forEach(ranking -> merged.add(new Merged(name, ranking)));
          items.forEach(item -> candidates.addAll(item.shown()));
          groups.put(
              name,
              new Group(
                  items.size(),
                  (int) own.stream().filter(MergedRanking::hasTies).count(),
                  items.stream().flatMap(i -> i.votes().stream()).mapToInt(Vote::count).sum(),
                  Agreement.meanKendallW(items),
                  MergedRanking.meanPoints(own.stream().map(MergedRanking::points).toList()),
                  MergedRanking.meanPoints(
                      own.stream().map(MergedRanking::pointsWithTies).toList())));
        });
    for (Merged one : merged) {
      if (one.ranking().ranking().size() != candidates.size()) {
        throw new IllegalArgumentException(
            "group %s has an item on %s, others are on %s"
                .formatted(one.group(), one.ranking().ranking(), candidates));
      }
    }
    return new GroupStudy(
        groups,
        scores(candidates, merged, MergedRanking::points, groups, Group::points, bootstrap),
        scores(
            candidates,
            merged,
            MergedRanking::pointsWithTies,
            groups,
            Group::pointsWithTies,
            bootstrap));
  }

  private static Map<String, Score> scores(
      TreeSet<String> candidates,
      List<Merged> merged,
      Function<MergedRanking, Map<String, Double>> points,
      Map<String, Group> groups,
      Function<Group, Map<String, Double>> means,
      Bootstrap bootstrap) {
    Map<String, Score> scores = new LinkedHashMap<>();
    for (String candidate : candidates) {
      double[] own =
          merged.stream().mapToDouble(m -> points.apply(m.ranking()).get(candidate)).toArray();
      double[] byGroup =
          groups.values().stream().mapToDouble(g -> means.apply(g).get(candidate)).toArray();
      scores.put(candidate, new Score(bootstrap.mean(own), deviation(byGroup)));
    }
    return scores;
  }

  private static double deviation(double[] values) {
    if (values.length < 2) {
      return Double.NaN;
    }
    double mean = 0;
    for (double value : values) {
      mean += value / values.length;
    }
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    return Math.sqrt(squares / values.length);
  }
}
