package plumbline.annotation.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import plumbline.annotation.store.Item;
import plumbline.annotation.store.Response;
import plumbline.data.Message;
import plumbline.data.Prompt;

/** Parts of items as JSON and back. */
public final class ItemJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private ItemJson() {}

  /** A list of {@code {"role", "content"}}. */
  static ArrayNode messages(List<Message> messages) {
    ArrayNode list = NODES.arrayNode();
    messages.forEach(one -> list.addObject().put("role", one.role()).put("content", one.content()));
    return list;
  }

  static List<Message> messages(JsonNode list) {
    List<Message> messages = new ArrayList<>();
    list.forEach(
        one -> messages.add(new Message(one.path("role").asText(), one.path("content").asText())));
    return messages;
  }

  /** What an item asks, with its meta and category as a row has them. */
  static Prompt prompt(Item item) {
    Map<String, String> meta = new TreeMap<>();
    item.meta()
        .properties()
        .forEach(
            entry ->
                meta.put(
                    entry.getKey(),
                    entry.getValue().isValueNode()
                        ? entry.getValue().asText()
                        : entry.getValue().toString()));
    if (!item.category().isEmpty()) {
      meta.put("category", item.category());
    }
    return new Prompt(messages(item.context()), meta);
  }

  /** An item as {@link TaskRows} reads it, so that it can be imported elsewhere. */
  public static ObjectNode task(Item item) {
    ObjectNode json = NODES.objectNode().put("id", item.externalId());
    if (!item.category().isEmpty()) {
      json.put("category", item.category());
    }
    json.set("messages", item.context());
    ArrayNode responses = json.putArray("responses");
    for (Response response : item.responses()) {
      ObjectNode one = responses.addObject().put("id", response.id());
      if (!response.model().isEmpty()) {
        one.put("model", response.model());
      }
      one.put("content", response.content());
    }
    if (item.sets().size() > 1 || !item.sets().get(0).group().isEmpty()) {
      ArrayNode sets = json.putArray("sets");
      item.sets()
          .forEach(
              set -> {
                ArrayNode ids = sets.addObject().put("group", set.group()).putArray("responses");
                set.responseIds().forEach(ids::add);
              });
    }
    item.gold().ifPresent(gold -> json.set("gold", gold));
    return json.set("meta", item.meta());
  }
}
