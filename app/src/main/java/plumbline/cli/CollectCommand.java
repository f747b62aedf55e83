package plumbline.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import plumbline.InputException;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.judge.JudgeTemplates;
import plumbline.pipeline.Pipeline;

/** Collects preferences: hard prompts, responses, ratings, tasks for people. */
@Command(
    name = "collect",
    description = "Collect preferences in four steps: prompts, responses, ratings, people.")
final class CollectCommand implements Action {
  @Parameters(
      arity = "0..1",
      paramLabel = "FUNNEL.yaml",
      description = "The collection's configuration.")
  private Path file;

  @Option(
      names = "--resume",
      description = "Go on where a run was interrupted; nothing is asked or paid twice.")
  private boolean resume;

  @Option(
      names = "--templates",
      paramLabel = "DIR",
      description =
          "Only write the built-in criteria and examples of judges, by category, as files to edit.")
  private Path templates;

  @Mixin private RunOptions options = new RunOptions();
  @Mixin private TrackOptions tracking = new TrackOptions();

  @Override
  public int run(Console console) {
    if (templates != null) {
      return export(console);
    }
    if (file == null) {
      throw new InputException("there is no FUNNEL.yaml; wanted one, or --templates DIR");
    }
    ConfigTree tree = options.headed(options.applyTo(Config.read(file)));
    return RunCommand.run(Pipeline.ofStage("collect", tree), options, tracking, resume, console);
  }

  private int export(Console console) {
    List<String> written = JudgeTemplates.export(templates).stream().map(Path::toString).toList();
    console.say(
        written.size() + " files written below " + templates + "; files that were there stay");
    console.result(Map.of("templates", templates.toString(), "written", written));
    return ExitCode.DONE;
  }
}
