package plumbline.annotation.store;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Tokens for the REST API. */
public final class ApiTokens {
  private final Database database;

  ApiTokens(Database database) {
    this.database = database;
  }

  /**
   * A new token, 43 characters, which is not told again.
   *
   * @param label what it is for
   * @param life empty: until it is revoked
   */
  public String create(Actor actor, long accountId, String label, Optional<Duration> life) {
    String token = Tokens.fresh();
    return database.write(
        handle -> {
          long now = database.now();
          handle
              .createUpdate(
                  "INSERT INTO api_tokens (token_hash, account_id, label, created_at, expires_at)"
                      + " VALUES (:hash, :account, :label, :now, :expires)")
              .bind("hash", Tokens.hash(token))
              .bind("account", accountId)
              .bind("label", label)
              .bind("now", now)
              .bind("expires", life.map(time -> now + time.toMillis()))
              .execute();
          Audit.add(
              handle,
              now,
              actor,
              "token.create",
              "account " + accountId,
              Json.object().put("label", label));
          return token;
        });
  }

  /** Whose the token is, while it lasts, is not revoked and the account is active. */
  public Optional<Account> find(String token) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    "SELECT a.* FROM api_tokens t JOIN accounts a ON a.id = t.account_id"
                        + " WHERE t.token_hash = :hash AND t.revoked_at IS NULL AND a.active"
                        + " AND (t.expires_at IS NULL OR t.expires_at > :now)")
                .bind("hash", Tokens.hash(token))
                .bind("now", database.now())
                .map((row, context) -> Accounts.account(row))
                .findOne());
  }

  /** An account's, newest first, revoked ones too. */
  public List<ApiToken> list(long accountId) {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT * FROM api_tokens WHERE account_id = :id ORDER BY id DESC")
                .bind("id", accountId)
                .map(
                    (row, context) ->
                        new ApiToken(
                            row.getLong("id"),
                            row.getLong("account_id"),
                            row.getString("label"),
                            Rows.time(row, "created_at"),
                            Rows.maybeTime(row, "expires_at"),
                            Rows.maybeTime(row, "revoked_at")))
                .list());
  }

  /** Whether there was a token of the account to revoke. */
  public boolean revoke(Actor actor, long accountId, long id) {
    return database.write(
        handle -> {
          int revoked =
              handle
                  .createUpdate(
                      "UPDATE api_tokens SET revoked_at = :now"
                          + " WHERE id = :id AND account_id = :account AND revoked_at IS NULL")
                  .bind("now", database.now())
                  .bind("id", id)
                  .bind("account", accountId)
                  .execute();
          if (revoked > 0) {
            Audit.add(handle, database.now(), actor, "token.revoke", "token " + id, Json.object());
          }
          return revoked > 0;
        });
  }
}
