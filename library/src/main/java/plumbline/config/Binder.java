package plumbline.config;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import plumbline.InputException;
import plumbline.config.TreeNode.Mapping;
import plumbline.config.TreeNode.Scalar;
import plumbline.config.TreeNode.Sequence;

/** Untyped trees to typed values; every mistake is an {@link InputException} with its place. */
final class Binder {
  private Binder() {}

  /**
   * A value of the given type.
   *
   * @param range numbers allowed, for this value or for its elements
   * @param path dotted path of the value, for messages
   */
  static Object bind(TreeNode node, Type type, Range range, String path) {
    Class<?> raw = Field.raw(type);
    if (raw == ConfigTree.class) {
      return new ConfigTree(node, path);
    }
    if (raw.isRecord()) {
      return bindRecord(group(node, path), raw, path);
    }
    if (raw == List.class) {
      return list(node, Field.parameter(type, 0), range, path);
    }
    if (raw == Map.class) {
      return map(node, Field.parameter(type, 1), range, path);
    }
    boolean empty = node instanceof Scalar scalar && scalar.isEmpty();
    if (raw == Optional.class) {
      return empty
          ? Optional.empty()
          : Optional.of(bind(node, Field.parameter(type, 0), range, path));
    }
    if (raw == OptionalInt.class) {
      return empty
          ? OptionalInt.empty()
          : OptionalInt.of((int) whole(node, true, range, path).longValue());
    }
    if (raw == OptionalLong.class) {
      return empty ? OptionalLong.empty() : OptionalLong.of(whole(node, false, range, path));
    }
    if (raw == OptionalDouble.class) {
      return empty ? OptionalDouble.empty() : OptionalDouble.of(number(node, range, path));
    }
    return single(node, raw, range, path);
  }

  private static Object single(TreeNode node, Class<?> type, Range range, String path) {
    if (type == boolean.class || type == Boolean.class) {
      return bool(node, path);
    }
    if (type == int.class || type == Integer.class) {
      return (int) whole(node, true, range, path).longValue();
    }
    if (type == long.class || type == Long.class) {
      return whole(node, false, range, path);
    }
    if (type == double.class || type == Double.class) {
      return number(node, range, path);
    }
    if (type == String.class) {
      return text(node, "a text", path);
    }
    if (type == Path.class) {
      return file(node, path);
    }
    if (type.isEnum()) {
      return constant(node, type, path);
    }
    throw new IllegalArgumentException(path + ": a key cannot have the type " + type.getName());
  }

  private static Object bindRecord(Mapping node, Class<?> type, String path) {
    refuseUnknownKeys(node, Field.of(type), path);
    return bindKeys(node, type, path);
  }

  private static Object bindKeys(Mapping node, Class<?> type, String path) {
    List<Field> fields = Field.declared(type);
    Object[] values = new Object[fields.size()];
    for (int i = 0; i < values.length; i++) {
      Field field = fields.get(i);
      values[i] =
          field.key().flat()
              ? bindKeys(node, Field.raw(field.type()), path)
              : bindKey(node, field, path);
    }
    return construct(type, values, node.origin(), path);
  }

  private static Object bindKey(Mapping node, Field field, String path) {
    String fieldPath = ConfigTree.join(path, field.name());
    TreeNode.Entry entry = node.entries().get(field.name());
    return entry == null
        ? absent(field, node.origin(), fieldPath)
        : bind(entry.value(), field.type(), Range.of(field.key()), fieldPath);
  }

  private static void refuseUnknownKeys(Mapping node, List<Field> fields, String path) {
    List<String> known = fields.stream().map(Field::name).toList();
    node.entries()
        .forEach(
            (name, entry) -> {
              if (!known.contains(name)) {
                List<String> paths = known.stream().map(key -> ConfigTree.join(path, key)).toList();
                String hint =
                    inNestedRecord(name, fields, path)
                        .or(() -> Nearest.to(name, known).map(key -> ConfigTree.join(path, key)))
                        .map(key -> "; did you mean '" + key + "'?")
                        .orElse("; known: " + String.join(", ", paths));
                throw entry
                    .keyOrigin()
                    .error("unknown key '" + ConfigTree.join(path, name) + "'" + hint);
              }
            });
  }

  /** A key that was written one level too high: {@code b} or {@code a_b} for {@code a.b}. */
  private static Optional<String> inNestedRecord(String name, List<Field> fields, String path) {
    for (Field field : fields) {
      if (field.isRecord()) {
        for (Field inner : Field.of(Field.raw(field.type()))) {
          if (inner.name().equals(name) || name.equals(field.name() + "_" + inner.name())) {
            String group = ConfigTree.join(path, field.name());
            return Optional.of(ConfigTree.join(group, inner.name()));
          }
        }
      }
    }
    return Optional.empty();
  }

  private static Object absent(Field field, Origin parent, String path) {
    if (field.hasDefault()) {
      return defaultOf(field, path);
    }
    if (field.isRecord() || field.isOptional()) {
      TreeNode nothing = new Scalar("", false, parent);
      return bind(nothing, field.type(), Range.ANY, path);
    }
    String doc = field.key().doc();
    throw parent.error("missing key '" + path + "'" + (doc.isEmpty() ? "" : " (" + doc + ")"));
  }

