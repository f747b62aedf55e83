package plumbline.pipeline;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import plumbline.InputException;
import plumbline.config.ConfigTree;
import plumbline.config.Key;
import plumbline.config.Nearest;
import plumbline.data.Demonstration;
import plumbline.data.Judgment;
import plumbline.data.Prompt;
import plumbline.data.format.RowFiles;
import plumbline.eval.Match;
import plumbline.eval.Slice;
import plumbline.judge.Annotations;
import plumbline.judge.Budget;
import plumbline.judge.BudgetSpent;
import plumbline.judge.CachedJudge;
import plumbline.judge.Categories;
import plumbline.judge.Duel;
import plumbline.judge.Judge;
import plumbline.judge.JudgeUnavailable;
import plumbline.judge.Judges;
import plumbline.judge.Judging;
import plumbline.judge.RemoteConfig;
import plumbline.judge.RemoteWriter;
import plumbline.judge.ResponseFile;
import plumbline.judge.VerdictCache;
import plumbline.model.Head;
import plumbline.model.SharedBases;
import plumbline.model.TextModel;
import plumbline.model.WeightFormat;
import plumbline.score.ScoringException;
import plumbline.train.Progress;
import plumbline.train.Rollout;
import plumbline.train.SamplingConfig;

/** Two or many models answer the same prompts, and judges compare their answers. */
final class WinrateStage {
  private static final String ENDPOINT = "endpoint";
  private static final String RESPONSES = "responses";

  /** The keys of a stage of win rates. */
  record Config(
      @Key(
              form = "responders",
              doc =
                  "the models by name: each an earlier stage, a run or a folder; {endpoint: ...,"
                      + " model: ...} for one elsewhere; {responses: FILE} for answers that are"
                      + " there")
          ConfigTree models,
      @Key(def = "", doc = "the model that all others meet; without it each meets each")
          Optional<String> baseline,
      @Key(doc = "test prompts: an earlier stage or a folder") String data,
      @Key(
              form = "judges",
              doc =
                  "the judges by name: each the keys of a judge's YAML file, that file, or longer,"
                      + " shorter, first, second, random, gold")
          ConfigTree judges,
      @Key(def = "both", doc = "in which orders each pair is read") Judging.Orders orders,
      @Key(def = "", doc = "tables of slices; without it all of them") List<Slice> by,
      @Key(def = "", doc = "sorts prompts into categories: rule, or a remote judge's YAML file")
          Optional<String> categories,
      @Key(def = "", min = 0, doc = "never spend more USD, by the prices of endpoints")
          OptionalDouble budget,
      @Key(
              def = "",
              doc = "how the models' blocks are kept; without it in the precision of --dtype")
          Optional<WeightFormat> weights,
      @Key(def = "256", min = 2, doc = "most test prompts") int prompts,
      @Key(def = "192", min = 1, doc = "longest prompt in tokens; longer ones are left out")
          int maxPromptTokens,
      @Key SamplingConfig sampling) {
    Config {
      by = by.isEmpty() ? List.of(Slice.values()) : by;
      if (!models.isMap() || models.keys().size() < 2) {
        throw new IllegalArgumentException("'models' names fewer than two; wanted {a: .., b: ..}");
      }
      if (!judges.isMap() || judges.keys().isEmpty()) {
        throw new IllegalArgumentException("'judges' names no judge; wanted {name: ...}");
      }
      if (baseline.isPresent() && !models.has(baseline.get())) {
        throw new IllegalArgumentException(
            "'baseline' is '%s', wanted one of %s%s"
                .formatted(
                    baseline.get(),
                    models.keys(),
                    Nearest.to(baseline.get(), models.keys())
                        .map(near -> "; did you mean '" + near + "'?")
                        .orElse("")));
      }
      for (String name : models.keys()) {
        if (!name.matches("[\\w.@-]+")) {
          throw new IllegalArgumentException(
              "model '" + name + "' becomes a file: letters, digits, '_', '-' and '.' are allowed");
        }
      }
    }

    int longestRow() {
      return maxPromptTokens + sampling.maxNewTokens();
    }

    /** Models that sample here. */
    Map<String, String> local() {
      Map<String, String> local = new TreeMap<>();
      for (String name : models.keys()) {
        ConfigTree given = models.get(name);
        if (!given.isMap()) {
          local.put(name, given.text());
        } else if (!given.has(ENDPOINT) && !given.has(RESPONSES)) {
          local.put(name, given.get("model").text());
        }
      }
      return local;
    }

    /** A judge's keys; where they say no name it is called as it is here. */
    ConfigTree judge(String name) {
      ConfigTree given = judges.get(name);
      ConfigTree keys = given.isMap() ? given : Judges.tree(given.text());
      return given.isMap() && !keys.has("name") ? keys.with("name=" + name) : keys;
    }
  }

