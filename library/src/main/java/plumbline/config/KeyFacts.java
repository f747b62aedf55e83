package plumbline.config;

import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is known about one key of a configuration.
 *
 * @param path dotted path; {@code N} stands for the position in a list, or for a name
 * @param group whether further keys are below it
 * @param required whether it must be written
 * @param value its default as YAML; empty if there is none
 * @param chosen whether that is not the key's own default but somebody's choice
 * @param unit what a number counts or measures; empty if it has no unit
 * @param range numbers allowed, as {@code from 0 to 1}; empty if all are
 * @param choices values allowed, if these are few
 * @param meaning one phrase
 * @param source where the key or its default is from; empty if it is Plumbline's own
 * @param form what a tree that is bound later must be, {@code score} for example; mostly empty
 */
public record KeyFacts(
    String path,
    boolean group,
    boolean required,
    Optional<String> value,
    boolean chosen,
    String unit,
    String range,
    List<String> choices,
    String meaning,
    String source,
    String form) {

  static List<KeyFacts> of(Class<?> type, TreeNode chosen) {
    List<KeyFacts> facts = new ArrayList<>();
    add(type, "", Optional.of(chosen), facts);
    return facts;
  }

  private static void add(
      Class<?> type, String path, Optional<TreeNode> chosen, List<KeyFacts> facts) {
    for (Field field : Field.of(type)) {
      String name = ConfigTree.join(path, field.name());
      Optional<TreeNode> choice =
          chosen.flatMap(
              node ->
                  node instanceof TreeNode.Mapping group
                      ? Optional.ofNullable(group.entries().get(field.name()))
                          .map(TreeNode.Entry::value)
                      : Optional.empty());
      Class<?> element = element(field.type());
      if (!field.isRecord() || !field.key().doc().isEmpty()) {
        facts.add(of(field, name, element, choice));
      }
      if (element.isRecord()) {
        boolean below = field.isRecord() || field.isOptional();
        add(element, below ? name : name + ".N", below ? choice : onlyItem(choice), facts);
      }
    }
  }

  private static KeyFacts of(
      Field field, String name, Class<?> element, Optional<TreeNode> choice) {
    boolean chosen = choice.isPresent() && !element.isRecord();
    Key key = field.key();
    Optional<String> def =
        Optional.of(field.hasDefault() ? key.def() : "").filter(text -> !text.isEmpty());
    return new KeyFacts(
        name,
        field.isRecord(),
        field.isRequired() && !chosen,
        chosen ? Optional.of(new ConfigTree(choice.get(), name).toString().strip()) : def,
        chosen,
        key.unit(),
        isNumber(element) ? Range.of(key).toString() : "",
        choices(element),
        key.doc(),
        key.source(),
        key.form());
  }

  private static Optional<TreeNode> onlyItem(Optional<TreeNode> list) {
    return list.filter(node -> node instanceof TreeNode.Sequence items && items.items().size() == 1)
        .map(node -> ((TreeNode.Sequence) node).items().get(0));
  }

  private static boolean isNumber(Class<?> type) {
    return type != ConfigTree.class && type != String.class && !type.isRecord();
  }

  private static List<String> choices(Class<?> type) {
    if (type.isEnum()) {
      return Stream.of(type.getEnumConstants()).map(Field::label).toList();
    }
    return type == boolean.class || type == Boolean.class ? List.of("true", "false") : List.of();
  }

  private static Class<?> element(Type type) {
    Class<?> raw = Field.raw(type);
    if (raw == List.class || raw == Optional.class) {
      return element(Field.parameter(type, 0));
    }
    return raw == Map.class ? element(Field.parameter(type, 1)) : raw;
  }

  /** The value of the key in a configuration, as YAML on one line; empty if it has none there. */
  public Optional<String> in(ConfigTree config) {
    Optional<ConfigTree> node = Optional.of(config);
    for (String part : path.split("\\.", -1)) {
      node = node.filter(ConfigTree::isMap).flatMap(group -> group.find(part));
    }
    return node.filter(found -> !found.isMap())
        .map(found -> found.isList() ? found.json().toString() : found.toString().strip())
        .filter(text -> !Scalars.isNull(text));
  }
}
