package plumbline.cli;

import java.util.OptionalInt;
import picocli.CommandLine.Option;
import plumbline.tensor.Engine;

/** Options of the commands that compute; a command takes them as a {@code @Mixin}. */
final class EngineOptions {
  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads of matrix products; default: one per processor.")
  private Integer threads;

  OptionalInt threads() {
    return threads == null ? OptionalInt.empty() : OptionalInt.of(threads);
  }

  /**
   * Prepares libtorch for this run.
   *
   * @param device {@code cpu}, {@code cuda} or {@code cuda:N}
   */
  void configure(String device) {
    Engine.configure(device, threads().orElseGet(Engine::defaultThreads));
  }
}
