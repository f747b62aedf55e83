package plumbline.annotation.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/** What was answered, as rows: v a row, n the one that supersedes it. */
final class VoteRows {
  static final String SELECT =
      "SELECT v.*, n.id AS superseded_by FROM votes v LEFT JOIN votes n ON n.supersedes = v.id ";
  static final String CURRENT = " n.id IS NULL AND v.kind <> 'undo' ";

  private VoteRows() {}

  static List<CastVote> list(Query query) {
    return query.map((row, context) -> vote(row)).list();
  }

  static Optional<CastVote> find(Handle handle, long voteId) {
    return list(handle.createQuery(SELECT + "WHERE v.id = :id").bind("id", voteId)).stream()
        .findFirst();
  }

  static Optional<CastVote> byNonce(Handle handle, long leaseId, String nonce) {
    return list(
            handle
                .createQuery(SELECT + "WHERE v.lease_id = :lease AND v.nonce = :nonce")
                .bind("lease", leaseId)
                .bind("nonce", nonce))
        .stream()
        .findFirst();
  }

  /** What counts now of an item. */
  static List<CastVote> current(Handle handle, long itemId) {
    return list(
        handle
            .createQuery(SELECT + "WHERE v.item_id = :item AND" + CURRENT + "ORDER BY v.id")
            .bind("item", itemId));
  }

  /** A row; {@code vote}'s id and superseding row are not looked at. */
  static CastVote insert(Handle handle, CastVote vote, Optional<String> nonce) {
    long id =
        handle
            .createQuery(
                "INSERT INTO votes (project_id, item_id, set_id, lease_id, account_id, kind, nonce,"
                    + " shown, guidelines, answers, reason, seconds, supersedes, created_at)"
                    + " VALUES (:project, :item, :set, :lease, :account, :kind, :nonce, :shown,"
                    + " :guidelines, :answers, :reason, :seconds, :supersedes, :created)"
                    + " RETURNING id")
            .bind("project", vote.projectId())
            .bind("item", vote.itemId())
            .bind("set", vote.setId())
            .bind("lease", vote.leaseId())
            .bind("account", vote.accountId())
            .bind("kind", vote.kind().key())
            .bind("nonce", nonce)
            .bind("shown", Json.texts(vote.shown()))
            .bind("guidelines", vote.guidelines())
            .bind("answers", vote.answers().toString())
            .bind("reason", vote.reason())
            .bind("seconds", vote.seconds())
            .bind("supersedes", vote.supersedes())
            .bind("created", vote.created().toEpochMilli())
            .mapTo(Long.class)
            .one();
    return find(handle, id).orElseThrow();
  }

  static CastVote vote(ResultSet row) throws SQLException {
    return new CastVote(
        row.getLong("id"),
        row.getLong("project_id"),
        row.getLong("item_id"),
        Rows.maybeLong(row, "set_id"),
        Rows.maybeLong(row, "lease_id"),
        row.getLong("account_id"),
        VoteKind.of(row.getString("kind")),
        Json.texts(row.getString("shown")),
        row.getInt("guidelines"),
        Json.parse(row.getString("answers")),
        row.getString("reason"),
        row.getDouble("seconds"),
        Rows.maybeLong(row, "supersedes"),
        Rows.maybeLong(row, "superseded_by"),
        Rows.time(row, "created_at"));
  }

  /** A row that takes the place of another. */
  static CastVote after(
      CastVote vote, long accountId, VoteKind kind, JsonNode answers, String reason, Instant now) {
    return new CastVote(
        0,
        vote.projectId(),
        vote.itemId(),
        vote.setId(),
        vote.leaseId(),
        accountId,
        kind,
        vote.shown(),
        vote.guidelines(),
        answers,
        reason,
        0,
        OptionalLong.of(vote.id()),
        OptionalLong.empty(),
        now);
  }
}
