package plumbline.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import plumbline.InputException;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.config.Key;
import plumbline.dpo.DpoConfig;
import plumbline.dpo.DpoPreset;
import plumbline.dpo.KtoConfig;
import plumbline.dpo.OnlineDpoConfig;
import plumbline.hub.HubProgress;
import plumbline.hub.ModelFinder;
import plumbline.ppo.PpoConfig;
import plumbline.ppo.Preset;
import plumbline.report.Report;
import plumbline.rewardmodel.RewardConfig;
import plumbline.sft.SftConfig;
import plumbline.tensor.Engine;
import plumbline.train.Memory;
import plumbline.train.Progress;
import plumbline.train.RunDirectory;

/**
 * Stages that run one after the other, each into a run directory of its own below the pipeline's.
 *
 * <p>A stage with the key {@code sweep} becomes several ({@link Sweep}).
 *
 * <p>Every key of the configuration besides {@code name}, {@code seed} and {@code out} is a stage
 * with that name; its {@code stage} key says what kind it is, without it the name does. All
 * configurations are bound and planned before the first stage starts, so that a typo in the last
 * one, or a name that nothing has, costs nothing.
 */
public final class Pipeline {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * A kind of stage: its keys, what it chooses for those that are not written, what checks it
   * before all stages and what runs it.
   */
  private record Kind<C extends Record>(
      Class<C> keys,
      UnaryOperator<ConfigTree> preset,
      BiFunction<C, Plan, Plan.Made> planner,
      BiConsumer<C, StageContext> runner) {
    Kind(
        Class<C> keys, BiFunction<C, Plan, Plan.Made> planner, BiConsumer<C, StageContext> runner) {
      this(keys, UnaryOperator.identity(), planner, runner);
    }

    Stage bind(String name, String kind, OptionalLong seed, ConfigTree tree) {
      C config = preset.apply(tree).bind(keys);
      return new Stage(
          name,
          kind,
          seed,
          config,
          plan -> planner.apply(config, plan),
          context -> runner.accept(config, context));
    }
  }

  private static final Map<String, Kind<?>> KINDS = kinds();
  private static final Pattern STAGE_NAME = Pattern.compile("[\\w-]+(@[\\w.-]+)*");
  private static final List<String> HEADER_KEYS = List.of("name", "seed", "out");

  private static Map<String, Kind<?>> kinds() {
    Map<String, Kind<?>> kinds = new LinkedHashMap<>();
    kinds.put("data", new Kind<>(DataStage.Config.class, DataStage::plan, DataStage::run));
    kinds.put(
        "samples", new Kind<>(SamplesStage.Config.class, SamplesStage::plan, SamplesStage::run));
    kinds.put(
        "scratch", new Kind<>(ScratchStage.Config.class, ScratchStage::plan, ScratchStage::run));
    kinds.put("sft", new Kind<>(SftConfig.class, SftStage::plan, SftStage::run));
    kinds.put("pairs", new Kind<>(PairsStage.Config.class, PairsStage::plan, PairsStage::run));
    kinds.put(
        "augment", new Kind<>(AugmentStage.Config.class, AugmentStage::plan, AugmentStage::run));
    kinds.put("collect", new Kind<>(CollectConfig.class, CollectStage::plan, CollectStage::run));
    kinds.put("reward", new Kind<>(RewardConfig.class, RewardStage::plan, RewardStage::run));
    for (DpoPreset.Method method : DpoPreset.Method.values()) {
      kinds.put(method.toString(), method.isUnpaired() ? unpaired(method) : paired(method));
    }
    kinds.put(
        "online_dpo",
        new Kind<>(
            OnlineDpoConfig.class,
            DpoPreset::applyOnline,
            OnlineDpoStage::plan,
            OnlineDpoStage::run));
    for (Preset.Method method : Preset.Method.values()) {
      kinds.put(
          method.toString(),
          new Kind<>(
              PpoConfig.class,
              tree -> Preset.apply(method, tree),
              PpoStage::plan,
              (config, context) -> PpoStage.run(method, config, context)));
    }
    kinds.put(
        "evaluate",
        new Kind<>(EvaluateStage.Config.class, EvaluateStage::plan, EvaluateStage::run));
    kinds.put(
        "eval_reward",
        new Kind<>(EvalRewardStage.Config.class, EvalRewardStage::plan, EvalRewardStage::run));
    kinds.put(
        "best_of_n", new Kind<>(BestOfStage.Config.class, BestOfStage::plan, BestOfStage::run));
    kinds.put(
        "compare", new Kind<>(CompareStage.Config.class, CompareStage::plan, CompareStage::run));
    kinds.put(
        "winrate", new Kind<>(WinrateStage.Config.class, WinrateStage::plan, WinrateStage::run));
    kinds.put(
        "verdicts",
        new Kind<>(VerdictsStage.Config.class, VerdictsStage::plan, VerdictsStage::run));
    kinds.put("people", new Kind<>(PeopleStage.Config.class, PeopleStage::plan, PeopleStage::run));
    kinds.put(
        "agreement",
        new Kind<>(AgreementStage.Config.class, AgreementStage::plan, AgreementStage::run));
    kinds.put("claims", new Kind<>(ClaimsStage.Config.class, ClaimsStage::plan, ClaimsStage::run));
    return kinds;
  }

