package plumbline.pipeline;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import plumbline.InputException;
import plumbline.collect.Collected;
import plumbline.collect.Funnel;
import plumbline.collect.Funnel.Step;
import plumbline.collect.FunnelExhibits;
import plumbline.collect.FunnelListener;
import plumbline.collect.InventedPrompts;
import plumbline.collect.RemoteAnswers;
import plumbline.collect.Writer;
import plumbline.config.ConfigTree;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;
import plumbline.data.format.RowFiles;
import plumbline.judge.Budget;
import plumbline.judge.BudgetSpent;
import plumbline.judge.CachedJudge;
import plumbline.judge.Categories;
import plumbline.judge.Judge;
import plumbline.judge.JudgeUnavailable;
import plumbline.judge.Judges;
import plumbline.judge.RemoteConfig;
import plumbline.judge.RemoteWriter;
import plumbline.judge.Spending;
import plumbline.judge.Usage;
import plumbline.judge.VerdictCache;
import plumbline.model.Head;
import plumbline.model.SharedBases;
import plumbline.model.TextModel;
import plumbline.pipeline.CollectConfig.People;
import plumbline.pipeline.CollectConfig.WriterKeys;
import plumbline.score.Scorer;
import plumbline.score.ScoringException;
import plumbline.train.Progress;

/** Preferences collected in four steps: docs/collect.md. */
final class CollectStage {
  /** What is paid for stands there, unless a key names another file. */
  static final String CACHE = "cache.jsonl";

  private static final String PROMPTS = "prompts.train.jsonl";
  private static final String GENERAL = "general";
  private static final String RULE = "rule";

  private final CollectConfig config;
  private final StageContext context;
  private final Path folder;
  private final Budget budget;
  private final List<Spending> spendings = new ArrayList<>();
  private final CollectAgreement agreement;

  private CollectStage(CollectConfig config, StageContext context) {
    this.config = config;
    this.context = context;
    this.folder = context.run().path();
    this.budget = new Budget(config.budget());
    this.agreement = new CollectAgreement(context.seed());
  }

  /** Checks what it names before any stage runs. */
  static Plan.Made plan(CollectConfig config, Plan plan) {
    plan.checkData(config.data(), "prompts", "train");
    config
        .writers()
        .forEach(
            (name, keys) ->
                keys.model()
                    .ifPresent(
                        model ->
                            plan.checkContext(
                                plan.context(
                                    "writers." + name + ".model", model, Plan.Kind.LANGUAGE_MODEL),
                                keys.longestRow())));
    plan.checkScore("proxy", config.proxy());
    config.checkJudges();
    for (ConfigTree judge : config.judgeTrees()) {
      if (judge.has("score")) {
        plan.checkScore("judges.score", judge.get("score"));
      }
    }
    config
        .people()
        .flatMap(People::known)
        .ifPresent(name -> plan.checkData(name, "pairs", "train"));
    for (String part : List.of("unfiltered", "step3", "step4")) {
      if (!part.equals("step4") || config.people().isPresent()) {
        plan.offer(part, Plan.Made.data(Set.of("pairs", "ratings")));
      }
    }
    return Plan.Made.data(Set.of());
  }

  static void run(CollectConfig config, StageContext context) {
    new CollectStage(config, context).run();
  }

  private void run() {
    try (VerdictCache cache = VerdictCache.open(config.cache().orElse(folder.resolve(CACHE)));
        SharedBases bases = new SharedBases()) {
      Usage before = cache.before();
      budget.alreadySpent(before.usd());
      Funnel funnel = new Funnel(folder, config.funnel(), context.seed(), this::listener);
      Map<String, Long> categories = funnel.pool(sources(cache, bases), category());
      if (!funnel.isDone(Step.ANSWERS)) {
        answers(funnel, cache, bases);
      }
      if (!funnel.isDone(Step.RESPONSES)) {
        responses(funnel, cache, bases);
      }
      judges(funnel, cache, bases);
      agreement.judges(funnel);
      Optional<ObjectNode> people = config.people().map(keys -> people(keys, funnel));
      Collected collected =
          Collected.of(
              funnel,
              config.sameNumber(),
              people.isPresent() && people.get().get("simulated").asBoolean()
                  ? "simulated people"
                  : "people");
      report(funnel, collected, categories, people, before);
    } catch (JudgeUnavailable | BudgetSpent e) {
      throw new ScoringException(
          e.getMessage()
              + "; what was paid for is kept: go on with --resume, or with 'cache' in another folder",
          e);
    }
  }

