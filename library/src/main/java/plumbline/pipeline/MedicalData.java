package plumbline.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import plumbline.config.Key;
import plumbline.data.Demonstration;
import plumbline.data.Dialogue;
import plumbline.data.Split;
import plumbline.data.clinic.Clinic;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Estimate;
import plumbline.data.exhibit.Exhibits;
import plumbline.data.exhibit.Figure;
import plumbline.data.exhibit.Plot;
import plumbline.data.exhibit.Table;
import plumbline.data.format.DataFolderWriter;
import plumbline.data.format.Faults;
import plumbline.data.format.Imported;
import plumbline.data.format.Importer;
import plumbline.data.format.RowFiles;
import plumbline.data.prepare.Funnel;
import plumbline.data.prepare.MedicalSet;
import plumbline.data.stats.TokenCount;
import plumbline.text.Tokenizer;

/**
 * Doctors' dialogues as demonstrations, prepared as {@code data prepare medical} does: files of any
 * known form, or the visits of the built-in clinic.
 */
final class MedicalData {
  private static final String SECTION = "Dialogues and their preparation";

  /** The keys of the preparation. */
  record Config(
      @Key(def = "2", min = 2, doc = "dialogues with fewer messages, after merging, are left out")
          int minUtterances,
      @Key(def = "8", min = 1, doc = "most messages of a prompt, the latest") int maxMessages,
      @Key(def = "512", min = 2, doc = "most tokens of a demonstration") int maxTokens,
      @Key(
              def = "filter",
              doc = "what happens to longer ones: left out, or cut by their oldest messages")
          MedicalSet.TooLong tooLong,
      @Key(def = "", doc = "the model whose tokenizer counts; without it an estimate from words")
          Optional<String> tokenizer) {}

  private final Config config;
  private final StageContext context;
  private final Path folder;

  MedicalData(Config config, StageContext context) {
    this.config = config;
    this.context = context;
    this.folder = context.run().path().resolve("prepared");
  }

  /**
   * The demonstrations of files.
   *
   * @param summary takes {@code prepared}, what the preparation says of itself
   */
  Imported<Demonstration> ofFiles(Path source, ObjectNode summary) {
    context.run().readsData(source);
    return prepared(source, summary);
  }

  /**
   * The demonstrations of the clinic's visits, which say in their meta to which side they belong.
   */
  List<Demonstration> ofClinic(Clinic clinic, int train, int test, ObjectNode summary) {
    List<Dialogue> visits =
        Stream.concat(
                clinic.dialogues(Split.TRAIN, train).stream(),
                clinic.dialogues(Split.TEST, test).stream())
            .toList();
    Path file = context.run().path().resolve("visits.jsonl");
    RowFiles.write(file, visits);
    return prepared(file, summary).rows();
  }

  /** Whether a demonstration of the clinic belongs to a side. */
  static boolean isOf(Split side, Demonstration row) {
    return side.name().toLowerCase(Locale.ROOT).equals(row.meta().get("split"));
  }

  private Imported<Demonstration> prepared(Path source, ObjectNode summary) {
    if (config.tokenizer().isEmpty()) {
      return prepared(source, TokenCount.estimate(), summary);
    }
    String name = config.tokenizer().get();
    try (Tokenizer tokenizer = Tokenizer.load(context.model(name))) {
      TokenCount count = new TokenCount(name, text -> tokenizer.encodeOrdinary(text).length);
      return prepared(source, count, summary);
    }
  }

  private Imported<Demonstration> prepared(Path source, TokenCount count, ObjectNode summary) {
    MedicalSet set =
        new MedicalSet(
            new MedicalSet.Config(
                config.minUtterances(),
                config.maxMessages(),
                config.maxTokens(),
                config.tooLong(),
                context.seed()),
            count);
    Importer importer = new Importer(Optional.empty(), Map.of(), Faults.COUNT);
    try (DataFolderWriter writer = DataFolderWriter.to(folder, false)) {
      ObjectNode prepared = set.run(List.of(source), importer, writer, (bytes, total, rows) -> {});
      prepared.remove("import");
      summary.set("prepared", prepared);
    }
    context.run().exhibits(exhibits(set, count));
    return RowFiles.readDemonstrations(folder.resolve("demonstrations.jsonl"));
  }

  /** The histograms before and after merging, and what each step left out and why. */
  private static Exhibits exhibits(MedicalSet set, TokenCount count) {
    List<Figure> figures = new ArrayList<>();
    for (plumbline.data.stats.Figure bars : set.figures()) {
      List<Plot.Named> named =
          bars.bars().stream()
              .map(bar -> new Plot.Named(bar.label(), Estimate.of(bar.value())))
              .toList();
      figures.add(
          Figure.of(
                  bars.title().replace(' ', '-'),
                  "Dialogue length in " + bars.title(),
                  new Plot.Bars("dialogues", named))
              .under(SECTION));
    }
    List<List<Cell>> rows = new ArrayList<>();
    for (Funnel step : set.steps()) {
      JsonNode json = step.json();
      rows.add(row(step.name(), "in", step.rowsIn()));
      json.get("notes")
          .properties()
          .forEach(note -> rows.add(row(step.name(), note.getKey(), note.getValue().asLong())));
      json.get("reasons")
          .properties()
          .forEach(
              reason ->
                  rows.add(
                      row(
                          step.name(),
                          "left out: " + reason.getKey(),
                          reason.getValue().asLong())));
      rows.add(row(step.name(), "kept", step.kept()));
    }
    Table table =
        Table.of("preparation", "What the preparation did", List.of("step", "what", "count"), rows)
            .noted("Lengths in tokens: " + count.name() + ".")
            .under(SECTION);
    return new Exhibits(List.of(table), figures, List.of());
  }

  private static List<Cell> row(String step, String what, long count) {
    return List.of(Cell.words(step), Cell.words(what), Cell.number((double) count));
  }
}
