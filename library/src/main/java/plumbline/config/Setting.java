package plumbline.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import plumbline.InputException;
import plumbline.config.TreeNode.Entry;
import plumbline.config.TreeNode.Mapping;
import plumbline.config.TreeNode.Scalar;
import plumbline.config.TreeNode.Sequence;

/**
 * One change from the command line: {@code a.b=c}.
 *
 * @param path keys from the root; a number picks an element of a list
 * @param value what to put there
 * @param origin the option as it was typed
 */
record Setting(List<String> path, TreeNode value, Origin origin) {
  static Setting parse(String assignment) {
    int equals = assignment.indexOf('=');
    if (equals <= 0) {
      throw new InputException(
          "--set " + assignment + ": wanted key=value, for example --set ppo.steps=50");
    }
    List<String> path = List.of(assignment.substring(0, equals).strip().split("\\.", -1));
    if (path.stream().anyMatch(String::isBlank)) {
      throw new InputException("--set " + assignment + ": the key has an empty part");
    }
    Origin origin = Origin.of("--set " + assignment);
    return new Setting(path, YamlReader.value(assignment.substring(equals + 1), origin), origin);
  }

  TreeNode applyTo(TreeNode root) {
    return put(root, 0);
  }

  private TreeNode put(TreeNode node, int depth) {
    if (depth == path.size()) {
      return value;
    }
    String part = path.get(depth);
    if (node instanceof Mapping mapping) {
      Map<String, Entry> entries = new LinkedHashMap<>(mapping.entries());
      Entry before = entries.get(part);
      Entry after =
          before == null
              ? new Entry(origin, put(Mapping.empty(origin), depth + 1))
              : new Entry(before.keyOrigin(), put(before.value(), depth + 1));
      entries.put(part, after);
      return new Mapping(entries, mapping.origin());
    }
    if (node instanceof Sequence sequence) {
      List<TreeNode> items = new ArrayList<>(sequence.items());
      int index = index(part, items.size(), depth);
      items.set(index, put(items.get(index), depth + 1));
      return new Sequence(items, sequence.origin());
    }
    if (node instanceof Scalar scalar && scalar.isEmpty()) {
      return put(Mapping.empty(scalar.origin()), depth);
    }
    throw origin.error(
        here(depth) + " is " + node.describe() + " (" + node.origin() + ") and has no keys");
  }

  private int index(String part, int size, int depth) {
    if (part.matches("\\d{1,9}") && Integer.parseInt(part) < size) {
      return Integer.parseInt(part);
    }
    throw origin.error(
        here(depth)
            + " is a list of "
            + size
            + ", wanted a position "
            + new Range(0, size - 1.0)
            + " instead of '"
            + part
            + "'");
  }

  private String here(int depth) {
    return depth == 0 ? "the configuration" : String.join(".", path.subList(0, depth));
  }
}
