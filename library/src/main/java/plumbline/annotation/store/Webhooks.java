package plumbline.annotation.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;
import plumbline.InputException;

/**
 * Where events are sent, and the queue of those on their way. An event enters the queue in the
 * transaction that makes it happen, so none is lost or made up; it is delivered at least once.
 */
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

  private final Database database;

  Webhooks(Database database) {
    this.database = database;
  }

  /**
   * Sends a project's events somewhere from now on.
   *
   * @throws InputException if an event is unknown
   */
  public Webhook register(
      Actor actor, long projectId, String url, String secret, List<String> events) {
    for (String event : events) {
      if (!EVENTS.contains(event)) {
        throw new InputException("events: '" + event + "' is unknown, wanted of " + EVENTS);
      }
    }
    return database.write(
        handle -> {
          long id =
              handle
                  .createQuery(
                      "INSERT INTO webhooks (project_id, url, secret, events, active, created_at)"
                          + " VALUES (:project, :url, :secret, :events, TRUE, :now) RETURNING id")
                  .bind("project", projectId)
                  .bind("url", url)
                  .bind("secret", secret)
                  .bind("events", Json.texts(events))
                  .bind("now", database.now())
                  .mapTo(Long.class)
                  .one();
          ObjectNode detail = Json.object().put("project", projectId).put("url", url);
          Audit.add(handle, database.now(), actor, "webhook.register", "webhook " + id, detail);
          return new Webhook(id, projectId, url, secret, events, true);
        });
  }

  /** A project's, in the order of their registration; those switched off too. */
  public List<Webhook> list(long projectId) {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT * FROM webhooks WHERE project_id = :project ORDER BY id")
                .bind("project", projectId)
                .map((row, context) -> webhook(row))
                .list());
  }

  /** Sends nothing more there; what waits is given up. */
  public void deactivate(Actor actor, long projectId, long webhookId) {
    database.write(
        handle -> {
          int found =
              handle
                  .createUpdate(
                      "UPDATE webhooks SET active = FALSE"
                          + " WHERE id = :id AND project_id = :project")
                  .bind("id", webhookId)
                  .bind("project", projectId)
                  .execute();
          if (found == 0) {
            throw new Refusal(Refusal.Reason.NOT_FOUND, "There is no such webhook.");
          }
          handle
              .createUpdate(
                  "UPDATE deliveries SET state = 'given_up', last_result = 'switched off'"
                      + " WHERE webhook_id = :id AND state = 'waiting'")
              .bind("id", webhookId)
              .execute();
          String subject = "webhook " + webhookId;
          Audit.add(handle, database.now(), actor, "webhook.deactivate", subject, Json.object());
          return true;
        });
  }

  static void enqueueVote(Handle handle, Project project, CastVote vote) {
    ObjectNode payload =
        Json.object()
            .put("vote_id", vote.id())
            .put("item_id", vote.itemId())
            .put("account_id", vote.accountId())
            .put("kind", vote.kind().key());
    vote.supersedes().ifPresent(id -> payload.put("supersedes", id));
    String event = vote.kind() == VoteKind.UNDO ? "vote.superseded" : "vote.created";
    enqueue(handle, vote.created().toEpochMilli(), project, event, payload);
  }

  static void enqueue(Handle handle, long now, Project project, String event, ObjectNode payload) {
    List<Webhook> hooks =
        handle
            .createQuery(
                "SELECT * FROM webhooks WHERE project_id = :project AND active ORDER BY id")
            .bind("project", project.id())
            .map((row, context) -> webhook(row))
            .list();
    payload.put("event", event).put("project", project.slug());
    payload.put("time", Instant.ofEpochMilli(now).toString());
    for (Webhook hook : hooks) {
      if (hook.events().contains(event)) {
        handle
            .createUpdate(
                "INSERT INTO deliveries (webhook_id, event, payload, state, attempts, next_at,"
                    + " last_result, created_at)"
                    + " VALUES (:hook, :event, :payload, 'waiting', 0, :now, '', :now)")
            .bind("hook", hook.id())
            .bind("event", event)
            .bind("payload", payload.toString())
            .bind("now", now)
            .execute();
      }
    }
  }

  /**
   * Takes what is due, oldest first, for whoever sends it to report on.
   *
   * @param forAtMost after which what is not reported on is due again
   */
  public List<Delivery> claim(int limit, Duration forAtMost) {
    return database.write(
        handle -> {
          long now = database.now();
          List<Delivery> due =
              handle
                  .createQuery(
                      "SELECT d.id AS delivery_id, d.event, d.payload, d.attempts, w.*"
                          + " FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id"
                          + " WHERE d.state = 'waiting' AND d.next_at <= :now"
                          + " ORDER BY d.next_at, d.id LIMIT :limit"
                          + database.lockFree("d"))
                  .bind("now", now)
                  .bind("limit", limit)
                  .map((row, context) -> delivery(row))
                  .list();
          for (Delivery delivery : due) {
            handle
                .createUpdate(
                    "UPDATE deliveries SET attempts = :attempts, next_at = :next WHERE id = :id")
                .bind("attempts", delivery.attempts())
                .bind("next", now + forAtMost.toMillis())
                .bind("id", delivery.id())
                .execute();
          }
          return due;
        });
  }

  private static Delivery delivery(ResultSet row) throws SQLException {
    return new Delivery(
        row.getLong("delivery_id"),
        webhook(row),
        row.getString("event"),
        Json.parse(row.getString("payload")),
        row.getInt("attempts") + 1);
  }

  private static Webhook webhook(ResultSet row) throws SQLException {
    return new Webhook(
        row.getLong("id"),
        row.getLong("project_id"),
        row.getString("url"),
        row.getString("secret"),
        Json.texts(row.getString("events")),
        row.getBoolean("active"));
  }

  /**
   * It has arrived.
   *
   * @param result such as {@code 204}
   */
  public void delivered(long deliveryId, String result) {
    report(deliveryId, "delivered", result, 0);
  }

  /** It has not arrived; it is due again after a while. */
  public void failed(long deliveryId, String result, Duration retryAfter) {
    report(deliveryId, "waiting", result, database.now() + retryAfter.toMillis());
  }

  /** It has not arrived and is not tried again. */
  public void giveUp(long deliveryId, String result) {
    report(deliveryId, "given_up", result, 0);
  }

  private void report(long deliveryId, String state, String result, long nextAt) {
    database.write(
        handle ->
            handle
                .createUpdate(
                    "UPDATE deliveries SET state = :state, last_result = :result, next_at = :next"
                        + " WHERE id = :id AND state = 'waiting'")
                .bind("state", state)
                .bind("result", result)
                .bind("next", nextAt)
                .bind("id", deliveryId)
                .execute());
  }

  /** A project's newest deliveries, newest first. */
  public List<DeliveryLog> log(long projectId, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    "SELECT d.* FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id"
                        + " WHERE w.project_id = :project ORDER BY d.id DESC LIMIT :limit")
                .bind("project", projectId)
                .bind("limit", limit)
                .map(
                    (row, context) ->
                        new DeliveryLog(
                            row.getLong("id"),
                            row.getLong("webhook_id"),
                            row.getString("event"),
                            row.getString("state"),
                            row.getInt("attempts"),
                            Rows.time(row, "next_at"),
                            row.getString("last_result"),
                            Rows.time(row, "created_at")))
                .list());
  }
}
