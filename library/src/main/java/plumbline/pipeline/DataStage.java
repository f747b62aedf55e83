package plumbline.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import plumbline.InputException;
import plumbline.config.Key;
import plumbline.data.Demonstration;
import plumbline.data.Example;
import plumbline.data.HashSplit;
import plumbline.data.Kind;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;
import plumbline.data.RankedResponses;
import plumbline.data.RatedResponse;
import plumbline.data.Split;
import plumbline.data.clinic.Annotator;
import plumbline.data.clinic.Clinic;
import plumbline.data.format.HhRlhf;
import plumbline.data.format.Imported;
import plumbline.data.format.MtsDialog;
import plumbline.data.format.Reject;
import plumbline.data.format.RowFiles;
import plumbline.data.prepare.LabelWeights;

/**
 * Brings data into the forms that training reads: {@code demonstrations}, {@code pairs}, {@code
 * rankings}, {@code ratings} and {@code prompts}, each with a {@code train} and a {@code test}
 * file.
 */
final class DataStage {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The kinds of rows that a folder may hold. */
  private static final List<String> KINDS =
      List.of("demonstrations", "pairs", "rankings", "ratings", "prompts");

  /** Where data comes from. */
  enum Format {
    /** The built-in world of doctor-patient dialogues. */
    CLINIC,
    /** Anthropic's preference pairs. */
    HH_RLHF,
    /** MTS-Dialog's visits: demonstrations without pairs. */
    MTS_DIALOG,
    /** Doctors' dialogues of any known form, or the clinic's visits: see {@link MedicalData}. */
    MEDICAL,
    /**
     * A folder of demonstrations.jsonl, pairs.jsonl, rankings.jsonl, ratings.jsonl, prompts.jsonl.
     */
    JSONL,
    /** Open-Assistant's trees of messages. */
    OASST,
    /** Files of any form that {@code data import} knows. */
    FILES
  }

  /** The keys of a data stage. */
  record Config(
      @Key(doc = "where the data comes from") Format format,
      @Key(
              def = "",
              doc =
                  "file or folder, for all formats but clinic; medical takes the clinic's visits"
                      + " without")
          Optional<String> path,
      @Key(def = "[helpful-base]", doc = "files of hh_rlhf taken from a folder")
          List<String> subsets,
      @Key(def = "0.1", min = 0, max = 1, doc = "share of the prompts kept for tests")
          double testShare,
      @Key(def = "4000", min = 1, doc = "most demonstrations") int demonstrations,
      @Key(def = "4000", min = 1, doc = "most pairs") int pairs,
      @Key(def = "4000", min = 1, doc = "most rankings") int rankings,
      @Key(def = "4000", min = 1, doc = "most ratings") int ratings,
      @Key(def = "2000", min = 1, doc = "most prompts") int prompts,
      @Key(def = "400", min = 1, doc = "most test rows of each kind") int testRows,
      @Key(def = "4", min = 2, doc = "responses of each of the clinic's rankings") int responses,
      @Key(def = "0.0", min = 0, max = 1, doc = "share of the clinic's labels that are flipped")
          double flip,
      @Key(
              def = "0.0",
              min = 0,
              doc = "standard deviation of the noise on the clinic's ratings, which are in [0, 1]")
          double ratingNoise,
      @Key(
              def = "[0.1, 0.85]",
              doc = "least and most care with which the clinic's doctors reply, each in [0, 1]")
          List<Double> care,
      @Key(def = "[]", doc = "languages of oasst's rankings, ratings and prompts; empty for all")
          List<String> languages,
      @Key(
              def = "",
              doc =
                  "weights of oasst's labels, whose sum is the rating, below 0 for what is bad;"
                      + " without it quality alone")
          Map<String, Double> labels,
      @Key(
              def = "false",
              doc =
                  "where oasst's replies have no labels, rates them by their place among their"
                      + " siblings: 1 for the best, 0 for the last")
          boolean rateByPlace,
      @Key(
              def = "[demonstrations, prompts]",
              doc = "kinds of rows that are taken from files of any known form")
          List<Kind> kinds,
      @Key MedicalData.Config medical) {
    Config {
      if (care.size() != 2) {
        throw new IllegalArgumentException("'care' is " + care + ", wanted [least, most]");
      }
      if (format == Format.CLINIC && path.isPresent()) {
        throw new IllegalArgumentException("the clinic is built in, it has no 'path'");
      }
      if (format != Format.CLINIC && format != Format.MEDICAL && path.isEmpty()) {
        throw new IllegalArgumentException(
            "'path' is missing: the file or folder of format '"
                + format.name().toLowerCase(Locale.ROOT)
                + "'; give it here or with --set data.path=PATH");
      }
    }
  }

