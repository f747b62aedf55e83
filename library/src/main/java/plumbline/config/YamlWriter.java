package plumbline.config;

import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeId;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.resolver.Resolver;

/** Configuration records and trees to YAML. */
final class YamlWriter {
  private static final Resolver RESOLVER = new Resolver();

  private YamlWriter() {}

  static String write(Object value) {
    DumperOptions options = new DumperOptions();
    options.setDefaultFlowStyle(FlowStyle.BLOCK);
    options.setSplitLines(false);
    options.setWidth(100);
    StringWriter text = new StringWriter();
    new Yaml(options).serialize(node(value), text);
    return text.toString();
  }

  private static Node node(Object value) {
    if (value instanceof Record group) {
      List<NodeTuple> tuples = new ArrayList<>();
      for (Field field : Field.of(group.getClass())) {
        tuples.add(new NodeTuple(text(field.name()), node(field.valueIn(group))));
      }
      return mapping(tuples);
    }
    if (value instanceof ConfigTree tree) {
      return node(tree.node());
    }
    if (value instanceof List<?> list) {
      return sequence(list.stream().map(YamlWriter::node).toList());
    }
    if (value instanceof Map<?, ?> map) {
      List<NodeTuple> tuples = new ArrayList<>();
      map.forEach((key, item) -> tuples.add(new NodeTuple(text((String) key), node(item))));
      return mapping(tuples);
    }
    if (value instanceof Optional<?> optional) {
      return optional.map(YamlWriter::node).orElseGet(YamlWriter::nothing);
    }
    if (value instanceof OptionalInt optional) {
      return optional.isPresent() ? node(optional.getAsInt()) : nothing();
    }
    if (value instanceof OptionalLong optional) {
      return optional.isPresent() ? node(optional.getAsLong()) : nothing();
    }
    if (value instanceof OptionalDouble optional) {
      return optional.isPresent() ? node(optional.getAsDouble()) : nothing();
    }
    return single(value);
  }

  private static Node single(Object value) {
    if (value instanceof Double number) {
      return plain(Scalars.format(number));
    }
    if (value instanceof Integer || value instanceof Long || value instanceof Boolean) {
      return plain(value.toString());
    }
    if (value instanceof Enum<?>) {
      return plain(Field.label(value));
    }
    return text(value.toString());
  }

  private static Node node(TreeNode tree) {
    if (tree instanceof TreeNode.Mapping mapping) {
      List<NodeTuple> tuples = new ArrayList<>();
      mapping
          .entries()
          .forEach((key, entry) -> tuples.add(new NodeTuple(text(key), node(entry.value()))));
      return mapping(tuples);
    }
    if (tree instanceof TreeNode.Sequence sequence) {
      return sequence(sequence.items().stream().map(YamlWriter::node).toList());
    }
    TreeNode.Scalar scalar = (TreeNode.Scalar) tree;
    if (scalar.isEmpty()) {
      return nothing();
    }
    return !scalar.quoted() && Scalars.looksTyped(scalar.text())
        ? plain(scalar.text())
        : text(scalar.text());
  }

  private static Node mapping(List<NodeTuple> tuples) {
    return new MappingNode(Tag.MAP, tuples, tuples.isEmpty() ? FlowStyle.FLOW : FlowStyle.BLOCK);
  }

  private static Node sequence(List<Node> items) {
    boolean flat = items.stream().allMatch(item -> item.getNodeId() == NodeId.scalar);
    return new SequenceNode(Tag.SEQ, items, flat ? FlowStyle.FLOW : FlowStyle.BLOCK);
  }

  private static Node nothing() {
    return plain("null");
  }

  private static Node plain(String text) {
    return new ScalarNode(
        RESOLVER.resolve(NodeId.scalar, text, true), text, null, null, ScalarStyle.PLAIN);
  }

  private static Node text(String text) {
    ScalarStyle style =
        Scalars.looksTyped(text) || text.contains("\n")
            ? ScalarStyle.DOUBLE_QUOTED
            : ScalarStyle.PLAIN;
    return new ScalarNode(Tag.STR, text, null, null, style);
  }
}
