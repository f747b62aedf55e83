package plumbline.annotation.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jdbi.v3.core.Handle;

/** What was done by whom; only ever added to. */
public final class Audit {
  private final Database database;

  Audit(Database database) {
    this.database = database;
  }

  /**
   * Writes down what happened outside of the store: sign-ins, exports, requests refused. What
   * changes people, projects and last words is written down with the change.
   *
   * @param detail an object, without secrets
   */
  public void write(Actor actor, String action, String subject, JsonNode detail) {
    database.write(
        handle -> {
          add(handle, database.now(), actor, action, subject, detail);
          return true;
        });
  }

  static void add(
      Handle handle, long now, Actor actor, String action, String subject, JsonNode detail) {
    handle
        .createUpdate(
            "INSERT INTO audit (account_id, action, subject, address, detail, created_at)"
                + " VALUES (:account, :action, :subject, :address, :detail, :now)")
        .bind("account", actor.id())
        .bind("action", action)
        .bind("subject", subject)
        .bind("address", actor.address())
        .bind("detail", detail.toString())
        .bind("now", now)
        .execute();
  }

  /** Newest first, those with smaller ids than {@code beforeId}. */
  public List<AuditEntry> page(long beforeId, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT * FROM audit WHERE id < :before ORDER BY id DESC LIMIT :limit")
                .bind("before", beforeId)
                .bind("limit", limit)
                .map(
                    (row, context) ->
                        new AuditEntry(
                            row.getLong("id"),
                            new Actor(Rows.maybeLong(row, "account_id"), row.getString("address")),
                            row.getString("action"),
                            row.getString("subject"),
                            Json.parse(row.getString("detail")),
                            Rows.time(row, "created_at")))
                .list());
  }
}
