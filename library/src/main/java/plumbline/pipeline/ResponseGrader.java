package plumbline.pipeline;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import plumbline.InputException;
import plumbline.data.Completion;
import plumbline.data.Verdict;
import plumbline.dpo.OnlineDpoConfig;
import plumbline.judge.Budget;
import plumbline.judge.Duel;
import plumbline.judge.Judge;
import plumbline.judge.Judged;
import plumbline.judge.Judges;
import plumbline.judge.Judging;
import plumbline.model.SharedBases;
import plumbline.score.Scorer;
import plumbline.score.Scores;
import plumbline.train.Rollout;

/** Ranks the responses to a prompt: by a reward tree, or by a judge who compares each two. */
final class ResponseGrader implements AutoCloseable {
  /** The model of a judge that is the policy itself. */
  static final String POLICY = "policy";

  /** A judge who is quite sure is taken to be wrong once in a thousand. */
  private static final double SUREST = 0.999;

  private final Optional<Scorer> scorer;
  private final Optional<Judge> judge;
  private final StageContext context;

  private ResponseGrader(Optional<Scorer> scorer, Optional<Judge> judge, StageContext context) {
    this.scorer = scorer;
    this.judge = judge;
    this.context = context;
  }

  /**
   * The grades of the responses to one prompt.
   *
   * @param scores {@code double[K]}, higher is better
   * @param strengths {@code double[K][K]}, by how much the one is better than the other, in the
   *     unit of which the sigmoid is a probability
   */
  record Grades(double[] scores, double[][] strengths) {

    /** The same where each token costs something, 0 or more. */
    Grades lessPerToken(double penalty, List<Rollout> responses) {
      if (penalty == 0) {
        return this;
      }
      int count = scores.length;
      double[] less = new double[count];
      double[][] lead = new double[count][count];
      for (int i = 0; i < count; i++) {
        double own = penalty * responses.get(i).tokens().response().length;
        less[i] = scores[i] - own;
        for (int j = 0; j < count; j++) {
          double other = penalty * responses.get(j).tokens().response().length;
          lead[i][j] = strengths[i][j] - own + other;
        }
      }
      return new Grades(less, lead);
    }

    /** How likely each of the first {@code own} responses beats its number behind them. */
    DoubleStream wins(int own) {
      return IntStream.range(0, own).mapToDouble(i -> 1 / (1 + Math.exp(-strengths[i][own + i])));
    }
  }

  /**
   * The grades of all prompts, and the leaves of the reward tree, one number per response.
   *
   * @param unjudged comparisons without a verdict, which count as ties
   */
  record Graded(List<Grades> prompts, Map<String, double[]> leaves, int unjudged) {}

  /**
   * The grader of a configuration.
   *
   * @param policy the folder of the round's policy, for a judge {@code {model: policy}}
   */
  static ResponseGrader of(
      OnlineDpoConfig config, Path policy, StageContext context, SharedBases bases) {
    Judges judges =
        new Judges(
            System.getenv(),
            name -> name.equals(POLICY) ? policy : context.model(name),
            bases,
            new Budget(OptionalDouble.empty()));
    return new ResponseGrader(
        config.score().map(tree -> context.scorer(tree, bases)),
        config.judge().map(judges::of),
        context);
  }

  /** Grades responses, {@code group} of one prompt side by side. */
  Graded grade(List<Completion> completions, int group) {
    return scorer.isPresent()
        ? byScore(scorer.get(), completions, group)
        : byJudge(judge.orElseThrow(), completions, group);
  }

  private static Graded byScore(Scorer scorer, List<Completion> completions, int group) {
    Scores found = scorer.score(completions);
    List<Grades> prompts = new ArrayList<>();
    for (int from = 0; from < completions.size(); from += group) {
      double[] scores = Arrays.copyOfRange(found.total(), from, from + group);
      double[][] strengths = new double[group][group];
      for (int i = 0; i < group; i++) {
        for (int j = 0; j < group; j++) {
          strengths[i][j] = scores[i] - scores[j];
        }
      }
      prompts.add(new Grades(scores, strengths));
    }
    return new Graded(prompts, found.leaves(), 0);
  }

  /** A response's score is the mean probability that it is better than another. */
  private Graded byJudge(Judge judge, List<Completion> completions, int group) {
    List<Duel> duels = new ArrayList<>();
    for (int from = 0; from < completions.size(); from += group) {
      for (int i = 0; i < group; i++) {
        for (int j = i + 1; j < group; j++) {
          duels.add(duel(from, i, j, completions));
        }
      }
    }
    Judging judging = new Judging(judge, Judging.Orders.BOTH);
    List<Judged> judged = judging.judge(duels, () -> {});
    if (judged.isEmpty()) {
      throw new InputException(
          "judge '%s' gave no verdict: %s"
              .formatted(judge.name(), judging.problem().orElse("no reason")));
    }
    Map<String, Double> chances = new HashMap<>();
    judged.forEach(one -> chance(one).ifPresent(p -> chances.put(id(one), p)));
    int unjudged = duels.size() - chances.size();
    if (unjudged > 0) {
      context
          .run()
          .warn(unjudged + " of " + duels.size() + " comparisons had no verdict: taken as ties");
    }
    List<Grades> prompts = new ArrayList<>();
    for (int from = 0; from < completions.size(); from += group) {
      prompts.add(grades(from, group, chances));
    }
    return new Graded(prompts, Map.of(), unjudged);
  }

  private static Duel duel(int from, int i, int j, List<Completion> completions) {
    return new Duel(
        Integer.toString(from),
        completions.get(from).prompt(),
        new Duel.Side(Integer.toString(i), completions.get(from + i).response()),
        new Duel.Side(Integer.toString(j), completions.get(from + j).response()));
  }

  private static String id(Judged judged) {
    Duel duel = judged.duel();
    return id(duel.promptId(), duel.a().system(), duel.b().system());
  }

  private static String id(String prompt, String a, String b) {
    return prompt + ":" + a + ":" + b;
  }

  /** How likely the first response of a duel is better; empty if the verdict cannot be read. */
  private static Optional<Double> chance(Judged judged) {
    if (judged.verdict() == Verdict.UNPARSABLE) {
      return Optional.empty();
    }
    OptionalDouble probability = judged.probability();
    if (probability.isPresent()) {
      return Optional.of(probability.getAsDouble());
    }
    return Optional.of(
        switch (judged.verdict()) {
          case FIRST -> 1.0;
          case SECOND -> 0.0;
          default -> 0.5;
        });
  }

  private static Grades grades(int from, int group, Map<String, Double> chances) {
    double[] scores = new double[group];
    double[][] strengths = new double[group][group];
    for (int i = 0; i < group; i++) {
      for (int j = i + 1; j < group; j++) {
        String id = id(Integer.toString(from), Integer.toString(i), Integer.toString(j));
        double chance = chances.getOrDefault(id, 0.5);
        scores[i] += chance / (group - 1);
        scores[j] += (1 - chance) / (group - 1);
        double sure = Math.min(SUREST, Math.max(1 - SUREST, chance));
        strengths[i][j] = Math.log(sure / (1 - sure));
        strengths[j][i] = -strengths[i][j];
      }
    }
    return new Grades(scores, strengths);
  }

  @Override
  public void close() {
    scorer.ifPresent(Scorer::close);
    judge.ifPresent(Judge::close);
  }
}
