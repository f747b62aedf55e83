package plumbline.pipeline;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import plumbline.InputException;
import plumbline.config.ConfigTree;
import plumbline.config.Key;
import plumbline.data.Completion;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;
import plumbline.data.format.RowFiles;
import plumbline.eval.BestOfN;
import plumbline.eval.Bootstrap;
import plumbline.eval.EvalRows;
import plumbline.eval.Interval;
import plumbline.model.Head;
import plumbline.model.SharedBases;
import plumbline.model.TextModel;
import plumbline.score.Scorer;
import plumbline.train.Rollout;
import plumbline.train.SamplingConfig;

/**
 * Reward models proved by what they choose: of n answers of one policy each takes the one that it
 * scores highest, and a trusted judge says how good the choices are. The answers are the same for
 * all.
 */
final class BestOfStage {
  /** The keys of a stage that lets reward models choose. */
  record Config(
      @Key(doc = "who answers: an earlier stage, a run or a folder") String policy,
      @Key(
              form = "scores",
              doc =
                  "the reward models by name: each an earlier stage, a run or a folder, or a reward"
                      + " tree")
          ConfigTree models,
      @Key(doc = "prompts.test.jsonl and pairs.test.jsonl: an earlier stage or a folder")
          String data,
      @Key(
              def = "",
              doc =
                  "further pairs to be right on, by name: earlier stages of data, or files or folders"
                      + " of any known form (helpful, summaries, SHP, WebGPT, ...)")
          Map<String, String> benchmarks,
      @Key(form = "score", doc = "the trusted judge of quality, such as {gold: clinic}")
          ConfigTree gold,
      @Key(def = "[5, 10, 20, 50]", min = 1, doc = "of how many answers the best is taken")
          List<Integer> n,
      @Key(def = "64", min = 2, doc = "most test prompts") int prompts,
      @Key(
              def = "8",
              min = 1,
              doc = "further answers to each prompt that the choices are compared with")
          int against,
      @Key(def = "1000", min = 2, doc = "most pairs of each file") int pairs,
      @Key(def = "192", min = 1, doc = "longest prompt in tokens; longer ones are left out")
          int maxPromptTokens,
      @Key SamplingConfig sampling) {
    Config {
      if (!models.isMap() || models.keys().isEmpty()) {
        throw new IllegalArgumentException("'models' names no model; wanted {name: stage, ...}");
      }
      if (n.isEmpty()) {
        throw new IllegalArgumentException("'n' is empty, wanted numbers such as [5, 10]");
      }
    }

    Map<String, ConfigTree> trees() {
      return MeasuredModels.trees(models, "raw");
    }

    int most() {
      return n.stream().mapToInt(i -> i).max().orElseThrow();
    }

    int longestRow() {
      return maxPromptTokens + sampling.maxNewTokens();
    }
  }

  private static final String OWN = "test";

  private final Config config;
  private final StageContext context;
  private final Bootstrap bootstrap;
  private final ObjectNode summary = JsonNodeFactory.instance.objectNode();

  private BestOfStage(Config config, StageContext context) {
    this.config = config;
    this.context = context;
    this.bootstrap = new Bootstrap(context.seed());
  }

  /** Checks what it names before any stage runs. */
  static Plan.Made plan(Config config, Plan plan) {
    plan.checkData(config.data(), "prompts", "test");
    plan.checkContext(
        plan.context("policy", config.policy(), Plan.Kind.LANGUAGE_MODEL), config.longestRow());
    config.trees().forEach((name, tree) -> plan.checkScore("models." + name, tree));
    plan.checkScore("gold", config.gold());
    config.benchmarks().forEach((name, file) -> plan.checkFile("benchmarks." + name, file));
    return new Plan.Made(Plan.Kind.NUMBERS, Set.of(), OptionalInt.empty());
  }

  static void run(Config config, StageContext context) {
    new BestOfStage(config, context).run();
  }

  /** What the policy answers to a prompt, and what each model and the judge think of it. */
  private record Choices(
      List<double[]> gold, List<double[]> baseline, Map<String, List<double[]>> scores) {}

