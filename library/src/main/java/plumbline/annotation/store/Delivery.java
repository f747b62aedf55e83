package plumbline.annotation.store;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * An event on its way.
 *
 * @param payload what is sent
 * @param attempts how often it was claimed, this time included
 */
public record Delivery(long id, Webhook webhook, String event, JsonNode payload, int attempts) {}
