package plumbline.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Stream;
import plumbline.InputException;
import plumbline.config.ConfigTree;
import plumbline.config.Key;
import plumbline.data.Completion;
import plumbline.data.Demonstration;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;
import plumbline.data.Split;
import plumbline.data.format.RowFiles;
import plumbline.model.Head;
import plumbline.model.SharedBases;
import plumbline.model.TextModel;
import plumbline.score.Scorer;
import plumbline.train.Rollout;
import plumbline.train.SamplingConfig;

/**
 * Pairs of a model's answers. From demonstrations alone: chosen is the demonstration's response,
 * rejected what the model answers to the same prompt. With a score: two answers of the model, in
 * the score's order.
 */
final class PairsStage {

  /** The keys of a pairs stage. */
  record Config(
      @Key(
              doc =
                  "the model whose answers are rejected, or paired: an earlier stage, a run or a"
                      + " folder")
          String model,
      @Key(doc = "demonstrations: an earlier stage or a folder") String data,
      @Key(
              def = "",
              form = "score",
              doc =
                  "the reward tree that orders two answers of the model; without it the"
                      + " demonstration's is better")
          Optional<ConfigTree> score,
      @Key(def = "0", min = 0, doc = "scores that are no further apart than this make no pair")
          double tie,
      @Key(def = "2000", min = 1, doc = "most training pairs") int pairs,
      @Key(def = "300", min = 1, doc = "most test pairs") int testPairs,
      @Key(def = "192", min = 1, doc = "longest prompt in tokens; longer ones are left out")
          int maxPromptTokens,
      @Key SamplingConfig sampling) {}

  private PairsStage() {}

  /** Checks what it names before any stage runs. */
  static Plan.Made plan(Config config, Plan plan) {
    plan.checkData(config.data(), "demonstrations", "train");
    int context = plan.context("model", config.model(), Plan.Kind.LANGUAGE_MODEL);
    plan.checkContext(context, config.maxPromptTokens() + config.sampling().maxNewTokens());
    config.score().ifPresent(tree -> plan.checkScore("score", tree));
    return Plan.Made.data(Set.of("pairs"));
  }

  static void run(Config config, StageContext context) {
    try (TextModel model = TextModel.load(context.model(config.model()), Head.LANGUAGE)) {
      TrainStages.checkContext(model, config.maxPromptTokens() + config.sampling().maxNewTokens());
      var summary = new ObjectMapper().createObjectNode();
      for (Split side : Split.values()) {
        String name = side.name().toLowerCase(Locale.ROOT) + ".jsonl";
        String file = "demonstrations." + name;
        List<Demonstration> rows =
            side == Split.TRAIN
                ? context.rows(config.data(), file, RowFiles::readDemonstrations)
                : context.rowsIfAny(config.data(), file, RowFiles::readDemonstrations);
        int most = side == Split.TRAIN ? config.pairs() : config.testPairs();
        List<PreferencePair> pairs =
            pairs(rows.subList(0, Math.min(most, rows.size())), model, config, context);
        if (!pairs.isEmpty()) {
          RowFiles.write(context.run().path().resolve("pairs." + name), pairs);
        }
        summary.put("pairs." + name, pairs.size());
      }
      context.run().summary(summary);
    }
  }

  private static List<PreferencePair> pairs(
      List<Demonstration> rows, TextModel model, Config config, StageContext context) {
    List<Prompt> prompts = rows.stream().map(Demonstration::prompt).distinct().toList();
    List<PreferencePair> pairs =
        config.score().isPresent()
            ? ordered(prompts, model, config, context)
            : belowDemonstrations(rows, prompts, model, config, context);
    if (pairs.isEmpty() && !rows.isEmpty()) {
      throw new InputException(
          config.data() + ": no pair came of " + rows.size() + " demonstrations; see the warnings");
    }
    return pairs;
  }

  private static List<PreferencePair> belowDemonstrations(
      List<Demonstration> rows,
      List<Prompt> prompts,
      TextModel model,
      Config config,
      StageContext context) {
    Map<Prompt, String> chosen = new HashMap<>();
    rows.forEach(row -> chosen.put(row.prompt(), row.response()));
    List<PreferencePair> pairs = new ArrayList<>();
    int same = 0;
    for (Completion answer : sampled("rejected answers", prompts, model, config, context)) {
      Prompt prompt = answer.prompt();
      String rejected = answer.response();
      if (rejected.isBlank() || rejected.equals(chosen.get(prompt))) {
        same++;
      } else {
        pairs.add(new PreferencePair(prompt, chosen.get(prompt), rejected));
      }
    }
    if (same > 0) {
      context.run().warn(same + " answers were empty or equal to the demonstration: no pair");
    }
    return pairs;
  }

  /** Two answers to each prompt, the one of the higher score chosen. */
  private static List<PreferencePair> ordered(
      List<Prompt> prompts, TextModel model, Config config, StageContext context) {
    List<Prompt> twice = prompts.stream().flatMap(prompt -> Stream.of(prompt, prompt)).toList();
    List<Completion> answers = sampled("answers in pairs", twice, model, config, context);
    double[] scores;
    try (SharedBases bases = new SharedBases();
        Scorer scorer = context.scorer(config.score().orElseThrow(), bases)) {
      scores = scorer.score(answers).total();
      context.warnOfCuts("score", scorer);
    }
    List<PreferencePair> pairs = new ArrayList<>();
    for (int i = 0; i < answers.size(); i += 2) {
      int better = scores[i] >= scores[i + 1] ? i : i + 1;
      int worse = better == i ? i + 1 : i;
      double lead = scores[better] - scores[worse];
      String chosen = answers.get(better).response();
      String rejected = answers.get(worse).response();
      if (lead > config.tie() && !chosen.isBlank() && !rejected.isBlank()) {
        pairs.add(
            new PreferencePair(answers.get(i).prompt(), chosen, rejected, OptionalDouble.of(lead)));
      }
    }
    int without = answers.size() / 2 - pairs.size();
    if (without > 0) {
      context.run().warn(without + " prompts have no pair: equal scores or an empty answer");
    }
    return pairs;
  }

  private static List<Completion> sampled(
      String label, List<Prompt> prompts, TextModel model, Config config, StageContext context) {
    return TrainStages.sample(
            label, model, prompts, config.sampling(), config.maxPromptTokens(), context)
        .stream()
        .map(Rollout::completion)
        .toList();
  }
}
