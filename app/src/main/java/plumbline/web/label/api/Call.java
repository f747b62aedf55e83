package plumbline.web.label.api;

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
import java.util.List;
import java.util.Optional;
import java.util.Set;
import plumbline.annotation.form.Question;
import plumbline.annotation.form.Questions;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.LabelStore;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.Role;
import plumbline.config.Nearest;

/**
 * One request, by somebody whose token is good.
 *
 * @param account empty where none is wanted
 */
record Call(Context context, LabelStore store, Optional<Account> account) {
  static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final int LARGEST_BODY = 2 << 20;
  private static final int LONGEST_NONCE = 64;
  private static final int LONGEST_REASON = 500;
  private static final double LONGEST_SECONDS = 86_400;
  private static final int LARGEST_PAGE = 1000;

  Account who() {
    return account.orElseThrow();
  }

  Actor actor() {
    return Actor.of(who(), context.ip());
  }

  boolean may(Role role) {
    return who().role().compareTo(role) <= 0;
  }

  /** The project of the path, if this account may work on it. */
  Project project() {
    return store
        .projects()
        .bySlug(context.pathParam("project"))
        .filter(project -> may(Role.ADMIN) || store.projects().mayWork(project.id(), who().id()))
        .orElseThrow(ApiRefusal::notFound);
  }

  static List<Question> questions(Project project) {
    return Questions.parse(project.settings().questions(), "questions");
  }

  /** A number of the path. */
  long id(String name) {
    String text = context.pathParam(name);
    if (!text.matches("\\d{1,18}")) {
      throw ApiRefusal.notFound();
    }
    return Long.parseLong(text);
  }

  /** The body, an object with no other keys than these. */
  ObjectNode body(Set<String> keys) throws IOException {
    byte[] bytes = context.bodyInputStream().readNBytes(LARGEST_BODY + 1);
    if (bytes.length > LARGEST_BODY) {
      throw new ApiRefusal(
          HttpStatus.CONTENT_TOO_LARGE, "too_large", "The body is longer than 2 MiB.");
    }
    JsonNode body;
    try {
      body = JSON.readTree(bytes);
    } catch (JsonProcessingException e) {
      throw ApiRefusal.malformed("The body is not JSON: " + e.getOriginalMessage());
    }
    if (!(body instanceof ObjectNode object)) {
      throw ApiRefusal.malformed("The body is no JSON object.");
    }
    for (String key : (Iterable<String>) object::fieldNames) {
      if (!keys.contains(key)) {
        throw ApiRefusal.malformed(
            "unknown key '" + key + "'" + Nearest.hint(key, keys.stream().sorted().toList()));
      }
    }
    return object;
  }

  static String text(JsonNode body, String key, int longest) {
    JsonNode value = body.path(key);
    if (!value.isTextual() || value.textValue().isBlank() || value.textValue().length() > longest) {
      throw ApiRefusal.malformed("'" + key + "' is wanted, a text of up to " + longest);
    }
    return value.textValue();
  }

  static String nonce(JsonNode body) {
    return text(body, "nonce", LONGEST_NONCE);
  }

  static String reason(JsonNode body) {
    return text(body, "reason", LONGEST_REASON);
  }

  static double seconds(JsonNode body) {
    double seconds = body.path("seconds").asDouble(0);
    if (!(seconds >= 0 && seconds <= LONGEST_SECONDS)) {
      throw ApiRefusal.malformed("'seconds' is " + seconds + ", wanted 0 to 86400");
    }
    return seconds;
  }

  Optional<String> query(String name) {
    return Optional.ofNullable(context.queryParam(name)).filter(text -> !text.isEmpty());
  }

  boolean flag(String name) {
    return switch (query(name).orElse("false")) {
      case "true" -> true;
      case "false" -> false;
      default -> throw ApiRefusal.malformed("'" + name + "' is wanted as true or false");
    };
  }

  long number(String name, long otherwise) {
    String text = query(name).orElse(Long.toString(otherwise));
    boolean isTooLarge = text.length() == 19 && text.compareTo("9223372036854775807") > 0;
    if (!text.matches("\\d{1,19}") || isTooLarge) {
      throw ApiRefusal.malformed("'" + name + "' is wanted as a whole number");
    }
    return Long.parseLong(text);
  }

  int limit() {
    return (int) Math.max(1, Math.min(LARGEST_PAGE, number("limit", 100)));
  }
}