  private void run() {
    Map<String, List<PreferencePair>> files = files();
    int group = config.most() + config.against();
    List<Completion> answers = answers(group);
    int prompts = answers.size() / group;
    if (prompts < 2) {
      throw new InputException(config.data() + ": only " + prompts + " test prompts, wanted 2");
    }
    double[] gold = scored(config.gold(), answers);
    Choices choices =
        new Choices(
            groups(gold, group, 0, config.most()),
            groups(gold, group, config.most(), group),
            new LinkedHashMap<>());
    Map<String, Map<String, double[]>> right = new LinkedHashMap<>();
    config
        .trees()
        .forEach(
            (name, tree) -> {
              choices.scores.put(name, groups(scored(tree, answers), group, 0, config.most()));
              Map<String, double[]> ofModel = new LinkedHashMap<>();
              files.forEach((file, pairs) -> ofModel.put(file, right(tree, pairs)));
              right.put(name, ofModel);
            });
    summary.put("prompts", prompts).put("policy", config.policy());
    TrainStages.put(summary.putObject("policy_gold"), bootstrap.mean(means(choices.gold)));
    accuracies(right);
    curves(choices);
    between(choices, right);
    context.run().summary(summary);
    context.run().exhibits(BestOfExhibits.of(summary));
  }

  private Map<String, List<PreferencePair>> files() {
    Map<String, List<PreferencePair>> files = new LinkedHashMap<>();
    List<PreferencePair> own =
        context.rowsIfAny(config.data(), "pairs.test.jsonl", RowFiles::readPairs);
    if (!own.isEmpty()) {
      files.put(OWN, first(own));
    }
    config
        .benchmarks()
        .forEach(
            (name, file) -> {
              Path path = context.folder(file);
              files.put(
                  name,
                  first(
                      path.equals(Path.of(file))
                          ? imported(path)
                          : context.rows(file, "pairs.test.jsonl", RowFiles::readPairs)));
            });
    return files;
  }

  private List<PreferencePair> imported(Path file) {
    context.run().readsData(file);
    return EvalRows.pairs(file, context.run()::warn);
  }

  private List<PreferencePair> first(List<PreferencePair> pairs) {
    return pairs.subList(0, Math.min(config.pairs(), pairs.size()));
  }

  /** {@code group} answers to each prompt, side by side. */
  private List<Completion> answers(int group) {
    List<Prompt> prompts = context.rows(config.data(), "prompts.test.jsonl", RowFiles::readPrompts);
    List<Prompt> repeated =
        prompts.subList(0, Math.min(prompts.size(), config.prompts())).stream()
            .flatMap(prompt -> IntStream.range(0, group).mapToObj(i -> prompt))
            .toList();
    try (TextModel model = TextModel.load(context.model(config.policy()), Head.LANGUAGE)) {
      TrainStages.checkContext(model, config.longestRow());
      return TrainStages.sample(
              "answers", model, repeated, config.sampling(), config.maxPromptTokens(), context)
          .stream()
          .map(Rollout::completion)
          .toList();
    }
  }

  private double[] scored(ConfigTree tree, List<Completion> completions) {
    try (SharedBases bases = new SharedBases();
        Scorer scorer = context.scorer(tree, bases)) {
      return scorer.score(completions).total();
    }
  }

  /** 1 for each pair whose chosen answer scores higher, 0 for lower, 1/2 for a tie. */
  private double[] right(ConfigTree tree, List<PreferencePair> pairs) {
    List<Completion> sides = new ArrayList<>();
    for (PreferencePair pair : pairs) {
      sides.add(new Completion(pair.prompt(), pair.chosen(), true));
      sides.add(new Completion(pair.prompt(), pair.rejected(), true));
    }
    double[] scores = scored(tree, sides);
    double[] right = new double[pairs.size()];
    Arrays.setAll(
        right,
        i -> {
          double margin = scores[2 * i] - scores[2 * i + 1];
          return margin > 0 ? 1 : margin < 0 ? 0 : 0.5;
        });
    return right;
  }

