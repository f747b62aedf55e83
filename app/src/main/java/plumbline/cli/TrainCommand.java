package plumbline.cli;

import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
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

  @Parameters(index = "1", paramLabel = "CONFIG.yaml", description = "The method's configuration.")
  private Path file;

  @Option(
      names = "--resume",
      description = "Go on from the newest checkpoint; nothing if the run has finished.")
  private boolean resume;

  @Mixin private RunOptions options = new RunOptions();
  @Mixin private TrackOptions tracking = new TrackOptions();

  @Override
  public int run(Console console) {
    ConfigTree tree = options.headed(options.applyTo(Config.read(file)));
    return RunCommand.run(
        Pipeline.ofStage(method.name(), tree), options, tracking, resume, console);
  }
}
