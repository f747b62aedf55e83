package plumbline.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import plumbline.InputException;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.config.Nearest;
import plumbline.score.Rule;
import plumbline.train.Progress;

/**
 * One stage by itself, put together in Java: a method of {@code plumbline train}, or any other kind
 * of stage. It writes the same run directory as the command.
 *
 * <pre>{@code
 * Stage.Result model =
 *     Stage.of("reward").set("model", start).set("data", data).run(Path.of("runs/reward"));
 * }</pre>
 *
 * <p>Immutable: each method returns a stage with one thing more.
 */
public final class Stage {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final String kind;
  private final ConfigTree keys;
  private final Progress progress;

  private Stage(String kind, ConfigTree keys, Progress progress) {
    this.kind = kind;
    this.keys = keys;
    this.progress = progress;
  }

  /**
   * What a stage left.
   *
   * @param folder its run directory; later stages take it as {@code model} or {@code data}
   * @param summary what its {@code summary.json} holds
   */
  public record Result(Path folder, JsonNode summary) {}

  /**
   * A stage with nothing written.
   *
   * @param kind {@code sft}, {@code reward}, {@code ppo}, {@code data}, {@code winrate}, ...
   * @throws InputException if there is no such kind
   */
  public static Stage of(String kind) {
    if (!StageKind.ALL.containsKey(kind)) {
      throw new InputException(
          "there is no kind of stage '" + kind + "'" + Nearest.hint(kind, StageKind.ALL.keySet()));
    }
    return new Stage(kind, Config.parse("", kind), Progress.silent());
  }

  /**
   * Writes one key.
   *
   * @param key dotted path, as with {@code --set}
   * @param value a number, a boolean, a text, a path, the result of another stage, or a list or map
   *     of such
   */
  public Stage set(String key, Object value) {
    return new Stage(kind, keys.with(key + "=" + json(value)), progress);
  }

  /** Takes a class of one's own as reward: its name is written into the configuration. */
  public Stage reward(Class<? extends Rule> reward) {
    return set("score", Map.of("rule", reward.getName()));
  }

  /** Tells somebody how far it is; without this nobody is told. */
  public Stage progress(Progress told) {
    return new Stage(kind, keys, told);
  }

  /**
   * Runs the stage.
   *
   * @param out a folder in which there is no run yet
   * @throws InputException naming the first wrong key, or if there is a run in the folder
   */
  public Result run(Path out) {
    return run(out, false);
  }

  /** As {@link #run(Path)}, going on from the newest checkpoint that is in the folder. */
  public Result resume(Path out) {
    return run(out, true);
  }

  private Result run(Path out, boolean resume) {
    Pipeline.ofStage(kind, keys.with("out=" + json(out))).run(resume, progress);
    Path summary = out.resolve("summary.json");
    try {
      return new Result(
          out,
          Files.exists(summary)
              ? new ObjectMapper().readTree(Files.readString(summary))
              : JSON.objectNode());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A value as JSON, which is YAML on one line. */
  private static JsonNode json(Object value) {
    if (value instanceof Map<?, ?> map) {
      ObjectNode node = JSON.objectNode();
      map.forEach((key, item) -> node.set(key.toString(), json(item)));
      return node;
    }
    if (value instanceof Iterable<?> list && !(value instanceof Path)) {
      ArrayNode node = JSON.arrayNode();
      list.forEach(item -> node.add(json(item)));
      return node;
    }
    if (value instanceof Number || value instanceof Boolean) {
      return new ObjectMapper().valueToTree(value);
    }
    return JSON.textNode(
        value instanceof Result result ? result.folder().toString() : value.toString());
  }
}
