package plumbline.config;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Supplier;
import plumbline.config.TreeNode.Entry;
import plumbline.config.TreeNode.Mapping;
import plumbline.config.TreeNode.Sequence;

/**
 * Writes a JSON schema (draft 2020-12) of configurations, which refuses what binding refuses of
 * each key by itself: unknown keys, wrong types, wrong choices, numbers out of range. Checks across
 * keys are left to binding.
 *
 * <p>A writer makes one document. Each record and each form stands in it once, under {@code $defs}.
 */
public final class SchemaWriter {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /** The schema of what a {@link ConfigTree} is checked against after binding. */
  @FunctionalInterface
  public interface Form {
    ObjectNode write(SchemaWriter writer);
  }

  private final Map<String, Form> forms;
  private final Map<String, ObjectNode> definitions = new LinkedHashMap<>();
  private final Map<String, Class<?>> records = new LinkedHashMap<>();

  /**
   * @param forms by the name that {@link Key#form} gives; a tree of another form may be anything
   */
  public SchemaWriter(Map<String, Form> forms) {
    this.forms = Map.copyOf(forms);
  }

  /** A document. */
  public String document(String title, ObjectNode root) {
    ObjectNode document = JSON.objectNode();
    document.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    document.put("title", title);
    document.setAll(root);
    if (!definitions.isEmpty()) {
      document.set("$defs", JSON.objectNode().setAll(definitions));
    }
    return new ObjectMapper().valueToTree(document).toPrettyString() + "\n";
  }

  /** A reference to a definition, which is written when it is first named. */
  public ObjectNode define(String name, Supplier<ObjectNode> schema) {
    if (!definitions.containsKey(name)) {
      definitions.put(name, JSON.objectNode()); // it may name itself
      definitions.put(name, schema.get());
    }
    return JSON.objectNode().put("$ref", "#/$defs/" + name);
  }

  /** A reference to a form; anything if nobody knows it. */
  public ObjectNode form(String name) {
    Form form = forms.get(name);
    return form == null ? JSON.objectNode() : define(name, () -> form.write(this));
  }

  /** A reference to the keys of a configuration record. */
  public ObjectNode record(Class<?> type) {
    String outer =
        type.getEnclosingClass() == null ? "" : type.getEnclosingClass().getSimpleName() + ".";
    String name = outer + type.getSimpleName();
    Class<?> known = records.putIfAbsent(name, type);
    if (known != null && known != type) {
      throw new IllegalStateException(known.getName() + " and " + type.getName() + " share a name");
    }
    return define(name, () -> keys(type));
  }

  /** The keys of a configuration record in their place, so that others can be added. */
  public ObjectNode keys(Class<?> type) {
    return keys(type, Mapping.empty(Origin.of("")));
  }

  /**
   * The keys of a configuration record.
   *
   * @param chosen values in the place of defaults
   */
  public ObjectNode keys(Class<?> type, ConfigTree chosen) {
    return keys(type, chosen.node() instanceof Mapping m ? m : Mapping.empty(Origin.of("")));
  }

  private ObjectNode keys(Class<?> type, Mapping chosen) {
    ObjectNode schema = JSON.objectNode();
    ObjectNode properties = JSON.objectNode();
    ArrayNode required = JSON.arrayNode();
    for (Field field : Field.of(type)) {
      Optional<TreeNode> choice =
          Optional.ofNullable(chosen.entries().get(field.name())).map(Entry::value);
      properties.set(field.name(), property(field, choice));
      if (field.isRequired() && choice.isEmpty()) {
        required.add(field.name());
      }
    }
    if (required.isEmpty()) {
      schema.putArray("type").add("object").add("null");
    } else {
      schema.put("type", "object");
    }
    schema.set("properties", properties);
    if (!required.isEmpty()) {
      schema.set("required", required);
    }
    return schema.put("additionalProperties", false);
  }

