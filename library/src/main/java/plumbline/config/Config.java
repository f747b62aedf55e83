package plumbline.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import plumbline.InputException;

/**
 * Reads, writes and describes configurations.
 *
 * <p>A configuration is a record whose components carry {@link Key}. Component types: boolean, int,
 * long, double, String, Path, enums (written in lower_snake_case), Optional, OptionalInt,
 * OptionalLong, OptionalDouble, List, Map with text keys, nested records, and {@link ConfigTree}
 * for parts that are bound later.
 */
public final class Config {
  private Config() {}

  /**
   * Reads a YAML file.
   *
   * @throws InputException if the file cannot be read or is not YAML
   */
  public static ConfigTree read(Path file) {
    if (Files.isDirectory(file)) {
      throw new InputException(file + ": this is a folder, wanted a YAML file");
    }
    if (!Files.exists(file)) {
      throw new InputException(file + ": no such file" + nearestFile(file));
    }
    try {
      return parse(Files.readString(file), file.toString());
    } catch (CharacterCodingException e) {
      throw new InputException(file + ": not UTF-8 text; save the file as UTF-8", e);
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static String nearestFile(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      return "; the folder " + folder + " does not exist";
    }
    try (Stream<Path> siblings = Files.list(folder)) {
      List<String> names =
          siblings
              .map(sibling -> sibling.getFileName().toString())
              .filter(name -> name.endsWith(".yaml") || name.endsWith(".yml"))
              .sorted()
              .toList();
      return Nearest.to(file.getFileName().toString(), names)
          .map(name -> "; did you mean '" + file.resolveSibling(name) + "'?")
          .orElse("");
    } catch (IOException e) {
      return "";
    }
  }

  /**
   * Reads YAML text.
   *
   * @param name what messages call it, a file's name for example
   * @throws InputException if the text is not YAML
   */
  public static ConfigTree parse(String text, String name) {
    return new ConfigTree(YamlReader.document(text, name), "");
  }

  /**
   * The configuration with nothing written.
   *
   * @throws IllegalArgumentException if a key has no default
   */
  public static <T extends Record> T defaults(Class<T> type) {
    try {
      return parse("", "defaults of " + type.getSimpleName()).bind(type);
    } catch (InputException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /** Every key with its value, as YAML that binds to an equal record. */
  public static String toYaml(Record config) {
    return YamlWriter.write(config);
  }

  /** The JSON schema (draft 2020-12) of a configuration, for editors that complete and check. */
  public static String schema(Class<?> type) {
    SchemaWriter writer = new SchemaWriter(Map.of());
    return writer.document(type.getSimpleName(), writer.keys(type));
  }

  /**
   * What is known about every key, in the order of the record.
   *
   * @param chosen values that somebody chooses in the place of defaults
   */
  public static List<KeyFacts> keys(Class<?> type, ConfigTree chosen) {
    return KeyFacts.of(type, chosen.node());
  }

  /** A Markdown table of the keys: key, default, range, meaning. */
  public static String table(Class<?> type) {
    return KeyTable.of(type);
  }
}
