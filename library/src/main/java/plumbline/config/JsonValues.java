package plumbline.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Values of configurations as JSON. */
final class JsonValues {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private JsonValues() {}

  /** A bound default as JSON. */
  static JsonNode of(Object value) {
    if (value instanceof Record group) {
      ObjectNode node = JSON.objectNode();
      Field.of(group.getClass()).forEach(f -> node.set(f.name(), of(f.valueIn(group))));
      return node;
    }
    if (value instanceof List<?> list) {
      ArrayNode node = JSON.arrayNode();
      list.forEach(item -> node.add(of(item)));
      return node;
    }
    if (value instanceof Map<?, ?> map) {
      ObjectNode node = JSON.objectNode();
      map.forEach((key, item) -> node.set((String) key, of(item)));
      return node;
    }
    if (value instanceof Optional<?> optional) {
      return optional.map(JsonValues::of).orElse(JSON.nullNode());
    }
    if (value instanceof OptionalInt optional) {
      return optional.isPresent() ? JSON.numberNode(optional.getAsInt()) : JSON.nullNode();
    }
    if (value instanceof OptionalLong optional) {
      return optional.isPresent() ? JSON.numberNode(optional.getAsLong()) : JSON.nullNode();
    }
    if (value instanceof OptionalDouble optional) {
      return optional.isPresent() ? number(optional.getAsDouble()) : JSON.nullNode();
    }
    if (value instanceof ConfigTree tree) {
      return tree(tree.node());
    }
    return single(value);
  }

  private static JsonNode single(Object value) {
    if (value instanceof Boolean bool) {
      return JSON.booleanNode(bool);
    }
    if (value instanceof Number number) {
      return value instanceof Double d ? number(d) : JSON.numberNode(number.longValue());
    }
    return JSON.textNode(value instanceof Enum<?> ? Field.label(value) : value.toString());
  }

  static JsonNode tree(TreeNode tree) {
    if (tree instanceof TreeNode.Mapping mapping) {
      ObjectNode node = JSON.objectNode();
      mapping.entries().forEach((key, entry) -> node.set(key, tree(entry.value())));
      return node;
    }
    if (tree instanceof TreeNode.Sequence sequence) {
      ArrayNode node = JSON.arrayNode();
      sequence.items().forEach(item -> node.add(tree(item)));
      return node;
    }
    TreeNode.Scalar scalar = (TreeNode.Scalar) tree;
    if (scalar.isEmpty()) {
      return JSON.nullNode();
    }
    if (scalar.quoted()) {
      return JSON.textNode(scalar.text());
    }
    Optional<JsonNode> bool = Scalars.bool(scalar.text()).map(JSON::booleanNode);
    return bool.or(() -> Scalars.number(scalar.text()).map(JsonValues::number))
        .orElseGet(() -> JSON.textNode(scalar.text()));
  }

  static JsonNode number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? JSON.numberNode((long) value)
        : JSON.numberNode(value);
  }
}
