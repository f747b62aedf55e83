package plumbline.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import plumbline.InputException;
import plumbline.config.ConfigTree;
import plumbline.config.Key;
import plumbline.data.Prompt;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Estimate;
import plumbline.data.exhibit.Exhibits;
import plumbline.data.exhibit.Figure;
import plumbline.data.exhibit.Items;
import plumbline.data.exhibit.Source;
import plumbline.data.exhibit.Table;
import plumbline.data.format.RowFiles;
import plumbline.eval.Bootstrap;
import plumbline.eval.EqualDivergence;
import plumbline.eval.Interval;
import plumbline.eval.WinRate;
import plumbline.model.Head;
import plumbline.model.SharedBases;
import plumbline.model.TextModel;
import plumbline.model.WeightFormat;
import plumbline.score.Scorer;
import plumbline.train.SamplingConfig;

/** Several policies answer the held-out prompts that one model before alignment answers too. */
final class CompareStage {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The keys of a comparison stage. */
  record Config(
      @Key(doc = "the model before alignment: an earlier stage, a run or a folder") String before,
      @Key(doc = "the policies by name: {ppo: {model: ppo}, bestofn: {model: sft, best_of: ...}}")
          Map<String, Method> methods,
      @Key(
              def = "",
              doc =
                  "how the weights of all models' blocks are kept; without it in the precision"
                      + " of --dtype")
          Optional<WeightFormat> weights,
      @Key(doc = "test prompts: an earlier stage or a folder") String data,
      @Key(form = "score", doc = "the reward tree that all are scored with") ConfigTree score,
      @Key(def = "", form = "score", doc = "a trusted judge of quality, such as {gold: clinic}")
          Optional<ConfigTree> gold,
      @Key(
              def = "",
              doc =
                  "policies of one kind that went to different lengths, by a name of their own,"
                      + " drawn as a line: {dpo: [dpo-early, dpo, dpo-late]}")
          Map<String, List<String>> courses,
      @Key(
              def = "",
              doc =
                  "what a policy gains over a course at equal divergence: {online_dpo: dpo}, a"
                      + " method and a course")
          Map<String, String> equalKl,
      @Key(
              def = "",
              doc =
                  "policies that were made with different numbers, such as weights, by a name of"
                      + " their own: {raw: {raw-025: 0.25, raw-075: 0.75}}; how quality and"
                      + " divergence go with the number")
          Map<String, Map<String, Double>> trends,
      @Key(def = "256", min = 2, doc = "most test prompts") int prompts,
      @Key(def = "192", min = 1, doc = "longest prompt in tokens; longer ones are left out")
          int maxPromptTokens,
      @Key SamplingConfig sampling) {
    Config {
      if (methods.isEmpty()) {
        throw new IllegalArgumentException("'methods' has no policy to compare");
      }
      courses.forEach((name, members) -> checkCourse(name, members, methods.keySet()));
      trends.forEach(
          (name, at) -> {
            at.keySet().forEach(method -> checkName("trends." + name, method, methods.keySet()));
            ComparedTrends.check(name, at);
          });
      equalKl.forEach(
          (method, course) -> {
            checkName("equal_kl", method, methods.keySet());
            checkName("equal_kl." + method, course, courses.keySet());
          });
    }

    private static void checkCourse(String name, List<String> members, Set<String> methods) {
      if (members.isEmpty()) {
        throw new IllegalArgumentException("courses." + name + " has no policy");
      }
      members.forEach(member -> checkName("courses." + name, member, methods));
    }

    private static void checkName(String key, String name, Set<String> known) {
      if (!known.contains(name)) {
        throw new IllegalArgumentException(
            "%s names '%s', wanted one of %s".formatted(key, name, known));
      }
    }

    int longestRow() {
      return maxPromptTokens + sampling.maxNewTokens();
    }
  }

  /** The keys of a policy that is compared. */
  record Method(
      @Key(doc = "its model: an earlier stage, a run or a folder") String model,
      @Key BestOfKeys bestOf) {}

  private CompareStage() {}

  /** Checks what it names before any stage runs. */
  static Plan.Made plan(Config config, Plan plan) {
    plan.checkData(config.data(), "prompts", "test");
    plan.checkContext(
        plan.context("before", config.before(), Plan.Kind.LANGUAGE_MODEL), config.longestRow());
    config
        .methods()
        .forEach(
            (name, method) -> {
              String key = "methods." + name;
              int context = plan.context(key + ".model", method.model(), Plan.Kind.LANGUAGE_MODEL);
              plan.checkContext(context, config.longestRow());
              method.bestOf().check(key + ".best_of", plan);
            });
    plan.checkScore("score", config.score());
    config.gold().ifPresent(tree -> plan.checkScore("gold", tree));
    return new Plan.Made(Plan.Kind.NUMBERS, Set.of(), OptionalInt.empty());
  }