  private static List<double[]> groups(double[] values, int group, int from, int to) {
    List<double[]> groups = new ArrayList<>();
    for (int at = 0; at < values.length; at += group) {
      groups.add(Arrays.copyOfRange(values, at + from, at + to));
    }
    return groups;
  }

  private static double[] means(List<double[]> groups) {
    return groups.stream().mapToDouble(g -> Arrays.stream(g).average().orElseThrow()).toArray();
  }

  /** {@code reward_models.NAME.accuracy}, and of each further file. */
  private void accuracies(Map<String, Map<String, double[]>> right) {
    ObjectNode models = summary.putObject("reward_models");
    right.forEach(
        (name, files) -> {
          ObjectNode model = models.putObject(name);
          files.forEach(
              (file, points) -> {
                TrainStages.put(place(model, file), bootstrap.mean(points)).put("n", points.length);
              });
        });
  }

  /** Where what is said of a file's pairs stands: those of the data, or of a benchmark. */
  private static ObjectNode place(ObjectNode of, String file) {
    return file.equals(OWN)
        ? of.putObject("accuracy")
        : (of.has("benchmarks") ? (ObjectNode) of.get("benchmarks") : of.putObject("benchmarks"))
            .putObject(file);
  }

  /** {@code best_of_n.NAME.N}: gold of the choice, and how often it beats an answer at random. */
  private void curves(Choices choices) {
    ObjectNode all = summary.putObject("best_of_n");
    choices.scores.forEach(
        (name, scores) -> {
          ObjectNode curve = all.putObject(name);
          for (int n : config.n()) {
            double[] gold = new double[scores.size()];
            double[] wins = new double[scores.size()];
            for (int p = 0; p < gold.length; p++) {
              double[] points = wins(choices.gold.get(p), choices.baseline.get(p));
              gold[p] = BestOfN.expected(scores.get(p), choices.gold.get(p), n);
              wins[p] = BestOfN.expected(scores.get(p), points, n);
            }
            ObjectNode point = curve.putObject(Integer.toString(n));
            point.put("kl_bound", BestOfN.kl(n));
            TrainStages.put(point.putObject("gold"), bootstrap.mean(gold));
            TrainStages.put(point.putObject("win_rate"), bootstrap.mean(wins));
          }
        });
  }

  /** The share of the baseline's answers that each answer beats, ties as half. */
  private static double[] wins(double[] gold, double[] baseline) {
    return Arrays.stream(gold)
        .map(
            own ->
                Arrays.stream(baseline)
                    .map(other -> own > other ? 1 : own < other ? 0 : 0.5)
                    .average()
                    .orElseThrow())
        .toArray();
  }

  /** Each model against each earlier one: accuracy, and the choices of both. */
  private void between(Choices choices, Map<String, Map<String, double[]>> right) {
    ArrayNode rows = summary.putArray("between");
    List<String> names = List.copyOf(choices.scores.keySet());
    for (int a = 1; a < names.size(); a++) {
      for (int b = 0; b < a; b++) {
        ObjectNode row = rows.addObject().put("model", names.get(a)).put("over", names.get(b));
        Map<String, double[]> ofB = right.get(names.get(b));
        right
            .get(names.get(a))
            .forEach(
                (file, points) ->
                    TrainStages.put(place(row, file), bootstrap.difference(points, ofB.get(file))));
        ObjectNode wins = row.putObject("win_rate");
        for (int n : config.n()) {
          Interval rate = between(choices, names.get(a), names.get(b), n);
          TrainStages.put(wins.putObject(Integer.toString(n)), rate);
        }
      }
    }
  }

  private Interval between(Choices choices, String a, String b, int n) {
    double[] rates = new double[choices.gold.size()];
    Arrays.setAll(
        rates,
        p ->
            BestOfN.against(
                choices.scores.get(a).get(p),
                choices.scores.get(b).get(p),
                choices.gold.get(p),
                n));
    return bootstrap.mean(rates);
  }
}
