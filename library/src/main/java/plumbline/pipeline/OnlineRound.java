package plumbline.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import plumbline.InputException;
import plumbline.config.Config;
import plumbline.data.AtomicFile;
import plumbline.data.Completion;
import plumbline.data.Prompt;
import plumbline.data.format.RowFiles;
import plumbline.dpo.DpoTrainer;
import plumbline.dpo.OnlineDpoConfig;
import plumbline.dpo.PairRule;
import plumbline.dpo.TokenPair;
import plumbline.model.SharedBases;
import plumbline.model.TokenizedRow;
import plumbline.score.Scorer;
import plumbline.train.Rollout;
import plumbline.train.RunDirectory;

/**
 * One round: the policy answers, its answers are ranked, and it learns from pairs of them.
 *
 * @param number from 1
 * @param start the folder of the model that the first round began with
 * @param from the folder of the model that this round begins with
 */
record OnlineRound(
    int number, Path start, Path from, OnlineDpoConfig config, StageContext context) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Where the round's data, metrics, checkpoints and model are. */
  private Path folder() {
    return context.run().path().resolve("rounds").resolve("round-" + number);
  }

  /** The folder of the model that the round ends with. */
  Path model() {
    return folder().resolve("model");
  }

  private Path pairsFile() {
    return folder().resolve("pairs.train.jsonl");
  }

  private Path tokensFile() {
    return folder().resolve("tokens.jsonl");
  }

  private Path sampledFile() {
    return folder().resolve("sampled.json");
  }

  /**
   * Runs what of the round has not been run yet.
   *
   * @param prompts to be answered
   * @param before the earlier rounds, whose pairs may be learnt from too
   * @return the round's numbers
   */
  JsonNode run(List<Prompt> prompts, List<OnlineRound> before) {
    if (isFinished()) {
      context.progress().note("round " + number + ": finished before, skipped");
      return read(folder().resolve("summary.json"));
    }
    try (RunDirectory run =
        RunDirectory.resume(
            folder(),
            "round-" + number,
            "online_dpo round",
            context.seed(),
            Config.toYaml(config.round()))) {
      run.buildsOn(from.toString());
      try (RoundModels models = sampled(prompts)) {
        ObjectNode summary = (ObjectNode) read(sampledFile());
        DpoTrainer.Result result = train(models, before, run);
        models.save(run.model(), context);
        summary.put("steps", result.steps()).put("pairs/trained", result.pairs());
        run.summary(summary);
        ModelCard.ofRun(run, context.out());
        run.finish();
        return summary;
      } catch (RuntimeException e) {
        run.failed(e);
        throw e;
      }
    }
  }

  private boolean isFinished() {
    Path run = folder().resolve("run.json");
    return Files.exists(run) && read(run).path("status").asText().equals("ok");
  }

  private static JsonNode read(Path file) {
    try {
      return JSON.readTree(Files.readString(file));
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  // ---- sampling and ranking

  /** The models, once the round's pairs are there. */
  private RoundModels sampled(List<Prompt> prompts) {
    try (SharedBases bases = new SharedBases()) {
      RoundModels models = RoundModels.load(start, from, config, context.seed(), bases);
      try {
        if (!Files.exists(pairsFile())) {
          sample(models, prompts, bases);
        }
        return models;
      } catch (RuntimeException e) {
        models.close();
        throw e;
      }
    }
  }

  private void sample(RoundModels models, List<Prompt> prompts, SharedBases bases) {
    RoundAnswers answers = RoundAnswers.sample(number, models, prompts, config, context);
    List<Completion> completions = answers.rollouts().stream().map(Rollout::completion).toList();
    ResponseGrader.Graded graded;
    Map<String, double[]> monitored = new LinkedHashMap<>();
    try (ResponseGrader grader = ResponseGrader.of(config, from, context, bases)) {
      graded = grader.grade(completions, answers.group());
      config
          .monitor()
          .ifPresent(
              tree -> {
                try (Scorer monitor = context.scorer(tree, bases)) {
                  monitored.putAll(monitor.score(completions).leaves());
                }
              });
    }
    int group = answers.group();
    double[] scores = new double[completions.size()];
    List<RoundPair> pairs = new ArrayList<>();
    List<ResponseGrader.Grades> grades = new ArrayList<>();
    int tied = 0;
    for (int p = 0; p < prompts.size(); p++) {
      List<Rollout> responses = answers.rollouts().subList(p * group, (p + 1) * group);
      ResponseGrader.Grades own =
          graded.prompts().get(p).lessPerToken(config.lengthPenalty(), responses);
      System.arraycopy(own.scores(), 0, scores, p * group, group);
      grades.add(own);
      List<RoundPair> found = pairs(answers, responses, own, p);
      pairs.addAll(found);
      tied += found.isEmpty() ? 1 : 0;
    }
    if (pairs.isEmpty()) {
      throw new InputException(
          "round %d: the responses to each of %d prompts are equal or score alike: no pair; raise"
                  .formatted(number, prompts.size())
              + " temperatures or samples_per_prompt, or lower tie");
    }
    writeResponses(answers, scores, graded.leaves(), monitored);
    ObjectNode numbers = numbers(models, answers, scores, graded, monitored);
    if (answers.haveOpponent()) {
      numbers.put(
          "opponent/win_rate", mean(grades.stream().flatMapToDouble(g -> g.wins(answers.own()))));
    }
    numbers.put("pairs", pairs.size()).put("prompts/tied", tied);
    numbers.put("pairs/strength", mean(pairs.stream().mapToDouble(RoundPair::strength)));
    AtomicFile.writeText(sampledFile(), numbers.toPrettyString() + "\n");
    RoundPair.write(tokensFile(), pairs);
    RowFiles.write(
        pairsFile(), pairs.stream().filter(RoundPair::differs).map(RoundPair::words).toList());
  }

  /** The pairs of one prompt; equal or empty responses make none that are compared. */
  private List<RoundPair> pairs(
      RoundAnswers answers, List<Rollout> responses, ResponseGrader.Grades grades, int place) {
    List<RoundPair> pairs = new ArrayList<>();
    long seed = Rollout.seed(context.seed(), number, -1 - place);
    double tie = config.learnsFromTies() ? Double.NEGATIVE_INFINITY : config.tie();
    for (PairRule.Pair pair : config.pairs().pairs(grades.scores(), tie, seed)) {
      RoundPair found =
          new RoundPair(
              responses.get(pair.chosen()),
              responses.get(pair.rejected()),
              grades.strengths()[pair.chosen()][pair.rejected()],
              answers.opponent(pair));
      if (config.learnsFromTies() || found.differs()) {
        pairs.add(found);
      }
    }
    return pairs;
  }

  private void writeResponses(
      RoundAnswers answers,
      double[] scores,
      Map<String, double[]> leaves,
      Map<String, double[]> monitored) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < scores.length; i++) {
      Rollout rollout = answers.rollouts().get(i);
      Completion completion = rollout.completion();
      ObjectNode row = JSON.createObjectNode();
      row.put("prompt", completion.prompt().transcript());
      row.put("response", completion.response()).put("ended", completion.ended());
      row.put("tokens", rollout.tokens().response().length);
      if (answers.haveOpponent()) {
        row.put("by", answers.isOwn(i) ? "policy" : "opponent");
      }
      ObjectNode all = row.putObject("scores").put("score", scores[i]);
      for (Map<String, double[]> some : List.of(leaves, monitored)) {
        for (Map.Entry<String, double[]> leaf : some.entrySet()) {
          all.put(leaf.getKey(), leaf.getValue()[i]);
        }
      }
      lines.append(row).append('\n');
    }
    AtomicFile.writeText(folder().resolve("responses.jsonl"), lines.toString());
  }

  /** What is worth knowing of the policy's own responses. */
  private ObjectNode numbers(
      RoundModels models,
      RoundAnswers answers,
      double[] scores,
      ResponseGrader.Graded graded,
      Map<String, double[]> monitored) {
    int[] own = answers.ownRows();
    List<Rollout> rollouts = IntStream.of(own).mapToObj(answers.rollouts()::get).toList();
    ObjectNode numbers = JSON.createObjectNode().put("round", number);
    double mean = mean(scores, own);
    numbers.put("reward/mean", mean);
    numbers.put(
        "reward/std",
        Math.sqrt(mean(Arrays.stream(scores).map(s -> (s - mean) * (s - mean)).toArray(), own)));
    graded.leaves().forEach((leaf, all) -> numbers.put("score/" + leaf, mean(all, own)));
    monitored.forEach(
        (leaf, all) -> {
          String name = graded.leaves().containsKey(leaf) ? "score/monitor_" : "score/";
          numbers.put(name + leaf, mean(all, own));
        });
    numbers.put("objective/kl", divergence(models, rollouts));
    numbers.put(
        "response/length_mean",
        mean(rollouts.stream().mapToDouble(row -> row.tokens().response().length)));
    numbers.put(
        "response/eos_rate",
        mean(rollouts.stream().mapToDouble(row -> row.completion().ended() ? 1 : 0)));
    if (graded.unjudged() > 0) {
      numbers.put("comparisons/unjudged", graded.unjudged());
    }
    return numbers;
  }

  /** How far the round's policy is from the model of the start, on its own responses, in nats. */
  private static double divergence(RoundModels models, List<Rollout> rollouts) {
    if (!models.hasMoved()) {
      return 0;
    }
    List<TokenizedRow> rows = rollouts.stream().map(Rollout::tokens).toList();
    double[] own = Answers.sums(models.policy(), rows);
    double[] reference = Answers.sums(models.start(), rows);
    return mean(IntStream.range(0, own.length).mapToDouble(i -> own[i] - reference[i]));
  }

  private static double mean(double[] values, int[] rows) {
    return mean(IntStream.of(rows).mapToDouble(row -> values[row]));
  }

  private static double mean(DoubleStream values) {
    return values.average().orElse(Double.NaN);
  }

  // ---- training

  private DpoTrainer.Result train(RoundModels models, List<OnlineRound> before, RunDirectory run) {
    List<TokenPair> pairs = new ArrayList<>();
    if (config.accumulate()) {
      before.forEach(round -> pairs.addAll(RoundPair.read(round.tokensFile())));
    }
    pairs.addAll(RoundPair.read(tokensFile()));
    return DpoTrainer.train(
        models.policy(),
        models.reference(folder().resolve("cache")),
        pairs,
        List.of(),
        config.round(),
        Rollout.seed(context.seed(), number, 0),
        run,
        context.progress());
  }
}
