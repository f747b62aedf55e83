package plumbline.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import plumbline.config.ConfigTree;

/** Options of the commands that train or generate; a command takes them as a {@code @Mixin}. */
final class RunOptions {
  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Change one key of the configuration, e.g. --set ppo.steps=50. Repeatable.")
  private List<String> settings = new ArrayList<>();

  @Option(names = "--seed", paramLabel = "N", description = "Seed of every random choice.")
  private Long seed;

  @Option(names = "--out", paramLabel = "DIR", description = "Folder of the results.")
  private Path out;

  @Mixin private EngineOptions engine = new EngineOptions();

  /** The configuration with every {@code --set} applied, in their order. */
  ConfigTree applyTo(ConfigTree config) {
    ConfigTree changed = config;
    for (String setting : settings) {
      changed = changed.with(setting);
    }
    return changed;
  }

  /** The configuration with {@code --seed} and {@code --out} in its header. */
  ConfigTree headed(ConfigTree config) {
    ConfigTree changed = config;
    if (seed != null) {
      changed = changed.with("seed=" + seed);
    }
    if (out != null) {
      changed = changed.with("out=" + Console.toJson(out.toString()));
    }
    return changed;
  }

  OptionalLong seed() {
    return seed == null ? OptionalLong.empty() : OptionalLong.of(seed);
  }

  Optional<Path> out() {
    return Optional.ofNullable(out);
  }

  /** Prepares libtorch for this run. */
  void configureEngine() {
    engine.configure();
  }

  /** The same in one of several processes, of which the environment tells. */
  void configureEngine(Map<String, String> environment) {
    engine.configure(environment);
  }
}
