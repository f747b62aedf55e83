package plumbline.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import plumbline.InputException;
import plumbline.config.Key;
import plumbline.data.Kind;
import plumbline.data.Message;
import plumbline.data.Prompt;
import plumbline.data.Split;
import plumbline.data.clean.SplitConfig;
import plumbline.data.clean.Splitter;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Exhibits;
import plumbline.data.exhibit.Table;
import plumbline.data.format.DataFolder;
import plumbline.data.format.DataFolderWriter;
import plumbline.data.format.RowFiles;
import plumbline.eval.Slice;

/**
 * Prompts of several data sets drawn for tuning, for the last evaluation and for people, so that no
 * prompt, nor one much like it, is in two of the samples.
 */
final class SamplesStage {
  private static final String PROMPTS = "prompts.test.jsonl";
  private static final String POOL = "pool";
  private static final String SETS = "sets";

  /** The keys of a stage of samples. */
  record Config(
      @Key(
              doc =
                  "where prompts come from, by the name of the data set that tables will show:"
                      + " {helpful: {data: STAGE}}")
          Map<String, Source> from,
      @Key(def = "50", min = 0, doc = "prompts to tune settings on") int tuningEval,
      @Key(def = "100", min = 0, doc = "prompts of the last evaluation") int finalEval,
      @Key(def = "20", min = 0, doc = "prompts for people to judge answers to") int humanEval,
      @Key(
              def = "0.8",
              min = 0.01,
              max = 1,
              doc =
                  "least similarity of prompts that must not be in two samples; empty: only equal"
                      + " ones")
          OptionalDouble near) {
    Config {
      if (from.isEmpty()) {
        throw new IllegalArgumentException("'from' names no data set; wanted {name: {data: ..}}");
      }
      if (tuningEval + finalEval + humanEval == 0) {
        throw new IllegalArgumentException(
            "tuning_eval, final_eval and human_eval are all 0, wanted one above");
      }
    }

    /** Prompts wanted, by sample. */
    private Map<String, Integer> wanted() {
      Map<String, Integer> wanted = new LinkedHashMap<>();
      wanted.put("tuning_eval", tuningEval);
      wanted.put("final_eval", finalEval);
      wanted.put("human_eval", humanEval);
      wanted.values().removeIf(n -> n == 0);
      return wanted;
    }
  }

  /** The keys of a data set that prompts come from. */
  record Source(
      @Key(doc = "prompts: an earlier stage or a folder") String data,
      @Key(def = "test", doc = "of which side of its split") Split side,
      @Key(def = "", min = 1, doc = "most prompts taken from it, the first ones; without it all")
          OptionalInt most) {

    private String side(String kind) {
      return kind + "." + side.name().toLowerCase(Locale.ROOT) + ".jsonl";
    }
  }

  private SamplesStage() {}

  /** Checks what it names before any stage runs. */
  static Plan.Made plan(Config config, Plan plan) {
    for (Source source : config.from().values()) {
      plan.checkData(source.data(), "prompts", source.side().name().toLowerCase(Locale.ROOT));
    }
    config.wanted().keySet().forEach(set -> plan.offer(set, Plan.Made.data(Set.of("prompts"))));
    return new Plan.Made(Plan.Kind.NUMBERS, Set.of(), OptionalInt.empty());
  }

  static void run(Config config, StageContext context) {
    Path run = context.run().path();
    Path pool = made(run.resolve(POOL));
    RowFiles.write(pool.resolve("prompts.jsonl"), pool(config, context));
    SplitConfig all =
        new SplitConfig(
            1,
            0,
            config.near(),
            config.tuningEval(),
            config.finalEval(),
            config.humanEval(),
            Slice.DATASET.key(),
            OptionalInt.empty(),
            Map.of());
    ObjectNode summary;
    try (DataFolderWriter sets = DataFolderWriter.to(run.resolve(SETS), false)) {
      summary = new Splitter(all).run(List.of(DataFolder.open(pool)), sets, (stage, share) -> {});
      sets.finish(DataFolder.SPLIT, summary);
    }
    config.wanted().forEach((set, wanted) -> put(set, wanted, run, context));
    context.run().summary(summary);
    context.run().exhibits(exhibits(config, summary));
  }

  /** Every prompt once, with the name of its data set. */
  private static List<Prompt> pool(Config config, StageContext context) {
    List<Prompt> pool = new ArrayList<>();
    Set<List<Message>> seen = new HashSet<>();
    config
        .from()
        .forEach(
            (dataset, source) -> {
              int before = pool.size();
              int most = source.most().orElse(Integer.MAX_VALUE);
              for (Prompt prompt :
                  context.rows(source.data(), source.side("prompts"), RowFiles::readPrompts)) {
                if (pool.size() - before < most && seen.add(prompt.messages())) {
                  Map<String, String> meta = new TreeMap<>(prompt.meta());
                  meta.put(Slice.DATASET.key(), dataset);
                  pool.add(prompt.withMeta(meta));
                }
              }
            });
    return pool;
  }

  private static void put(String set, int wanted, Path run, StageContext context) {
    Path from = run.resolve(SETS).resolve(set);
    if (!Files.isDirectory(from)) {
      throw new InputException(
          set + ": no prompt was left for it; give the stage more prompts, or fewer samples");
    }
    List<Prompt> prompts = new ArrayList<>();
    DataFolder.open(from).forEach(Kind.PROMPTS, row -> prompts.add((Prompt) row));
    if (prompts.size() < wanted) {
      context
          .run()
          .warn(
              "%s has %d prompts, wanted %d: the data sets have too few that are not alike"
                  .formatted(set, prompts.size(), wanted));
    }
    RowFiles.write(made(run.resolve(set)).resolve(PROMPTS), prompts);
  }

  private static Path made(Path folder) {
    try {
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Exhibits exhibits(Config config, JsonNode summary) {
    List<String> datasets = List.copyOf(config.from().keySet());
    List<String> columns = new ArrayList<>(List.of("sample", "prompts"));
    columns.addAll(datasets);
    List<List<Cell>> rows = new ArrayList<>();
    for (String set : config.wanted().keySet()) {
      List<Cell> row = new ArrayList<>(List.of(Cell.words(set)));
      row.add(Cell.number(summary.at("/sets/" + set + "/prompts").asInt()));
      datasets.forEach(
          dataset ->
              row.add(
                  Cell.number(
                      summary.path("samples").path(set).path("strata").path(dataset).asInt())));
      rows.add(row);
    }
    List<List<Cell>> overlap = new ArrayList<>();
    summary
        .path("overlap")
        .properties()
        .forEach(
            pair ->
                overlap.add(
                    List.of(Cell.words(pair.getKey()), Cell.number(pair.getValue().asDouble()))));
    return new Exhibits(
        List.of(
            Table.of("samples", "Prompts of each sample", columns, rows)
                .noted(
                    "Drawn from each data set; prompts near one of another sample are left out."),
            Table.of("overlap", "Prompts in two samples", List.of("samples", "prompts"), overlap)),
        List.of(),
        List.of());
  }
}
