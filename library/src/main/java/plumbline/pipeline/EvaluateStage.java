package plumbline.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import plumbline.InputException;
import plumbline.config.ConfigTree;
import plumbline.config.Key;
import plumbline.data.Prompt;
import plumbline.data.format.RowFiles;
import plumbline.eval.Bootstrap;
import plumbline.eval.WinRate;
import plumbline.model.Head;
import plumbline.model.SharedBases;
import plumbline.model.TextModel;
import plumbline.model.WeightFormat;
import plumbline.score.Scorer;
import plumbline.train.SamplingConfig;

/** Two models answer the same held-out prompts; what the second does better, with intervals. */
final class EvaluateStage {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The keys of an evaluation stage. */
  record Config(
      @Key(doc = "the model before alignment: an earlier stage, a run or a folder") String before,
      @Key(doc = "the model after alignment") String after,
      @Key(
              def = "",
              doc =
                  "how the weights of both models' blocks are kept; without it in the precision"
                      + " of --dtype")
          Optional<WeightFormat> weights,
      @Key(doc = "test prompts: an earlier stage or a folder") String data,
      @Key(form = "score", doc = "the reward tree that both are scored with") ConfigTree score,
      @Key(
              def = "",
              form = "score",
              doc =
                  "a trusted judge of quality, such as {gold: clinic}; it decides the win"
                      + " rate if there is one")
          Optional<ConfigTree> gold,
      @Key(def = "256", min = 2, doc = "most test prompts") int prompts,
      @Key(def = "192", min = 1, doc = "longest prompt in tokens; longer ones are left out")
          int maxPromptTokens,
      @Key(def = "10", min = 0, doc = "sample pairs shown in the report") int samples,
      @Key BestOfKeys bestOf,
      @Key SamplingConfig sampling) {}

  private final Config config;
  private final StageContext context;
  private final Bootstrap bootstrap;

  private EvaluateStage(Config config, StageContext context) {
    this.config = config;
    this.context = context;
    this.bootstrap = new Bootstrap(context.seed());
  }

  /** Checks what it names before any stage runs. */
  static Plan.Made plan(Config config, Plan plan) {
    plan.checkData(config.data(), "prompts", "test");
    int longest = config.maxPromptTokens() + config.sampling().maxNewTokens();
    plan.checkContext(plan.context("before", config.before(), Plan.Kind.LANGUAGE_MODEL), longest);
    plan.checkContext(plan.context("after", config.after(), Plan.Kind.LANGUAGE_MODEL), longest);
    plan.checkScore("score", config.score());
    config.bestOf().check("best_of", plan);
    config.gold().ifPresent(tree -> plan.checkScore("gold", tree));
    return new Plan.Made(Plan.Kind.NUMBERS, Set.of(), OptionalInt.empty());
  }

  static void run(Config config, StageContext context) {
    new EvaluateStage(config, context).run();
  }

  private void run() {
    List<Prompt> prompts = context.rows(config.data(), "prompts.test.jsonl", RowFiles::readPrompts);
    prompts = prompts.subList(0, Math.min(prompts.size(), config.prompts()));
    try (SharedBases bases = new SharedBases();
        TextModel before =
            TextModel.load(context.model(config.before()), Head.LANGUAGE, config.weights(), bases);
        TextModel after =
            TextModel.load(context.model(config.after()), Head.LANGUAGE, config.weights(), bases);
        Scorer score = context.scorer(config.score(), bases)) {
      TrainStages.checkContext(before, config.maxPromptTokens() + config.sampling().maxNewTokens());
      Answers.Question question =
          new Answers.Question(
              prompts, config.sampling(), config.maxPromptTokens(), score, config.gold());
      Answers first = Answers.of("answers before", before, question, 1, score, context);
      Answers second;
      try (Scorer judge = config.bestOf().judge(score, context, bases)) {
        second = Answers.of("answers after", after, question, config.bestOf().n(), judge, context);
      }
      if (first.rollouts().size() < 2) {
        throw new InputException(
            config.data() + ": only " + first.rollouts().size() + " test prompts, wanted 2");
      }
      double[] kl = second.divergence(before, after);
      Arrays.setAll(kl, i -> kl[i] + config.bestOf().divergence());
      context.run().summary(summary(first, second, kl));
      showExhibits(first, second);
      logSamples(first, second);
      context.warnOfCuts("score", score);
    }
  }

  private ObjectNode summary(Answers before, Answers after, double[] kl) {
    ObjectNode summary = JSON.createObjectNode();
    String judge = before.gold().isPresent() ? "gold" : "reward model";
    double[] first = before.judged();
    double[] second = after.judged();
    summary.put("prompts", first.length).put("judge", judge);
    ObjectNode systems = summary.putObject("systems");
    before.put(systems.putObject("sft"), bootstrap);
    ObjectNode policy = systems.putObject("policy");
    after.put(policy, bootstrap);
    TrainStages.put(policy.putObject("kl"), bootstrap.mean(kl));
    TrainStages.put(summary.putObject("difference"), bootstrap.difference(second, first));
    WinRate wins = WinRate.ofScores(judge, second, first, bootstrap);
    TrainStages.put(summary.putObject("win_rate"), wins.rate())
        .put("wins", wins.wins())
        .put("ties", wins.ties())
        .put("losses", wins.losses())
        .put("judge", judge);
    if (before.gold().isEmpty()) {
      context
          .run()
          .warn(
              "the win rate is judged by the reward model that the policy was trained on: it shows"
                  + " that training did what it was told, not that the answers are better");
    }
    return summary;
  }

  private void showExhibits(Answers before, Answers after) {
    List<String> prompts = before.completions().stream().map(c -> c.prompt().transcript()).toList();
    String judge = before.gold().isPresent() ? "gold" : "reward model";
    context.run().exhibits(EvaluationExhibits.of(judge, prompts, shown(before), shown(after)));
  }

  private static EvaluationExhibits.Answered shown(Answers answers) {
    double[] lengths =
        answers.rollouts().stream().mapToDouble(r -> r.tokens().response().length).toArray();
    return new EvaluationExhibits.Answered(answers.judged(), answers.rewards(), lengths);
  }

  private void logSamples(Answers before, Answers after) {
    for (int i = 0; i < Math.min(config.samples(), before.rollouts().size()); i++) {
      ObjectNode row = JSON.createObjectNode();
      row.put("prompt", before.rollouts().get(i).completion().prompt().transcript());
      before.put(row.putObject("before"), i);
      after.put(row.putObject("after"), i);
      context.run().sample(row);
    }
  }
}