  private static Kind<DpoConfig> paired(DpoPreset.Method method) {
    return new Kind<>(
        DpoConfig.class,
        tree -> DpoPreset.apply(method, tree),
        DpoStage::plan,
        (config, context) -> DpoStage.run(method, config, context));
  }

  private static Kind<KtoConfig> unpaired(DpoPreset.Method method) {
    return new Kind<>(
        KtoConfig.class,
        tree -> DpoPreset.apply(method, tree),
        KtoStage::plan,
        (config, context) -> KtoStage.run(method, config, context));
  }

  /** One that has a seed of its own does not take the pipeline's. */
  private record Stage(
      String name,
      String kind,
      OptionalLong seed,
      Record config,
      Function<Plan, Plan.Made> planner,
      Consumer<StageContext> body) {}

  /** The keys of a pipeline besides its stages. */
  private record Header(
      @Key(def = "pipeline", doc = "what the report calls it") String name,
      @Key(def = "1", doc = "decides every random number") long seed,
      @Key(def = "runs/pipeline", doc = "the folder that everything is written to") String out) {}

  private final Header header;
  private final Path out;
  private final List<Stage> stages;
  private final String yaml;
  private final boolean alone;
  private final Map<String, Sweep.Variant> variants;

  private Pipeline(
      Header header,
      List<Stage> stages,
      String yaml,
      boolean alone,
      Map<String, Sweep.Variant> variants) {
    this.header = header;
    this.out = Path.of(header.out());
    this.stages = stages;
    this.yaml = yaml;
    this.alone = alone;
    this.variants = variants;
  }

  /**
   * The Markdown tables of every stage's keys, by kind; kinds with the same keys have one table.
   */
  public static Map<String, String> keyTables() {
    Map<Class<?>, String> first = new LinkedHashMap<>();
    KINDS.forEach((kind, stage) -> first.putIfAbsent(stage.keys(), kind));
    Map<String, String> tables = new LinkedHashMap<>();
    first.forEach((keys, kind) -> tables.put(kind, Config.table(keys)));
    return tables;
  }

  /**
   * Reads and checks a whole pipeline, in its own size if it has several ({@link Sizes}).
   *
   * @throws InputException naming the first wrong key
   */
  public static Pipeline of(ConfigTree written) {
    Sweep sweep = Sweep.expand(Sizes.own(written));
    ConfigTree tree = sweep.tree();
    List<Stage> stages = new ArrayList<>();
    ConfigTree rest = tree;
    for (String name : tree.keys()) {
      ConfigTree value = tree.get(name);
      if (value.isMap()) {
        stages.add(stage(name, value));
        rest = rest.without(name);
      }
    }
    if (stages.isEmpty()) {
      throw tree.error("there is no stage; wanted one of " + KINDS.keySet());
    }
    Header header = rest.bind(Header.class);
    StringBuilder yaml = new StringBuilder(Config.toYaml(header));
    for (Stage stage : stages) {
      yaml.append(stage.name()).append(":\n  stage: ").append(stage.kind()).append('\n');
      stage.seed().ifPresent(seed -> yaml.append("  seed: ").append(seed).append('\n'));
      Config.toYaml(stage.config())
          .lines()
          .forEach(line -> yaml.append("  ").append(line).append('\n'));
    }
    return new Pipeline(header, stages, yaml.toString(), false, sweep.variants());
  }

