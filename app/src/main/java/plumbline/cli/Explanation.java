package plumbline.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.config.ConfigTree;
import plumbline.config.KeyFacts;
import plumbline.pipeline.MethodKeys;

/** Says of each key of a method what it is, where its default is from and what it may be. */
final class Explanation {
  private static final String INDENT = "    ";

  private Explanation() {}

  /**
   * Prints it.
   *
   * @param written a configuration whose values are told too
   * @param name of a key or a group; empty for all
   */
  static int print(String method, Optional<ConfigTree> written, String name, Console console) {
    MethodKeys all = MethodKeys.of(method, written);
    List<KeyFacts> keys = name.isEmpty() ? all.keys() : all.called(name);
    if (name.isEmpty()) {
      console.say(
          "train %s%s: %d keys"
              .formatted(
                  method,
                  all.source().isEmpty() ? "" : ", " + all.source(),
                  keys.stream().filter(key -> !key.group()).count()));
    }
    String group = null;
    for (KeyFacts key : keys) {
      String own = key.path().contains(".") ? key.path().replaceFirst("\\.[^.]*$", "") : "";
      if (!own.equals(group)) {
        console.say("");
        group = own;
      }
      say(key, all, console);
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("status", "ok");
    document.put("method", method);
    document.put("source", all.source());
    document.put("keys", keys.stream().map(key -> document(key, all)).toList());
    console.result(document);
    return ExitCode.DONE;
  }

  private static void say(KeyFacts key, MethodKeys method, Console console) {
    StringBuilder line = new StringBuilder(key.path());
    if (!key.group()) {
      line.append(" = ").append(value(key, method)).append(allowed(key));
    }
    console.say(line.toString());
    if (!key.meaning().isEmpty()) {
      console.say(INDENT + key.meaning());
    }
    if (!key.source().isEmpty()) {
      console.say(INDENT + "source: " + key.source());
    }
    if (key.form().equals("score")) {
      console.say(INDENT + "made of " + String.join(", ", MethodKeys.partsOfRewardTrees()));
    }
  }

  private static String value(KeyFacts key, MethodKeys method) {
    String def = key.required() ? "required" : key.value().orElse("none");
    String chosen = key.chosen() ? " (chosen by " + method.method() + ")" : "";
    String value = method.values().get(key.path());
    if (value == null || value.equals(def)) {
      return def + chosen;
    }
    return key.required() ? value : value + " (default " + def + chosen + ")";
  }

  private static String allowed(KeyFacts key) {
    String range = key.choices().isEmpty() ? key.range() : String.join(", ", key.choices());
    String both =
        range.isEmpty() || key.unit().isEmpty() ? range + key.unit() : key.unit() + ", " + range;
    return both.isEmpty() ? "" : "  [" + both + "]";
  }

  private static Map<String, Object> document(KeyFacts key, MethodKeys method) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("key", key.path());
    document.put("required", key.required());
    document.put("default", key.value().orElse(null));
    document.put("chosen_by_method", key.chosen());
    if (method.values().containsKey(key.path())) {
      document.put("value", method.values().get(key.path()));
    }
    document.put("unit", key.unit());
    document.put("range", key.range());
    document.put("choices", key.choices());
    document.put("meaning", key.meaning());
    document.put("source", key.source());
    return document;
  }
}
