package plumbline.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A YAML value before it has a type, with the place it was written. */
sealed interface TreeNode {
  Origin origin();

  /** What this is, for "... is X, wanted Y". */
  String describe();

  /** The value without its places, for comparison. */
  Object content();

  /**
   * A single value.
   *
   * @param text as written, without quotes
   * @param quoted whether quotes turned something that looks like a number, a boolean or nothing
   *     into a text
   */
  record Scalar(String text, boolean quoted, Origin origin) implements TreeNode {
    boolean isEmpty() {
      return !quoted && Scalars.isNull(text);
    }

    @Override
    public String describe() {
      if (isEmpty()) {
        return "empty";
      }
      String shown = text.length() > 60 ? text.substring(0, 60) + "..." : text;
      shown = shown.replace("\n", "\\n");
      if (quoted) {
        return "the text '" + shown + "' in quotes";
      }
      return Scalars.number(text).isPresent() ? shown : "'" + shown + "'";
    }

    @Override
    public Object content() {
      return isEmpty() ? "" : quoted ? List.of("text", text) : text;
    }
  }

  /** A list of values. */
  record Sequence(List<TreeNode> items, Origin origin) implements TreeNode {
    public Sequence {
      items = List.copyOf(items);
    }

    @Override
    public String describe() {
      return "a list";
    }

    @Override
    public Object content() {
      return items.stream().map(TreeNode::content).toList();
    }
  }

  /** Keys with values, in the order they were written. */
  record Mapping(Map<String, Entry> entries, Origin origin) implements TreeNode {
    public Mapping {
      entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    }

    static Mapping empty(Origin origin) {
      return new Mapping(Map.of(), origin);
    }

    @Override
    public String describe() {
      return "a group of keys";
    }

    @Override
    public Object content() {
      Map<String, Object> content = new LinkedHashMap<>();
      entries.forEach((key, entry) -> content.put(key, entry.value().content()));
      return content;
    }
  }

  /** A value with the place of its key. */
  record Entry(Origin keyOrigin, TreeNode value) {}
}
