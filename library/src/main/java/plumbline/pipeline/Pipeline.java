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
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import plumbline.InputException;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.config.Key;
import plumbline.distributed.World;
import plumbline.hub.HubProgress;
import plumbline.hub.ModelFinder;
import plumbline.model.Precision;
import plumbline.report.Report;
import plumbline.tensor.Engine;
import plumbline.tensor.EngineRate;
import plumbline.tensor.OutOfMemory;
import plumbline.train.Memory;
import plumbline.train.Progress;
import plumbline.train.RunDirectory;
import plumbline.train.TrainingConfig;

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

  private static final Map<String, StageKind<?>> KINDS = StageKind.ALL;
  static final Pattern STAGE_NAME = Pattern.compile("[\\w-]+(@[\\w.-]+)*");
  private static final List<String> HEADER_KEYS = List.of("name", "seed", "out");

  /** The keys of a pipeline besides its stages. */
  record Header(
      @Key(def = "pipeline", doc = "what the report calls it") String name,
      @Key(def = "1", doc = "decides every random number") long seed,
      @Key(def = "runs/pipeline", doc = "the folder that everything is written to") String out) {}

  private final Header header;
  private final Path out;
  private final List<StageKind.Stage> stages;
  private final String yaml;
  private final boolean alone;
  private final Map<String, Sweep.Variant> variants;

  private Pipeline(
      Header header,
      List<StageKind.Stage> stages,
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
    List<StageKind.Stage> stages = new ArrayList<>();
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
    for (StageKind.Stage stage : stages) {
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
    StageKind.Stage stage = KINDS.get(kind).bind(kind, kind, OptionalLong.empty(), body);
    Header bound = header.bind(Header.class);
    return new Pipeline(
        bound,
        List.of(stage),
        Config.toYaml(bound) + Config.toYaml(stage.config()),
        true,
        Map.of());
  }

  private static StageKind.Stage stage(String name, ConfigTree tree) {
    String kind = tree.has("stage") ? tree.get("stage").text() : name;
    if (!STAGE_NAME.matcher(name).matches()) {
      throw tree.error(
          "stage '" + name + "' becomes a folder: its name may have letters, digits, '_' and '-'");
    }
    StageKind<?> known = KINDS.get(kind);
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
    MemoryPlan plan = new MemoryPlan(bytesPerNumber(), availableBytes, models);
    return stages.stream()
        .map(
            stage ->
                inItsPrecision(stage, () -> plan.add(stage.name(), stage.kind(), stage.config())))
        .toList();
  }

  /** The key {@code dtype} of a training says more than the option of that name. */
  private static <T> T inItsPrecision(StageKind.Stage stage, Supplier<T> body) {
    Optional<Precision> wanted =
        stage.config() instanceof TrainingConfig.Keys keys ? keys.dtype() : Optional.empty();
    return wanted.isPresent()
        ? Engine.within(wanted.get().name().toLowerCase(Locale.ROOT), body)
        : body.get();
  }

  /** The effective, complete configuration: what {@code config.yaml} holds. */
  String yaml() {
    return yaml;
  }

  /**
   * An estimate of each stage's time, from the same and what the machine can do.
   *
   * @param models finds models that no stage makes
   * @param rate of this machine, or of another that is thought of
   */
  public List<StageTime> time(ModelFinder models, EngineRate rate) {
    PlannedModels planned = new PlannedModels(models);
    MemoryPlan made = new MemoryPlan(bytesPerNumber(), Long.MAX_VALUE, planned);
    TimePlan plan = new TimePlan(planned, rate, bytesPerNumber());
    List<StageTime> times = new ArrayList<>();
    for (StageKind.Stage stage : stages) {
      inItsPrecision(stage, () -> made.add(stage.name(), stage.kind(), stage.config()));
      times.add(plan.add(stage.name(), stage.kind(), stage.config()));
    }
    return times;
  }

  private static int bytesPerNumber() {
    return Engine.dtype().equals("float64") ? 8 : 4;
  }

  /**
   * Checks every key of every stage as a run does, and runs nothing; data need not be there yet.
   *
   * @return what to know that is no mistake
   */
  public List<String> check(ModelFinder models) {
    return plan(models, true);
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
    World world = World.current();
    world.first(
        () -> {
          checkFolder(resume);
          plan(models, false);
        });
    if (!world.isFirst()) {
      // What had to be downloaded is there now.
      plan(models, false);
    }
    boolean existed = Files.exists(out);
    boolean fresh = !existed || isEmpty(out);
    List<String> finished = new ArrayList<>();
    try {
      return run(resume, progress, models, finished);
    } catch (InputException e) {
      if (world.isFirst()
          && fresh
          && finished.isEmpty()
          && !hasCheckpoint(out)
          && !RunDirectory.isHeld(out)) {
        // Nothing is lost: the next try, with better input, may use the same folder.
        removeContents(out);
        if (!existed) {
          remove(out);
        }
      }
      throw e;
    }
  }

  private List<String> plan(ModelFinder models, boolean dry) {
    Plan plan = new Plan(stages.stream().map(StageKind.Stage::name).toList(), alone, models, dry);
    for (StageKind.Stage stage : stages) {
      plan.enter(stage.name());
      plan.leave(stage.planner().apply(plan));
    }
    return plan.notes();
  }

  private JsonNode run(
      boolean resume, Progress progress, ModelFinder models, List<String> finished) {
    long start = System.nanoTime();
    if (alone) {
      StageKind.Stage stage = stages.get(0);
      inItsPrecision(stage, () -> run(stage, List.of(), resume, progress, models));
      finished.add(stages.get(0).name());
    } else {
      runAll(resume, progress, models, finished);
    }
    ObjectNode summary = JSON.createObjectNode().put("status", "ok");
    summary.put("seconds", (System.nanoTime() - start) / 1e9);
    summary.put("peak_rss_mb", Memory.peakMegabytes());
    summary.put("report", out.resolve("report.html").toString());
    if (!World.current().isFirst()) {
      return summary;
    }
    for (StageKind.Stage stage : stages) {
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
        StageProgress shown = new StageProgress(estimates(models), progress);
        for (int i = 0; i < stages.size(); i++) {
          StageKind.Stage stage = stages.get(i);
          shown.begin(i, stages.size(), stage.name(), stage.kind());
          List<String> earlier = List.copyOf(finished);
          JsonNode row = inItsPrecision(stage, () -> run(stage, earlier, resume, progress, models));
          if (row.has("seconds")) {
            shown.end(i, row.get("seconds").asDouble());
          }
          list.add(row);
          run.put("stages", list);
          finished.add(stage.name());
        }
      } catch (RuntimeException e) {
        run.failed(e);
        throw e;
      }
      run.finish();
    }
  }

  /** A core's, roughly: the first stages that compute correct it. */
  private static final EngineRate USUAL_RATE = new EngineRate(2e10, 1e10);

  /** Nothing where the time cannot be told: that must never end a run. */
  private List<StageTime> estimates(ModelFinder models) {
    try {
      return time(models, USUAL_RATE);
    } catch (RuntimeException e) {
      return List.of();
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

  private Path folder(StageKind.Stage stage) {
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
      StageKind.Stage stage,
      List<String> earlier,
      boolean resume,
      Progress progress,
      ModelFinder models) {
    Path folder = folder(stage);
    ObjectNode row = JSON.createObjectNode().put("name", stage.name()).put("kind", stage.kind());
    World world = World.current();
    if (world.agreed(resume && isFinished(folder))) {
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
        StageContext context = new StageContext(out, earlier, seed, run, progress, models);
        if (StageKind.TOGETHER.contains(stage.config().getClass())) {
          stage.body().accept(context);
          world.first(() -> finish(run));
        } else {
          world.first(
              () -> {
                stage.body().accept(context);
                finish(run);
              });
        }
      } catch (RuntimeException | OutOfMemoryError e) {
        RuntimeException told =
            OutOfMemory.is(e) ? outOfMemory(stage, e, models) : (RuntimeException) e;
        run.failed(told);
        throw told;
      }
    }
    return row.put("status", "ok").put("seconds", (System.nanoTime() - start) / 1e9);
  }

  /** What was asked for, and the smallest change of the configuration that asks for less. */
  private OutOfMemoryException outOfMemory(
      StageKind.Stage stage, Throwable failure, ModelFinder models) {
    long available = Memory.availableMegabytes() << 20;
    String advice = "";
    try {
      int place = stages.indexOf(stage);
      StageMemory planned = memory(available, models).get(place);
      // Where the plan was too hopeful, less than it counted is wanted.
      long wanted = Math.min(available, planned.peakBytes() - 1);
      advice = memory(wanted, models).get(place).advice().orElse("");
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
    return new OutOfMemoryException(stage.name(), failure, available >> 20, advice);
  }

  private void finish(RunDirectory run) {
    ModelCard.ofRun(run, out);
    run.finish();
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
