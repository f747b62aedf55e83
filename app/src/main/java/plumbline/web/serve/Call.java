package plumbline.web.serve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import plumbline.config.Nearest;
import plumbline.web.Listening;

/**
 * The body of a request, read parameter by parameter. A parameter that is null counts as absent;
 * those that nobody has read when {@link #end} is called are errors.
 */
final class Call {
  static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final String HELD = "call.held";

  private final ObjectNode body;
  private final Set<String> known = new LinkedHashSet<>();
  private final List<Users> held = new ArrayList<>();

  private Call(ObjectNode body, Context context) {
    this.body = body;
    context.attribute(HELD, held);
  }

  /** The request uses a model until it is answered. */
  void holds(Users users) {
    users.enter();
    held.add(users);
  }

  /** The request is answered. */
  static void release(Context context) {
    List<Users> held = context.attribute(HELD);
    if (held != null) {
      held.forEach(Users::leave);
      held.clear();
    }
  }

  /**
   * Reads a body.
   *
   * @param largest its size in bytes
   */
  static Call of(Context context, long largest) {
    String type = Optional.ofNullable(context.contentType()).orElse("").toLowerCase(Locale.ROOT);
    if (!type.startsWith("application/json")) {
      throw ApiError.request(
          HttpStatus.UNSUPPORTED_MEDIA_TYPE,
          "content_type",
          "The body is sent as '" + type + "', wanted 'Content-Type: application/json'.");
    }
    byte[] bytes = bytes(context, largest);
    try {
      if (JSON.readTree(bytes) instanceof ObjectNode object) {
        return new Call(object, context);
      }
    } catch (IOException e) {
      throw notJson(e instanceof JsonProcessingException json ? json.getOriginalMessage() : "");
    }
    throw notJson("it is something else");
  }

  private static ApiError notJson(String why) {
    return ApiError.request(
        HttpStatus.BAD_REQUEST, "invalid_json", "The body is no JSON object: " + why + ".");
  }

  private static byte[] bytes(Context context, long largest) {
    if (context.req().getContentLengthLong() > largest) {
      Listening.drain(context);
      throw tooLarge(largest);
    }
    try {
      byte[] bytes = context.req().getInputStream().readNBytes((int) largest + 1);
      if (bytes.length > largest) {
        Listening.drain(context);
        throw tooLarge(largest);
      }
      return bytes;
    } catch (IOException e) {
      throw notJson("it broke off");
    }
  }

  private static ApiError tooLarge(long largest) {
    return ApiError.request(
        HttpStatus.CONTENT_TOO_LARGE,
        "too_large",
        "The body is too large: at most " + largest + " bytes are taken.");
  }

  // ---- parameters

  Optional<JsonNode> value(String name) {
    known.add(name);
    return Optional.ofNullable(body.get(name)).filter(node -> !node.isNull());
  }

  Optional<String> text(String name) {
    return value(name, JsonNode::isTextual, "a text").map(JsonNode::textValue);
  }

  boolean flag(String name, boolean otherwise) {
    return value(name, JsonNode::isBoolean, "true or false")
        .map(JsonNode::booleanValue)
        .orElse(otherwise);
  }

  /** A whole number from {@code low} to {@code high}. */
  Optional<Long> whole(String name, long low, long high) {
    String wanted = "a whole number from " + low + " to " + high;
    Optional<JsonNode> found =
        value(name, node -> node.isIntegralNumber() && node.canConvertToLong(), wanted);
    return found.map(node -> inRange(name, node.longValue(), low, high, wanted));
  }

  private static long inRange(String name, long value, long low, long high, String wanted) {
    if (value < low || value > high) {
      throw wrong(name, Long.toString(value), wanted);
    }
    return value;
  }

  /** A number from {@code low} to {@code high}. */
  double number(String name, double low, double high, double otherwise) {
    String wanted = "a number from " + low + " to " + high;
    double value =
        value(name, JsonNode::isNumber, wanted).map(JsonNode::doubleValue).orElse(otherwise);
    if (!(value >= low && value <= high)) {
      throw wrong(name, Double.toString(value), wanted);
    }
    return value;
  }

  /** One text or a list of them. */
  List<String> texts(String name) {
    return value(name).map(node -> texts(name, node)).orElse(List.of());
  }

  static List<String> texts(String name, JsonNode node) {
    if (node.isTextual()) {
      return List.of(node.textValue());
    }
    List<String> texts = new ArrayList<>();
    if (!node.isArray()) {
      throw wrong(name, node.toString(), "a text or a list of texts");
    }
    for (JsonNode one : node) {
      if (!one.isTextual()) {
        throw wrong(name, one.toString(), "a text or a list of texts");
      }
      texts.add(one.textValue());
    }
    return texts;
  }

  private Optional<JsonNode> value(String name, Predicate<JsonNode> fits, String wanted) {
    Optional<JsonNode> found = value(name);
    found
        .filter(fits.negate())
        .ifPresent(
            node -> {
              throw wrong(name, node.toString(), wanted);
            });
    return found;
  }

  static ApiError wrong(String name, String found, String wanted) {
    String shown = found.length() > 60 ? found.substring(0, 60) + "..." : found;
    return ApiError.parameter(name, "'%s' is %s, wanted %s.".formatted(name, shown, wanted));
  }

  /** Parameters that change nothing here, whatever they say. */
  void ignore(String... names) {
    known.addAll(List.of(names));
  }

  /** A parameter that is only taken where it asks for nothing: these values, as JSON. */
  void neutral(String name, String... values) {
    value(name)
        .filter(node -> !List.of(values).contains(node.toString()))
        .ifPresent(
            node -> {
              throw ApiError.coded(
                  "unsupported_parameter",
                  name,
                  "'%s' is not supported here; leave it out.".formatted(name));
            });
  }

  /** Refuses what nobody has read. */
  void end() {
    refuseOthers(body, known, "");
  }

  /** Refuses fields of an object other than these, but for those that are null. */
  static void refuseOthers(JsonNode object, Collection<String> known, String prefix) {
    object
        .properties()
        .forEach(
            field -> {
              if (!known.contains(field.getKey()) && !field.getValue().isNull()) {
                throw ApiError.coded(
                    "unknown_parameter",
                    prefix + field.getKey(),
                    "Unknown parameter '"
                        + prefix
                        + field.getKey()
                        + "'"
                        + Nearest.to(field.getKey(), known)
                            .map(near -> "; did you mean '" + near + "'?")
                            .orElse("."));
              }
            });
  }
}
