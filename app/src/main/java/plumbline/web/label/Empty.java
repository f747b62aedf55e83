package plumbline.web.label;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;

/** Details of an action that has none. */
final class Empty {
  static final JsonNode JSON = JsonNodeFactory.instance.objectNode();

  private Empty() {}
}
