package plumbline.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Option;
import plumbline.distributed.Placement;
import plumbline.tensor.Engine;

/** Options of the commands that compute; a command takes them as a {@code @Mixin}. */
final class EngineOptions {
  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "Threads that compute; they change no result. Default: the cores, at most 4; 1 in each of"
              + " several processes.")
  private Integer threads;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      defaultValue = "cpu",
      description = "Where tensors live: cpu, cuda or cuda:N; default: cpu.")
  private String device;

  @Option(
      names = "--dtype",
      paramLabel = "NAME",
      defaultValue = "float32",
      description =
          "Precision of weights and computation: float32, bfloat16 or float64; default: float32.")
  private String dtype;

  OptionalInt threads() {
    return threads == null ? OptionalInt.empty() : OptionalInt.of(threads);
  }

  /** Prepares libtorch for this run. */
  void configure() {
    configure(Map.of());
  }

  /**
   * Prepares libtorch for this run; of several processes each takes the GPU of its number, and one
   * thread.
   *
   * @param environment that may say so
   */
  void configure(Map<String, String> environment) {
    Optional<Placement> placement = Placement.of(environment);
    String own =
        device.equals("cuda")
            ? placement.map(place -> "cuda:" + place.localRank()).orElse(device)
            : device;
    int usual = placement.isPresent() ? 1 : Engine.defaultThreads();
    Engine.configure(own, threads().orElse(usual));
    Engine.useDtype(dtype);
  }

  /** These options for a process of its own. */
  List<String> arguments() {
    List<String> arguments = new ArrayList<>(List.of("--device", device, "--dtype", dtype));
    if (threads != null) {
      arguments.addAll(List.of("--threads", threads.toString()));
    }
    return arguments;
  }
}
