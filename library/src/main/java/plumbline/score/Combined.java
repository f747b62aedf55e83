package plumbline.score;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import plumbline.data.Completion;

/**
 * A node: the scores of its parts as one.
 *
 * @param name of its diagnostics
 * @param members numbers of the parts that are reward models; where there are several, the
 *     deviation of their scores is {@code <name>/disagreement}
 */
record Combined(String name, List<Scorer> parts, Combination combination, List<Integer> members)
    implements Scorer {
  @Override
  public Scores score(List<Completion> completions) {
    List<Scores> scores = parts.stream().map(part -> part.score(completions)).toList();
    List<double[]> totals = scores.stream().map(Scores::total).toList();
    Map<String, double[]> leaves = new LinkedHashMap<>();
    scores.forEach(part -> leaves.putAll(part.leaves()));
    int rows = completions.size();
    if (members.size() > 1) {
      leaves.put(name + "/disagreement", disagreement(totals, rows));
    }
    combination
        .told()
        .forEach(
            (what, value) -> {
              double[] same = new double[rows];
              Arrays.fill(same, value);
              leaves.put(name + "/" + what, same);
            });
    double[] total = new double[rows];
    Arrays.setAll(total, i -> checked(i, combination.of(row(totals, i))));
    List<List<SegmentReward>> segments = segments(scores, rows);
    combination.learn(totals);
    return new Scores(total, leaves, segments);
  }

  private static double[] row(List<double[]> totals, int i) {
    return totals.stream().mapToDouble(scores -> scores[i]).toArray();
  }

  private double checked(int i, double score) {
    if (!Double.isFinite(score)) {
      throw new ScoringException("%s: score %d is %s".formatted(name, i, score));
    }
    return score;
  }

  private double[] disagreement(List<double[]> totals, int rows) {
    List<double[]> models = members.stream().map(totals::get).toList();
    double[] deviations = new double[rows];
    Arrays.setAll(deviations, i -> Math.sqrt(Combination.variance(row(models, i))));
    return deviations;
  }

  /** The segments of the parts, each with its share of the sum. */
  private List<List<SegmentReward>> segments(List<Scores> scores, int rows) {
    if (scores.stream().noneMatch(Scores::isDense)) {
      return List.of();
    }
    double[] shares =
        combination
            .shares(parts.size())
            .orElseThrow(() -> new IllegalStateException(name + " is no sum of its parts"));
    List<List<SegmentReward>> segments = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      List<SegmentReward> all = new ArrayList<>();
      for (int part = 0; part < shares.length; part++) {
        if (scores.get(part).isDense()) {
          for (SegmentReward segment : scores.get(part).segments().get(row)) {
            all.add(new SegmentReward(segment.end(), shares[part] * segment.reward()));
          }
        }
      }
      segments.add(all);
    }
    return segments;
  }

  @Override
  public void expect(List<CompletableFuture<Completion>> completions) {
    parts.forEach(part -> part.expect(completions));
  }

  @Override
  public long truncated() {
    return parts.stream().mapToLong(Scorer::truncated).sum();
  }

  @Override
  public JsonNode state() {
    return ScorerState.of(combination.state(), parts);
  }

  @Override
  public void restore(JsonNode state) {
    combination.restore(ScorerState.restoreParts(state, parts));
  }

  @Override
  public void close() {
    parts.forEach(Scorer::close);
  }
}