  private final Config config;
  private final StageContext context;
  private final ObjectNode summary = JSON.createObjectNode();

  private DataStage(Config config, StageContext context) {
    this.config = config;
    this.context = context;
  }

  /** Checks what it names before any stage runs. */
  static Plan.Made plan(Config config, Plan plan) {
    if (plan.isDry() && !Files.exists(Path.of(config.path().orElse("")))) {
      plan.note("there is no " + config.path().orElse("") + " yet; as many rows as the keys allow");
    } else {
      check(config);
    }
    config
        .medical()
        .tokenizer()
        .ifPresent(name -> plan.model("medical.tokenizer", name, Plan.MODELS));
    return Plan.Made.data(rowsPlanned(config));
  }

  static void run(Config config, StageContext context) {
    DataStage stage = new DataStage(config, context);
    switch (config.format()) {
      case CLINIC -> stage.clinic();
      case HH_RLHF -> stage.hhRlhf();
      case MTS_DIALOG -> stage.mtsDialog();
      case MEDICAL -> stage.medical();
      case JSONL -> stage.jsonl();
      case OASST -> stage.oasst();
      case FILES -> stage.files();
    }
    context.run().summary(stage.summary);
  }

  /** The built-in world with doctors of the care that the stage names. */
  private static Clinic clinic(Config config, long seed) {
    return new Clinic(seed, config.care().get(0), config.care().get(1));
  }

  private void clinic() {
    Clinic clinic = clinic(config, context.seed());
    Annotator annotator = new Annotator(0, config.flip(), config.ratingNoise());
    for (Split side : Split.values()) {
      IntUnaryOperator count = most -> side == Split.TRAIN ? most : config.testRows();
      int rankings = count.applyAsInt(config.rankings());
      write(
          "demonstrations",
          side,
          clinic.demonstrations(side, count.applyAsInt(config.demonstrations())));
      write("pairs", side, clinic.pairs(side, count.applyAsInt(config.pairs()), annotator));
      write("rankings", side, clinic.rankings(side, rankings, config.responses(), annotator));
      write("ratings", side, clinic.ratings(side, count.applyAsInt(config.ratings()), annotator));
      write("prompts", side, clinic.prompts(side, count.applyAsInt(config.prompts())));
    }
  }

  private void hhRlhf() {
    Path path = source();
    HhRlhf.files(path, config.subsets()).stream()
        .filter(Files::isRegularFile)
        .forEach(context.run()::readsData);
    Imported<PreferencePair> pairs = counted("pairs", HhRlhf.pairs(path, config.subsets()));
    Imported<Demonstration> demonstrations =
        counted("demonstrations", HhRlhf.demonstrations(path, config.subsets()));
    split(new SourceRows(demonstrations.rows(), pairs.rows(), List.of(), List.of(), List.of()));
  }

  private void mtsDialog() {
    Path file = source();
    Imported<Demonstration> demonstrations =
        counted("demonstrations", MtsDialog.demonstrations(file));
    context.run().readsData(file);
    split(new SourceRows(demonstrations.rows(), List.of(), List.of(), List.of(), List.of()));
  }

