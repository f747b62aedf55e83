package plumbline.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.pipeline.Pipeline;

/** Runs the stages of a pipeline. */
@Command(name = "run", description = "Run the stages of a pipeline, one after the other.")
final class RunCommand implements Action {
  @Parameters(paramLabel = "PIPELINE.yaml", description = "The pipeline's configuration.")
  private Path file;

  @Option(
      names = "--resume",
      description = "Go on in the run's folder; finished stages are skipped.")
  private boolean resume;

  @Mixin private SizeOptions sizes = new SizeOptions();

  @Mixin private RunOptions options = new RunOptions();
  @Mixin private TrackOptions tracking = new TrackOptions();

  @Override
  public int run(Console console) {
    ConfigTree tree = options.applyTo(sizes.choose(Config.read(file)));
    return run(Pipeline.of(options.headed(tree)), options, tracking, resume, console);
  }

  /** Runs a pipeline and prints what came of it. */
  static int run(
      Pipeline pipeline,
      RunOptions options,
      TrackOptions tracking,
      boolean resume,
      Console console) {
    options.configureEngine();
    JsonNode summary;
    try (Console.Shown shown = console.show(pipeline.out());
        TrackOptions.Following told = tracking.follow(pipeline.out(), console)) {
      summary = pipeline.run(resume, console.progress(), console.models());
    }
    ResultTable.of(summary).forEach(console::say);
    console.say("report: " + summary.get("report").asText());
    console.result(summary);
    return ExitCode.DONE;
  }
}
