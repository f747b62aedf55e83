package plumbline.annotation.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** JSON as it stands in columns of text. */
final class Json {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Json() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static JsonNode parse(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the database holds text that is no JSON", e);
    }
  }

  static String texts(List<String> values) {
    ArrayNode array = MAPPER.createArrayNode();
    values.forEach(array::add);
    return array.toString();
  }

  static List<String> texts(String json) {
    List<String> values = new ArrayList<>();
    parse(json).forEach(value -> values.add(value.asText()));
    return values;
  }

  static String responses(List<Response> responses) {
    ArrayNode array = MAPPER.createArrayNode();
    for (Response response : responses) {
      array
          .addObject()
          .put("id", response.id())
          .put("model", response.model())
          .put("content", response.content());
    }
    return array.toString();
  }

  static List<Response> responses(String json) {
    List<Response> responses = new ArrayList<>();
    for (JsonNode one : parse(json)) {
      responses.add(
          new Response(
              one.path("id").asText(), one.path("model").asText(), one.path("content").asText()));
    }
    return responses;
  }
}
