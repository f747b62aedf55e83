package plumbline.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import plumbline.InputException;
import plumbline.config.ConfigTree;
import plumbline.data.Prompt;
import plumbline.data.format.RowFiles;
import plumbline.dpo.OnlineDpoConfig;
import plumbline.model.Head;
import plumbline.model.SharedBases;
import plumbline.model.TextModel;
import plumbline.train.EpochOrder;

/**
 * Rounds of sampling, ranking and preference learning: Dong et al. (2024), arXiv:2405.07863. Each
 * round has a run directory of its own below the stage's.
 */
final class OnlineDpoStage {
  private static final ObjectMapper JSON = new ObjectMapper();

  private OnlineDpoStage() {}

  /** Checks what it names before any stage runs. */
  static Plan.Made plan(OnlineDpoConfig config, Plan plan) {
    plan.checkData(config.data(), "prompts", "train");
    int context = plan.context("model", config.model(), Plan.Kind.LANGUAGE_MODEL);
    plan.checkContext(context, config.lengths().maxTokens());
    config.score().ifPresent(tree -> plan.checkScore("score", tree));
    config.monitor().ifPresent(tree -> plan.checkScore("monitor", tree));
    config.judge().ifPresent(tree -> checkJudge(tree, plan));
    return Plan.Made.model(Plan.Kind.LANGUAGE_MODEL, context);
  }

  private static void checkJudge(ConfigTree tree, Plan plan) {
    tree.find("score").ifPresent(score -> plan.checkScore("judge.score", score));
    tree.find("model")
        .filter(ConfigTree::isValue)
        .map(ConfigTree::text)
        .filter(name -> !name.equals(ResponseGrader.POLICY) && !tree.has("endpoint"))
        .ifPresent(name -> plan.context("judge.model", name, Plan.Kind.LANGUAGE_MODEL));
  }

  static void run(OnlineDpoConfig config, StageContext context) {
    Path start = context.model(config.model());
    List<Prompt> prompts;
    try (TextModel model = TextModel.loadMerged(start, Head.LANGUAGE, config.weights())) {
      TrainStages.checkContext(model, config.lengths().maxTokens());
      context.warnOfText(model);
      prompts = fitting(model, config, context);
    }
    EpochOrder order = new EpochOrder(prompts.size(), context.seed());
    List<OnlineRound> rounds = new ArrayList<>();
    ObjectNode summary = JSON.createObjectNode();
    Path from = start;
    for (int number = 1; number <= config.rounds(); number++) {
      List<Prompt> asked = new ArrayList<>();
      for (int index : order.next(config.promptsPerRound())) {
        asked.add(prompts.get(index));
      }
      OnlineRound round = new OnlineRound(number, start, from, config, context);
      JsonNode found = round.run(asked, List.copyOf(rounds));
      context.run().metrics(number, metrics(found));
      summary.withArray("/rounds").add(found);
      rounds.add(round);
      from = round.model();
    }
    try (SharedBases bases = new SharedBases();
        RoundModels last = RoundModels.load(start, from, config, context.seed(), bases)) {
      last.save(context.run().model(), context);
    }
    context.run().summary(summary);
  }

  private static List<Prompt> fitting(
      TextModel model, OnlineDpoConfig config, StageContext context) {
    List<Prompt> all = context.rows(config.data(), "prompts.train.jsonl", RowFiles::readPrompts);
    int most = config.lengths().maxPromptTokens();
    List<Prompt> kept =
        all.stream().filter(prompt -> model.text().prompt(prompt).length <= most).toList();
    if (kept.isEmpty()) {
      throw new InputException(
          config.data()
              + ": no prompt is within lengths.max_prompt_tokens, "
              + most
              + "; raise it");
    }
    if (kept.size() < all.size()) {
      context
          .run()
          .warn(
              "%d of %d prompts are longer than %d tokens and were left out"
                  .formatted(all.size() - kept.size(), all.size(), most));
    }
    return kept;
  }

  private static Map<String, Double> metrics(JsonNode round) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    round
        .properties()
        .forEach(
            field -> {
              if (field.getValue().isNumber()) {
                metrics.put(field.getKey(), field.getValue().doubleValue());
              }
            });
    return metrics;
  }
}
