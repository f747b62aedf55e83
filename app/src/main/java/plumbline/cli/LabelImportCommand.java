package plumbline.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import plumbline.InputException;
import plumbline.annotation.exchange.ItemImport;
import plumbline.annotation.form.Questions;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.LabelStore;
import plumbline.annotation.store.Project;
import plumbline.data.Kind;
import plumbline.data.format.Formats;

/** Brings items into a labelling project. */
@Command(
    name = "import",
    description = "Bring items of a file of any known form into a labelling project.")
final class LabelImportCommand implements Action {
  @Parameters(index = "0", paramLabel = "PROJECT", description = "The project's name.")
  private String project;

  @Parameters(
      index = "1",
      paramLabel = "FILE",
      description =
          "Rows of items, or of any format that 'plumbline data formats' shows; .jsonl, .json, .csv,"
              + " .parquet, .gz of them.")
  private Path file;

  @Mixin private DatabaseOption database = new DatabaseOption();

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "The file's format; default: found out from its first rows.")
  private String format;

  @Option(
      names = "--kind",
      paramLabel = "KIND",
      description =
          "Take these rows only: prompts, dialogues, demonstrations, pairs, rankings or ratings.")
  private String kind;

  @Option(
      names = "--gold",
      description = "What rows of pairs and rankings prefer is the right answer.")
  private boolean gold;

  @Option(
      names = "--strict",
      description = "Stop at the first row that cannot be used, and add nothing.")
  private boolean strict;

  @Option(
      names = "--rejects",
      paramLabel = "FILE",
      description = "Where rows that cannot be used are kept; default: FILE.rejects.jsonl.")
  private Path rejects;

  @Override
  public int run(Console console) {
    ItemImport.Choice choice =
        new ItemImport.Choice(
            Optional.ofNullable(format).map(Formats::named),
            Optional.ofNullable(kind).map(LabelImportCommand::kind),
            strict,
            gold);
    Path left =
        rejects == null ? file.resolveSibling(file.getFileName() + ".rejects.jsonl") : rejects;
    try (LabelStore store = database.open(console)) {
      Project to = database.project(store, project);
      ObjectNode summary =
          ItemImport.run(
              file,
              Questions.parse(to.settings().questions(), "questions"),
              choice,
              Optional.of(left),
              items -> store.items().add(Actor.SYSTEM, to.id(), items.iterator()));
      say(summary, console);
      summary.put("project", project);
      console.result(summary);
    }
    return ExitCode.DONE;
  }

  static Kind kind(String name) {
    return Kind.of(name)
        .orElseThrow(
            () -> new InputException("no kind '" + name + "'; wanted one of " + Kind.names()));
  }

  private static void say(ObjectNode summary, Console console) {
    console.say(
        "format %s: %s items, %s added, %s already there, %s rows rejected"
            .formatted(
                summary.get("format").asText(),
                summary.get("items"),
                summary.get("added"),
                summary.get("already_there"),
                summary.get("rejected")));
    summary
        .get("reasons")
        .properties()
        .forEach(e -> console.say("rejected: " + e.getKey() + ": " + e.getValue()));
    if (summary.has("rejects_file")) {
      console.say(
          "the first: "
              + summary.get("first_reject").asText()
              + "; all: "
              + summary.get("rejects_file").asText());
    }
  }
}
