package plumbline.cli;

import java.util.Optional;
import picocli.CommandLine.Option;
import plumbline.config.ConfigTree;
import plumbline.pipeline.Sizes;

/** Which of a pipeline's sizes is meant; a command takes them as a {@code @Mixin}. */
final class SizeOptions {
  @Option(
      names = "--size",
      paramLabel = "NAME",
      description = "One of the pipeline's sizes; default: toy, the file's own keys.")
  private String size;

  @Option(
      names = "--short",
      description = "Lay the pipeline's key 'short' over the size: a trial that everything runs.")
  private boolean shortened;

  ConfigTree choose(ConfigTree file) {
    return Sizes.choose(file, Optional.ofNullable(size), shortened);
  }
}