  /** One key of a configuration record. */
  public ObjectNode key(Class<?> type, String name) {
    return Field.of(type).stream()
        .filter(field -> field.name().equals(name))
        .map(field -> property(field, Optional.empty()))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(type.getName() + " has no key " + name));
  }

  /** Whether a record can be bound with nothing written. */
  public static boolean hasDefaults(Class<?> type) {
    return Field.of(type).stream().noneMatch(Field::isRequired);
  }

  private ObjectNode property(Field field, Optional<TreeNode> choice) {
    ObjectNode property = value(field.type(), field.key(), choice);
    String doc = field.key().doc();
    String source = field.key().source();
    if (!doc.isEmpty()) {
      property.put("description", source.isEmpty() ? doc : doc + ". Default: " + source);
    }
    if (choice.isPresent() && !field.isRecord()) {
      property.set("default", JsonValues.tree(choice.get()));
    } else if (field.hasDefault()) {
      property.set("default", JsonValues.of(Binder.defaultOf(field, field.name())));
    }
    return property;
  }

  private ObjectNode value(Type type, Key key, Optional<TreeNode> choice) {
    Class<?> raw = Field.raw(type);
    if (raw == ConfigTree.class) {
      return form(key.form());
    }
    if (raw.isRecord()) {
      return choice.isPresent() && choice.get() instanceof Mapping group
          ? keys(raw, group)
          : record(raw);
    }
    if (raw == Optional.class) {
      return orNull(value(Field.parameter(type, 0), key, choice));
    }
    if (raw == OptionalInt.class || raw == OptionalLong.class) {
      return orNull(single(Long.class, key));
    }
    if (raw == OptionalDouble.class) {
      return orNull(single(Double.class, key));
    }
    ObjectNode schema = JSON.objectNode();
    if (raw == List.class) {
      schema.put("type", "array");
      schema.set("items", value(Field.parameter(type, 0), key, onlyItem(choice)));
      return schema;
    }
    if (raw == Map.class) {
      schema.putArray("type").add("object").add("null");
      schema.set("additionalProperties", value(Field.parameter(type, 1), key, Optional.empty()));
      return schema;
    }
    return single(raw, key);
  }

  private static Optional<TreeNode> onlyItem(Optional<TreeNode> list) {
    return list.filter(node -> node instanceof Sequence items && items.items().size() == 1)
        .map(node -> ((Sequence) node).items().get(0));
  }

  private static ObjectNode single(Class<?> type, Key key) {
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
      return text();
    }
    boolean whole = type != double.class && type != Double.class;
    schema.put("type", whole ? "integer" : "number");
    if (key.min() != Double.NEGATIVE_INFINITY) {
      schema.set("minimum", JsonValues.number(key.min()));
    }
    if (key.max() != Double.POSITIVE_INFINITY) {
      schema.set("maximum", JsonValues.number(key.max()));
    }
    return schema;
  }

  /** A text, which needs no quotes where it looks like a number. */
  public static ObjectNode text() {
    ObjectNode schema = JSON.objectNode();
    schema.putArray("type").add("string").add("number").add("boolean");
    return schema;
  }

  /** Any of these. */
  public static ObjectNode anyOf(List<ObjectNode> schemas) {
    ObjectNode either = JSON.objectNode();
    either.putArray("anyOf").addAll(schemas);
    return either;
  }

  private static ObjectNode orNull(ObjectNode schema) {
    return schema.isEmpty()
        ? schema
        : anyOf(List.of(schema, JSON.objectNode().put("type", "null")));
  }

  /**
   * A group of keys whose kind is told by the first of these keys that it has.
   *
   * @param kinds key to schema
   */
  public static ObjectNode byKey(Map<String, ObjectNode> kinds) {
    ObjectNode none = anyOf(List.copyOf(kinds.values()));
    ObjectNode schema = none;
    List<String> keys = List.copyOf(kinds.keySet());
    for (int i = keys.size() - 1; i >= 0; i--) {
      ObjectNode step = JSON.objectNode();
      step.putObject("if").putArray("required").add(keys.get(i));
      step.set("then", kinds.get(keys.get(i)));
      step.set("else", schema);
      schema = step;
    }
    ObjectNode group = JSON.objectNode().put("type", "object");
    return group.setAll(schema);
  }

  /**
   * A group of keys whose kind is told by the value of one key.
   *
   * @param key that has the kind; it must be there
   * @param kinds value to schema
   */
  public static ObjectNode byValue(String key, Map<String, ObjectNode> kinds) {
    ObjectNode schema = JSON.objectNode().put("type", "object");
    ArrayNode names = JSON.arrayNode();
    kinds.keySet().forEach(names::add);
    schema.putObject("properties").putObject(key).set("enum", names);
    schema.putArray("required").add(key);
    ArrayNode all = schema.putArray("allOf");
    kinds.forEach(
        (name, kind) -> {
          ObjectNode step = all.addObject();
          ObjectNode condition = step.putObject("if");
          condition.putObject("properties").putObject(key).put("const", name);
          condition.putArray("required").add(key);
          step.set("then", kind);
        });
    return schema;
  }
}
