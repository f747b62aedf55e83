package plumbline.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import plumbline.data.Split;
import plumbline.data.format.RowFiles;
import plumbline.dpo.DpoPreset;
import plumbline.dpo.KtoConfig;
import plumbline.dpo.KtoTrainer;
import plumbline.dpo.LabelledResponse;

/** Responses that are good or bad by themselves in, a policy that gives the good ones out. */
final class KtoStage {
  private static final ObjectMapper JSON = new ObjectMapper();

  private KtoStage() {}

  /** Checks what it names before any stage runs. */
  static Plan.Made plan(KtoConfig config, Plan plan) {
    plan.checkData(config.data(), kind(config), "train");
    return keys(config).plan(plan);
  }

  private static PreferencePolicy.Keys keys(KtoConfig config) {
    return new PreferencePolicy.Keys(
        config.model(),
        config.referenceModel(),
        config.weights(),
        config.lora(),
        config.lengths().maxTokens());
  }

  private static String kind(KtoConfig config) {
    return config.rows().name().toLowerCase(Locale.ROOT);
  }

  static void run(DpoPreset.Method method, KtoConfig config, StageContext context) {
    List<LabelledResponse> train = rows(config, Split.TRAIN, context);
    List<LabelledResponse> test = rows(config, Split.TEST, context);
    PreferencePolicy.train(
        keys(config),
        DpoPreset.describe(method, config.like(), config),
        context,
        trained ->
            summary(
                KtoTrainer.train(
                    trained.policy(),
                    trained.model().text(),
                    trained.reference(context),
                    train,
                    test,
                    config,
                    context.seed(),
                    context.run(),
                    context.progress())));
  }

  private static PreferencePolicy.Trained summary(KtoTrainer.Result result) {
    ObjectNode summary = JSON.createObjectNode().put("steps", result.steps());
    summary.put("desirable", result.desirable()).put("undesirable", result.undesirable());
    summary.put("desirable_weight", result.weights()[0]);
    summary.put("undesirable_weight", result.weights()[1]);
    summary.put("accuracy", result.accuracy());
    summary.put("chosen_change", result.chosenChange());
    summary.put("rejected_change", result.rejectedChange());
    return new PreferencePolicy.Trained(summary, result.chosenChange(), result.rejectedChange());
  }

  private static List<LabelledResponse> rows(KtoConfig config, Split side, StageContext context) {
    String file = kind(config) + "." + side.name().toLowerCase(Locale.ROOT) + ".jsonl";
    boolean train = side == Split.TRAIN;
    if (config.rows() == KtoConfig.Rows.PAIRS) {
      return LabelledResponse.ofPairs(
          train
              ? context.rows(config.data(), file, RowFiles::readPairs)
              : context.rowsIfAny(config.data(), file, RowFiles::readPairs));
    }
    return LabelledResponse.ofRatings(
        train
            ? context.rows(config.data(), file, RowFiles::readRatings)
            : context.rowsIfAny(config.data(), file, RowFiles::readRatings),
        config.label(),
        config.threshold());
  }
}
