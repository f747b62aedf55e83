package plumbline.web.label.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** As much of JSON Schema as the document uses. */
final class Schemas {
  private final JsonNode document;

  Schemas(JsonNode document) {
    this.document = document;
  }

  /** What of a value does not fit a schema. */
  List<String> faults(JsonNode schema, JsonNode value) {
    List<String> faults = new ArrayList<>();
    check(schema, value, "$", faults);
    return faults;
  }

  private void check(JsonNode schema, JsonNode value, String at, List<String> faults) {
    if (schema.has("$ref")) {
      check(resolve(schema.get("$ref").asText()), value, at, faults);
      return;
    }
    if (schema.has("oneOf")) {
      long fitting = 0;
      for (JsonNode one : schema.get("oneOf")) {
        fitting += faults(one, value).isEmpty() ? 1 : 0;
      }
      if (fitting != 1) {
        faults.add(at + ": fits " + fitting + " of oneOf");
      }
    }
    if (schema.has("type") && !isOfType(schema.get("type"), value)) {
      faults.add(at + ": is " + value.getNodeType() + ", wanted " + schema.get("type"));
      return;
    }
    if (schema.has("enum") && !contains(schema.get("enum"), value)) {
      faults.add(at + ": is " + value + ", wanted one of " + schema.get("enum"));
    }
    for (JsonNode name : schema.path("required")) {
      if (!value.has(name.asText())) {
        faults.add(at + ": has no " + name.asText());
      }
    }
    if (value.isObject()) {
      for (Map.Entry<String, JsonNode> entry : value.properties()) {
        JsonNode of = schema.path("properties").path(entry.getKey());
        if (!of.isMissingNode()) {
          check(of, entry.getValue(), at + "." + entry.getKey(), faults);
        } else if (schema.has("properties") && !schema.has("additionalProperties")) {
          faults.add(at + ": has " + entry.getKey() + ", which the document does not know");
        }
      }
    }
    for (int i = 0; schema.has("items") && i < value.size(); i++) {
      check(schema.get("items"), value.get(i), at + "[" + i + "]", faults);
    }
  }

  JsonNode resolve(String reference) {
    return document.at(reference.substring(1));
  }

  private static boolean contains(JsonNode list, JsonNode value) {
    for (JsonNode one : list) {
      if (one.equals(value)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isOfType(JsonNode types, JsonNode value) {
    if (types.isArray()) {
      for (JsonNode type : types) {
        if (isOfType(type, value)) {
          return true;
        }
      }
      return false;
    }
    return switch (types.asText()) {
      case "object" -> value.isObject();
      case "array" -> value.isArray();
      case "string" -> value.isTextual();
      case "integer" -> value.isIntegralNumber();
      case "number" -> value.isNumber();
      case "boolean" -> value.isBoolean();
      case "null" -> value.isNull();
      default -> throw new IllegalArgumentException("unknown type " + types);
    };
  }
}
