package plumbline.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import plumbline.InputException;

/**
 * One JSON object of a JSON Lines file, with its place for error messages.
 *
 * @param object the row's fields
 * @param file the file it stands in
 * @param line the line, counted from 1
 */
record Row(JsonNode object, Path file, int line) {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /**
   * Gives every row of a file to {@code reader}; blank lines are skipped.
   *
   * @throws InputException at the first line that is not a JSON object, and if there is no row
   */
  static void forEach(Path file, Consumer<Row> reader) {
    boolean empty = true;
    try (Lines lines = Lines.open(file)) {
      for (Optional<String> line = lines.next(); line.isPresent(); line = lines.next()) {
        if (!line.get().isBlank()) {
          empty = false;
          reader.accept(parse(line.get(), file, lines.number()));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(file.toString(), e);
    }
    if (empty) {
      throw empty(file);
    }
  }

  /**
   * The first row of a file.
   *
   * @throws InputException if there is none, or it is not a JSON object
   */
  static Row first(Path file) {
    try (Lines lines = Lines.open(file)) {
      for (Optional<String> line = lines.next(); line.isPresent(); line = lines.next()) {
        if (!line.get().isBlank()) {
          return parse(line.get(), file, lines.number());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(file.toString(), e);
    }
    throw empty(file);
  }

  private static InputException empty(Path file) {
    return new InputException(file + ": is empty, wanted one JSON object per line");
  }

  private static Row parse(String line, Path file, int number) {
    String place = file + ":" + number;
    JsonNode node;
    try {
      node = JSON.readTree(line);
    } catch (JsonProcessingException e) {
      String column =
          e.getLocation() == null ? "" : " (column " + e.getLocation().getColumnNr() + ")";
      throw new InputException(
          place + ": not JSON: " + e.getOriginalMessage().lines().findFirst().orElse("") + column,
          e);
    }
    if (!node.isObject()) {
      throw new InputException(place + ": found " + kind(node) + ", wanted a JSON object");
    }
    return new Row(node, file, number);
  }

  String place() {
    return file + ":" + line;
  }

  boolean has(String field) {
    return object.hasNonNull(field);
  }

  /**
   * @throws InputException if the field is missing or not a text
   */
  String text(String field) {
    JsonNode value = required(field);
    if (!value.isTextual()) {
      throw wrong("'" + field + "'", value, "a text");
    }
    return value.textValue();
  }

  /**
   * A number that need not be there; null counts as absent.
   *
   * @throws InputException if the field is there and not a finite number
   */
  OptionalDouble number(String field) {
    if (!has(field)) {
      return OptionalDouble.empty();
    }
    JsonNode value = object.get(field);
    if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
      throw wrong("'" + field + "'", value, "a finite number");
    }
    return OptionalDouble.of(value.doubleValue());
  }

  /**
   * A list of messages, each an object with a text for the role and one for the content.
   *
   * @throws InputException if the field is missing or of another shape
   */
  List<Message> messages(String field, String roleKey, String contentKey) {
    JsonNode value = required(field);
    String wanted = "a list of {\"" + roleKey + "\", \"" + contentKey + "\"}";
    if (!value.isArray()) {
      throw wrong("'" + field + "'", value, wanted);
    }
    List<Message> messages = new ArrayList<>();
    for (JsonNode item : value) {
      String place = "'" + field + "[" + messages.size() + "]'";
      if (!item.isObject()) {
        throw wrong(place, item, "{\"" + roleKey + "\", \"" + contentKey + "\"}");
      }
      messages.add(new Message(text(item, place, roleKey), text(item, place, contentKey)));
    }
    return messages;
  }

  private String text(JsonNode item, String place, String key) {
    JsonNode value = item.path(key);
    if (!value.isTextual()) {
      throw wrong(place.substring(0, place.length() - 1) + "." + key + "'", value, "a text");
    }
    return value.textValue();
  }

  /** The row's own meta; numbers and booleans become text. Without the field, {@code otherwise}. */
  Map<String, String> meta(Supplier<Map<String, String>> otherwise) {
    if (!has("meta")) {
      return otherwise.get();
    }
    JsonNode meta = object.get("meta");
    if (!meta.isObject()) {
      throw wrong("'meta'", meta, "an object of texts");
    }
    return meta.properties().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, e -> plain(e.getKey(), e.getValue())));
  }

  private String plain(String key, JsonNode value) {
    if (!value.isValueNode() || value.isNull()) {
      throw wrong("'meta." + key + "'", value, "a text");
    }
    return value.asText();
  }

  JsonNode required(String field) {
    if (!object.has(field)) {
      List<String> found = new ArrayList<>();
      object.fieldNames().forEachRemaining(found::add);
      throw new InputException(
          place()
              + ": no '"
              + field
              + "' (found: "
              + (found.isEmpty() ? "no field" : String.join(", ", found))
              + ")");
    }
    return object.get(field);
  }

  InputException wrong(String what, JsonNode found, String wanted) {
    return new InputException(place() + ": " + what + " is " + kind(found) + ", wanted " + wanted);
  }

  static String kind(JsonNode node) {
    return switch (node.getNodeType()) {
      case ARRAY -> "a list";
      case OBJECT -> "an object";
      case STRING -> "a text";
      case NUMBER -> "the number " + node.asText();
      case BOOLEAN -> node.asText();
      case NULL -> "null";
      default -> "missing";
    };
  }
}
