package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run whose disk or whose neighbour is at fault. */
class DiskFaultsTest {
  private static final String PIPELINE =
      """
      out: run
      """
          + TinyStages.start(
              "demonstrations: 48, pairs: 8, rankings: 8, ratings: 8, prompts: 8, test_rows: 8")
          + """
      sft: {model: scratch, data: data, rows_per_update: 4, epochs: 4, lengths: {too_long: truncate}, checkpoints: {every: 2}}
      """;

  /** More than the data and the model need, less than a checkpoint with the optimizer's moments. */
  private static final int KIBIBYTES = 90;

  @TempDir static Path folder;

  private static Map<String, Object> wanted;

  @BeforeAll
  static void runUndisturbed() throws Exception {
    wanted = run("undisturbed").undisturbed();
    assertThat(
            Files.size(folder.resolve("undisturbed/run/sft/checkpoints/step-44/state.safetensors")))
        .isGreaterThan(KIBIBYTES * 1024L);
  }

  @Test
  void filesThatMayNotGrowStopARunInOneLineAndItGoesOnLater() throws Exception {
    KilledRun run = run("quota");
    Process process =
        CommandProcess.start(
            run.place(), Map.of(), List.of("prlimit", "--fsize=" + KIBIBYTES * 1024), words());
    assertThat(process.waitFor()).as(run.words()).isEqualTo(ExitCode.BAD_INPUT);
    assertThat(run.words().lines().filter(line -> line.startsWith("plumbline: ")).toList())
        .singleElement()
        .asString()
        .contains("checkpoints/step-2: cannot be written", "--resume");
    assertThat(run.place().resolve("run/sft/checkpoints/step-2.tmp")).doesNotExist();
    run.assertEndsAs(wanted);
  }

  @Test
  void aFolderThatCannotBeWrittenIsNamedInOneLine() throws Exception {
    KilledRun run = run("read-only");
    Path out = Files.createDirectory(run.place().resolve("run"));
    List<String> asAnybody =
        List.of("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override");
    Files.setPosixFilePermissions(out, PosixFilePermissions.fromString("r-xr-xr-x"));
    List<String> probe = new ArrayList<>(asAnybody);
    probe.addAll(List.of("touch", out.resolve("probe").toString()));
    int wrote = new ProcessBuilder(probe).start().waitFor();
    assumeTrue(wrote == 1 && !Files.exists(out.resolve("probe")), "nothing is read-only here");
    Process process = CommandProcess.start(run.place(), Map.of(), asAnybody, words());
    assertThat(process.waitFor()).as(run.words()).isEqualTo(ExitCode.BAD_INPUT);
    assertThat(run.words()).contains("plumbline: run: cannot be written").contains("--out");
    Files.setPosixFilePermissions(out, PosixFilePermissions.fromString("rwxr-xr-x"));
    run.assertEndsAs(wanted);
  }

  @Test
  void aSecondProcessIsRefusedAndTheFirstIsNotDisturbed() throws Exception {
    KilledRun run = run("two");
    Process first = run.start();
    run.awaitWork(first, 3);
    signal("-STOP", first);
    assertThat(run.start().waitFor()).isEqualTo(ExitCode.BAD_INPUT);
    signal("-CONT", first);
    assertThat(run.words()).contains("another run is writing here");
    assertThat(first.waitFor()).as(run.words()).isZero();
    run.assertEndsAs(wanted);
  }

  private static void signal(String signal, Process process) throws Exception {
    String pid = Long.toString(process.pid());
    assertThat(new ProcessBuilder("kill", signal, pid).start().waitFor()).isZero();
  }

  private static String[] words() {
    return new String[] {"run", "pipeline.yaml", "--resume", "--threads", "1"};
  }

  private static KilledRun run(String name) throws IOException {
    Path place = Files.createDirectories(folder.resolve(name));
    Files.writeString(place.resolve("pipeline.yaml"), PIPELINE);
    return new KilledRun(place, List.of(words()));
  }
}