  private final Config config;
  private final StageContext context;
  private final Budget money;

  private WinrateStage(Config config, StageContext context) {
    this.config = config;
    this.context = context;
    this.money = new Budget(config.budget());
  }

  /** Checks what it names before any stage runs. */
  static Plan.Made plan(Config config, Plan plan) {
    plan.checkData(config.data(), "prompts", "test");
    config
        .local()
        .forEach(
            (name, model) ->
                plan.checkContext(
                    plan.context("models." + name, model, Plan.Kind.LANGUAGE_MODEL),
                    config.longestRow()));
    for (String name : config.models().keys()) {
      ConfigTree given = config.models().get(name);
      if (given.isMap() && given.has(ENDPOINT)) {
        given.bind(RemoteConfig.class);
      } else if (given.isMap() && given.has(RESPONSES)) {
        requireFile(given.get(RESPONSES));
      }
    }
    for (String name : config.judges().keys()) {
      String key = "judges." + name;
      ConfigTree judge = config.judge(name);
      Judges.check(judge);
      if (judge.has("score")) {
        plan.checkScore(key + ".score", judge.get("score"));
      } else if (judge.has("model") && !judge.has(ENDPOINT)) {
        plan.context(key + ".model", judge.get("model").text(), Plan.Kind.LANGUAGE_MODEL);
      }
    }
    plan.offer(JudgedPairs.FOLDER, Plan.Made.data(Set.of(JudgedPairs.ROWS)));
    return new Plan.Made(Plan.Kind.NUMBERS, Set.of(), OptionalInt.empty());
  }

  private static void requireFile(ConfigTree file) {
    if (!Files.isRegularFile(Path.of(file.text()))) {
      throw file.error("there is no file " + file.text());
    }
  }

  static void run(Config config, StageContext context) {
    new WinrateStage(config, context).run();
  }

  private void run() {
    List<Prompt> prompts = context.rows(config.data(), "prompts.test.jsonl", RowFiles::readPrompts);
    prompts = prompts.subList(0, Math.min(prompts.size(), config.prompts()));
    try (VerdictCache answers = VerdictCache.open(context.run().path().resolve("cache.jsonl"));
        SharedBases bases = new SharedBases()) {
      money.alreadySpent(answers.before().usd());
      Judges made = new Judges(System.getenv(), context::model, bases, money);
      List<ResponseFile> systems = systems(prompts, answers, bases);
      List<Duel> duels = duels(systems, sorted(prompts, made, answers));
      List<Judgment> judgments = judgments(duels, made, answers);
      TournamentSummary summary =
          TournamentSummary.of(judgments, config.by(), context.seed(), context.run()::warn);
      JudgedPairs.write(context.run().path(), duels, Match.of(judgments));
      context.run().summary(summary.json(prompts.size(), config.models().keys(), money));
      context.run().exhibits(TournamentExhibits.of(summary));
    } catch (JudgeUnavailable | BudgetSpent e) {
      throw new ScoringException(e.getMessage() + "; go on with --resume", e);
    }
  }

  /** Each model's answers, which a run that goes on finds where it left them. */
  private List<ResponseFile> systems(
      List<Prompt> prompts, VerdictCache answers, SharedBases bases) {
    List<ResponseFile> systems = new ArrayList<>();
    for (String name : config.models().keys()) {
      ConfigTree given = config.models().get(name);
      if (given.isMap() && given.has(RESPONSES)) {
        Path file = Path.of(given.get(RESPONSES).text());
        context.run().readsData(file);
        systems.add(ResponseFile.readAll(List.of(file)).get(0).named(name));
        continue;
      }
      Path file = context.run().path().resolve("responses." + name + ".jsonl");
      if (!Files.exists(file)) {
        RowFiles.write(
            file,
            given.isMap() && given.has(ENDPOINT)
                ? asked(name, given, prompts, answers)
                : sampled(name, prompts, bases));
      }
      systems.add(ResponseFile.of(name, RowFiles.readDemonstrations(file).rows()));
    }
    return systems;
  }

