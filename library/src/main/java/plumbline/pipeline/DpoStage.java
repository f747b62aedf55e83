package plumbline.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import plumbline.data.PreferencePair;
import plumbline.data.format.RowFiles;
import plumbline.dpo.DpoConfig;
import plumbline.dpo.DpoPreset;
import plumbline.dpo.DpoTrainer;
import plumbline.eval.Bootstrap;
import plumbline.eval.WinRate;

/** Pairs in, a policy that prefers as they do out. */
final class DpoStage {
  private static final ObjectMapper JSON = new ObjectMapper();

  private DpoStage() {}

  /** Checks what it names before any stage runs. */
  static Plan.Made plan(DpoConfig config, Plan plan) {
    config.checkGivenPairs();
    plan.checkData(config.data(), "pairs", "train");
    int context = plan.context("model", config.model(), Plan.Kind.LANGUAGE_MODEL);
    plan.checkContext(context, config.lengths().maxTokens());
    config
        .referenceModel()
        .map(name -> plan.context("reference_model", name, Plan.Kind.LANGUAGE_MODEL))
        .ifPresent(reference -> plan.checkContext(reference, config.lengths().maxTokens()));
    return Plan.Made.model(Plan.Kind.LANGUAGE_MODEL, context);
  }

  static void run(DpoPreset.Method method, DpoConfig config, StageContext context) {
    List<PreferencePair> train =
        context.rows(config.data(), "pairs.train.jsonl", RowFiles::readPairs);
    List<PreferencePair> test =
        context.rowsIfAny(config.data(), "pairs.test.jsonl", RowFiles::readPairs);
    List<String> choices = DpoPreset.describe(method, config.like(), config);
    choices.forEach(context.progress()::note);
    try (PreferencePolicy trained =
        PreferencePolicy.load(
            config.model(),
            config.weights(),
            config.lora(),
            config.referenceModel(),
            config.lengths().maxTokens(),
            context)) {
      DpoTrainer.Result result =
          DpoTrainer.train(
              trained.policy(),
              trained.model().text(),
              trained.reference(context.out().resolve("cache")),
              train,
              test,
              config,
              context.seed(),
              context.run(),
              context.progress());
      trained.save(context);
      ObjectNode summary = summary(result, context);
      choices.forEach(summary.putArray("choices")::add);
      context.run().summary(summary);
    }
  }

  private static ObjectNode summary(DpoTrainer.Result result, StageContext context) {
    ObjectNode summary =
        JSON.createObjectNode().put("steps", result.steps()).put("pairs", result.pairs());
    double[] margins = result.testMargins();
    if (margins.length > 1) {
      WinRate right =
          WinRate.ofScores(
              "implicit reward",
              margins,
              new double[margins.length],
              new Bootstrap(context.seed()));
      TrainStages.put(summary.putObject("accuracy"), right.rate()).put("n", right.prompts());
      summary.put("chosen_change", result.chosenChange());
      summary.put("rejected_change", result.rejectedChange());
    }
    warnOfFall(result.chosenChange(), result.rejectedChange(), context);
    return summary;
  }

  /** Tells the run if both kinds of test responses have become less likely. */
  static void warnOfFall(double chosenChange, double rejectedChange, StageContext context) {
    if (chosenChange < 0 && rejectedChange < 0) {
      context
          .run()
          .warn(
              ("the log-probs of both responses fall on the test rows, of the chosen ones by %.1f"
                      + " nats and of the rejected ones by %.1f: usual for DPO; if the answers get"
                      + " worse too, add sft_weight or lower the learning rate")
                  .formatted(-chosenChange, -rejectedChange));
    }
  }
}
