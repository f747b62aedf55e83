package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.distributed.Ranks;

/** Ranks that die or hang: all are told, and the rest goes on from the last checkpoint. */
class LaunchFaultsTest {
  private static final String START =
      """
      out: start
      """
          + TinyStages.start(
              "demonstrations: 48, pairs: 8, rankings: 8, ratings: 8, prompts: 8, test_rows: 8");

  private static final String SFT =
      """
      model: start/scratch
      data: start/data
      rows_per_update: 16
      rows_per_micro_batch: 2
      epochs: 200
      max_steps: 100
      eval_every: 100
      optimizer: {shard: true}
      lengths: {too_long: truncate}
      checkpoints: {every: 5}
      """;

  @TempDir static Path folder;

  @BeforeAll
  static void runAlone() throws Exception {
    Files.writeString(folder.resolve("start.yaml"), START);
    Files.writeString(folder.resolve("sft.yaml"), SFT);
    assertThat(CommandProcess.start(folder, "run", "start.yaml").waitFor()).isZero();
    assertThat(CommandProcess.start(folder, "train", "sft", "sft.yaml", "--out", "one").waitFor())
        .as(LaunchFaultsTest::words)
        .isZero();
  }

  private static String words() {
    try {
      return Files.readString(folder.resolve(CommandProcess.WORDS));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Process launch(String out, String... options) throws IOException {
    List<String> arguments = new java.util.ArrayList<>(List.of("launch"));
    arguments.addAll(List.of(options));
    arguments.addAll(List.of("train", "sft", "sft.yaml", "--out", out));
    return CommandProcess.start(folder, arguments.toArray(String[]::new));
  }

  /** The ranks of a launcher that has written a checkpoint, in their order. */
  private static List<ProcessHandle> ranks(Process launcher, String out, int count) {
    Path checkpoints = folder.resolve(out).resolve("checkpoints");
    while (launcher.isAlive() && !hasCheckpoint(checkpoints)) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
    List<ProcessHandle> ranks =
        launcher.children().sorted(java.util.Comparator.comparing(ProcessHandle::pid)).toList();
    assertThat(ranks).as(LaunchFaultsTest::words).hasSize(count);
    return ranks;
  }

  private static boolean hasCheckpoint(Path folder) {
    String[] names = folder.toFile().list((dir, name) -> name.matches("step-\\d+"));
    return names != null && names.length > 0;
  }

  @Test
  void aKilledRankStopsAllWithOneMessage() throws Exception {
    Process launcher = launch("stopped", "--nproc", "2");
    List<ProcessHandle> ranks = ranks(launcher, "stopped", 2);

    ranks.get(1).destroyForcibly();

    assertThat(launcher.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(launcher.exitValue()).isEqualTo(ExitCode.FAILED);
    assertThat(ranks).noneMatch(ProcessHandle::isAlive);
    assertThat(words().lines().filter(line -> line.startsWith("plumbline launch:")))
        .containsExactly(
            "plumbline launch: rank 1 (process "
                + ranks.get(1).pid()
                + ") was killed by signal 9; all ranks are stopped");
  }

  @Test
  void aKilledRankComesBackAndTheRunEndsAsIfNothingHadBeen() throws Exception {
    Process launcher = launch("again", "--nproc", "2", "--max-restarts", "2");

    ranks(launcher, "again", 2).get(0).destroyForcibly();

    assertThat(launcher.waitFor()).as(LaunchFaultsTest::words).isZero();
    assertThat(words())
        .contains("was killed by signal 9; all ranks are stopped, and 2 start anew")
        .contains("(restart 1 of 2)");
    assertSameWeights("again");
  }

  @Test
  void aSmallerWorldGoesOnWhereALargerOneStopped() throws Exception {
    Process launcher = launch("smaller", "--nproc", "3", "--min-nproc", "2", "--max-restarts", "1");

    ranks(launcher, "smaller", 3).get(2).destroyForcibly();

    assertThat(launcher.waitFor()).as(LaunchFaultsTest::words).isZero();
    assertThat(words()).contains("and 2 start anew from the last checkpoint");
    assertSameWeights("smaller");
  }

  @Test
  void whatRanksSayGoesToFilesAndTheFirstThatFailedIsHeard() throws Exception {
    Path logs = folder.resolve("logs");
    Process launcher =
        launch("logged", "--nproc", "2", "--max-restarts", "1", "--log-dir", logs.toString());

    ranks(launcher, "logged", 2).get(1).destroyForcibly();

    assertThat(launcher.waitFor()).as(LaunchFaultsTest::words).isZero();
    for (String attempt : List.of("attempt-0", "attempt-1")) {
      for (String rank : List.of("rank-0", "rank-1")) {
        assertThat(logs.resolve(attempt).resolve(rank + ".log")).isRegularFile();
      }
    }
    assertThat(logs.resolve("attempt-0/rank-0.log")).isNotEmptyFile();
    assertThat(words().lines().filter(line -> !line.startsWith("plumbline launch:")))
        .allMatch(line -> line.startsWith("[rank 1] "));
    assertSameWeights("logged");
  }

  @Test
  void theLastLinesOfTheRankThatFailedAreShown() throws Exception {
    Files.writeString(folder.resolve("wrong.yaml"), SFT.replace("start/data", "start/nothing"));
    Process launcher =
        CommandProcess.start(
            folder,
            "launch",
            "--nproc",
            "2",
            "--log-dir",
            "wrong-logs",
            "train",
            "sft",
            "wrong.yaml",
            "--out",
            "wrong");

    assertThat(launcher.waitFor()).as(LaunchFaultsTest::words).isEqualTo(ExitCode.BAD_INPUT);
    assertThat(words()).contains("plumbline launch: the last lines of rank ");
    assertThat(words().lines().filter(line -> line.startsWith("[rank ")))
        .anyMatch(line -> line.contains("plumbline: ") && line.contains("start/nothing"));
  }

  @Test
  void aRankThatHangsIsFoundAndNamed() throws Exception {
    Process launcher = launch("hung", "--nproc", "2", "--max-restarts", "1", "--sign-seconds", "3");
    long pid = ranks(launcher, "hung", 2).get(1).pid();

    new ProcessBuilder("kill", "-STOP", Long.toString(pid)).start().waitFor();

    assertThat(launcher.waitFor()).as(LaunchFaultsTest::words).isZero();
    assertThat(words()).contains("rank 1 of 2 has given no sign of life for 3 s");
    assertSameWeights("hung");
  }

  // ---- the way from one machine to the other

  /** Two launchers, of which the second comes to the first one's meeting point by a link. */
  private record TwoMachines(String out, Process first, Process second) {
    static TwoMachines start(String out, int port, FaultyLink link) throws IOException {
      return new TwoMachines(out, machine(out, 0, port), machine(out, 1, link.port()));
    }

    private static Process machine(String out, int number, int port) throws IOException {
      return CommandProcess.start(
          folder,
          java.util.Map.of(),
          List.of("sh", "-c", "exec \"$@\" 2>words-" + out + "-" + number, "sh"),
          ("launch --nproc 1 --nnodes 2 --max-restarts 4 --sign-seconds 3 --node-rank %d"
                  + " --master-port %d train sft sft.yaml --out %s")
              .formatted(number, port, out)
              .split(" "));
    }

    String said() {
      try {
        return Files.readString(folder.resolve("words-" + out + "-0"))
            + Files.readString(folder.resolve("words-" + out + "-1"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void awaitCheckpoint() {
      Path checkpoints = folder.resolve(out).resolve("checkpoints");
      while (first.isAlive() && !hasCheckpoint(checkpoints)) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
      }
    }

    void assertEnd() throws InterruptedException {
      assertThat(first.waitFor()).as(this::said).isZero();
      assertThat(second.waitFor()).as(this::said).isZero();
      assertSameWeights(out);
    }
  }

  @Test
  void aSlowLinkToTheMeetingPointChangesNothing() throws Exception {
    int port = Ranks.freePort();
    try (FaultyLink link = new FaultyLink(port)) {
      link.delay(30);
      TwoMachines machines = TwoMachines.start("slow", port, link);
      machines.assertEnd();
      assertThat(machines.said()).doesNotContain("plumbline launch:");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"silent", "cut"})
  void aLinkThatWasGoneForAWhileIsFoundAndTheRunEndsAsIfNothingHadBeen(String how)
      throws Exception {
    int port = Ranks.freePort();
    try (FaultyLink link = new FaultyLink(port)) {
      TwoMachines machines = TwoMachines.start(how, port, link);
      machines.awaitCheckpoint();
      if (how.equals("cut")) {
        link.cut();
      } else {
        link.silence();
      }
      Thread.sleep(6000);
      link.mend();
      machines.assertEnd();
      assertThat(machines.said()).contains("(restart 1 of 4)");
    }
  }

  private static void assertSameWeights(String out) {
    SameWeights.assertSame(folder.resolve("one"), folder.resolve(out));
  }
}
