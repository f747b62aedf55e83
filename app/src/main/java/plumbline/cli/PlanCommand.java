package plumbline.cli;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.pipeline.Pipeline;
import plumbline.train.Memory;

/** Tells the memory and the time of every stage before anything is loaded. */
@Command(
    name = "plan",
    description =
        "The memory and time that each stage will need, and what to change if it does not fit.")
final class PlanCommand implements Action {
  @Parameters(paramLabel = "CONFIG.yaml", description = "A pipeline's or a method's configuration.")
  private Path file;

  @Option(
      names = "--method",
      paramLabel = "METHOD",
      description = "The file is a configuration of 'train METHOD': ${COMPLETION-CANDIDATES}.")
  private TrainCommand.Method method;

  @Option(
      names = "--memory",
      paramLabel = "MIB",
      description = "Memory to fit into, in MiB; default: this machine's, container, or limit.")
  private Long memory;

  @Mixin private SizeOptions sizes = new SizeOptions();

  @Mixin private RunOptions options = new RunOptions();

  @Override
  public int run(Console console) {
    options.configureEngine();
    ConfigTree tree = options.headed(options.applyTo(sizes.choose(Config.read(file))));
    Pipeline pipeline = method == null ? Pipeline.of(tree) : Pipeline.ofStage(method.name(), tree);
    long available = (memory == null ? Memory.availableMegabytes() : memory) << 20;
    return new PlanText(pipeline, available, console).show(console.shapes(), List.of());
  }
}
