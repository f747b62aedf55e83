package plumbline.annotation.store;

import java.util.List;

/**
 * Where a project's events are sent.
 *
 * @param secret what deliveries are signed with; not for logs
 * @param events which, of {@link Webhooks#EVENTS}
 */
public record Webhook(
    long id, long projectId, String url, String secret, List<String> events, boolean active) {
  public Webhook {
    events = List.copyOf(events);
  }

  @Override
  public String toString() {
    return "webhook " + id + " to " + url;
  }
}
