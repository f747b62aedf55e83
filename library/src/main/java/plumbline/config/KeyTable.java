package plumbline.config;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Markdown tables of configuration keys. */
final class KeyTable {
  private KeyTable() {}

  static String of(Class<?> type) {
    List<String> rows = new ArrayList<>();
    rows.add("| key | default | range | meaning |");
    rows.add("| --- | --- | --- | --- |");
    for (KeyFacts key : KeyFacts.of(type, TreeNode.Mapping.empty(Origin.of("")))) {
      rows.add(
          "| `%s` | %s | %s | %s |"
              .formatted(key.path(), written(key), range(key), escape(key.meaning())));
    }
    return String.join("\n", rows) + "\n";
  }

  private static String written(KeyFacts key) {
    if (key.group()) {
      return "";
    }
    if (key.required()) {
      return "required";
    }
    return key.value().map(value -> "`" + escape(value) + "`").orElse("none");
  }

  private static String range(KeyFacts key) {
    return key.choices().isEmpty()
        ? key.range()
        : key.choices().stream()
            .map(choice -> "`" + choice + "`")
            .collect(Collectors.joining(", "));
  }

  private static String escape(String text) {
    return text.replace("|", "\\|");
  }
}
