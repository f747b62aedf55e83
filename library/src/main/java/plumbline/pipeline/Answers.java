package plumbline.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import plumbline.config.ConfigTree;
import plumbline.data.Completion;
import plumbline.data.Prompt;
import plumbline.eval.Bootstrap;
import plumbline.eval.Diversity;
import plumbline.eval.Interval;
import plumbline.model.SharedBases;
import plumbline.model.TextModel;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.score.BestOfN;
import plumbline.score.Scorer;
import plumbline.score.Scores;
import plumbline.train.Logprobs;
import plumbline.train.Rollout;
import plumbline.train.SamplingConfig;

/**
 * A model's answers to held-out prompts with their scores.
 *
 * @param rewards {@code double[N]}, the reward tree's totals
 * @param leaves raw scores of the tree's leaves, by name, each {@code double[N]}
 * @param gold a trusted judge's
 */
record Answers(
    List<Rollout> rollouts,
    double[] rewards,
    Map<String, double[]> leaves,
    Optional<double[]> gold) {
  private static final int ROWS_PER_BATCH = 32;

  /**
   * What is asked of every model that is compared.
   *
   * @param prompts held-out prompts
   * @param score what answers are scored with
   * @param gold a trusted judge of quality
   */
  record Question(
      List<Prompt> prompts,
      SamplingConfig sampling,
      int maxPromptTokens,
      Scorer score,
      Optional<ConfigTree> gold) {}

  /**
   * A model's answers.
   *
   * @param label what the progress is called
   * @param bestOf answers sampled to each prompt, of which {@code judge} chooses one
   */
  static Answers of(
      String label,
      TextModel model,
      Question question,
      int bestOf,
      Scorer judge,
      StageContext context) {
    List<Prompt> repeated =
        question.prompts().stream()
            .flatMap(prompt -> IntStream.range(0, bestOf).mapToObj(i -> prompt))
            .toList();
    List<Rollout> sampled =
        TrainStages.sample(
            label, model, repeated, question.sampling(), question.maxPromptTokens(), context);
    List<Rollout> rollouts =
        bestOf == 1
            ? sampled
            : Arrays.stream(BestOfN.rows(judge.score(completions(sampled)).total(), bestOf))
                .mapToObj(sampled::get)
                .toList();
    List<Completion> completions = completions(rollouts);
    Optional<double[]> gold =
        question
            .gold()
            .map(
                tree -> {
                  try (SharedBases bases = new SharedBases();
                      Scorer trusted = context.scorer(tree, bases)) {
                    return trusted.score(completions).total();
                  }
                });
    Scores scores = question.score().score(completions);
    return new Answers(rollouts, scores.total(), leaves(scores), gold);
  }

  /** Without diagnostics, whose names have a slash. */
  private static Map<String, double[]> leaves(Scores scores) {
    Map<String, double[]> leaves = new LinkedHashMap<>(scores.leaves());
    leaves.keySet().removeIf(name -> name.contains("/"));
    return leaves;
  }

  private static List<Completion> completions(List<Rollout> rollouts) {
    return rollouts.stream().map(Rollout::completion).toList();
  }

  List<Completion> completions() {
    return completions(rollouts);
  }

  /** Gold quality, or without one the rewards. */
  double[] judged() {
    return gold.orElse(rewards);
  }

  /**
   * KL(after || before) per response on the responses of {@code after}: for each the sum over its
   * tokens of the difference of log-probs at temperature 1, in nats.
   */
  double[] divergence(TextModel before, TextModel after) {
    List<TokenizedRow> rows = rollouts.stream().map(Rollout::tokens).toList();
    double[] own = sums(after.transformer(), rows);
    double[] reference = sums(before.transformer(), rows);
    double[] kl = new double[own.length];
    Arrays.setAll(kl, i -> own[i] - reference[i]);
    return kl;
  }

  /** log-probs of whole responses at temperature 1, in nats: one per row. */
  static double[] sums(Transformer decoder, List<TokenizedRow> rows) {
    return Logprobs.ofResponses(decoder, rows, ROWS_PER_BATCH);
  }

  /** Writes what a table needs of them. */
  void put(ObjectNode system, Bootstrap bootstrap) {
    Interval reward = bootstrap.mean(rewards);
    double squares =
        Arrays.stream(rewards).map(r -> (r - reward.mean()) * (r - reward.mean())).sum();
    gold.ifPresent(scores -> TrainStages.put(system.putObject("gold"), bootstrap.mean(scores)));
    system
        .putObject("reward")
        .put("mean", reward.mean())
        .put("std", Math.sqrt(squares / (rewards.length - 1)));
    List<String> texts = completions().stream().map(Completion::response).toList();
    Diversity diversity = Diversity.ofTexts(texts);
    double tokens =
        rollouts.stream()
            .mapToInt(rollout -> rollout.tokens().response().length)
            .average()
            .orElse(Double.NaN);
    double ended = completions().stream().mapToInt(c -> c.ended() ? 1 : 0).average().orElse(0);
    system.put("response_length", tokens);
    system.put("distinct_1", diversity.distinct1()).put("distinct_2", diversity.distinct2());
    system.put("repetition", diversity.repetition()).put("identical", diversity.identical());
    system.put("eos_rate", ended);
  }

  /** Writes one of them as a sample. */
  void put(ObjectNode side, int i) {
    Completion completion = rollouts.get(i).completion();
    side.put("response", completion.response());
    ObjectNode scores = side.putObject("scores");
    gold.ifPresent(all -> scores.put("gold", all[i]));
    scores.put("reward", rewards[i]);
    side.put("ended", completion.ended());
  }
}