  private List<Demonstration> sampled(String name, List<Prompt> prompts, SharedBases bases) {
    try (TextModel model =
        TextModel.load(
            context.model(config.local().get(name)), Head.LANGUAGE, config.weights(), bases)) {
      TrainStages.checkContext(model, config.longestRow());
      List<Rollout> rollouts =
          TrainStages.sample(
              "answers of " + name,
              model,
              prompts,
              config.sampling(),
              config.maxPromptTokens(),
              context);
      return rollouts.stream()
          .map(Rollout::completion)
          .map(answer -> new Demonstration(answer.prompt(), answer.response()))
          .toList();
    }
  }

  private List<Demonstration> asked(
      String name, ConfigTree keys, List<Prompt> prompts, VerdictCache answers) {
    RemoteWriter writer =
        RemoteWriter.of(keys.bind(RemoteConfig.class), System.getenv(), money, answers);
    List<Optional<String>> texts = writer.answer(prompts);
    List<Demonstration> rows = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      Prompt prompt = prompts.get(i);
      texts.get(i).ifPresent(text -> rows.add(new Demonstration(prompt, text)));
    }
    if (rows.size() < prompts.size()) {
      context.run().warn(name + ": prompts without an answer: " + (prompts.size() - rows.size()));
    }
    return rows;
  }

  private List<Prompt> sorted(List<Prompt> prompts, Judges made, VerdictCache answers) {
    if (config.categories().isEmpty()) {
      return prompts;
    }
    List<Prompt> sorted = new ArrayList<>();
    try (Categories classifier = made.categories(config.categories().get(), answers)) {
      List<Optional<String>> found = classifier.of(prompts);
      for (int i = 0; i < found.size(); i++) {
        Map<String, String> meta = new TreeMap<>(prompts.get(i).meta());
        found.get(i).ifPresent(category -> meta.put(Slice.CATEGORY.key(), category));
        sorted.add(prompts.get(i).withMeta(meta));
      }
    }
    return sorted;
  }

  private List<Duel> duels(List<ResponseFile> systems, List<Prompt> prompts) {
    List<Duel> duels = new ArrayList<>();
    String baseline = config.baseline().orElse("");
    for (int i = 0; i < systems.size(); i++) {
      for (int j = i + 1; j < systems.size(); j++) {
        ResponseFile a = systems.get(i);
        ResponseFile b = systems.get(j);
        boolean turned = b.system().equals(baseline);
        if (baseline.isEmpty() || turned || a.system().equals(baseline)) {
          List<Duel> pair = ResponseFile.duels(turned ? List.of(b, a) : List.of(a, b), prompts);
          if (pair.isEmpty()) {
            throw new InputException(
                a.system() + " and " + b.system() + " have answered no prompt in common");
          }
          duels.addAll(pair);
        }
      }
    }
    return duels;
  }

  private List<Judgment> judgments(List<Duel> duels, Judges made, VerdictCache answers) {
    List<Judge> judges = new ArrayList<>();
    List<Judgment> judgments = new ArrayList<>();
    try (Annotations file = new Annotations(context.run().path().resolve("annotations.jsonl"))) {
      for (String name : config.judges().keys()) {
        judges.add(new CachedJudge(made.of(config.judge(name)), answers));
      }
      if (judges.stream().map(Judge::name).distinct().count() < judges.size()) {
        throw new InputException("two of the judges are called the same; give them 'name'");
      }
      List<Judging> asked = judges.stream().map(j -> new Judging(j, config.orders())).toList();
      try (Progress.Task task =
          context.progress().start("verdicts", (long) judges.size() * duels.size())) {
        Judging.all(
            asked,
            duels.iterator(),
            () -> {
              synchronized (task) {
                task.step("");
              }
            },
            said ->
                said.forEach(
                    its -> {
                      file.add(its);
                      its.forEach(one -> judgments.addAll(one.judgments()));
                    }));
      }
      asked.forEach(this::requireAll);
      file.finish();
    } finally {
      judges.forEach(Judge::close);
    }
    return judgments;
  }

  private void requireAll(Judging judging) {
    if (!judging.spending().faults().isEmpty()) {
      context.run().warn(judging.name() + ": calls made again: " + judging.spending().faults());
    }
    if (judging.missing() > 0) {
      throw new ScoringException(
          "judge %s: %d pairs have no verdict: %s; go on with --resume"
              .formatted(
                  judging.name(),
                  judging.missing(),
                  judging.problem().orElse("it did not answer")));
    }
  }
}
