package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import plumbline.track.RunWatch;
import plumbline.train.Progress;

class DashboardTest {
  @TempDir Path folder;

  private static Path run(Path folder, String status, int steps, String more) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(
        folder.resolve("run.json"),
        "{\"name\": \"%s\", \"kind\": \"ppo\", \"status\": \"%s\", \"steps\": 20, \"warnings\": [%s]}"
            .formatted(folder.getFileName(), status, more));
    StringBuilder rows = new StringBuilder();
    for (int step = 1; step <= steps; step++) {
      rows.append(
          "{\"step\":%d,\"lr\":0.001,\"objective/kl\":%s,\"reward/mean\":%s,\"alarm/kl_explodes\":0}\n"
              .formatted(step, step * 0.5, step));
    }
    Files.writeString(folder.resolve("metrics.jsonl"), rows);
    return folder;
  }

  private List<String> lines(int columns, int rows) throws IOException {
    RunWatch watch = new RunWatch(folder.resolve("run"), true);
    watch.look();
    return new Dashboard(columns, rows).lines(watch, 0);
  }

  @Test
  void aRunAtOneLook() throws IOException {
    run(folder.resolve("run"), "running", 8, "");
    assertThat(lines(80, 24))
        .containsExactly(
            "run: 8 of 20",
            "reward/mean   ▁▂▃▄▅▆▇█ 1 → 8",
            "objective/kl  ▁▂▃▄▅▆▇█ 0.5000 → 4",
            "lr            ▁▁▁▁▁▁▁▁ 0.001000 → 0.001000",
            "healthy: no alarm rings, no warning");
  }

  @Test
  void aPipelineShowsItsStagesAndTheOneAtWork() throws IOException {
    run(folder.resolve("run"), "running", 0, "");
    run(folder.resolve("run/a-sft"), "ok", 3, "");
    run(folder.resolve("run/b-ppo"), "running", 5, "\"rows were cut\"");
    run(folder.resolve("run/c-bad"), "failed", 0, "");
    List<String> lines = lines(80, 24);
    assertThat(lines).startsWith("a-sft ok · b-ppo running · c-bad failed", "b-ppo: 5 of 20");
    assertThat(lines).endsWith("! c-bad: failed: ?", "- rows were cut");
  }

  @Test
  void aFolderWithoutARunSaysSo() throws IOException {
    assertThat(lines(80, 24)).containsExactly("no run there yet");
  }

  @ParameterizedTest
  @CsvSource({"40, 10", "41, 12", "60, 24", "200, 60"})
  void noLineIsWiderAndNoPictureHigherThanTheTerminal(int columns, int rows) throws IOException {
    String warning = "\"" + "a warning with many words ".repeat(20) + "x".repeat(300) + "\"";
    run(folder.resolve("run"), "running", 500, warning + "," + warning.replace('a', 'b'));
    List<String> lines = lines(columns, rows);
    assertThat(lines).hasSizeLessThan(rows).allMatch(line -> line.length() < columns);
  }

  @Test
  void wordsOfARunDoNotSteerTheTerminal() throws IOException {
    run(folder.resolve("run"), "running", 1, "\"\\u001b[2Jgone\"");
    assertThat(lines(80, 24))
        .anyMatch(line -> line.contains("[2Jgone"))
        .noneMatch(line -> line.contains("\u001b"));
  }

  @Test
  void sparklinesShowLowAndHighAndGaps() {
    assertThat(Sparkline.of(new double[] {0, 7, Double.NaN, 3.5}, 10)).isEqualTo("▁█ ▅");
    assertThat(Sparkline.of(new double[] {2, 2}, 10)).isEqualTo("▁▁");
    assertThat(Sparkline.of(new double[] {0, 2, 10, 12}, 2)).isEqualTo("▁█");
    assertThat(Sparkline.of(new double[] {-1e308, 1e308}, 2)).isEqualTo("▁█");
    assertThat(Sparkline.of(new double[] {}, 5)).isEmpty();
    assertThat(Sparkline.of(new double[] {Double.NaN}, 5)).isEqualTo(" ");
  }

  @Test
  void whatIsSaidStaysAboveThePictureThatIsDrawnAgain() throws IOException {
    run(folder.resolve("run"), "running", 2, "");
    TerminalScreen terminal = new TerminalScreen();
    AtomicLong nanos = new AtomicLong();
    RunWatch watch = new RunWatch(folder.resolve("run"), true);
    LiveDashboard live =
        new LiveDashboard(
            new Screen(terminal.stream()),
            new Dashboard(80, 24),
            watch,
            () -> nanos.addAndGet(100));
    Progress.Task task = live.start("ppo", 20);
    task.skip(1);
    task.step("reward 0.5");
    live.draw();
    assertThat(terminal.lines()).startsWith("ppo: 2 of 20, 0 s left, reward 0.5", "run: 2 of 20");

    live.note("alarm kl_explodes");
    run(folder.resolve("run"), "running", 3, "");
    nanos.addAndGet(1_000_000_000L);
    live.draw();
    assertThat(terminal.lines())
        .startsWith("alarm kl_explodes", "ppo: 2 of 20, 18 s left, reward 0.5", "run: 3 of 20")
        .hasSize(7);

    task.close();
    live.close();
    assertThat(terminal.lines())
        .startsWith("alarm kl_explodes", "ppo: 2 of 20 in 1 s", "run: 3 of 20")
        .hasSize(7);
  }
}
