package plumbline.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import plumbline.hub.ModelFinder;
import plumbline.pipeline.Pipeline;
import plumbline.pipeline.StageMemory;
import plumbline.pipeline.StageTime;
import plumbline.tensor.EngineRate;

/** The memory and the time of a pipeline's stages, for people and for programs. */
record PlanText(Pipeline pipeline, long available, Console console) {
  private static final double MIB = 1L << 20;

  /**
   * Counts and prints.
   *
   * @param notes what the check of the configuration found that is no mistake
   */
  int show(ModelFinder models, List<String> notes) {
    List<StageMemory> memory = pipeline.memory(available, models);
    EngineRate rate = EngineRate.measure();
    List<StageTime> times = pipeline.time(models, rate);
    List<Map<String, Object>> stages = new ArrayList<>();
    for (int i = 0; i < memory.size(); i++) {
      boolean fits = memory.get(i).peakBytes() <= available;
      say(memory.get(i), times.get(i), fits);
      stages.add(document(memory.get(i), times.get(i), fits));
    }
    double seconds = times.stream().mapToDouble(time -> time.seconds().orElse(0)).sum();
    boolean whole = times.stream().allMatch(time -> time.seconds().isPresent());
    console.say(
        "memory: %s MiB; time: about %s%s, an estimate: rows as long as the limits allow, %.0f billion operations a second"
            .formatted(
                mib(available),
                StepCount.time(seconds),
                whole ? "" : " or more",
                rate.operationsPerSecond() / 1e9));
    notes.forEach(note -> console.say("note: " + note));
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("status", "ok");
    result.put("available_bytes", available);
    result.put("fits", stages.stream().allMatch(stage -> stage.get("fits").equals(true)));
    result.put("about_seconds", seconds);
    result.put("operations_per_second", rate.operationsPerSecond());
    result.put("notes", notes);
    result.put("stages", stages);
    console.result(result);
    return ExitCode.DONE;
  }

  private void say(StageMemory stage, StageTime time, boolean fits) {
    console.say(stage.stage() + " (" + stage.kind() + ")");
    Table table = Table.of("part", "when", "MiB", "bytes");
    for (StageMemory.Item item : stage.items()) {
      String bytes = (item.exact() ? "" : "about ") + item.bytes();
      table.row(item.name(), item.phase(), mib(item.bytes()), bytes);
    }
    table.row("peak", "", mib(stage.peakBytes()), "about " + stage.peakBytes());
    console.say(table);
    String memory =
        fits ? "fits" : "does not fit: " + stage.advice().orElse("take a smaller model");
    OptionalDouble seconds = time.seconds();
    console.say(
        seconds.isPresent()
            ? memory + "; about " + StepCount.time(seconds.getAsDouble())
            : memory + "; its time is not known");
    console.say("");
  }

  private static Map<String, Object> document(StageMemory stage, StageTime time, boolean fits) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("stage", stage.stage());
    document.put("kind", stage.kind());
    document.put("peak_bytes", stage.peakBytes());
    document.put("fits", fits);
    stage.advice().ifPresent(advice -> document.put("advice", advice));
    time.seconds()
        .ifPresent(
            seconds -> {
              document.put("about_seconds", seconds);
              document.put("operations", time.operations());
            });
    document.put("parts", stage.items());
    return document;
  }

  private static String mib(long bytes) {
    return String.format(Locale.ROOT, "%.1f", bytes / MIB);
  }
}
