package plumbline.web.watch;

import static org.assertj.core.api.Assertions.assertThat;

import com.ruiyun.jvppeteer.cdp.entities.ScreenshotOptions;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import plumbline.cli.Chromium;

/**
 * Makes the documentation's picture of a run at work, of the finished pipeline that {@code
 * -Dplumbline.watched} names, taken back to {@code -Dplumbline.watched.step} of its ppo stage; no
 * test of the suite.
 */
@EnabledIfSystemProperty(named = "plumbline.watched", matches = ".+")
class WatchPicture {
  /** The folder that a reader knows, and no word of the hours since the run's last step. */
  private static final String AS_IF_AT_WORK =
      """
      () => {
        const facts = document.getElementById("facts");
        facts.textContent = facts.textContent.replace(/^[^·]*·/, "runs/clinic ·");
        for (const line of document.querySelectorAll("#health li")) {
          if (line.textContent.startsWith("no step for")) line.remove();
        }
      }
      """;

  @TempDir Path folder;

  @Test
  void isTheTopOfThePage() throws Exception {
    Path from = Path.of(System.getProperty("plumbline.watched"));
    Path run = folder.resolve("clinic");
    for (String stage : List.of("", "data", "scratch", "sft", "reward", "ppo")) {
      copy(from.resolve(stage), run.resolve(stage));
    }
    int steps = Integer.getInteger("plumbline.watched.step", 46);
    Path metrics = run.resolve("ppo/metrics.jsonl");
    Files.write(metrics, Files.readAllLines(metrics).subList(0, steps));
    for (Path working : List.of(run, run.resolve("ppo"))) {
      Path info = working.resolve("run.json");
      String text =
          Files.readString(info).replaceFirst("\"status\" : \"ok\"", "\"status\" : \"running\"");
      Files.writeString(
          info, text.replaceFirst("\"name\" : \"pipeline\"", "\"name\" : \"clinic\""));
    }
    Path picture = Path.of(System.getProperty("plumbline.root"), "docs/images/watch.png");
    try (FileChannel whole = lock(run);
        FileLock one = whole.lock();
        FileChannel stage = lock(run.resolve("ppo"));
        FileLock two = stage.lock();
        WatchServer server = WatchServer.start(run, 0);
        Chromium chromium = Chromium.start()) {
      assertThat(one.isValid() && two.isValid()).isTrue();
      Chromium.Opened page = chromium.visitor(1280, "light");
      page.page().goTo(server.link());
      for (int i = 0; i < 600 && page.count(".chart canvas") < 10; i++) {
        Thread.sleep(50);
      }
      assertThat(page.problems()).isEmpty();
      page.evaluate(AS_IF_AT_WORK);
      page.page().screenshot(new ScreenshotOptions(picture.toString()));
    }
    assertThat(Files.size(picture)).isBetween(20_000L, 300_000L);
  }

  private static FileChannel lock(Path run) throws Exception {
    return FileChannel.open(run.resolve("run.lock"), StandardOpenOption.WRITE);
  }

  private static void copy(Path from, Path to) throws Exception {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }
}