  /** The value of a key that is not written. */
  static Object defaultOf(Field field, String path) {
    String text = field.key().def();
    Origin origin = Origin.of("default of " + path);
    Class<?> raw = Field.raw(field.type());
    TreeNode node;
    if (raw == String.class || raw == Path.class) {
      node = new Scalar(text, Scalars.looksTyped(text), origin);
    } else if (!text.isEmpty()) {
      node = YamlReader.value(text, origin);
    } else if (raw == List.class) {
      node = new Sequence(List.of(), origin);
    } else if (raw == Map.class || raw == ConfigTree.class) {
      node = Mapping.empty(origin);
    } else {
      node = new Scalar("", false, origin);
    }
    try {
      return bind(node, field.type(), Range.of(field.key()), path);
    } catch (InputException e) {
      throw new IllegalArgumentException(field.components() + ": " + e.getMessage(), e);
    }
  }

  private static Object construct(Class<?> type, Object[] values, Origin origin, String path) {
    Class<?>[] types =
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    try {
      Constructor<?> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      Throwable cause = e.getCause();
      if (cause instanceof IllegalArgumentException) {
        String where = path.isEmpty() ? "" : path + ": ";
        throw new InputException(origin + ": " + where + cause.getMessage(), cause);
      }
      if (cause instanceof InputException inputException) {
        throw inputException;
      }
      throw new IllegalStateException("the constructor of " + type.getName() + " failed", cause);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot construct " + type.getName(), e);
    }
  }

  private static Mapping group(TreeNode node, String path) {
    if (node instanceof Mapping mapping) {
      return mapping;
    }
    if (node instanceof Scalar scalar && scalar.isEmpty()) {
      return Mapping.empty(node.origin());
    }
    throw wrong(node, "a group of keys", path);
  }

  private static List<Object> list(TreeNode node, Type type, Range range, String path) {
    if (!(node instanceof Sequence sequence)) {
      throw wrong(node, "a list such as [a, b]", path);
    }
    List<Object> values = new ArrayList<>();
    for (TreeNode item : sequence.items()) {
      values.add(bind(item, type, range, ConfigTree.join(path, Integer.toString(values.size()))));
    }
    return List.copyOf(values);
  }

  private static Map<String, Object> map(TreeNode node, Type type, Range range, String path) {
    Map<String, Object> values = new LinkedHashMap<>();
    group(node, path)
        .entries()
        .forEach(
            (key, entry) ->
                values.put(key, bind(entry.value(), type, range, ConfigTree.join(path, key))));
    return Collections.unmodifiableMap(values);
  }

  private static Boolean bool(TreeNode node, String path) {
    return plain(node).flatMap(Scalars::bool).orElseThrow(() -> wrong(node, "true or false", path));
  }

  private static Long whole(TreeNode node, boolean isInt, Range range, String path) {
    Range representable = isInt ? new Range(Integer.MIN_VALUE, Integer.MAX_VALUE) : Range.ANY;
    Optional<Long> value = plain(node).flatMap(Scalars::whole);
    if (value.isEmpty() || !range.contains(value.get())) {
      throw wrong(node, range.describe("a whole number"), path);
    }
    if (!representable.contains(value.get())) {
      throw wrong(node, representable.describe("a whole number"), path);
    }
    return value.get();
  }

  private static Double number(TreeNode node, Range range, String path) {
    return plain(node)
        .flatMap(Scalars::number)
        .filter(range::contains)
        .orElseThrow(() -> wrong(node, range.describe("a number"), path));
  }

  private static String text(TreeNode node, String wanted, String path) {
    if (node instanceof Scalar scalar && !scalar.isEmpty()) {
      return scalar.text();
    }
    throw wrong(node, wanted, path);
  }

  private static Path file(TreeNode node, String path) {
    try {
      return Path.of(text(node, "a file or folder", path));
    } catch (InvalidPathException e) {
      throw wrong(node, "a file or folder", path);
    }
  }

  private static Object constant(TreeNode node, Class<?> type, String path) {
    List<String> known = new ArrayList<>();
    Optional<String> text = plain(node);
    for (Object constant : type.getEnumConstants()) {
      String label = Field.label(constant);
      if (text.isPresent() && text.get().equals(label)) {
        return constant;
      }
      known.add(label);
    }
    String hint =
        text.flatMap(wrong -> Nearest.to(wrong, known))
            .map(near -> "; did you mean '" + near + "'?")
            .orElse("");
    throw wrong(node, "one of " + String.join(", ", known) + hint, path);
  }

  private static Optional<String> plain(TreeNode node) {
    return node instanceof Scalar scalar && !scalar.quoted() && !scalar.isEmpty()
        ? Optional.of(scalar.text())
        : Optional.empty();
  }

  static InputException wrong(TreeNode node, String wanted, String path) {
    String what = path.isEmpty() ? "this" : path;
    return node.origin().error(what + " is " + node.describe() + ", wanted " + wanted);
  }
}
