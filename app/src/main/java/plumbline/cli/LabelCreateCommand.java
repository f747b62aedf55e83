package plumbline.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import plumbline.annotation.exchange.ProjectFile;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.LabelStore;
import plumbline.annotation.store.Project;

/** Makes a labelling project. */
@Command(
    name = "create",
    description = "Make a labelling project of a file, or bring it up to date.")
final class LabelCreateCommand implements Action {
  @Parameters(paramLabel = "PROJECT.yaml", description = "The project: questions, guidelines.")
  private Path file;

  @Mixin private DatabaseOption database = new DatabaseOption();

  @Override
  public int run(Console console) {
    ProjectFile read = ProjectFile.read(file);
    database.makeFolder();
    try (LabelStore store = database.open(console)) {
      Project project = read.applyTo(store, Actor.SYSTEM);
      console.say(
          "project %s: %d questions, guidelines version %d"
              .formatted(project.slug(), read.asked().size(), project.guidelines()));
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("project", project.slug());
      document.put("title", project.title());
      document.put("state", project.state().key());
      document.put("guidelines", project.guidelines());
      document.put("settings", project.settings().toJson());
      console.result(document);
    }
    return ExitCode.DONE;
  }
}