  private void medical() {
    MedicalData data = new MedicalData(config.medical(), context);
    if (config.path().isPresent()) {
      Path source = source();
      Imported<Demonstration> rows = counted("demonstrations", data.ofFiles(source, summary));
      split(new SourceRows(rows.rows(), List.of(), List.of(), List.of(), List.of()));
      return;
    }
    List<Demonstration> rows =
        data.ofClinic(
            clinic(config, context.seed()), config.demonstrations(), config.testRows(), summary);
    for (Split side : Split.values()) {
      List<Demonstration> ofSide =
          rows.stream().filter(row -> MedicalData.isOf(side, row)).toList();
      write("demonstrations", side, first("demonstrations", ofSide, side, config.demonstrations()));
      List<Prompt> prompts =
          new SourceRows(ofSide, List.of(), List.of(), List.of(), List.of()).allPrompts();
      write("prompts", side, first("prompts", prompts, side, config.prompts()));
    }
  }

  private void jsonl() {
    Path folder = source();
    split(
        new SourceRows(
            optional(folder, "demonstrations", RowFiles::readDemonstrations),
            optional(folder, "pairs", RowFiles::readPairs),
            optional(folder, "rankings", RowFiles::readRankings),
            optional(folder, "ratings", RowFiles::readRatings),
            optional(folder, "prompts", RowFiles::readPrompts)));
  }

  private void oasst() {
    Path path = source();
    readsAll(path);
    LabelWeights labels =
        config.labels().isEmpty()
            ? LabelWeights.quality()
            : new LabelWeights(new TreeMap<>(config.labels()));
    split(
        rows(
            ForeignRows.ofTrees(
                path,
                context.run().path().resolve("trees"),
                Set.copyOf(config.languages()),
                labels,
                config.rateByPlace(),
                summary)));
  }

  private void files() {
    Path path = source();
    readsAll(path);
    split(rows(ForeignRows.ofFiles(path, Set.copyOf(config.kinds()), summary)));
  }

  private void readsAll(Path path) {
    if (Files.isRegularFile(path)) {
      context.run().readsData(path);
    }
  }

  private static SourceRows rows(ForeignRows found) {
    return new SourceRows(
        found.demonstrations(), found.pairs(), found.rankings(), found.ratings(), found.prompts());
  }

  private <T> List<T> optional(Path folder, String kind, Function<Path, Imported<T>> reader) {
    Path file = jsonl(folder, kind);
    if (!Files.exists(file)) {
      return List.of();
    }
    context.run().readsData(file);
    return counted(kind, reader.apply(file)).rows();
  }

  /** The kinds of rows that the stage will write, as far as the files' names tell. */
  static Set<String> rows(Config config) {
    Set<String> rows = new LinkedHashSet<>(List.of("prompts"));
    switch (config.format()) {
      case CLINIC -> rows.addAll(KINDS);
      case HH_RLHF -> rows.addAll(List.of("demonstrations", "pairs"));
      case MTS_DIALOG, MEDICAL -> rows.add("demonstrations");
      case JSONL ->
          KINDS.stream()
              .filter(kind -> Files.exists(jsonl(Path.of(config.path().orElseThrow()), kind)))
              .forEach(rows::add);
      case OASST -> {
        rows.addAll(List.of("demonstrations", "rankings"));
        if (config.rateByPlace() || !config.labels().isEmpty()) {
          rows.add("ratings");
        }
      }
      case FILES -> config.kinds().forEach(kind -> rows.add(kind.plural()));
    }
    return rows;
  }

  /** As {@link #rows}, of all kinds where there is no folder yet. */
  static Set<String> rowsPlanned(Config config) {
    boolean missing = config.path().isPresent() && !Files.exists(Path.of(config.path().get()));
    return missing && config.format() == Format.JSONL ? new LinkedHashSet<>(KINDS) : rows(config);
  }

  private static Path jsonl(Path folder, String kind) {
    return folder.resolve(kind + ".jsonl");
  }

