package plumbline.score;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import plumbline.config.ConfigTree;
import plumbline.config.Nearest;
import plumbline.config.SchemaWriter;

/** The kinds of shapers, and reading a list of them. */
final class Shapers {
  private Shapers() {}

  /**
   * A kind of shaper.
   *
   * @param keys a record
   * @param shorthand the key that a single value stands for: {@code clip: 4} is {@code clip:
   *     {limit: 4}}
   */
  private record Kind(Class<? extends Shaper> keys, String shorthand) {}

  private static final Map<String, Kind> KINDS = kinds();

  private static Map<String, Kind> kinds() {
    Map<String, Kind> kinds = new LinkedHashMap<>();
    kinds.put("scale", new Kind(LinearShapers.Scale.class, "by"));
    kinds.put("shift", new Kind(LinearShapers.Shift.class, "by"));
    kinds.put("clip", new Kind(Clip.class, "limit"));
    kinds.put("whiten", new Kind(Whiten.class, "keep_mean"));
    kinds.put("moving", new Kind(MovingAverage.class, "how"));
    kinds.put("sigmoid_vs_reference", new Kind(SigmoidVsReference.class, "reference"));
    kinds.put("confidence", new Kind(Confidence.class, "how"));
    kinds.put("length_penalty", new Kind(LinearShapers.LengthPenalty.class, "limit"));
    kinds.put("missing_eos", new Kind(LinearShapers.MissingEos.class, "penalty"));
    return kinds;
  }

  static Map<String, Class<? extends Shaper>> keys() {
    Map<String, Class<? extends Shaper>> keys = new LinkedHashMap<>();
    KINDS.forEach((name, kind) -> keys.put(name, kind.keys()));
    return keys;
  }

  /** The JSON schema of a list of shapers. */
  static ObjectNode schema(SchemaWriter writer) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "array");
    ObjectNode group = JsonNodeFactory.instance.objectNode().put("type", "object");
    group.put("minProperties", 1).put("maxProperties", 1).put("additionalProperties", false);
    ObjectNode properties = group.putObject("properties");
    ArrayNode alone = JsonNodeFactory.instance.arrayNode();
    KINDS.forEach(
        (name, kind) -> {
          ObjectNode keys = writer.define("shape-" + name, () -> writer.keys(kind.keys()));
          ObjectNode single = writer.key(kind.keys(), kind.shorthand());
          properties.set(name, SchemaWriter.anyOf(List.of(keys, single)));
          if (SchemaWriter.hasDefaults(kind.keys())) {
            alone.add(name);
          }
        });
    ObjectNode name = JsonNodeFactory.instance.objectNode();
    name.set("enum", alone);
    schema.set("items", SchemaWriter.anyOf(List.of(name, group)));
    return schema;
  }

  /** What a shaper is called in a tree. */
  static String label(Shaper shaper) {
    return KINDS.entrySet().stream()
        .filter(kind -> kind.getValue().keys().isInstance(shaper))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow();
  }

  /** Reads {@code [whiten, {clip: 4}]}: shapers in the order in which they are applied. */
  static List<Shaper> read(ConfigTree list) {
    return list.items().stream().map(Shapers::one).toList();
  }

  private static Shaper one(ConfigTree item) {
    if (item.isValue()) {
      return item.emptyGroup().bind(kind(item, item.text()).keys());
    }
    if (!item.isMap() || item.keys().size() != 1) {
      throw item.error(
          "wanted one shaper, such as {clip: 4}; known: " + String.join(", ", KINDS.keySet()));
    }
    String name = item.keys().get(0);
    Kind kind = kind(item, name);
    ConfigTree value = item.get(name);
    return (value.isValue() ? value.under(kind.shorthand()) : value).bind(kind.keys());
  }

  private static Kind kind(ConfigTree item, String name) {
    Kind kind = KINDS.get(name);
    if (kind == null) {
      throw item.error("unknown shaper '" + name + "'" + Nearest.hint(name, KINDS.keySet()));
    }
    return kind;
  }
}