  /** One stage by itself, whose run directory is the pipeline's folder. */
  public static Pipeline ofStage(String kind, ConfigTree tree) {
    if (tree.has("sweep")) {
      throw tree.get("sweep").error("a sweep belongs to a pipeline: 'plumbline run PIPELINE.yaml'");
    }
    ConfigTree header = tree;
    ConfigTree body = tree;
    for (String key : tree.keys()) {
      if (HEADER_KEYS.contains(key)) {
        body = body.without(key);
      } else {
        header = header.without(key);
      }
    }
    Stage stage = KINDS.get(kind).bind(kind, kind, OptionalLong.empty(), body);
    Header bound = header.bind(Header.class);
    return new Pipeline(
        bound,
        List.of(stage),
        Config.toYaml(bound) + Config.toYaml(stage.config()),
        true,
        Map.of());
  }

  private static Stage stage(String name, ConfigTree tree) {
    String kind = tree.has("stage") ? tree.get("stage").text() : name;
    if (!STAGE_NAME.matcher(name).matches()) {
      throw tree.error(
          "stage '" + name + "' becomes a folder: its name may have letters, digits, '_' and '-'");
    }
    Kind<?> known = KINDS.get(kind);
    if (known == null) {
      throw tree.error("there is no kind of stage '" + kind + "'; known are " + KINDS.keySet());
    }
    OptionalLong seed =
        tree.find("seed").map(value -> value.bind(OptionalLong.class)).orElse(OptionalLong.empty());
    return known.bind(name, kind, seed, tree.without("stage").without("seed"));
  }

  /**
   * The memory of each stage, from the configurations of stages and models alone.
   *
   * @param availableBytes what the process may hold
   * @param models finds models that no stage makes; those of a hub are downloaded
   */
  public List<StageMemory> memory(long availableBytes, ModelFinder models) {
    MemoryPlan plan =
        new MemoryPlan(Engine.dtype().equals("float64") ? 8 : 4, availableBytes, models);
    return stages.stream()
        .map(stage -> plan.add(stage.name(), stage.kind(), stage.config()))
        .toList();
  }

  public Path out() {
    return out;
  }

  /** As {@link #run(boolean, Progress, ModelFinder)}, with the hub of this environment. */
  public JsonNode run(boolean resume, Progress progress) {
    return run(resume, progress, ModelFinder.of(System.getenv(), HubProgress.silent()));
  }

  /**
   * Runs the stages and writes the report.
   *
   * @param resume go on in a folder where finished stages of the same configuration are skipped
   * @param models finds models that no stage makes; those of a hub are downloaded before the first
   *     stage starts
   * @return what {@code summary.json} holds
   * @throws InputException if the folder holds a run already and {@code resume} is false, or
   *     another configuration's run, or a stage names what nothing has
   */
  public JsonNode run(boolean resume, Progress progress, ModelFinder models) {
    checkFolder(resume);
    plan(models);
    boolean existed = Files.exists(out);
    boolean fresh = !existed || isEmpty(out);
    List<String> finished = new ArrayList<>();
    try {
      return run(resume, progress, models, finished);
    } catch (InputException e) {
      if (fresh && finished.isEmpty() && !hasCheckpoint(out)) {
        // Nothing is lost: the next try, with better input, may use the same folder.
        removeContents(out);
        if (!existed) {
          remove(out);
        }
      }
      throw e;
    }
  }

  private void plan(ModelFinder models) {
    Plan plan = new Plan(stages.stream().map(Stage::name).toList(), alone, models);
    for (Stage stage : stages) {
      plan.enter(stage.name());
      plan.leave(stage.planner().apply(plan));
    }
  }

