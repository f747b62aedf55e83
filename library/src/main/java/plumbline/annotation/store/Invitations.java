package plumbline.annotation.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Links to join once. */
public final class Invitations {
  private static final String OPEN =
      " redeemed_by IS NULL AND revoked_at IS NULL AND expires_at > :now";

  private final Database database;

  Invitations(Database database) {
    this.database = database;
  }

  /** A new invitation's token, 43 characters, which is not told again. */
  public String create(Actor actor, Role role, String group, Duration life) {
    return database.write(
        handle -> {
          Audit.add(
              handle,
              database.now(),
              actor,
              "invitation.create",
              "",
              Json.object().put("role", role.key()).put("group", group));
          return insert(handle, actor, role, group, life);
        });
  }

  private String insert(Handle handle, Actor actor, Role role, String group, Duration life) {
    String token = Tokens.fresh();
    long now = database.now();
    handle
        .createUpdate(
            "INSERT INTO invitations (token_hash, role, team, created_by, created_at, expires_at)"
                + " VALUES (:hash, :role, :team, :by, :now, :expires)")
        .bind("hash", Tokens.hash(token))
        .bind("role", role.key())
        .bind("team", group)
        .bind("by", actor.id())
        .bind("now", now)
        .bind("expires", now + life.toMillis())
        .execute();
    return token;
  }

  /**
   * The token by which the first admin joins; empty where there is an account already. Those made
   * before it end.
   */
  public Optional<String> firstAdmin(Duration life) {
    return database.write(
        handle -> {
          long accounts =
              handle.createQuery("SELECT COUNT(*) FROM accounts").mapTo(Long.class).one();
          if (accounts > 0) {
            return Optional.empty();
          }
          handle
              .createUpdate("UPDATE invitations SET revoked_at = :now WHERE" + OPEN)
              .bind("now", database.now())
              .execute();
          return Optional.of(insert(handle, Actor.SYSTEM, Role.ADMIN, "", life));
        });
  }

  /** What a token invites to, while it is open. */
  public Optional<Invitation> find(String token) {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT * FROM invitations WHERE token_hash = :hash AND" + OPEN)
                .bind("hash", Tokens.hash(token))
                .bind("now", database.now())
                .map((row, context) -> invitation(row))
                .findOne());
  }

  /**
   * Joins.
   *
   * @throws plumbline.InputException if the name is no name
   * @throws Refusal if the invitation is not open, or the name taken: the invitation then stays
   *     open
   */
  public Account redeem(String token, String name, String passwordHash, String address) {
    return database.write(
        handle -> {
          long now = database.now();
          Invitation invitation =
              handle
                  .createQuery(
                      "SELECT * FROM invitations WHERE token_hash = :hash AND"
                          + OPEN
                          + database.lock())
                  .bind("hash", Tokens.hash(token))
                  .bind("now", now)
                  .map((row, context) -> invitation(row))
                  .findOne()
                  .orElseThrow(
                      () ->
                          new Refusal(
                              Refusal.Reason.NOT_FOUND,
                              "This invitation is used up or out of date; ask for a new one."));
          Account account =
              Accounts.insert(
                  handle, now, name, invitation.role(), invitation.group(), passwordHash);
          handle
              .createUpdate("UPDATE invitations SET redeemed_by = :account WHERE id = :id")
              .bind("account", account.id())
              .bind("id", invitation.id())
              .execute();
          Audit.add(
              handle,
              now,
              Actor.of(account, address),
              "invitation.redeem",
              "account " + account.id(),
              Accounts.described(account));
          return account;
        });
  }

  /** Newest first, used and ended ones too. */
  public List<Invitation> list() {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT * FROM invitations WHERE revoked_at IS NULL ORDER BY id DESC")
                .map((row, context) -> invitation(row))
                .list());
  }

  /** Whether there was an open one to end. */
  public boolean revoke(Actor actor, long id) {
    return database.write(
        handle -> {
          int revoked =
              handle
                  .createUpdate(
                      "UPDATE invitations SET revoked_at = :now WHERE id = :id AND" + OPEN)
                  .bind("now", database.now())
                  .bind("id", id)
                  .execute();
          if (revoked > 0) {
            Audit.add(
                handle,
                database.now(),
                actor,
                "invitation.revoke",
                "invitation " + id,
                Json.object());
          }
          return revoked > 0;
        });
  }

  private static Invitation invitation(ResultSet row) throws SQLException {
    return new Invitation(
        row.getLong("id"),
        Role.of(row.getString("role")),
        row.getString("team"),
        Rows.maybeLong(row, "created_by"),
        Rows.time(row, "created_at"),
        Rows.time(row, "expires_at"),
        Rows.maybeLong(row, "redeemed_by"));
  }
}
