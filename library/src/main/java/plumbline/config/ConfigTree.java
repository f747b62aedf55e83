package plumbline.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BinaryOperator;
import plumbline.InputException;
import plumbline.config.TreeNode.Entry;
import plumbline.config.TreeNode.Mapping;
import plumbline.config.TreeNode.Scalar;
import plumbline.config.TreeNode.Sequence;

/**
 * YAML that has not been given a type yet. It remembers where each key was written, so that binding
 * it later still reports file and line. Immutable; two trees are equal if their values are,
 * wherever they were written.
 */
public final class ConfigTree {
  private final TreeNode node;
  private final String path;

  ConfigTree(TreeNode node, String path) {
    this.node = node;
    this.path = path;
  }

  /** The tree with {@code a.b=c} applied: the value is YAML, missing groups of keys are created. */
  public ConfigTree with(String assignment) {
    return new ConfigTree(Setting.parse(assignment).applyTo(node), path);
  }

  /** The tree without one of its keys; unchanged if it has no such key. */
  public ConfigTree without(String key) {
    Map<String, Entry> entries = new LinkedHashMap<>(mapping().entries());
    entries.remove(key);
    return new ConfigTree(new Mapping(entries, node.origin()), path);
  }

  /** A group of keys whose only key is {@code key} and whose value is this tree. */
  public ConfigTree under(String key) {
    Entry entry = new Entry(node.origin(), node);
    return new ConfigTree(new Mapping(Map.of(key, entry), node.origin()), path);
  }

  /** The tree with one of its keys added or replaced; the key may have dots in it. */
  public ConfigTree withKey(String key, ConfigTree value) {
    Map<String, Entry> entries = new LinkedHashMap<>(mapping().entries());
    entries.put(key, new Entry(value.node.origin(), value.node));
    return new ConfigTree(new Mapping(entries, node.origin()), path);
  }

  /**
   * The tree with another value at a dotted path, which keeps the place where it was written;
   * missing groups of keys are created.
   */
  public ConfigTree with(String dotted, ConfigTree value) {
    Setting setting =
        new Setting(List.of(dotted.split("\\.", -1)), value.node, value.node.origin());
    return new ConfigTree(setting.applyTo(node), path);
  }

  /**
   * The tree with another one laid over it: groups of keys are merged, every other value replaces
   * what was there, and an empty one takes its key away (RFC 7386). A key that only {@code above}
   * has stands before the next of its keys that both have, or at the end.
   */
  public ConfigTree overlaid(ConfigTree above) {
    return new ConfigTree(overlaid(mapping(), above.mapping()), path);
  }

  private static Mapping overlaid(Mapping below, Mapping above) {
    List<String> order = new ArrayList<>(below.entries().keySet());
    Map<String, Entry> values = new LinkedHashMap<>(below.entries());
    List<String> added = new ArrayList<>(above.entries().keySet());
    int next = order.size();
    for (int i = added.size() - 1; i >= 0; i--) {
      String key = added.get(i);
      int place = order.indexOf(key);
      if (place < 0) {
        order.add(next, key);
      } else {
        next = place;
      }
      values.merge(key, above.entries().get(key), ConfigTree::overlaid);
    }
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (String key : order) {
      Entry entry = values.get(key);
      boolean taken =
          above.entries().containsKey(key)
              && entry.value() instanceof Scalar scalar
              && scalar.isEmpty();
      if (!taken) {
        entries.put(key, entry);
      }
    }
    return new Mapping(entries, below.origin());
  }

  private static Entry overlaid(Entry below, Entry above) {
    return below.value() instanceof Mapping inner && above.value() instanceof Mapping over
        ? new Entry(below.keyOrigin(), overlaid(inner, over))
        : above;
  }

  /**
   * The tree with other texts.
   *
   * @param texts from the key under which a single value stands (in a list, the list's key) and its
   *     text to the text in its place
   */
  public ConfigTree mapTexts(BinaryOperator<String> texts) {
    return new ConfigTree(mapped(node, "", texts), path);
  }

