package plumbline.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import plumbline.InputException;
import plumbline.config.ConfigTree;
import plumbline.config.Key;
import plumbline.data.Kind;
import plumbline.data.PreferencePair;
import plumbline.data.RatedResponse;
import plumbline.data.Sha256;
import plumbline.data.format.RowFiles;
import plumbline.eval.EvalRows;
import plumbline.eval.RewardData;
import plumbline.eval.RewardEvaluation;
import plumbline.model.SharedBases;
import plumbline.score.RewardModelScorer.Scale;
import plumbline.score.ScoreTree;

/** Reward models measured side by side on held-out pairs and ratings. */
final class EvalRewardStage {
  private static final String TEST = ".test.jsonl";
  private static final List<String> KINDS = List.of("pairs", "rankings", "ratings");

  /** The keys of a stage that measures reward models. */
  record Config(
      @Key(
              form = "scores",
              doc =
                  "the models by name: each an earlier stage, a run or a folder, or a reward tree"
                      + " such as {model: reward, scale: raw} or {gold: clinic}")
          ConfigTree models,
      @Key(doc = "test pairs, rankings and ratings: an earlier stage or a folder") String data,
      @Key(
              def = "",
              doc =
                  "pairs as a judge, or people, prefer them: an earlier stage, or a file or folder"
                      + " of any known form")
          Optional<String> judge,
      @Key(def = "", doc = "pairs of the policy's own answers, as a judge or people prefer them")
          Optional<String> policy,
      @Key(def = "raw", doc = "the scale of models that are given by their name alone")
          String scale,
      @Key(def = "2000", min = 1, doc = "most pairs, those of rankings included; most verdicts")
          int pairs,
      @Key(def = "2000", min = 1, doc = "most ratings") int ratings,
      @Key(
              def = "",
              doc =
                  "the rating that is measured; without it the only one, else quality, else the"
                      + " mean of all")
          Optional<String> label,
      @Key(def = "100", min = 0, doc = "most prompts of the four-answer probe; 0 for none")
          int probes,
      @Key(
              def = "",
              min = 0,
              max = 0.5,
              doc = "share of the pairs' labels known to be wrong, for the noise ceiling")
          OptionalDouble flip) {
    Config {
      if (!models.isMap() || models.keys().isEmpty()) {
        throw new IllegalArgumentException("'models' names no model; wanted {name: stage, ...}");
      }
    }

    /** Every model as a tree. */
    Map<String, ConfigTree> trees() {
      return MeasuredModels.trees(models, scale);
    }
  }

  private EvalRewardStage() {}

  /** Checks what it names before any stage runs. */
  static Plan.Made plan(Config config, Plan plan) {
    plan.checkData(config.data(), "", "test");
    config.judge().ifPresent(name -> plan.checkFile("judge", name));
    config.policy().ifPresent(name -> plan.checkFile("policy", name));
    config.trees().forEach((name, tree) -> plan.checkScore("models." + name, tree));
    return new Plan.Made(Plan.Kind.NUMBERS, Set.of(), OptionalInt.empty());
  }

  static void run(Config config, StageContext context) {
    ObjectNode leftOut = new ObjectMapper().createObjectNode();
    List<PreferencePair> pairs = first(pairs(config, context), config.pairs(), "pairs", leftOut);
    List<RatedResponse> ratings =
        first(ratings(config, context), config.ratings(), "ratings", leftOut);
    List<PreferencePair> verdicts =
        first(verdicts(config.judge(), context), config.pairs(), "verdicts", leftOut);
    List<PreferencePair> policy =
        first(verdicts(config.policy(), context), config.pairs(), "policy", leftOut);
    if (pairs.isEmpty() && ratings.isEmpty() && verdicts.isEmpty()) {
      throw new InputException(
          config.data()
              + ": there is nothing to measure on; wanted pairs.test.jsonl, rankings.test.jsonl or"
              + " ratings.test.jsonl, or the key judge");
    }
    RewardEvaluation evaluation =
        new RewardEvaluation(
            new RewardData(pairs, ratings, verdicts, policy),
            new RewardEvaluation.Settings(config.probes(), config.flip(), context.seed()));
    Set<String> measuredOn = hashes(config, context);
    for (Map.Entry<String, ConfigTree> model : config.trees().entrySet()) {
      warnOfFit(model.getKey(), model.getValue(), measuredOn, context);
      try (SharedBases bases = new SharedBases()) {
        MeasuredModels.measure(
            evaluation,
            model.getKey(),
            model.getValue(),
            context::model,
            bases,
            context.progress());
      }
    }
    ObjectNode summary = evaluation.document();
    summary.set("beyond_limits", leftOut);
    warn(summary, context);
    context.run().summary(summary);
  }

