package plumbline.annotation.store;

import java.time.Duration;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Who is signed in. */
public final class Sessions {
  private final Database database;

  Sessions(Database database) {
    this.database = database;
  }

  /** Signs in; the token, 43 characters, is not told again. */
  public String open(long accountId, Duration life) {
    String token = Tokens.fresh();
    return database.write(
        handle -> {
          long now = database.now();
          handle
              .createUpdate(
                  "INSERT INTO sessions (token_hash, account_id, created_at, expires_at)"
                      + " VALUES (:hash, :account, :now, :expires)")
              .bind("hash", Tokens.hash(token))
              .bind("account", accountId)
              .bind("now", now)
              .bind("expires", now + life.toMillis())
              .execute();
          return token;
        });
  }

  /** Whose the token is, while it lasts and the account is active. */
  public Optional<Session> find(String token) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    "SELECT a.*, s.created_at AS opened_at, s.expires_at FROM sessions s"
                        + " JOIN accounts a ON a.id = s.account_id"
                        + " WHERE s.token_hash = :hash AND s.expires_at > :now AND a.active")
                .bind("hash", Tokens.hash(token))
                .bind("now", database.now())
                .map(
                    (row, context) ->
                        new Session(
                            Accounts.account(row),
                            Rows.time(row, "opened_at"),
                            Rows.time(row, "expires_at")))
                .findOne());
  }

  /** Signs out. */
  public void close(String token) {
    database.write(
        handle ->
            handle
                .createUpdate("DELETE FROM sessions WHERE token_hash = :hash")
                .bind("hash", Tokens.hash(token))
                .execute());
  }

  /** Signs out everywhere; how many sessions that ended. */
  public int closeAll(Actor actor, long accountId) {
    return database.write(
        handle -> {
          int closed = closeAll(handle, accountId);
          Audit.add(
              handle,
              database.now(),
              actor,
              "account.sign_out_everywhere",
              "account " + accountId,
              Json.object().put("sessions", closed));
          return closed;
        });
  }

  static int closeAll(Handle handle, long accountId) {
    return handle
        .createUpdate("DELETE FROM sessions WHERE account_id = :account")
        .bind("account", accountId)
        .execute();
  }

  /** Drops those that have run out; how many. */
  public int forgetExpired() {
    return database.write(
        handle ->
            handle
                .createUpdate("DELETE FROM sessions WHERE expires_at <= :now")
                .bind("now", database.now())
                .execute());
  }
}
