package plumbline.annotation.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalDouble;
import plumbline.InputException;

/**
 * What a project asks and how it hands out.
 *
 * @param questions list of questions, each an object with {@code id} and {@code type}
 * @param overlap votes wanted of every item and response set, at least 1
 * @param leaseMinutes how long an item is held without an answer, at least 1
 * @param goldShare how often a gold item is handed out where there is one left, in [0, 1]
 * @param reviewBelow items whose votes agree less go to review, in [0, 1]; empty: none do
 * @param blind whether the names of models stay hidden until review
 */
public record ProjectSettings(
    JsonNode questions,
    int overlap,
    int leaseMinutes,
    double goldShare,
    OptionalDouble reviewBelow,
    boolean blind) {
  private static final List<String> KEYS =
      List.of("questions", "overlap", "lease_minutes", "gold_share", "review_below", "blind");

  /**
   * Checks the ranges.
   *
   * @throws InputException naming the key
   */
  public ProjectSettings {
    if (!questions.isArray() || questions.isEmpty()) {
      throw new InputException("questions: wanted a list of one or more");
    }
    if (overlap < 1) {
      throw new InputException("overlap: is " + overlap + ", wanted at least 1");
    }
    if (leaseMinutes < 1) {
      throw new InputException("lease_minutes: is " + leaseMinutes + ", wanted at least 1");
    }
    checkShare("gold_share", goldShare);
    reviewBelow.ifPresent(below -> checkShare("review_below", below));
  }

  private static void checkShare(String key, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new InputException(key + ": is " + value + ", wanted a number from 0 to 1");
    }
  }

  /** With all that is not a question at its default. */
  public static ProjectSettings of(JsonNode questions) {
    return new ProjectSettings(questions, 1, 30, 0, OptionalDouble.empty(), true);
  }

  /**
   * From JSON; keys that are not there have their defaults.
   *
   * @throws InputException naming the key that is unknown or has a wrong value
   */
  public static ProjectSettings parse(JsonNode json) {
    if (!json.isObject()) {
      throw new InputException("settings: wanted an object");
    }
    for (Iterator<String> keys = json.fieldNames(); keys.hasNext(); ) {
      String key = keys.next();
      if (!KEYS.contains(key)) {
        throw new InputException("unknown key '" + key + "', wanted of " + KEYS);
      }
    }
    ProjectSettings defaults = of(json.path("questions"));
    return new ProjectSettings(
        defaults.questions,
        whole(json, "overlap", defaults.overlap),
        whole(json, "lease_minutes", defaults.leaseMinutes),
        number(json, "gold_share").orElse(defaults.goldShare),
        number(json, "review_below"),
        flag(json, "blind", defaults.blind));
  }

  private static int whole(JsonNode json, String key, int otherwise) {
    JsonNode value = json.path(key);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.canConvertToExactIntegral() || !value.canConvertToInt()) {
      throw new InputException(key + ": is " + value + ", wanted a whole number");
    }
    return value.intValue();
  }

  private static OptionalDouble number(JsonNode json, String key) {
    JsonNode value = json.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return OptionalDouble.empty();
    }
    if (!value.isNumber()) {
      throw new InputException(key + ": is " + value + ", wanted a number");
    }
    return OptionalDouble.of(value.doubleValue());
  }

  private static boolean flag(JsonNode json, String key, boolean otherwise) {
    JsonNode value = json.path(key);
    if (!value.isMissingNode() && !value.isBoolean()) {
      throw new InputException(key + ": is " + value + ", wanted true or false");
    }
    return value.asBoolean(otherwise);
  }

  /** What {@link #parse} reads. */
  public ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.set("questions", questions);
    json.put("overlap", overlap).put("lease_minutes", leaseMinutes).put("gold_share", goldShare);
    reviewBelow.ifPresent(below -> json.put("review_below", below));
    return json.put("blind", blind);
  }

  Duration lease() {
    return Duration.ofMinutes(leaseMinutes);
  }
}
