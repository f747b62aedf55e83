package plumbline.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.pipeline.Pipeline;
import plumbline.pipeline.StageMemory;
import plumbline.train.Memory;

/** Tells the memory of every stage before anything is loaded. */
@Command(
    name = "plan",
    description = "The memory that each stage will need, and what to change if it does not fit.")
final class PlanCommand implements Action {
  private static final double MIB = 1L << 20;

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
    List<Map<String, Object>> stages = new ArrayList<>();
    for (StageMemory stage : pipeline.memory(available, console.models())) {
      boolean fits = stage.peakBytes() <= available;
      say(console, stage, fits);
      stages.add(document(stage, fits));
    }
    console.say("memory: " + mib(available) + " MiB");
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("status", "ok");
    result.put("available_bytes", available);
    result.put("fits", stages.stream().allMatch(stage -> stage.get("fits").equals(true)));
    result.put("stages", stages);
    console.result(result);
    return ExitCode.DONE;
  }

  private static void say(Console console, StageMemory stage, boolean fits) {
    console.say(stage.stage() + " (" + stage.kind() + ")");
    Table table = Table.of("part", "when", "MiB", "bytes");
    for (StageMemory.Item item : stage.items()) {
      String bytes = (item.exact() ? "" : "about ") + item.bytes();
      table.row(item.name(), item.phase(), mib(item.bytes()), bytes);
    }
    table.row("peak", "", mib(stage.peakBytes()), "about " + stage.peakBytes());
    console.say(table);
    console.say(fits ? "fits" : "does not fit: " + stage.advice().orElse("take a smaller model"));
    console.say("");
  }

  private static Map<String, Object> document(StageMemory stage, boolean fits) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("stage", stage.stage());
    document.put("kind", stage.kind());
    document.put("peak_bytes", stage.peakBytes());
    document.put("fits", fits);
    stage.advice().ifPresent(advice -> document.put("advice", advice));
    document.put("parts", stage.items());
    return document;
  }

  private static String mib(long bytes) {
    return String.format(Locale.ROOT, "%.1f", bytes / MIB);
  }
}
