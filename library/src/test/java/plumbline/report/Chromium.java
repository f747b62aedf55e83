package plumbline.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** A browser without a window, where the machine has one. */
final class Chromium {
  /** What a page came to. */
  record Visit(String dom, String log) {}

  private Chromium() {}

  /** Skips the test, saying so, where there is no Chromium; fails it on a build server. */
  static Path require() {
    Optional<Path> found = find();
    if (found.isEmpty()) {
      String reason = "no chromium or chrome on the PATH: pages are not opened in a browser";
      if ("true".equals(System.getenv("CI"))) {
        fail(reason);
      }
      System.out.println("SKIPPED: " + reason);
      Assumptions.abort(reason);
    }
    return found.orElseThrow();
  }

  private static Optional<Path> find() {
    String path = System.getenv().getOrDefault("PATH", "");
    return Stream.of("chromium", "chromium-browser", "google-chrome", "chrome")
        .flatMap(name -> Stream.of(path.split(":")).map(folder -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Opens a page, lets its scripts run, and hands back the document and the browser's log. */
  static Visit open(Path chromium, Path page, Path scratch, String... options)
      throws IOException, InterruptedException {
    Path dom = scratch.resolve("dom.html");
    Path log = scratch.resolve("chromium.log");
    List<String> command = new ArrayList<>();
    command.add(chromium.toString());
    command.addAll(
        List.of(
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--user-data-dir=" + scratch.resolve("profile"),
            "--enable-logging=stderr",
            "--virtual-time-budget=5000"));
    command.addAll(List.of(options));
    command.addAll(List.of("--dump-dom", page.toUri().toString()));
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(dom.toFile())
            .redirectError(log.toFile())
            .start();
    try {
      assertThat(process.waitFor(120, TimeUnit.SECONDS)).as("chromium ends").isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new Visit(
        Files.readString(dom), new String(Files.readAllBytes(log), StandardCharsets.UTF_8));
  }
}
