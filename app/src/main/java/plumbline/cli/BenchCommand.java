package plumbline.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import plumbline.InputException;
import plumbline.bench.Bench;
import plumbline.bench.BenchSettings;
import plumbline.bench.Comparison;
import plumbline.bench.Workload;
import plumbline.train.Progress;

/** How fast this machine generates and trains. */
@Command(
    name = "bench",
    description =
        "How fast generation and training are here: one JSON line a workload, with the time that"
            + " its matrix products alone would take on this machine.")
final class BenchCommand implements Action {
  @Option(
      names = "--only",
      paramLabel = "NAMES",
      split = ",",
      description = "Only these workloads, e.g. --only generate_llama,sft_train_llama.")
  private List<String> only = new ArrayList<>();

  @Option(
      names = "--ragged",
      description =
          "Rows of different lengths, from 1/8 to 15/8 of the workload's, always the same ones.")
  private boolean ragged;

  @Option(
      names = "--repeats",
      paramLabel = "N",
      description = "Repeats that are counted; default: 5.")
  private int repeats = 5;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      description = "Repeats before them that are not; default: 2.")
  private int warmup = 2;

  @Option(
      names = "--compare",
      paramLabel = "FILE",
      description = "Another tool's lines: adds how many times as fast each workload is here.")
  private Path compare;

  @Option(
      names = "--tiny",
      description = "Tiny models, to see that everything runs; the figures mean nothing.")
  private boolean tiny;

  @Mixin private WeightOptions weights = new WeightOptions();
  @Mixin private EngineOptions engine = new EngineOptions();

  @Override
  public int run(Console console) throws IOException {
    List<Workload> workloads =
        only.isEmpty()
            ? Arrays.asList(Workload.values())
            : only.stream().map(Workload::of).toList();
    if (repeats < 1 || warmup < 1) {
      throw new InputException(
          "--repeats is %d and --warmup %d, wanted at least 1 of each".formatted(repeats, warmup));
    }
    Comparison comparison = compare == null ? Comparison.none() : Comparison.read(compare);
    engine.configure();
    BenchSettings settings = new BenchSettings(ragged, tiny, warmup, repeats, weights.format());
    List<ObjectNode> lines = new ArrayList<>();
    try (Progress.Task task = console.progress().start("bench", workloads.size())) {
      for (Workload workload : workloads) {
        ObjectNode line =
            workloads.size() == 1
                ? Bench.run(workload, settings, Version.text())
                : inItsOwnProcess(workload);
        comparison.addTo(line);
        lines.add(line);
        if (!console.isJson()) {
          console.say(line.toString());
        }
        task.step(workload.key());
      }
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("status", "ok");
    document.put("workloads", lines);
    console.result(document);
    return ExitCode.DONE;
  }

  /** Otherwise the peak of memory would be that of the workloads before. */
  private ObjectNode inItsOwnProcess(Workload workload) throws IOException {
    Stream<String> java =
        Stream.of(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    List<String> command =
        Stream.of(
                java,
                ManagementFactory.getRuntimeMXBean().getInputArguments().stream(),
                Stream.of("-cp", System.getProperty("java.class.path"), Main.class.getName()),
                arguments(workload).stream())
            .flatMap(part -> part)
            .toList();
    Process process = new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
    try {
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int code = process.waitFor();
      if (code != ExitCode.DONE) {
        throw new IllegalStateException(
            "%s failed in its own process with exit code %d".formatted(workload.key(), code));
      }
      return (ObjectNode) new ObjectMapper().readTree(out);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while " + workload.key() + " ran", e);
    } finally {
      process.destroy();
    }
  }

  private List<String> arguments(Workload workload) {
    List<String> arguments = new ArrayList<>(List.of("bench", "--quiet", "--only", workload.key()));
    arguments.addAll(List.of("--repeats", "" + repeats, "--warmup", "" + warmup));
    if (ragged) {
      arguments.add("--ragged");
    }
    if (tiny) {
      arguments.add("--tiny");
    }
    weights.arguments().forEach(arguments::add);
    engine.arguments().forEach(arguments::add);
    return arguments;
  }
}
