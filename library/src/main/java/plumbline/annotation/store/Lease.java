package plumbline.annotation.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * An item handed out to one person for a while.
 *
 * @param responses in the order to show
 * @param guidelines version to show, 0 where there is none
 * @param draft what was typed so far
 */
public record Lease(
    long id,
    long accountId,
    Item item,
    long setId,
    List<Response> responses,
    int guidelines,
    Instant handedOut,
    Instant expires,
    Optional<JsonNode> draft) {
  public Lease {
    responses = List.copyOf(responses);
  }
}
