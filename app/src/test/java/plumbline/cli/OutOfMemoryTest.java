package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A training that wants more memory than its process may hold. */
class OutOfMemoryTest {
  /** Little memory, and malloc as the launcher sets it: what is freed is the system's again. */
  private static final Map<String, String> SMALL =
      Map.of(
          "JDK_JAVA_OPTIONS", "-Dorg.bytedeco.javacpp.maxPhysicalBytes=680m",
          "MALLOC_MMAP_THRESHOLD_", "8388608",
          "MALLOC_TRIM_THRESHOLD_", "67108864",
          "MALLOC_ARENA_MAX", "1");

  private static final String PIPELINE =
      """
      out: run
      data: {format: clinic, demonstrations: 300, pairs: 8, rankings: 8, ratings: 8, prompts: 8, test_rows: 8}
      """
          + TinyStages.scratch(64, 32000, 2)
          + """
      sft: {model: scratch, data: data, rows_per_update: 8, rows_per_micro_batch: 8, max_steps: 2, lengths: {too_long: truncate}}
      """;

  @TempDir private Path folder;

  @Test
  void theAnswerNamesTheSmallestChangeAndHalvingDoesWithoutOne() throws Exception {
    Files.writeString(folder.resolve("pipeline.yaml"), PIPELINE);

    int code = run("run", "pipeline.yaml", "--resume", "--threads", "1");

    String said = Files.readString(folder.resolve(CommandProcess.WORDS));
    assertThat(code).as(said).isEqualTo(ExitCode.FAILED);
    assertThat(said.lines().filter(line -> line.startsWith("plumbline: ")))
        .singleElement()
        .asString()
        .contains("sft: out of memory (", "680 MiB", "even with lora: {} and weights: int8")
        .contains("optimizer.halve_micro_batches: true", "PLUMBLINE_MEMORY");
    assertThat(Files.readString(folder.resolve("run/sft/run.json"))).contains("\"failed\"");

    Files.writeString(
        folder.resolve("pipeline.yaml"),
        PIPELINE
            .replace("max_steps: 2", "max_steps: 2, optimizer: {halve_micro_batches: true}")
            .replace("out: run", "out: halved"));
    int halved = run("run", "pipeline.yaml", "--threads", "1");
    String again = Files.readString(folder.resolve(CommandProcess.WORDS));
    assertThat(halved).as(again).isZero();
    assertThat(Files.readString(folder.resolve("halved/sft/run.json")))
        .contains("update 1 did not fit the memory: micro-batches are halved 1 times");
  }

  private int run(String... words) throws Exception {
    return CommandProcess.start(folder, SMALL, List.of(), words).waitFor();
  }
}
