package plumbline.pipeline;

import static java.util.Arrays.stream;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import plumbline.InputException;
import plumbline.data.Completion;
import plumbline.data.Prompt;
import plumbline.data.format.Imported;
import plumbline.data.format.RowFiles;
import plumbline.model.Head;
import plumbline.model.TextModel;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.rewardmodel.RewardConfig;
import plumbline.rewardmodel.RewardRows;
import plumbline.rewardmodel.RewardTrainer;
import plumbline.score.IsotonicFit;
import plumbline.score.OutputForm;
import plumbline.score.OutputScale;
import plumbline.score.PlattFit;
import plumbline.score.RewardModelScorer;
import plumbline.score.ScoreScales;
import plumbline.score.ScoreStatistics;
import plumbline.text.Json;
import plumbline.train.SamplingConfig;

/** Comparisons or ratings in, a reward model with the scales of its scores and its numbers out. */
final class RewardStage {
  /** What batches of other sizes may change in a float32 score. */
  private static final double SCORE_ROUNDING = 1e-5;

  private static final String VALIDATION = "validation";

  private RewardStage() {}

  /** Checks what it names before any stage runs. */
  static Plan.Made plan(RewardConfig config, Plan plan) {
    config.kinds().forEach(kind -> plan.checkData(config.data(), kind, "train"));
    int context = plan.model("model", config.model(), Plan.MODELS);
    plan.checkContext(context, config.lengths().maxTokens());
    config
        .reference()
        .map(name -> plan.context("reference", name, Plan.Kind.LANGUAGE_MODEL))
        .ifPresent(reference -> plan.checkContext(reference, config.lengths().maxTokens()));
    return Plan.Made.model(Plan.Kind.REWARD_MODEL, context);
  }

  static void run(RewardConfig config, StageContext context) {
    RewardRows whole = rows(config, context, "train");
    RewardRows train = config.bootstrap() ? whole.bootstrapped(context.seed()) : whole;
    RewardRows validation = rows(config, context, VALIDATION);
    RewardRows test = rows(config, context, "test");
    Path start = context.model(config.model());
    Set<Head> heads = EnumSet.of(Head.SCORE);
    try (TextModel base = TextModel.loadMerged(start, config.weights());
        Transformer trunk = trunk(base.transformer(), start, config, context);
        Transformer model =
            config
                .lora()
                .map(keys -> trunk.withAdapter(keys.lora(), heads, context.seed()))
                .orElseGet(() -> trunk.withHeads(heads, context.seed()))) {
      TrainStages.checkContext(base, config.lengths().maxTokens());
      context.warnOfText(base);
      boolean validated = !validation.equals(RewardRows.NONE);
      RewardTrainer.Result result =
          RewardTrainer.train(
              model,
              base.text(),
              train,
              validated ? validation : test,
              config,
              context.seed(),
              context.run(),
              context.progress());
      TrainStages.save(base, model, heads, start, context);
      // On the rows that the weights were chosen on, so that the test rows stay unseen.
      ScoreScales scales = scales(result, model, config, base, train, context);
      if (validated) {
        result =
            result.measuredOn(
                RewardTrainer.measure(model, base.text(), test, config, context.run()));
      } else if (result.bestStep() < result.steps()) {
        warnOfChoice(result, context);
      }
      if (context.run().writes()) {
        scales.write(context.run().model());
      }
      context.run().summary(RewardSummary.of(result, scales, context.seed()));
    }
  }

  private static void warnOfChoice(RewardTrainer.Result result, StageContext context) {
    context
        .run()
        .warn(
            "the weights after update "
                + result.bestStep()
                + " of "
                + result.steps()
                + " were the best on the test rows, and what is said of these rows is a little too"
                + " good for that; a data set with validation rows has them chosen there");
  }

  private static RewardRows rows(RewardConfig config, StageContext context, String side) {
    List<String> kinds = config.kinds();
    return new RewardRows(
        rows(config, context, kinds, "pairs", side, RowFiles::readPairs),
        rows(config, context, kinds, "rankings", side, RowFiles::readRankings),
        rows(config, context, kinds, "ratings", side, RowFiles::readRatings));
  }

  private static <T> List<T> rows(
      RewardConfig config,
      StageContext context,
      List<String> kinds,
      String kind,
      String side,
      Function<Path, Imported<T>> reader) {
    String file = kind + "." + side + ".jsonl";
    if (!kinds.contains(kind)) {
      return List.of();
    }
    return side.equals("train")
        ? context.rows(config.data(), file, reader)
        : context.rowsIfAny(config.data(), file, reader);
  }

  /**
   * What is trained: the start model under the outputs wanted, of which it may have some already.
   * The only output of a model that does not say otherwise is a preference.
   */
  private static Transformer trunk(
      Transformer start, Path folder, RewardConfig config, StageContext context) {
    List<String> wanted = config.outputs();
    if (!start.heads().contains(Head.SCORE)) {
      return start.withOutputs(List.of(), wanted, context.seed());
    }
    List<String> named = RewardModelScorer.names(ScoreScales.readIfAny(folder), start);
    List<String> present =
        named.size() == 1 && !named.contains(ScoreScales.ABSOLUTE)
            ? List.of(ScoreScales.PREFERENCE)
            : named;
    if (!present.containsAll(wanted)) {
      context
          .run()
          .warn(
              "the start model's score head has the outputs "
                  + named
                  + "; of "
                  + wanted
                  + ", those that it lacks begin anew");
    }
    return start.withOutputs(present, wanted, context.seed());
  }