  private static List<PreferencePair> pairs(Config config, StageContext context) {
    List<PreferencePair> pairs =
        new ArrayList<>(context.rowsIfAny(config.data(), "pairs" + TEST, RowFiles::readPairs));
    context
        .rowsIfAny(config.data(), "rankings" + TEST, RowFiles::readRankings)
        .forEach(ranking -> pairs.addAll(ranking.pairs()));
    return pairs;
  }

  private static List<RatedResponse> ratings(Config config, StageContext context) {
    List<RatedResponse> rows =
        context.rowsIfAny(config.data(), "ratings" + TEST, RowFiles::readRatings);
    List<RatedResponse> labelled =
        rows.stream()
            .flatMap(row -> RewardData.withOneLabel(row, config.label()).stream())
            .toList();
    if (labelled.size() < rows.size()) {
      context
          .run()
          .warn((rows.size() - labelled.size()) + " ratings have not the label that is measured");
    }
    return labelled;
  }

  private static List<PreferencePair> verdicts(Optional<String> name, StageContext context) {
    if (name.isEmpty()) {
      return List.of();
    }
    Path path = context.folder(name.get());
    EvalRows.files(path, List.of(Kind.PAIRS, Kind.RANKINGS)).stream()
        .filter(Files::isRegularFile)
        .forEach(context.run()::readsData);
    return EvalRows.verdicts(path, context.run()::warn);
  }

  /** Hashes of the test files. */
  private static Set<String> hashes(Config config, StageContext context) {
    return KINDS.stream()
        .map(kind -> context.folder(config.data()).resolve(kind + TEST))
        .filter(Files::exists)
        .map(Sha256::of)
        .collect(Collectors.toSet());
  }

  /** A calibration looks better than it is on the rows that it was fitted on. */
  private static void warnOfFit(
      String name, ConfigTree tree, Set<String> measuredOn, StageContext context) {
    for (ScoreTree.ModelLeaf leaf : ScoreTree.models(tree, Plan.LEAVES)) {
      boolean fitted = leaf.scale() == Scale.PLATT || leaf.scale() == Scale.ISOTONIC;
      if (fitted && RewardStage.isFittedOn(context.model(leaf.model()), measuredOn)) {
        context
            .run()
            .warn(
                name
                    + ": its scale '"
                    + leaf.scale().name().toLowerCase(Locale.ROOT)
                    + "' was fitted on these test rows, so log_loss, ece and by_range look better"
                    + " than they are; train it on a data set with validation rows, where it is"
                    + " fitted then");
      }
    }
  }

  private static <T> List<T> first(List<T> rows, int most, String kind, ObjectNode leftOut) {
    leftOut.put(kind, Math.max(0, rows.size() - most));
    return rows.subList(0, Math.min(most, rows.size()));
  }

  private static void warn(ObjectNode summary, StageContext context) {
    summary
        .get("models")
        .properties()
        .forEach(
            model -> {
              long cut = model.getValue().path("truncated").asLong();
              if (cut > 0) {
                context
                    .run()
                    .warn(
                        model.getKey()
                            + ": "
                            + cut
                            + " conversations did not fit its context and were cut before scoring");
              }
              if (!model.getValue().at("/consistency/consistent").asBoolean()) {
                context
                    .run()
                    .warn(model.getKey() + ": its scores depend on padding, batch or order");
              }
            });
  }
}