  private FunnelListener listener(String step) {
    Progress.Task task = context.progress().start(step, 0);
    return new FunnelListener() {
      @Override
      public void rows(long more) {
        task.skip(more);
      }

      @Override
      public void close() {
        task.close();
      }
    };
  }

  private Function<Prompt, String> category() {
    if (config.category().equals(RULE)) {
      Categories rule = Categories.byRule();
      return prompt -> rule.of(prompt).orElse(GENERAL);
    }
    return prompt -> prompt.meta().getOrDefault(config.category(), GENERAL);
  }

  /** The data's prompts, and those that a writer makes of them. */
  private List<Path> sources(VerdictCache cache, SharedBases bases) {
    Path data = context.folder(config.data()).resolve(PROMPTS);
    if (!Files.exists(data)) {
      throw StageContext.lacks(config.data(), PROMPTS);
    }
    context.run().readsData(data);
    List<Path> sources = new ArrayList<>(List.of(data));
    config
        .invent()
        .ifPresent(
            keys ->
                withWriters(
                    List.of(keys.writer()),
                    cache,
                    bases,
                    writers ->
                        invented(keys, writers.get(keys.writer()))
                            .make(data, listener("new prompts"))
                            .forEach(sources::add)));
    return sources;
  }

  private InventedPrompts invented(InventedPrompts.Keys keys, Writer writer) {
    return new InventedPrompts(folder, keys, writer, context.seed());
  }

  private void answers(Funnel funnel, VerdictCache cache, SharedBases bases) {
    withWriters(
        List.of(config.ours(), config.strong()),
        cache,
        bases,
        writers -> {
          try (Scorer proxy = context.scorer(config.proxy(), bases)) {
            funnel.answers(writers.get(config.ours()), writers.get(config.strong()), proxy);
            context.warnOfCuts("proxy", proxy);
          }
        });
  }

  private void responses(Funnel funnel, VerdictCache cache, SharedBases bases) {
    List<String> names =
        config.writers().keySet().stream()
            .filter(name -> config.writers().get(name).samples() > 0)
            .toList();
    withWriters(
        names,
        cache,
        bases,
        writers ->
            funnel.responses(
                names.stream()
                    .map(
                        name ->
                            new Funnel.Source(
                                writers.get(name), config.writers().get(name).samples()))
                    .toList()));
  }

  private void withWriters(
      List<String> names,
      VerdictCache cache,
      SharedBases bases,
      Consumer<Map<String, Writer>> work) {
    Map<String, Writer> writers = new LinkedHashMap<>();
    try {
      for (String name : names) {
        writers.put(name, writer(name, cache, bases));
      }
      work.accept(writers);
    } finally {
      writers
          .values()
          .forEach(
              writer -> {
                if (writer instanceof RemoteAnswers remote) {
                  spendings.addAll(remote.spending());
                }
                closed(writer);
              });
    }
  }

  private static void closed(Writer writer) {
    try {
      writer.close();
    } catch (Exception e) {
      throw new IllegalStateException(writer.name() + " cannot be closed", e);
    }
  }

  private Writer writer(String name, VerdictCache cache, SharedBases bases) {
    WriterKeys keys = config.writers().get(name);
    if (keys.remote().isPresent()) {
      RemoteConfig remote = keys.remote().get();
      long first = remote.seed().orElse(context.seed());
      return new RemoteAnswers(
          name,
          keys.strength(),
          sample ->
              RemoteWriter.of(remote.withSeed(first + sample), System.getenv(), budget, cache));
    }
    TextModel model =
        TextModel.load(
            context.model(keys.model().orElseThrow()), Head.LANGUAGE, keys.weights(), bases);
    TrainStages.checkContext(model, keys.longestRow());
    context.warnOfText(model);
    long place = List.copyOf(config.writers().keySet()).indexOf(name);
    return new LocalWriter(name, keys, model, context.seed() * 1_000 + place);
  }

