package plumbline.annotation.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import plumbline.InputException;

/**
 * An item to add.
 *
 * @param externalId unique within the project; not empty
 * @param context list of {@code {role, content}}
 * @param responses with different ids
 * @param sets for groups of annotators; none at all means one for everybody with all responses
 * @param gold the right answers by question
 * @param meta an object
 */
public record NewItem(
    String externalId,
    String category,
    JsonNode context,
    List<Response> responses,
    List<ResponseSet> sets,
    Optional<JsonNode> gold,
    JsonNode meta) {
  /**
   * Checks what the database cannot.
   *
   * @throws InputException that starts with the item's id
   */
  public NewItem {
    responses = List.copyOf(responses);
    Set<String> ids = new TreeSet<>();
    if (externalId.isBlank()) {
      throw new InputException("an item has an empty id, wanted one that the project has once");
    }
    for (Response response : responses) {
      if (!ids.add(response.id())) {
        throw new InputException(
            "item '" + externalId + "': two responses have the id '" + response.id() + "'");
      }
    }
    sets =
        sets.isEmpty()
            ? List.of(new ResponseSet("", responses.stream().map(Response::id).toList()))
            : List.copyOf(sets);
    Set<String> groups = new HashSet<>();
    for (ResponseSet set : sets) {
      String name = "item '" + externalId + "': the response set of group '" + set.group() + "'";
      if (!groups.add(set.group())) {
        throw new InputException(name + " is there twice");
      }
      if (!ids.containsAll(set.responseIds())
          || new HashSet<>(set.responseIds()).size() < set.responseIds().size()) {
        throw new InputException(
            name + " is " + set.responseIds() + ", wanted different ones of " + ids);
      }
    }
    if (!context.isArray()) {
      throw new InputException("item '" + externalId + "': context is no list of messages");
    }
    if (!meta.isObject() || !gold.map(JsonNode::isObject).orElse(true)) {
      throw new InputException("item '" + externalId + "': meta and gold are wanted as objects");
    }
  }
}
