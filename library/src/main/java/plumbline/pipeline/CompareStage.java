package plumbline.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import plumbline.data.exhibit.Source;
import plumbline.data.exhibit.Table;
import plumbline.data.format.RowFiles;
import plumbline.eval.Bootstrap;
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
      @Key(doc = "the reward tree that all are scored with") ConfigTree score,
      @Key(def = "", doc = "a trusted judge of quality, such as {gold: clinic}")
          Optional<ConfigTree> gold,
      @Key(def = "256", min = 2, doc = "most test prompts") int prompts,
      @Key(def = "192", min = 1, doc = "longest prompt in tokens; longer ones are left out")
          int maxPromptTokens,
      @Key SamplingConfig sampling) {
    Config {
      if (methods.isEmpty()) {
        throw new IllegalArgumentException("'methods' has no policy to compare");
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
      summary.put("judge", first.gold().isPresent() ? "gold" : "reward model");
      first.put(summary.putObject("before"), bootstrap);
      ObjectNode methods = summary.putObject("methods");
      Map<String, Answers> all = new LinkedHashMap<>();
      ComparedCourses courses = new ComparedCourses();
      config
          .methods()
          .forEach(
              (name, method) -> {
                try (TextModel after =
                        TextModel.load(
                            context.model(method.model()), Head.LANGUAGE, config.weights(), bases);
                    Scorer judge = method.bestOf().judge(score, context, bases)) {
                  Answers answers =
                      Answers.of(
                          "answers of " + name,
                          after,
                          question,
                          method.bestOf().n(),
                          judge,
                          context);
                  all.put(name, answers);
                  double[] kl = answers.divergence(before, after);
                  Arrays.setAll(kl, i -> kl[i] + method.bestOf().divergence());
                  put(methods.putObject(name), first, answers, kl, bootstrap);
                  addCourse(courses, name, method, bootstrap.mean(answers.judged()), context);
                }
              });
      courses.into(summary);
      context.run().summary(summary);
      context.run().exhibits(exhibits(summary, courses));
      logSamples(first, all, context);
      context.warnOfCuts("score", score);
    }
  }

  private static void put(
      ObjectNode node, Answers before, Answers after, double[] kl, Bootstrap bootstrap) {
    after.put(node, bootstrap);
    TrainStages.put(
        node.putObject("difference"), bootstrap.difference(after.judged(), before.judged()));
    String judge = before.gold().isPresent() ? "gold" : "reward model";
    WinRate wins = WinRate.ofScores(judge, after.judged(), before.judged(), bootstrap);
    TrainStages.put(node.putObject("win_rate"), wins.rate());
    TrainStages.put(node.putObject("kl"), bootstrap.mean(kl));
  }

  /** The model's training, or what a choice among its answers costs. */
  private static void addCourse(
      ComparedCourses courses, String name, Method method, Interval judged, StageContext context) {
    if (method.bestOf().n() > 1) {
      courses.addChosen(name, method.bestOf().divergence(), judged);
    } else {
      courses.add(name, context.folder(method.model()));
    }
  }

  // ---- what the report shows

  private static final String SECTION = "Methods compared";

  private static Exhibits exhibits(ObjectNode summary, ComparedCourses courses) {
    List<Table> tables = new ArrayList<>(List.of(table(summary)));
    tables.addAll(courses.tables());
    return new Exhibits(
        tables.stream().map(table -> table.under(SECTION)).toList(),
        courses.figures().stream().map(figure -> figure.under(SECTION)).toList(),
        List.of());
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

  private static void logSamples(Answers before, Map<String, Answers> all, StageContext context) {
    for (int i = 0; i < Math.min(SAMPLES, before.rollouts().size()); i++) {
      ObjectNode row = JSON.createObjectNode();
      row.put("prompt", before.rollouts().get(i).completion().prompt().transcript());
      before.put(row.putObject("before"), i);
      for (Map.Entry<String, Answers> entry : all.entrySet()) {
        entry.getValue().put(row.putObject(entry.getKey()), i);
      }
      context.run().sample(row);
    }
  }
}
