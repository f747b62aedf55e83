package plumbline.annotation.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What is asked about.
 *
 * @param externalId unique within the project
 * @param context list of {@code {role, content}}
 * @param sets one or more
 * @param gold the right answers by question; such an item is mixed in and never done
 * @param agreement of the current votes, in [0, 1]; empty where fewer than two can be compared
 */
public record Item(
    long id,
    long projectId,
    String externalId,
    String category,
    JsonNode context,
    List<Response> responses,
    List<ResponseSet> sets,
    Optional<JsonNode> gold,
    JsonNode meta,
    ItemState state,
    OptionalDouble agreement) {
  public Item {
    responses = List.copyOf(responses);
    sets = List.copyOf(sets);
  }

  /**
   * The response of an id.
   *
   * @throws IllegalArgumentException if the item has none such
   */
  public Response response(String responseId) {
    return responses.stream()
        .filter(response -> response.id().equals(responseId))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("item " + id + " has no response " + responseId));
  }
}
