package plumbline.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.distributed.World;
import plumbline.hub.ModelFinder;
import plumbline.pipeline.Pipeline;
import plumbline.train.Memory;
import plumbline.train.Progress;

/** Runs the stages of a pipeline. */
@Command(name = "run", description = "Run the stages of a pipeline, one after the other.")
final class RunCommand implements Action {
  @Parameters(paramLabel = "PIPELINE.yaml", description = "The pipeline's configuration.")
  private Path file;

  @Option(
      names = "--resume",
      description = "Go on in the run's folder; finished stages are skipped.")
  private boolean resume;

  @Option(
      names = "--plan",
      description = "Check everything and tell memory and time of each stage; nothing runs.")
  private boolean plan;

  @Mixin private SizeOptions sizes = new SizeOptions();

  @Mixin private RunOptions options = new RunOptions();
  @Mixin private TrackOptions tracking = new TrackOptions();

  @Override
  public int run(Console console) {
    ConfigTree tree = options.applyTo(sizes.choose(Config.read(file)));
    Pipeline pipeline = Pipeline.of(options.headed(tree));
    return plan
        ? plan(pipeline, options, console)
        : run(pipeline, options, tracking, resume, console);
  }

  private static int plan(Pipeline pipeline, RunOptions options, Console console) {
    options.configureEngine();
    ModelFinder shapes = console.shapes();
    List<String> notes = pipeline.check(shapes);
    return new PlanText(pipeline, Memory.availableMegabytes() << 20, console).show(shapes, notes);
  }

  /** Runs a pipeline and prints what came of it. */
  static int run(
      Pipeline pipeline,
      RunOptions options,
      TrackOptions tracking,
      boolean resume,
      Console console) {
    options.configureEngine(console.environment());
    return JoinedRun.run(
        console.environment(), console.err(), () -> runAsRank(pipeline, tracking, resume, console));
  }

  private static int runAsRank(
      Pipeline pipeline, TrackOptions tracking, boolean resume, Console console) {
    if (!World.current().isFirst()) {
      pipeline.run(resume, Progress.silent(), console.models());
      return ExitCode.DONE;
    }
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
