package plumbline.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** JSON schemas (draft 2020-12) of configuration records. */
final class JsonSchema {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private JsonSchema() {}

  static String of(Class<?> type) {
    ObjectNode schema = JSON.objectNode();
    schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    schema.put("title", type.getSimpleName());
    schema.setAll(group(type));
    return new ObjectMapper().valueToTree(schema).toPrettyString() + "\n";
  }

  private static ObjectNode group(Class<?> type) {
    ObjectNode schema = JSON.objectNode();
    schema.put("type", "object");
    ObjectNode properties = schema.putObject("properties");
    ArrayNode required = JSON.arrayNode();
    for (Field field : Field.of(type)) {
      ObjectNode property = of(field.type(), Range.of(field.key()));
      if (!field.key().doc().isEmpty()) {
        property.put("description", field.key().doc());
      }
      if (field.hasDefault()) {
        property.set("default", value(Binder.defaultOf(field, field.name())));
      }
      properties.set(field.name(), property);
      if (field.isRequired()) {
        required.add(field.name());
      }
    }
    if (!required.isEmpty()) {
      schema.set("required", required);
    }
    return schema.put("additionalProperties", false);
  }

  private static ObjectNode of(Type type, Range range) {
    Class<?> raw = Field.raw(type);
    ObjectNode schema = JSON.objectNode();
    if (raw == ConfigTree.class) {
      return schema;
    }
    if (raw.isRecord()) {
      return group(raw);
    }
    if (raw == Optional.class) {
      return orNull(of(Field.parameter(type, 0), range));
    }
    if (raw == OptionalInt.class || raw == OptionalLong.class) {
      return orNull(of(Long.class, range));
    }
    if (raw == OptionalDouble.class) {
      return orNull(of(Double.class, range));
    }
    if (raw == List.class) {
      schema.put("type", "array").set("items", of(Field.parameter(type, 0), range));
      return schema;
    }
    if (raw == Map.class) {
      schema.put("type", "object");
      schema.set("additionalProperties", of(Field.parameter(type, 1), range));
      return schema;
    }
    return single(raw, range);
  }

  private static ObjectNode single(Class<?> type, Range range) {
    ObjectNode schema = JSON.objectNode();
    if (type.isEnum()) {
      ArrayNode labels = schema.putArray("enum");
      for (Object constant : type.getEnumConstants()) {
        labels.add(Field.label(constant));
      }
      return schema;
    }
    if (type == boolean.class || type == Boolean.class) {
      return schema.put("type", "boolean");
    }
    if (type == String.class || type == Path.class) {
      return schema.put("type", "string");
    }
    boolean whole = type != double.class && type != Double.class;
    schema.put("type", whole ? "integer" : "number");
    if (range.min() != Double.NEGATIVE_INFINITY) {
      schema.set("minimum", number(range.min()));
    }
    if (range.max() != Double.POSITIVE_INFINITY) {
      schema.set("maximum", number(range.max()));
    }
    return schema;
  }

  private static ObjectNode orNull(ObjectNode schema) {
    ObjectNode either = JSON.objectNode();
    either.putArray("anyOf").add(schema).add(JSON.objectNode().put("type", "null"));
    return either;
  }

  private static JsonNode number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? JSON.numberNode((long) value)
        : JSON.numberNode(value);
  }

  /** A bound default as JSON. */
  private static JsonNode value(Object value) {
    if (value instanceof Record group) {
      ObjectNode node = JSON.objectNode();
      Field.of(group.getClass()).forEach(f -> node.set(f.name(), value(f.valueIn(group))));
      return node;
    }
    if (value instanceof List<?> list) {
      ArrayNode node = JSON.arrayNode();
      list.forEach(item -> node.add(value(item)));
      return node;
    }
    if (value instanceof Map<?, ?> map) {
      ObjectNode node = JSON.objectNode();
      map.forEach((key, item) -> node.set((String) key, value(item)));
      return node;
    }
    if (value instanceof Optional<?> optional) {
      return optional.map(JsonSchema::value).orElse(JSON.nullNode());
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

  private static JsonNode tree(TreeNode tree) {
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
    return bool.or(() -> Scalars.number(scalar.text()).map(JsonSchema::number))
        .orElseGet(() -> JSON.textNode(scalar.text()));
  }
}