  private static TreeNode mapped(TreeNode node, String key, BinaryOperator<String> texts) {
    if (node instanceof Mapping mapping) {
      Map<String, Entry> entries = new LinkedHashMap<>();
      mapping
          .entries()
          .forEach(
              (name, entry) ->
                  entries.put(
                      name, new Entry(entry.keyOrigin(), mapped(entry.value(), name, texts))));
      return new Mapping(entries, mapping.origin());
    }
    if (node instanceof Sequence sequence) {
      return new Sequence(
          sequence.items().stream().map(item -> mapped(item, key, texts)).toList(),
          sequence.origin());
    }
    Scalar scalar = (Scalar) node;
    return scalar.isEmpty()
        ? scalar
        : new Scalar(texts.apply(key, scalar.text()), scalar.quoted(), scalar.origin());
  }

  /** A group without keys, written where this tree is. */
  public ConfigTree emptyGroup() {
    return new ConfigTree(Mapping.empty(node.origin()), path);
  }

  /**
   * The tree as a typed value: a configuration record, a number, a text, an enum.
   *
   * @throws InputException if the tree does not fit, with the place and the nearest fix
   */
  public <T> T bind(Class<T> type) {
    return type.cast(Binder.bind(node, type, Range.ANY, path));
  }

  /** The keys in the order they were written; an error if this is a list or a single value. */
  public List<String> keys() {
    return List.copyOf(mapping().entries().keySet());
  }

  public boolean has(String key) {
    return node instanceof Mapping mapping && mapping.entries().containsKey(key);
  }

  /** The value of a key, if it was written. */
  public Optional<ConfigTree> find(String key) {
    return Optional.ofNullable(mapping().entries().get(key))
        .map(entry -> new ConfigTree(entry.value(), join(path, key)));
  }

  /** The value of a key; an error if it was not written. */
  public ConfigTree get(String key) {
    return find(key)
        .orElseThrow(
            () ->
                node.origin()
                    .error("missing key '" + join(path, key) + "'" + Nearest.hint(key, keys())));
  }

  /** The elements of a list; an error if this is none. */
  public List<ConfigTree> items() {
    if (!(node instanceof Sequence sequence)) {
      throw Binder.wrong(node, "a list", path);
    }
    List<ConfigTree> items = new ArrayList<>();
    for (TreeNode item : sequence.items()) {
      items.add(new ConfigTree(item, join(path, Integer.toString(items.size()))));
    }
    return items;
  }

  public boolean isMap() {
    return node instanceof Mapping;
  }

  public boolean isList() {
    return node instanceof Sequence;
  }

  /** Whether this is a single value that is not empty. */
  public boolean isValue() {
    return node instanceof Scalar scalar && !scalar.isEmpty();
  }

  /** The text of a single value; an error if this is none. */
  public String text() {
    return bind(String.class);
  }

  /** Dotted path from the root of what was read; empty at the root. */
  public String path() {
    return path;
  }

  /** Where this was written: {@code runs/x.yaml:12} or {@code --set a.b=c}. */
  public String where() {
    return node.origin().toString();
  }

  /** An error about this value, with its place. */
  public InputException error(String message) {
    return node.origin().error(path.isEmpty() ? message : path + ": " + message);
  }

  /** The tree as JSON: unquoted numbers and booleans as such, empty values as null. */
  public JsonNode json() {
    return JsonValues.tree(node);
  }

  TreeNode node() {
    return node;
  }

  private Mapping mapping() {
    if (node instanceof Mapping mapping) {
      return mapping;
    }
    if (node instanceof Scalar scalar && scalar.isEmpty()) {
      return Mapping.empty(node.origin());
    }
    throw Binder.wrong(node, "a group of keys", path);
  }

  static String join(String path, String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ConfigTree tree && node.content().equals(tree.node.content());
  }

  @Override
  public int hashCode() {
    return node.content().hashCode();
  }

  /** The tree as YAML. */
  @Override
  public String toString() {
    return YamlWriter.write(this);
  }
}