  static void run(Config config, StageContext context) {
    List<Prompt> prompts = context.rows(config.data(), "prompts.test.jsonl", RowFiles::readPrompts);
    prompts = prompts.subList(0, Math.min(prompts.size(), config.prompts()));
    Bootstrap bootstrap = new Bootstrap(context.seed());
    ObjectNode summary = JSON.createObjectNode();
    try (SharedBases bases = new SharedBases();
        TextModel before =
            TextModel.load(context.model(config.before()), Head.LANGUAGE, config.weights(), bases);
        Scorer score = context.scorer(config.score(), bases)) {
      TrainStages.checkContext(before, config.longestRow());
      Answers.Question question =
          new Answers.Question(
              prompts, config.sampling(), config.maxPromptTokens(), score, config.gold());
      Answers first = Answers.of("answers before", before, question, 1, score, context);
      if (first.rollouts().size() < 2) {
        throw new InputException(
            config.data() + ": only " + first.rollouts().size() + " test prompts, wanted 2");
      }
      summary.put("prompts", first.rollouts().size());
      summary.put("judge", judge(first));
      first.put(summary.putObject("before"), bootstrap);
      summary.putObject("methods");
      Map<String, Compared> all = new LinkedHashMap<>();
      ComparedTrainings trainings = new ComparedTrainings();
      config
          .methods()
          .forEach(
              (name, method) -> {
                try (TextModel after =
                        TextModel.load(
                            context.model(method.model()), Head.LANGUAGE, config.weights(), bases);
                    Scorer judge = method.bestOf().judge(score, context, bases)) {
                  String label = "answers of " + name;
                  Answers answers =
                      Answers.of(label, after, question, method.bestOf().n(), judge, context);
                  double[] kl = answers.divergence(before, after);
                  Arrays.setAll(kl, i -> kl[i] + method.bestOf().divergence());
                  put(
                      ((ObjectNode) summary.get("methods")).putObject(name),
                      first,
                      answers,
                      kl,
                      bootstrap);
                  ComparedHealth health = health(name, method, summary, context);
                  all.put(name, new Compared(answers, kl, health));
                  addTraining(trainings, name, method, bootstrap.mean(answers.judged()), context);
                }
              });
      trainings.into(summary);
      Exhibits found = conclude(config, first, all, summary, context);
      context.run().summary(summary);
      context.run().exhibits(exhibits(summary, trainings, found));
      logSamples(first, all, context);
      context.warnOfCuts("score", score);
    }
  }

  /** A method's answers, how far each is from the model before, and what the numbers tell. */
  private record Compared(Answers answers, double[] kl, ComparedHealth health) {}

  /** What is seen of all methods together only. */
  private static Exhibits conclude(
      Config config,
      Answers first,
      Map<String, Compared> all,
      ObjectNode summary,
      StageContext context) {
    Bootstrap bootstrap = new Bootstrap(context.seed());
    Map<String, EqualDivergence.Measured> measured = new LinkedHashMap<>();
    Map<String, ComparedHealth> health = new LinkedHashMap<>();
    all.forEach(
        (name, found) -> {
          measured.put(name, new EqualDivergence.Measured(found.answers().judged(), found.kl()));
          health.put(name, found.health());
        });
    ComparedCourses courses =
        new ComparedCourses(judge(first), first.judged(), measured, config.courses());
    if (!config.equalKl().isEmpty()) {
      courses
          .putEqualKl(config.equalKl(), summary.putObject("equal_kl"), bootstrap)
          .forEach(context.run()::warn);
    }
    ComparedTrends trends = new ComparedTrends(judge(first), measured, config.trends(), bootstrap);
    trends.into(summary);
    Exhibits found = courses.exhibits(health, bootstrap);
    List<Table> tables = new ArrayList<>(found.tables());
    tables.addAll(trends.tables());
    List<Figure> figures = new ArrayList<>(found.figures());
    figures.addAll(trends.figures());
    figures.addAll(ComparedScores.figures(first, answers(all)));
    List<Items> items = new ArrayList<>(ComparedScores.items("before", first, Optional.empty()));
    all.forEach(
        (name, its) ->
            items.addAll(ComparedScores.items(name, its.answers(), Optional.of(its.kl()))));
    return new Exhibits(tables, figures, items);
  }

