package plumbline.web.watch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import plumbline.report.LiveCurves;
import plumbline.track.RunWatch;
import plumbline.track.WatchedRun;

/** What the page shows of a run, as JSON. */
final class LiveRun {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final RunWatch watch;
  private final Path top;
  private long version;

  /**
   * What the page gets.
   *
   * @param version differs where anything differs
   */
  record Snapshot(String version, String json) {}

  LiveRun(Path top) {
    this.watch = new RunWatch(top, false);
    this.top = top;
  }

  /**
   * The run as it stands.
   *
   * @param stage the one whose curves are wanted; without it, or where there is none of that name,
   *     the one that is at work
   */
  synchronized Snapshot snapshot(Optional<String> stage) throws IOException {
    if (watch.look()) {
      version++;
    }
    Optional<WatchedRun> wanted =
        stage.flatMap(
            name ->
                watch.runs().stream().filter(run -> run.folder().name().equals(name)).findFirst());
    Optional<WatchedRun> shown = wanted.or(watch::current);
    ObjectNode json = JSON.createObjectNode();
    json.put("folder", top.toString());
    json.put(
        "title", watch.runs().isEmpty() ? top.toString() : watch.runs().get(0).folder().title());
    json.put("working", watch.isWorking());
    ArrayNode runs = json.putArray("runs");
    watch.runs().forEach(run -> runs.add(summary(run)));
    shown.ifPresent(
        run -> {
          json.put("shown", run.folder().name());
          json.set("figures", LiveCurves.figures(run));
          ArrayNode samples = json.putArray("samples");
          run.samples().forEach(samples::add);
        });
    String state = version + "." + shown.map(run -> run.folder().name()).orElse("") + health(json);
    return new Snapshot(state, json.put("version", state).toString());
  }

  /** Silence is news that no file tells. */
  private static String health(ObjectNode json) {
    StringBuilder lines = new StringBuilder();
    json.path("runs").forEach(run -> lines.append(run.path("health").size()).append('.'));
    return "." + lines;
  }

  private static ObjectNode summary(WatchedRun run) {
    ObjectNode json = JSON.createObjectNode().put("name", run.folder().name());
    json.put("title", run.folder().title()).put("kind", run.info().path("kind").asText());
    json.put("state", run.state().name().toLowerCase(Locale.ROOT));
    json.put("step", run.step());
    run.steps().ifPresent(steps -> json.put("steps", steps));
    run.secondsPerStep().ifPresent(seconds -> json.put("seconds_per_step", seconds));
    run.secondsLeft().ifPresent(seconds -> json.put("seconds_left", seconds));
    ArrayNode health = json.putArray("health");
    for (WatchedRun.Health one : run.health(System.currentTimeMillis() / 1e3)) {
      health.addObject().put("bad", one.bad()).put("text", one.text());
    }
    JsonNode started = run.info().path("started");
    if (started.isTextual()) {
      json.set("started", started);
    }
    return json;
  }
}