  private Path source() {
    Path path = Path.of(config.path().orElseThrow());
    check(config);
    return path;
  }

  /**
   * Checks that there is something to read.
   *
   * @throws InputException if there is not
   */
  static void check(Config config) {
    Path path = config.path().map(Path::of).orElse(Path.of(""));
    if (!Files.exists(path)) {
      throw new InputException(
          path + ": there is no such file or folder; set data.path with --set data.path=PATH");
    }
    if (config.format() == Format.JSONL && !Files.isDirectory(path)) {
      throw new InputException(
          path
              + ": is a file, wanted a folder with demonstrations.jsonl, pairs.jsonl,"
              + " rankings.jsonl, ratings.jsonl or prompts.jsonl");
    }
    if (config.format() == Format.JSONL
        && KINDS.stream().noneMatch(kind -> Files.exists(jsonl(path, kind)))) {
      throw empty(path.toString());
    }
  }

  private static InputException empty(String path) {
    return new InputException(path + ": the data set is empty; wanted at least one usable row");
  }

  private <T> Imported<T> counted(String kind, Imported<T> imported) {
    ObjectNode counts = summary.putObject("imported_" + kind);
    counts.put("rows_in", imported.rowsIn()).put("kept", imported.rows().size());
    counts.put("rejected", imported.rejects().size());
    ObjectNode reasons = counts.putObject("reasons");
    imported.rejectedByReason().forEach(reasons::put);
    ObjectNode notes = counts.putObject("notes");
    imported.notes().forEach(notes::put);
    if (!imported.rejects().isEmpty()) {
      StringBuilder lines = new StringBuilder();
      for (Reject reject : imported.rejects()) {
        lines
            .append(
                JSON.createObjectNode().put("place", reject.place()).put("reason", reject.reason()))
            .append('\n');
      }
      context.run().write("rejects." + kind + ".jsonl", lines.toString());
      context
          .run()
          .warn(
              imported.rejects().size()
                  + " of "
                  + imported.rowsIn()
                  + " rows for "
                  + kind
                  + " rejected: "
                  + imported.rejectedByReason());
    }
    return imported;
  }

  private void split(SourceRows rows) {
    List<Prompt> prompts = rows.allPrompts();
    if (prompts.isEmpty()) {
      throw empty(config.path().orElseThrow());
    }
    for (Split side : Split.values()) {
      split(
          "demonstrations",
          side,
          rows.demonstrations(),
          Demonstration::prompt,
          config.demonstrations());
      split("pairs", side, rows.pairs(), PreferencePair::prompt, config.pairs());
      split("rankings", side, rows.rankings(), RankedResponses::prompt, config.rankings());
      split("ratings", side, rows.ratings(), RatedResponse::prompt, config.ratings());
      split("prompts", side, prompts, Function.identity(), config.prompts());
    }
  }

  private <T extends Example> void split(
      String kind, Split side, List<T> rows, Function<T, Prompt> prompt, int most) {
    List<T> ofSide = new HashSplit(config.testShare()).select(side, rows, prompt);
    write(kind, side, first(kind, ofSide, side, most));
  }

  /** The first rows up to the configured number; how many more there were is in the summary. */
  private <T> List<T> first(String kind, List<T> rows, Split side, int most) {
    int kept = Math.min(rows.size(), side == Split.TRAIN ? most : config.testRows());
    if (kept < rows.size()) {
      summary.withObject("/beyond_limits").put(fileName(kind, side), rows.size() - kept);
    }
    return rows.subList(0, kept);
  }

  private static String fileName(String kind, Split side) {
    return kind + "." + side.name().toLowerCase(Locale.ROOT) + ".jsonl";
  }

  /** A file of no rows is not written: what a data set lacks is not there. */
  private void write(String kind, Split side, List<? extends Example> rows) {
    String name = fileName(kind, side);
    summary.put(name, rows.size());
    if (!rows.isEmpty()) {
      RowFiles.write(context.run().path().resolve(name), rows);
    }
  }
}
