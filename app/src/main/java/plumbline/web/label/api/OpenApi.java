package plumbline.web.label.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The OpenAPI 3.1 document: what every endpoint takes and gives. */
final class OpenApi {
  private static final String SCHEMAS = "schemas.json";
  private static final Pattern PARAMETER = Pattern.compile("\\{(\\w+)}");
  private static final List<String> NUMBERS = List.of("lease", "vote", "webhook");

  private OpenApi() {}

  static ObjectNode document(List<Endpoint> endpoints) throws IOException {
    ObjectNode document = Call.JSON.createObjectNode().put("openapi", "3.1.0");
    document
        .putObject("info")
        .put("title", "Plumbline labelling")
        .put("version", "1")
        .put(
            "description",
            "Tokens are made on the account page. Responses are called by their slots on the"
                + " screen, \"1\" being the first, so that nothing tells who wrote them.");
    document.putArray("servers").addObject().put("url", LabelApi.ROOT);
    ObjectNode paths = document.putObject("paths");
    for (Endpoint endpoint : endpoints) {
      paths
          .withObjectProperty(endpoint.path())
          .set(endpoint.method().name().toLowerCase(Locale.ROOT), operation(endpoint));
    }
    ObjectNode components = document.putObject("components");
    components
        .putObject("securitySchemes")
        .putObject("token")
        .put("type", "http")
        .put("scheme", "bearer");
    components.set("schemas", schemas());
    return document;
  }

  private static ObjectNode schemas() throws IOException {
    try (InputStream in = OpenApi.class.getResourceAsStream(SCHEMAS)) {
      return (ObjectNode) Call.JSON.readTree(in);
    }
  }

  private static ObjectNode operation(Endpoint endpoint) {
    ObjectNode operation = Call.JSON.createObjectNode();
    operation.put("operationId", operationId(endpoint)).put("summary", endpoint.summary());
    ArrayNode security = operation.putArray("security");
    endpoint.role().ifPresent(role -> security.addObject().putArray("token"));
    endpoint.role().ifPresent(role -> operation.put("description", "Role: " + role.key() + "."));
    ArrayNode parameters = operation.putArray("parameters");
    Matcher names = PARAMETER.matcher(endpoint.path());
    while (names.find()) {
      String type = NUMBERS.contains(names.group(1)) ? "integer" : "string";
      parameter(parameters, names.group(1), "path", type).put("required", true);
    }
    for (Endpoint.Query query : endpoint.query()) {
      parameter(parameters, query.name(), "query", query.type())
          .put("description", query.description());
    }
    if (!endpoint.request().equals(Endpoint.NONE)) {
      ObjectNode body = operation.putObject("requestBody").put("required", true);
      content(body, endpoint.request());
    }
    ObjectNode responses = operation.putObject("responses");
    boolean isEmpty = endpoint.response().equals(Endpoint.NONE);
    ObjectNode good =
        responses
            .putObject(isEmpty ? "204" : "200")
            .put("description", isEmpty ? "done" : "what was asked for");
    if (!isEmpty) {
      content(good, endpoint.response());
    }
    content(responses.putObject("default").put("description", "why it was not done"), "Error");
    return operation;
  }

  /** {@code postLeasesLeaseVote}: unique as method and path are. */
  private static String operationId(Endpoint endpoint) {
    StringBuilder id = new StringBuilder(endpoint.method().name().toLowerCase(Locale.ROOT));
    for (String part : endpoint.path().split("\\W+", -1)) {
      if (!part.isEmpty()) {
        id.append(part.substring(0, 1).toUpperCase(Locale.ROOT)).append(part.substring(1));
      }
    }
    return id.toString();
  }

  private static ObjectNode parameter(ArrayNode list, String name, String in, String type) {
    ObjectNode parameter = list.addObject().put("name", name).put("in", in);
    parameter.putObject("schema").put("type", type);
    return parameter;
  }

  private static void content(ObjectNode into, String schema) {
    ObjectNode content = into.putObject("content");
    if (schema.equals(Endpoint.ROWS)) {
      content.putObject("application/x-ndjson").putObject("schema").put("type", "string");
    } else {
      content
          .putObject("application/json")
          .putObject("schema")
          .put("$ref", "#/components/schemas/" + schema);
    }
  }
}
