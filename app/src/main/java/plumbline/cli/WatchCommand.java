package plumbline.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import plumbline.InputException;
import plumbline.track.RunFolder;
import plumbline.track.RunWatch;
import plumbline.web.watch.WatchServer;

/** Shows how a run stands while it trains. */
@Command(
    name = "watch",
    description =
        "Watch a run while it trains: curves, health and samples, in the browser or in the terminal.")
final class WatchCommand implements Action {
  private static final long BETWEEN_MILLIS = 1000;

  @Parameters(
      paramLabel = "RUN",
      description = "The folder of a run or of a whole pipeline, at work or not.")
  private Path run;

  @Option(
      names = "--terminal",
      description =
          "In this terminal, until the run ends; once and in plain lines where the output is none.")
  private boolean terminal;

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "The page's port on this machine; 0 for any that is free; default: 0.")
  private int port;

  @Override
  public int run(Console console) throws IOException, InterruptedException {
    RunFolder.in(run);
    if (port < 0 || port > 65_535) {
      throw new InputException("--port is " + port + ", wanted 0 to 65535");
    }
    if (terminal) {
      show(console);
    } else {
      serve(console);
    }
    return ExitCode.DONE;
  }

  private void show(Console console) throws IOException, InterruptedException {
    RunWatch watch = new RunWatch(run, false);
    watch.look();
    boolean follows = console.writesToTerminal();
    Dashboard dashboard = Screen.dashboard();
    if (follows) {
      Screen screen = console.screen();
      screen.draw(dashboard.lines(watch, now()));
      while (watch.isWorking()) {
        Thread.sleep(BETWEEN_MILLIS);
        watch.look();
        screen.draw(dashboard.lines(watch, now()));
      }
    } else {
      dashboard.lines(watch, now()).forEach(console::say);
    }
    console.result(document(watch));
  }

  private static double now() {
    return System.currentTimeMillis() / 1e3;
  }

  private static Map<String, Object> document(RunWatch watch) {
    List<Map<String, Object>> runs =
        watch.runs().stream()
            .map(
                one -> {
                  Map<String, Object> row = new LinkedHashMap<>();
                  row.put("name", one.folder().name());
                  row.put("state", one.state().name().toLowerCase(java.util.Locale.ROOT));
                  row.put("step", one.step());
                  one.steps().ifPresent(steps -> row.put("steps", steps));
                  one.secondsLeft().ifPresent(seconds -> row.put("seconds_left", seconds));
                  row.put("alarms", one.ringing());
                  return row;
                })
            .toList();
    return Map.of("status", "ok", "runs", runs);
  }

  private void serve(Console console) throws InterruptedException {
    CountDownLatch stopped = new CountDownLatch(1);
    try (WatchServer server = WatchServer.start(run, port)) {
      Interruption.closes(server::close);
      console.say("watch " + run + ": " + server.link());
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("link", server.link());
      document.put("port", server.port());
      console.result(document);
      stopped.await();
    }
  }
}
