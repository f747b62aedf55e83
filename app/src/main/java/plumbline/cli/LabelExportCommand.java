package plumbline.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import plumbline.annotation.exchange.Export;
import plumbline.annotation.exchange.ProjectVotes;
import plumbline.annotation.exchange.Shape;
import plumbline.annotation.store.LabelStore;
import plumbline.data.AtomicFile;

/** Writes what people answered. */
@Command(
    name = "export",
    description = "Write a labelling project's votes, or what they become, while people work.")
final class LabelExportCommand implements Action {
  @Parameters(paramLabel = "PROJECT", description = "The project's name.")
  private String project;

  @Mixin private DatabaseOption database = new DatabaseOption();

  @Option(
      names = "--as",
      paramLabel = "SHAPE",
      required = true,
      description =
          "votes, items, merged, pairs, rankings, ratings, demonstrations, prompts, trl, oasst,"
              + " argilla or label-studio.")
  private String shape;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      description = "The file to write: .jsonl, or .gz of it; .json for label-studio.")
  private Path out;

  @Option(
      names = "--question",
      paramLabel = "ID",
      description = "Only what was answered to this question.")
  private String question;

  @Option(
      names = "--method",
      paramLabel = "NAME",
      description = "tideman, borda, kemeny, bradley-terry or majority; default: tideman.")
  private LabelMergeCommand.Method method = LabelMergeCommand.Method.tideman;

  @Option(
      names = "--ties",
      paramLabel = "RULE",
      description = "A tie within a vote: half for each, or slot-order; default: half.")
  private LabelMergeCommand.Ties ties = LabelMergeCommand.Ties.half;

  @Option(
      names = "--each",
      description = "A row per person's vote instead of what all say together.")
  private boolean each;

  @Option(
      names = "--kind",
      paramLabel = "KIND",
      description =
          "Of trl: pairs, rankings, ratings, demonstrations or prompts; default: the first that the"
              + " questions give.")
  private String kind;

  @Override
  public int run(Console console) {
    Export.Choice choice =
        new Export.Choice(
            Shape.of(shape),
            Optional.ofNullable(question),
            method.method(),
            ties.ties(),
            each,
            Optional.ofNullable(kind).map(LabelImportCommand::kind));
    ObjectNode[] summary = new ObjectNode[1];
    try (LabelStore store = database.open(console)) {
      ProjectVotes votes = ProjectVotes.now(store, database.project(store, project));
      Export.check(votes.questions(), choice);
      AtomicFile.write(out, stream -> summary[0] = Export.write(votes, choice, stream));
    }
    console.say(summary[0].get("rows") + " rows: " + out);
    if (summary[0].get("rejected").asInt() > 0) {
      console.say("left out as " + shape + " has no place for them: " + summary[0].get("reasons"));
    }
    if (summary[0].get("unreadable_votes").asInt() > 0) {
      console.warn(
          summary[0].get("unreadable_votes")
              + " votes do not fit the questions as they are now and are left out");
    }
    summary[0].put("out", out.toString());
    console.result(summary[0]);
    return ExitCode.DONE;
  }
}
