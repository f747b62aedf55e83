package plumbline.config;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.reader.ReaderException;
import plumbline.InputException;

/**
 * YAML text to {@link TreeNode}, with anchors and merge keys resolved. Tags that would name a class
 * are refused; nothing is ever instantiated from the text.
 */
final class YamlReader {
  private static final Set<Tag> TAGS =
      Set.of(
          Tag.STR,
          Tag.INT,
          Tag.FLOAT,
          Tag.BOOL,
          Tag.NULL,
          Tag.TIMESTAMP,
          Tag.MERGE,
          Tag.SEQ,
          Tag.MAP);

  private final Function<Mark, Origin> origins;
  private final IdentityHashMap<Node, TreeNode> done = new IdentityHashMap<>();
  private final IdentityHashMap<Node, Boolean> open = new IdentityHashMap<>();

  private YamlReader(Function<Mark, Origin> origins) {
    this.origins = origins;
  }

  /** Reads a file's text; an empty one is an empty group of keys. */
  static TreeNode document(String text, String name) {
    Function<Mark, Origin> origins = mark -> new Origin(name, mark.getLine() + 1);
    Node root = compose(text, name, true);
    return root == null
        ? TreeNode.Mapping.empty(new Origin(name, 1))
        : new YamlReader(origins).convert(root);
  }

  /** Reads a value that stands alone: all of it has the same origin. */
  static TreeNode value(String text, Origin origin) {
    Node root = compose(text, origin.toString(), false);
    return root == null
        ? new TreeNode.Scalar("", false, origin)
        : new YamlReader(mark -> origin).convert(root);
  }

  private static Node compose(String text, String name, boolean lines) {
    String body = text.startsWith("\uFEFF") ? text.substring(1) : text;
    try {
      return new Yaml(new SafeConstructor(new LoaderOptions())).compose(new StringReader(body));
    } catch (MarkedYAMLException e) {
      throw new InputException(syntaxError(e, name, lines), e);
    } catch (ReaderException e) {
      long line = body.codePoints().limit(e.getPosition()).filter(c -> c == '\n').count() + 1;
      String place = lines ? name + ":" + line : name;
      throw new InputException(
          "%s: the character U+%04X is not allowed in YAML".formatted(place, e.getCodePoint()), e);
    } catch (YAMLException e) {
      throw new InputException(name + ": " + oneLine(String.valueOf(e.getMessage())), e);
    }
  }

  private static String syntaxError(MarkedYAMLException e, String name, boolean lines) {
    Mark mark = e.getProblemMark();
    String place = name;
    if (lines && mark != null) {
      place += ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1);
    }
    String problem = oneLine(String.valueOf(e.getProblem()));
    if (problem.contains("TAB")) {
      return place + ": a tab where YAML wants spaces; indent with spaces";
    }
    if (problem.startsWith("Global tag is not allowed: ")) {
      String tag = problem.substring(problem.indexOf(": ") + 2);
      return place + ": the tag " + tag + " is not allowed; write a plain value";
    }
    if (problem.contains("expected a single document") || problem.contains("another document")) {
      return place + ": a second YAML document begins here; one file holds one document";
    }
    String context = e.getContext() == null ? "" : " (" + oneLine(e.getContext()) + ")";
    return place + ": not valid YAML: " + problem + context;
  }

  private static String oneLine(String text) {
    return text.strip().replaceAll("\\s+", " ");
  }

  private TreeNode convert(Node node) {
    TreeNode known = done.get(node);
    if (known != null) {
      return known;
    }
    Origin origin = origin(node);
    if (open.put(node, true) != null) {
      throw origin.error("this anchor contains itself");
    }
    if (!TAGS.contains(node.getTag())) {
      throw origin.error("the tag " + node.getTag() + " is not allowed; write a plain value");
    }
    TreeNode tree;
    if (node instanceof ScalarNode scalar) {
      tree = scalar(scalar, origin);
    } else if (node instanceof SequenceNode sequence) {
      List<TreeNode> items = new ArrayList<>();
      sequence.getValue().forEach(item -> items.add(convert(item)));
      tree = new TreeNode.Sequence(items, origin);
    } else {
      tree = mapping((MappingNode) node, origin);
    }
    open.remove(node);
    done.put(node, tree);
    return tree;
  }

  private static TreeNode scalar(ScalarNode node, Origin origin) {
    String text = text(node, origin);
    return new TreeNode.Scalar(text, !node.isPlain() && Scalars.looksTyped(text), origin);
  }

  /** No path and no name can hold U+0000, which YAML has an escape for. */
  private static String text(ScalarNode node, Origin origin) {
    if (node.getValue().indexOf('\0') >= 0) {
      throw origin.error("the escape of the character U+0000 is not allowed; leave it out");
    }
    return node.getValue();
  }

  private TreeNode mapping(MappingNode node, Origin origin) {
    Map<String, TreeNode.Entry> entries = new LinkedHashMap<>();
    Map<String, TreeNode.Entry> merged = new LinkedHashMap<>();
    for (NodeTuple tuple : node.getValue()) {
      Origin keyOrigin = origin(tuple.getKeyNode());
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        throw keyOrigin.error("a key is a list or a group of keys, wanted a name");
      }
      if (key.getTag().equals(Tag.MERGE)) {
        merge(tuple.getValueNode(), merged);
        continue;
      }
      String name = text(key, keyOrigin);
      TreeNode.Entry before = entries.get(name);
      if (before != null) {
        throw keyOrigin.error("duplicate key '" + name + "', first at " + before.keyOrigin());
      }
      entries.put(name, new TreeNode.Entry(keyOrigin, convert(tuple.getValueNode())));
    }
    merged.forEach(entries::putIfAbsent);
    return new TreeNode.Mapping(entries, origin);
  }

  private void merge(Node source, Map<String, TreeNode.Entry> into) {
    if (convert(source) instanceof TreeNode.Mapping mapping) {
      mapping.entries().forEach(into::putIfAbsent);
    } else if (source instanceof SequenceNode sequence) {
      sequence.getValue().forEach(item -> merge(item, into));
    } else {
      throw origin(source).error("'<<' merges a group of keys or a list of them");
    }
  }

  private Origin origin(Node node) {
    return origins.apply(node.getStartMark());
  }
}