  private static Map<String, Answers> answers(Map<String, Compared> all) {
    Map<String, Answers> answers = new LinkedHashMap<>();
    all.forEach((name, found) -> answers.put(name, found.answers()));
    return answers;
  }

  /** What the numbers of a method tell, written beside them and as warnings. */
  private static ComparedHealth health(
      String name, Method method, ObjectNode summary, StageContext context) {
    ObjectNode numbers = (ObjectNode) summary.get("methods").get(name);
    ComparedHealth health =
        ComparedHealth.of(
            summary.get("judge").asText(),
            summary.get("before"),
            numbers,
            Results.ofRun(context.folder(method.model())));
    ArrayNode lines = numbers.putArray("health");
    health.lines().forEach(lines::add);
    health.worrying().forEach(line -> context.run().warn(name + ": " + line));
    return health;
  }

  private static String judge(Answers answers) {
    return answers.gold().isPresent() ? "gold" : "reward model";
  }

  private static void put(
      ObjectNode node, Answers before, Answers after, double[] kl, Bootstrap bootstrap) {
    after.put(node, bootstrap);
    TrainStages.put(
        node.putObject("difference"), bootstrap.difference(after.judged(), before.judged()));
    WinRate wins = WinRate.ofScores(judge(before), after.judged(), before.judged(), bootstrap);
    TrainStages.put(node.putObject("win_rate"), wins.rate());
    TrainStages.put(node.putObject("kl"), bootstrap.mean(kl));
  }

  /** The model's training, or what a choice among its answers costs. */
  private static void addTraining(
      ComparedTrainings trainings,
      String name,
      Method method,
      Interval judged,
      StageContext context) {
    if (method.bestOf().n() > 1) {
      trainings.addChosen(name, method.bestOf().divergence(), judged);
    } else {
      trainings.add(name, context.folder(method.model()));
    }
  }

  // ---- what the report shows

  private static final String SECTION = "Methods compared";

  private static Exhibits exhibits(
      ObjectNode summary, ComparedTrainings trainings, Exhibits courses) {
    List<Table> tables = new ArrayList<>(List.of(table(summary)));
    tables.addAll(courses.tables());
    tables.addAll(trainings.tables());
    List<Figure> figures = new ArrayList<>(courses.figures());
    figures.addAll(trainings.figures());
    return new Exhibits(
        tables.stream().map(table -> table.under(SECTION)).toList(),
        figures.stream().map(figure -> figure.under(SECTION)).toList(),
        courses.items());
  }

  private static Table table(JsonNode summary) {
    List<List<Cell>> rows = new ArrayList<>();
    rows.add(row("before", summary.path("before")));
    summary
        .path("methods")
        .properties()
        .forEach(method -> rows.add(row(method.getKey(), method.getValue())));
    return Table.of(
            "methods",
            "Methods on held-out prompts",
            List.of("method", "gold", "reward", "gain", "win rate", "KL, nats", "tokens"),
            rows)
        .from(Source.of(summary.path("prompts").asLong(), "95% bootstrap over prompts"))
        .noted(
            "Gain and win rate over the model before, by the "
                + summary.path("judge").asText()
                + "; KL of best-of-n is its bound.");
  }

  private static List<Cell> row(String name, JsonNode system) {
    return List.of(
        Cell.words(name),
        estimate(system.path("gold")),
        estimate(system.path("reward")),
        estimate(system.path("difference")),
        estimate(system.path("win_rate")).asShare(),
        estimate(system.path("kl")),
        estimate(system.path("response_length")));
  }

  private static Estimate estimate(JsonNode node) {
    return Estimate.of(node).orElse(Estimate.missing());
  }

  // ---- samples

  private static final int SAMPLES = 4;

  private static void logSamples(Answers before, Map<String, Compared> all, StageContext context) {
    for (int i = 0; i < Math.min(SAMPLES, before.rollouts().size()); i++) {
      ObjectNode row = JSON.createObjectNode();
      row.put("prompt", before.rollouts().get(i).completion().prompt().transcript());
      before.put(row.putObject("before"), i);
      for (Map.Entry<String, Compared> entry : all.entrySet()) {
        entry.getValue().answers().put(row.putObject(entry.getKey()), i);
      }
      context.run().sample(row);
    }
  }
}
