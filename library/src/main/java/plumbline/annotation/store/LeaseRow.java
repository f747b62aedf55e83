package plumbline.annotation.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * A lease as a row.
 *
 * @param state {@code open}, {@code released}, {@code expired} or {@code closed}: answered
 */
record LeaseRow(
    long id,
    long projectId,
    long itemId,
    long setId,
    long accountId,
    List<String> shown,
    int guidelines,
    String state,
    long handedOutAt,
    long expiresAt,
    Optional<JsonNode> draft) {
  static final String CLOSED = "closed";

  /** An account's own; of others' leases it knows nothing. */
  static LeaseRow own(Handle handle, long leaseId, long accountId) {
    return handle
        .createQuery("SELECT * FROM leases WHERE id = :id AND account_id = :account")
        .bind("id", leaseId)
        .bind("account", accountId)
        .map((row, context) -> of(row))
        .findOne()
        .orElseThrow(
            () ->
                new Refusal(
                    Refusal.Reason.NOT_FOUND, "There is no such task among those you were given."));
  }

  /** The one that an account holds in a project. */
  static Optional<LeaseRow> held(Handle handle, long accountId, long projectId, long now) {
    return handle
        .createQuery(
            "SELECT * FROM leases WHERE account_id = :account AND project_id = :project"
                + " AND state = 'open' AND expires_at > :now")
        .bind("account", accountId)
        .bind("project", projectId)
        .bind("now", now)
        .map((row, context) -> of(row))
        .findOne();
  }

  private static LeaseRow of(ResultSet row) throws SQLException {
    return new LeaseRow(
        row.getLong("id"),
        row.getLong("project_id"),
        row.getLong("item_id"),
        row.getLong("set_id"),
        row.getLong("account_id"),
        Json.texts(row.getString("shown")),
        row.getInt("guidelines"),
        row.getString("state"),
        row.getLong("handed_out_at"),
        row.getLong("expires_at"),
        Rows.maybeJson(row, "draft"));
  }

  boolean live(long now) {
    return state.equals("open") && expiresAt > now;
  }

  boolean closed() {
    return state.equals(CLOSED);
  }

  /** Whether one more may vote on a set: gold always, others while votes and live leases leave. */
  static boolean placeFree(Handle handle, long setId, int overlap, long now) {
    return handle
        .createQuery(
            "SELECT s.gold OR s.votes + (SELECT COUNT(*) FROM leases l WHERE l.set_id = s.id"
                + " AND l.state = 'open' AND l.expires_at > :now) < :overlap"
                + " FROM response_sets s WHERE s.id = :set")
        .bind("set", setId)
        .bind("overlap", overlap)
        .bind("now", now)
        .mapTo(Boolean.class)
        .one();
  }

  /** Gives back what an account holds in a project, if it holds something. */
  static void letGo(Handle handle, long accountId, long projectId, long now) {
    handle
        .createUpdate(
            "UPDATE leases SET state = CASE WHEN expires_at > :now THEN 'released' ELSE 'expired'"
                + " END WHERE account_id = :account AND project_id = :project AND state = 'open'")
        .bind("now", now)
        .bind("account", accountId)
        .bind("project", projectId)
        .execute();
  }

  static void close(Handle handle, long leaseId) {
    handle
        .createUpdate("UPDATE leases SET state = 'closed', draft = NULL WHERE id = :id")
        .bind("id", leaseId)
        .execute();
  }

  static void release(Handle handle, long leaseId) {
    handle
        .createUpdate("UPDATE leases SET state = 'released' WHERE id = :id")
        .bind("id", leaseId)
        .execute();
  }

  static void keepDraft(Handle handle, long leaseId, JsonNode draft) {
    handle
        .createUpdate("UPDATE leases SET draft = :draft WHERE id = :id")
        .bind("draft", draft.toString())
        .bind("id", leaseId)
        .execute();
  }

  static void renew(Handle handle, long leaseId, long now, long expires) {
    handle
        .createUpdate(
            "UPDATE leases SET state = 'open', handed_out_at = :now, expires_at = :expires"
                + " WHERE id = :id")
        .bind("now", now)
        .bind("expires", expires)
        .bind("id", leaseId)
        .execute();
  }

  /** With the item. */
  Lease whole(Handle handle) {
    Item item = ItemRows.find(handle, itemId).orElseThrow();
    return new Lease(
        id,
        accountId,
        item,
        setId,
        shown.stream().map(item::response).toList(),
        guidelines,
        Instant.ofEpochMilli(handedOutAt),
        Instant.ofEpochMilli(expiresAt),
        draft);
  }
}
