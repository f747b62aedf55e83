package plumbline.collect;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import plumbline.judge.Rating;

/**
 * What became of every candidate, counted from the logs, and the training sets.
 *
 * @param steps in their order
 * @param matrix {@code long[5][5]} pairs by stars of r+ (rows) and r- (columns)
 * @param epsilon what a prompt's gain had to exceed
 * @param turned pairs that people labelled against the judges
 * @param alike answers that collapsed
 * @param silent answers that a model did not give
 * @param sets the training sets
 */
public record Collected(
    List<StepCount> steps,
    long[][] matrix,
    double epsilon,
    long turned,
    long alike,
    long silent,
    Map<String, LabelCheck> sets) {
  private static final int STARS = Rating.HIGHEST;

  /**
   * Counts the logs of a funnel whose steps are done, and writes its training sets.
   *
   * @param sameNumber whether all sets have as many pairs as the smallest
   * @param people what the meta of people's labels calls them
   */
  public static Collected of(Funnel funnel, boolean sameNumber, String people) {
    long perPrompt = funnel.keys().pairing().pairsPerPrompt();
    List<StepCount> steps = new ArrayList<>();
    double epsilon = funnel.epsilon();
    StepCount prompts = step("prompts", steps);
    Funnel.forEach(
        funnel.hardPrompts(), row -> count(prompts, HardPrompts.lost(row, epsilon), perPrompt));
    StepCount responses = step("responses", steps);
    long[] answers = new long[2];
    Funnel.forEach(
        funnel.answered(),
        row -> {
          responses.kept(row.pairs().size());
          responses.lost("too few different answers", perPrompt - row.pairs().size());
          answers[0] += row.alike();
          answers[1] += row.silent();
        });
    StepCount ratings = step("ratings", steps);
    long[][] matrix = new long[STARS][STARS];
    Funnel.forEach(
        funnel.rated(),
        pair -> {
          count(ratings, funnel.keys().ratings().lost(pair), 1);
          int better = StarRule.stars(pair.better());
          int worse = StarRule.stars(pair.worse());
          if (better > 0 && worse > 0) {
            matrix[better - 1][worse - 1]++;
          }
        });
    long[] turned = {0};
    if (funnel.isLabelled()) {
      StepCount voted = step("people", steps);
      funnel.labelled(
          (pair, label) -> {
            count(voted, label.lost(), 1);
            turned[0] += label.lost().isEmpty() && label.turns() ? 1 : 0;
          });
    }
    Map<String, LabelCheck> sets = new TrainingSets(funnel, sameNumber, people).write();
    return new Collected(steps, matrix, epsilon, turned[0], answers[0], answers[1], sets);
  }

  private static StepCount step(String name, List<StepCount> steps) {
    StepCount step = new StepCount(name);
    steps.add(step);
    return step;
  }

  private static void count(StepCount step, String lost, long pairs) {
    if (lost.isEmpty()) {
      step.kept(pairs);
    } else {
      step.lost(lost, pairs);
    }
  }

  /** Pairs by training set. */
  public Map<String, Long> pairs() {
    Map<String, Long> pairs = new LinkedHashMap<>();
    sets.forEach((set, check) -> pairs.put(set, check.pairs()));
    return pairs;
  }

  /** Share of the first step's candidates that the last one left. */
  public double survival() {
    long in = steps.get(0).in();
    return in == 0 ? 0 : (double) steps.get(steps.size() - 1).out() / in;
  }

  /** {@code {steps, epsilon, matrix, ...}}, and the orders' effect where it was measured. */
  public ObjectNode json(Funnel funnel) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ArrayNode list = json.putArray("steps");
    steps.forEach(step -> list.add(step.json()));
    json.put("survival", survival());
    json.put("epsilon", epsilon);
    ArrayNode rows = json.putArray("matrix");
    for (long[] row : matrix) {
      ArrayNode cells = rows.addArray();
      for (long cell : row) {
        cells.add(cell);
      }
    }
    json.put("answers_alike", alike).put("answers_missing", silent);
    if (funnel.isLabelled()) {
      json.put("turned_by_people", turned);
    }
    if (Files.exists(funnel.file("orders.jsonl"))) {
      OrderEffects.Effect effect = funnel.orderEffects();
      json.putObject("orders")
          .put("pairs", effect.pairs())
          .put("same", effect.same())
          .put("read_first_wins", effect.readFirstWins())
          .put("read_second_wins", effect.readSecondWins())
          .put("as_rated", effect.asRated())
          .put("unparsable", effect.unparsable());
    }
    ObjectNode pairs = json.putObject("sets");
    sets.forEach((set, check) -> pairs.put(set, check.pairs()));
    if (sets.values().stream().anyMatch(LabelCheck::isKnown)) {
      ObjectNode labels = json.putObject("labels_by_gold");
      sets.forEach(
          (set, check) -> {
            if (check.isKnown()) {
              check.put(labels.putObject(set));
            }
          });
    }
    return json;
  }
}