  // ---- scales

  /**
   * Whether the calibrations of a model were fitted on rows that are measured: its run had no
   * validation rows, and read one of these files.
   *
   * @param model the folder of a model of a run
   * @param hashes of files
   */
  static boolean isFittedOn(Path model, Set<String> hashes) {
    Path file = model.toAbsolutePath().normalize().resolveSibling("run.json");
    if (!Files.exists(file)) {
      return false;
    }
    JsonNode data = Json.readObject(file, "it is written by training").path("data");
    boolean validated =
        data.properties().stream().anyMatch(read -> read.getKey().endsWith(VALIDATION + ".jsonl"));
    return !validated
        && data.properties().stream().anyMatch(read -> hashes.contains(read.getValue().asText()));
  }

  private static ScoreScales scales(
      RewardTrainer.Result result,
      Transformer model,
      RewardConfig config,
      TextModel base,
      RewardRows train,
      StageContext context) {
    List<TokenizedRow> rows = referenceRows(config, base, train, context);
    Map<String, OutputScale> scales = new LinkedHashMap<>();
    for (String output : config.outputs()) {
      double[] scores =
          RewardModelScorer.raw(model, scales.size(), rows, config.rowsPerMicroBatch());
      Optional<ScoreStatistics> reference = statistics(output, scores, context);
      scales.put(output, scale(output, reference, result, config));
    }
    return new ScoreScales(scales);
  }

  private static OutputScale scale(
      String output,
      Optional<ScoreStatistics> reference,
      RewardTrainer.Result result,
      RewardConfig config) {
    boolean preference = output.equals(ScoreScales.PREFERENCE);
    OutputForm form =
        preference ? OutputForm.PREFERENCE : config.absolute().orElseThrow().form().output();
    double[] scores = {};
    double[] outcomes = {};
    if (preference && result.comparisons().isPresent()) {
      double[] margins = result.comparisons().get().flat();
      scores = DoubleStream.concat(stream(margins), stream(margins).map(m -> -m)).toArray();
      outcomes =
          DoubleStream.concat(stream(margins).map(m -> 1), stream(margins).map(m -> 0)).toArray();
    } else if (!preference && result.ratings().isPresent()) {
      scores = result.ratings().get().scores();
      outcomes = result.ratings().get().targets();
    }
    return scores.length == 0
        ? new OutputScale(form, reference, Optional.empty(), Optional.empty())
        : new OutputScale(
            form,
            reference,
            Optional.of(PlattFit.of(scores, outcomes)),
            Optional.of(IsotonicFit.of(scores, outcomes)));
  }

  /** Empty, with a warning, if all scores are one but for rounding. */
  private static Optional<ScoreStatistics> statistics(
      String output, double[] scores, StageContext context) {
    double lowest = stream(scores).min().orElseThrow();
    double highest = stream(scores).max().orElseThrow();
    if (highest - lowest > SCORE_ROUNDING * Math.max(1, Math.abs(highest))) {
      return Optional.of(ScoreStatistics.of(scores));
    }
    context
        .run()
        .warn(
            "all "
                + scores.length
                + " reference responses have the score "
                + scores[0]
                + " (output "
                + output
                + "), which cannot be standardised: use the model with 'scale: raw'");
    return Optional.empty();
  }

  /** Responses whose scores set the scales: a policy's own if one is named, else the data's. */
  private static List<TokenizedRow> referenceRows(
      RewardConfig config, TextModel base, RewardRows train, StageContext context) {
    List<TokenizedRow> rows =
        config.reference().isPresent()
            ? policyRows(config, base, train.prompts(), context)
            : trainingRows(config, base, train.completions());
    if (rows.size() < 2) {
      throw new InputException(
          config.data()
              + ": only "
              + rows.size()
              + " reference responses fit the limits, wanted 2");
    }
    return rows;
  }

  /** A policy's responses as the finished model will score them, ended or not. */
  private static List<TokenizedRow> policyRows(
      RewardConfig config, TextModel base, List<Prompt> prompts, StageContext context) {
    List<Prompt> asked =
        prompts.stream()
            .filter(p -> base.text().prompt(p).length <= config.lengths().maxPromptTokens())
            .limit(config.referenceRows())
            .toList();
    int limit = base.transformer().config().maxPositions();
    Path folder = context.model(config.reference().orElseThrow());
    try (TextModel policy = TextModel.load(folder, Head.LANGUAGE)) {
      SamplingConfig sampling = SamplingConfig.full(config.lengths().maxResponseTokens());
      int longest = config.lengths().maxPromptTokens();
      return TrainStages.sample("reference answers", policy, asked, sampling, longest, context)
          .stream()
          .map(rollout -> RewardModelScorer.row(base.text(), rollout.completion(), limit))
          .toList();
    }
  }

  private static List<TokenizedRow> trainingRows(
      RewardConfig config, TextModel base, List<Completion> completions) {
    return completions.stream()
        .flatMap(
            row ->
                base
                    .text()
                    .conversation(row.prompt(), row.response(), config.lengths().limits())
                    .stream())
        .map(ids -> new TokenizedRow(ids.prompt(), ids.response()))
        .limit(config.referenceRows())
        .toList();
  }
}
