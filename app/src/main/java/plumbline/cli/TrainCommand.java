package plumbline.cli;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import plumbline.InputException;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.pipeline.Pipeline;

/** Trains one model by one method. */
@Command(name = "train", description = "Train one model by one method.")
final class TrainCommand implements Action {
  /** What can be trained. */
  enum Method {
    sft,
    reward,
    ppo,
    grpo,
    rloo,
    remax,
    reinforce,
    raft,
    bestofn,
    dpo,
    cdpo,
    robust,
    ipo,
    slic,
    exo,
    nca,
    sppo,
    aot,
    apo_zero,
    apo_down,
    rpo,
    ld_dpo,
    simpo,
    cpo,
    orpo,
    kto,
    bco,
    apo_zero_unpaired,
    online_dpo
  }

  @Parameters(index = "0", paramLabel = "METHOD", description = "${COMPLETION-CANDIDATES}.")
  private Method method;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "CONFIG.yaml",
      description = "The method's configuration.")
  private Path file;

  @Option(
      names = "--resume",
      description = "Go on from the newest checkpoint; nothing if the run has finished.")
  private boolean resume;

  @Option(
      names = "--explain",
      arity = "0..1",
      fallbackValue = "",
      paramLabel = "KEY",
      description =
          "Only print every key, or this one or its group: default, unit, range, meaning, source;"
              + " with CONFIG.yaml before it also the value there.")
  private String explained;

  @Mixin private RunOptions options = new RunOptions();
  @Mixin private TrackOptions tracking = new TrackOptions();

  @Override
  public int run(Console console) {
    if (explained != null) {
      return Explanation.print(method.name(), written(), explained, console);
    }
    if (file == null) {
      throw new InputException(
          "there is no CONFIG.yaml; wanted one, or --explain to see what it may hold");
    }
    return RunCommand.run(
        Pipeline.ofStage(method.name(), written().orElseThrow()),
        options,
        tracking,
        resume,
        console);
  }

  private Optional<ConfigTree> written() {
    return Optional.ofNullable(file)
        .map(given -> options.headed(options.applyTo(Config.read(given))));
  }
}
