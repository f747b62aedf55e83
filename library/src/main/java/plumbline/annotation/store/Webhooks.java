package plumbline.annotation.store;

import java.time.Duration;
import java.util.List;

/** Where events are sent, and the queue of those on their way. */
public final class Webhooks {
  /** All events. */
  public static final List<String> EVENTS =
      List.of(
          "vote.created",
          "vote.superseded",
          "item.done",
          "item.review",
          "item.discarded",
          "item.adjudicated",
          "item.reopened");

  Webhooks() {}

  public Webhook register(
      Actor actor, long projectId, String url, String secret, List<String> events) {
    throw new UnsupportedOperationException();
  }

  public List<Webhook> list(long projectId) {
    throw new UnsupportedOperationException();
  }

  public void deactivate(Actor actor, long webhookId) {
    throw new UnsupportedOperationException();
  }

  public List<Delivery> claim(int limit, Duration forAtMost) {
    throw new UnsupportedOperationException();
  }

  public void delivered(long deliveryId, String result) {
    throw new UnsupportedOperationException();
  }

  public void failed(long deliveryId, String result, Duration retryAfter) {
    throw new UnsupportedOperationException();
  }

  public void giveUp(long deliveryId, String result) {
    throw new UnsupportedOperationException();
  }

  public List<DeliveryLog> log(long projectId, int limit) {
    throw new UnsupportedOperationException();
  }
}