  private JsonNode run(
      boolean resume, Progress progress, ModelFinder models, List<String> finished) {
    long start = System.nanoTime();
    if (alone) {
      run(stages.get(0), List.of(), resume, progress, models);
      finished.add(stages.get(0).name());
    } else {
      runAll(resume, progress, models, finished);
    }
    ObjectNode summary = JSON.createObjectNode().put("status", "ok");
    summary.put("seconds", (System.nanoTime() - start) / 1e9);
    summary.put("peak_rss_mb", Memory.peakMegabytes());
    summary.put("report", out.resolve("report.html").toString());
    for (Stage stage : stages) {
      Sweep.Variant variant = variants.get(stage.name());
      Results.add(
          stage.kind(),
          folder(stage),
          variant == null ? summary : Results.ofVariant(variant, summary));
    }
    JsonNode written = alone ? summary : RunDirectory.writeSummary(out, summary);
    Report.write(out);
    return written;
  }

  private void runAll(
      boolean resume, Progress progress, ModelFinder models, List<String> finished) {
    try (RunDirectory run =
        RunDirectory.start(out, header.name(), "pipeline", header.seed(), yaml)) {
      ArrayNode list = JSON.createArrayNode();
      try {
        for (Stage stage : stages) {
          list.add(run(stage, List.copyOf(finished), resume, progress, models));
          run.put("stages", list);
          finished.add(stage.name());
        }
      } catch (RuntimeException e) {
        run.fail(String.valueOf(e.getMessage()));
        throw e;
      }
      run.finish();
    }
  }

  /** Whether a stage in the folder, or in one below, has something to go on from. */
  private static boolean hasCheckpoint(Path folder) {
    return Files.isDirectory(folder)
        && below(folder).stream()
            .anyMatch(path -> path.endsWith("checkpoints") || CollectStage.isWork(path));
  }

  private static boolean isEmpty(Path folder) {
    return Files.isDirectory(folder) && below(folder).isEmpty();
  }

  private static void removeContents(Path folder) {
    if (Files.isDirectory(folder)) {
      below(folder).forEach(Pipeline::remove);
    }
  }

  /** What is in a folder, children before parents. */
  private static List<Path> below(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.skip(1).sorted(Comparator.reverseOrder()).toList();
    } catch (IOException e) {
      throw new InputException(folder + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static void remove(Path file) {
    try {
      if (Files.exists(file)) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new InputException(file + ": cannot be removed: " + e.getMessage(), e);
    }
  }

  private Path folder(Stage stage) {
    return alone ? out : out.resolve(stage.name());
  }

  private void checkFolder(boolean resume) {
    Path config = out.resolve("config.yaml");
    if (!Files.exists(config)) {
      return;
    }
    if (!resume) {
      throw new InputException(
          out
              + ": there is a run here already; go on with it with --resume, or choose another"
              + " folder with --out");
    }
    try {
      if (!Files.readString(config).equals(yaml)) {
        throw new InputException(
            out
                + ": --resume wants the configuration that the run began with, "
                + config
                + ", and this one differs; choose another folder with --out");
      }
    } catch (IOException e) {
      throw new InputException(config + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private JsonNode run(
      Stage stage, List<String> earlier, boolean resume, Progress progress, ModelFinder models) {
    Path folder = folder(stage);
    ObjectNode row = JSON.createObjectNode().put("name", stage.name()).put("kind", stage.kind());
    if (resume && isFinished(folder)) {
      progress.note(stage.name() + ": finished before, skipped");
      return row.put("status", "ok").put("skipped", true);
    }
    long start = System.nanoTime();
    String config = alone ? yaml : Config.toYaml(stage.config());
    long seed = stage.seed().orElse(header.seed());
    try (RunDirectory run =
        resume
            ? RunDirectory.resume(folder, stage.name(), stage.kind(), seed, config)
            : RunDirectory.start(folder, stage.name(), stage.kind(), seed, config)) {
      try {
        stage.body().accept(new StageContext(out, earlier, seed, run, progress, models));
        ModelCard.ofRun(run, out);
        run.finish();
      } catch (RuntimeException e) {
        run.fail(String.valueOf(e.getMessage()));
        throw e;
      }
    }
    return row.put("status", "ok").put("seconds", (System.nanoTime() - start) / 1e9);
  }

  private static boolean isFinished(Path folder) {
    Path run = folder.resolve("run.json");
    try {
      return Files.exists(run)
          && JSON.readTree(Files.readString(run)).path("status").asText().equals("ok");
    } catch (IOException e) {
      return false;
    }
  }
}
