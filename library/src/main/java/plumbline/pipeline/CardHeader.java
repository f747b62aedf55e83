package plumbline.pipeline;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.representer.Representer;
import plumbline.InputException;

/** The YAML between two lines of dashes with which a model's {@code README.md} begins. */
final class CardHeader {
  private static final Pattern TEXT =
      Pattern.compile("\\A---\\R(?<yaml>.*?)^---\\R", Pattern.DOTALL | Pattern.MULTILINE);

  private CardHeader() {}

  /** The keys in their order, with the dashes. */
  static String write(Map<String, Object> keys) {
    DumperOptions options = new DumperOptions();
    options.setDefaultFlowStyle(FlowStyle.BLOCK);
    options.setSplitLines(false);
    options.setWidth(1000);
    return "---\n" + new Yaml(new Representer(options), options).dump(keys) + "---\n";
  }

  /** The keys of a folder's card; none if it has no card, or one without a readable header. */
  static Map<String, Object> readIfAny(Path folder) {
    Matcher header = TEXT.matcher(textIfAny(folder));
    if (!header.find()) {
      return Map.of();
    }
    try {
      Object keys = new Yaml(new SafeConstructor(new LoaderOptions())).load(header.group("yaml"));
      return keys instanceof Map<?, ?> map ? named(map) : Map.of();
    } catch (YAMLException e) {
      return Map.of();
    }
  }

  private static Map<String, Object> named(Map<?, ?> map) {
    Map<String, Object> named = new LinkedHashMap<>();
    map.forEach((key, value) -> named.put(String.valueOf(key), value == null ? "" : value));
    return named;
  }

  /** What a folder's card says below its header; empty without a card. */
  static String bodyIfAny(Path folder) {
    return TEXT.matcher(textIfAny(folder)).replaceFirst("").strip();
  }

  private static String textIfAny(Path folder) {
    Path card = folder.resolve(ModelCard.FILE);
    try {
      return Files.isRegularFile(card) ? Files.readString(card) : "";
    } catch (CharacterCodingException e) {
      return "";
    } catch (IOException e) {
      throw new InputException(card + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** The texts of a key that has one text or a list of them. */
  static List<String> texts(Map<String, Object> keys, String key) {
    Object value = keys.getOrDefault(key, List.of());
    return value instanceof List<?> list
        ? list.stream().map(String::valueOf).toList()
        : List.of(value.toString());
  }
}