  private void judges(Funnel funnel, VerdictCache cache, SharedBases bases) {
    boolean orders = config.funnel().orders() > 0 && !funnel.isDone(Step.ORDERS);
    if (funnel.isDone(Step.RATINGS) && !orders) {
      return;
    }
    Judges made = new Judges(System.getenv(), context::model, bases, budget);
    List<Judge> judges = new ArrayList<>();
    try {
      for (ConfigTree tree : config.judgeTrees()) {
        Judge judge = made.of(tree);
        // Answers of this machine cost nothing: its own log is enough.
        judges.add(tree.has("endpoint") ? new CachedJudge(judge, cache) : judge);
      }
      funnel.ratings(judges);
      if (orders) {
        funnel.orders(judges.get(0));
      }
    } finally {
      judges.forEach(judge -> spendings.add(judge.spending()));
      judges.forEach(Judge::close);
    }
  }

  private ObjectNode people(People keys, Funnel funnel) {
    Path tasks = funnel.tasks(known(keys), keys.overlap());
    PeoplesVotes votes = new PeoplesVotes(keys, tasks);
    Path file =
        keys.votes().orElseGet(() -> votes.simulate(folder.resolve("votes.jsonl"), context.seed()));
    if (!Files.exists(file)) {
      throw new InputException(
          "people.votes: there is no "
              + file
              + " yet; let people do the tasks of "
              + tasks
              + ", put their votes there and go on with --resume");
    }
    if (keys.votes().isPresent()) {
      context.run().readsData(file);
    } else {
      context.run().warn("the people are simulated: " + keys.simulated().keySet());
    }
    votes.read(file);
    agreement.people(votes.answers());
    funnel.labels(tasks, votes::label);
    return votes.json();
  }

  private List<PreferencePair> known(People keys) {
    if (keys.knownTasks() == 0) {
      return List.of();
    }
    List<PreferencePair> pairs =
        context.rows(keys.known().orElseThrow(), "pairs.train.jsonl", RowFiles::readPairs);
    return pairs.subList(0, Math.min(keys.knownTasks(), pairs.size()));
  }

  private void report(
      Funnel funnel,
      Collected collected,
      Map<String, Long> categories,
      Optional<ObjectNode> people,
      Usage before) {
    ObjectNode summary = collected.json(funnel);
    categories.forEach(summary.putObject("categories")::put);
    config
        .invent()
        .ifPresent(
            keys -> InventedPrompts.counts(folder).forEach(summary.putObject("invented")::put));
    collected
        .pairs()
        .forEach(
            (set, pairs) -> {
              if (pairs == 0) {
                context
                    .run()
                    .warn(set + ": no pair was left; the table of steps says where they went");
              }
            });
    people.ifPresent(said -> summary.set("people", said));
    summary.set("agreement", agreement.json());
    summary.set("bill", bill(before));
    context.run().summary(summary);
    context
        .run()
        .exhibits(
            FunnelExhibits.of(collected, config.funnel().ratings()).with(agreement.exhibits()));
  }

  /** What all runs of this stage have paid, those before an interruption included. */
  private ObjectNode bill(Usage before) {
    Usage usage = before;
    double possible = 0;
    Map<String, Long> faults = new TreeMap<>();
    for (Spending spending : spendings) {
      usage = usage.plus(spending.usage());
      possible += spending.possibleUsd();
      spending.faults().forEach((fault, times) -> faults.merge(fault, times, Long::sum));
    }
    ObjectNode bill = JsonNodeFactory.instance.objectNode();
    bill.put("answers", usage.answers());
    bill.put("input_tokens", usage.inputTokens()).put("output_tokens", usage.outputTokens());
    // Sums in another order differ by rounding.
    bill.put("usd", Math.rint(usage.usd() * 1e6) / 1e6);
    bill.put("possible_usd", Math.rint(possible * 1e6) / 1e6);
    faults.forEach(bill.putObject("faults")::put);
    return bill;
  }

  /** Files that hold what was paid for, or took long to compute. */
  static boolean isWork(Path file) {
    String name = file.getFileName().toString();
    return name.equals(CACHE) || name.equals("answers.jsonl") || name.endsWith(".growing");
  }
}
