package plumbline.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.pipeline.Pipeline;

/** The whole pipeline on built-in data. */
@Command(
    name = "quickstart",
    description = "Align a tiny model on built-in data, from text to report, in a few minutes.")
final class QuickstartCommand implements Action {
  private static final String PIPELINE = "quickstart.yaml";

  @Option(
      names = "--resume",
      description = "Go on in the run's folder; finished stages are skipped.")
  private boolean resume;

  @Mixin private RunOptions options = new RunOptions();
  @Mixin private TrackOptions tracking = new TrackOptions();

  @Override
  public int run(Console console) throws IOException {
    ConfigTree tree = options.headed(options.applyTo(Config.parse(pipeline(), PIPELINE)));
    return RunCommand.run(Pipeline.of(tree), options, tracking, resume, console);
  }

  private static String pipeline() throws IOException {
    try (InputStream in = QuickstartCommand.class.getResourceAsStream(PIPELINE)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
