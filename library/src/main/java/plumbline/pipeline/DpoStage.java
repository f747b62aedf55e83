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
    return keys(config).plan(plan);
  }

  private static PreferencePolicy.Keys keys(DpoConfig config) {
    return new PreferencePolicy.Keys(
        config.model(),
        config.referenceModel(),
        config.weights(),
        config.lora(),
        config.lengths().maxTokens());
  }

  static void run(DpoPreset.Method method, DpoConfig config, StageContext context) {
    List<PreferencePair> train =
        context.rows(config.data(), "pairs.train.jsonl", RowFiles::readPairs);
    List<PreferencePair> test =
        context.rowsIfAny(config.data(), "pairs.test.jsonl", RowFiles::readPairs);
    PreferencePolicy.train(
        keys(config),
        DpoPreset.describe(method, config.like(), config),
        context,
        trained ->
            summary(
                DpoTrainer.train(
                    trained.policy(),
                    trained.model().text(),
                    trained.reference(context),
                    train,
                    test,
                    config,
                    context.seed(),
                    context.run(),
                    context.progress()),
                context));
  }

  private static PreferencePolicy.Trained summary(DpoTrainer.Result result, StageContext context) {
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
    return new PreferencePolicy.Trained(summary, result.chosenChange(), result.rejectedChange());
  }
}
