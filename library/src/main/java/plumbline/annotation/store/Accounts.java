package plumbline.annotation.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import plumbline.InputException;

/** Who may sign in. */
public final class Accounts {
  private static final int LONGEST_NAME = 64;

  private final Database database;

  Accounts(Database database) {
    this.database = database;
  }

  /**
   * A new account.
   *
   * @param passwordHash stored as it is
   * @throws InputException if the name is empty, too long or has control characters
   * @throws Refusal if the name is taken
   */
  public Account create(Actor actor, String name, Role role, String group, String passwordHash) {
    return database.write(
        handle -> {
          Account account = insert(handle, database.now(), name, role, group, passwordHash);
          audit(handle, actor, "account.create", account.id(), described(account));
          return account;
        });
  }

  static Account insert(
      Handle handle, long now, String name, Role role, String group, String passwordHash) {
    String shown = Normalizer.normalize(name, Normalizer.Form.NFKC).strip();
    if (shown.isEmpty()
        || shown.length() > LONGEST_NAME
        || shown.codePoints().anyMatch(Character::isISOControl)) {
      throw new InputException(
          "name: wanted 1 to " + LONGEST_NAME + " characters without control characters");
    }
    long id =
        handle
            .createQuery(
                "INSERT INTO accounts"
                    + " (name, name_key, role, team, password_hash, active, created_at)"
                    + " VALUES (:name, :key, :role, :team, :hash, TRUE, :now)"
                    + " ON CONFLICT (name_key) DO NOTHING RETURNING id")
            .bind("name", shown)
            .bind("key", key(shown))
            .bind("role", role.key())
            .bind("team", group)
            .bind("hash", passwordHash)
            .bind("now", now)
            .mapTo(Long.class)
            .findOne()
            .orElseThrow(
                () -> new Refusal(Refusal.Reason.TAKEN, "The name '" + shown + "' is taken."));
    return byId(handle, id).orElseThrow();
  }

  static ObjectNode described(Account account) {
    return Json.object()
        .put("name", account.name())
        .put("role", account.role().key())
        .put("group", account.group());
  }

  private static String key(String name) {
    return Normalizer.normalize(name, Normalizer.Form.NFKC).strip().toLowerCase(Locale.ROOT);
  }

  /** Without regard to case. */
  public Optional<Account> byName(String name) {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT * FROM accounts WHERE name_key = :key")
                .bind("key", key(name))
                .map((row, context) -> account(row))
                .findOne());
  }

  public Optional<Account> byId(long id) {
    return database.read(handle -> byId(handle, id));
  }

  static Optional<Account> byId(Handle handle, long id) {
    return handle
        .createQuery("SELECT * FROM accounts WHERE id = :id")
        .bind("id", id)
        .map((row, context) -> account(row))
        .findOne();
  }

  /**
   * An active account that no other transaction works for until this one ends.
   *
   * @throws Refusal if there is none
   */
  static Account lock(Database database, Handle handle, long id) {
    return handle
        .createQuery("SELECT * FROM accounts WHERE id = :id AND active" + database.lock())
        .bind("id", id)
        .map((row, context) -> account(row))
        .findOne()
        .orElseThrow(
            () -> new Refusal(Refusal.Reason.NOT_FOUND, "There is no such active account."));
  }

  /** By name. */
  public List<Account> list() {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT * FROM accounts ORDER BY name_key")
                .map((row, context) -> account(row))
                .list());
  }

  static Account account(ResultSet row) throws SQLException {
    return new Account(
        row.getLong("id"),
        row.getString("name"),
        Role.of(row.getString("role")),
        row.getString("team"),
        row.getBoolean("active"),
        Rows.time(row, "created_at"));
  }

  /** What {@link #create} or {@link #setPassword} was given. */
  public Optional<String> passwordHash(long id) {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT password_hash FROM accounts WHERE id = :id")
                .bind("id", id)
                .mapTo(String.class)
                .findOne());
  }

  /** A new password; signs out everywhere. */
  public void setPassword(Actor actor, long id, String passwordHash) {
    database.write(
        handle -> {
          set(handle, id, "password_hash", passwordHash);
          Sessions.closeAll(handle, id);
          return audit(handle, actor, "account.password", id, Json.object());
        });
  }

  /** A better one of the same password, where how passwords are hashed has changed. */
  public void rehash(long id, String passwordHash) {
    database.write(handle -> set(handle, id, "password_hash", passwordHash));
  }

  /**
   * Another role.
   *
   * @throws Refusal if nobody would be an active admin then
   */
  public void setRole(Actor actor, long id, Role role) {
    database.write(
        handle -> {
          set(handle, id, "role", role.key());
          checkAdmins(handle);
          return audit(handle, actor, "account.role", id, Json.object().put("role", role.key()));
        });
  }

  /** Another group of annotators; empty for none. */
  public void setGroup(Actor actor, long id, String group) {
    database.write(
        handle -> {
          set(handle, id, "team", group);
          return audit(handle, actor, "account.group", id, Json.object().put("group", group));
        });
  }

  /**
   * Lets an account in, or keeps it out and signs it out everywhere. What it holds goes back.
   *
   * @throws Refusal if nobody would be an active admin then
   */
  public void setActive(Actor actor, long id, boolean active) {
    database.write(
        handle -> {
          set(handle, id, "active", active);
          checkAdmins(handle);
          if (!active) {
            Sessions.closeAll(handle, id);
            handle
                .createUpdate(
                    "UPDATE leases SET state = 'released'"
                        + " WHERE account_id = :id AND state = 'open'")
                .bind("id", id)
                .execute();
          }
          return audit(handle, actor, "account.active", id, Json.object().put("active", active));
        });
  }

  private boolean set(Handle handle, long id, String column, Object value) {
    handle
        .createQuery("SELECT id FROM accounts WHERE role = 'admin' ORDER BY id" + database.lock())
        .mapTo(Long.class)
        .list();
    int found =
        handle
            .createUpdate("UPDATE accounts SET " + column + " = :value WHERE id = :id")
            .bind("value", value)
            .bind("id", id)
            .execute();
    if (found == 0) {
      throw new Refusal(Refusal.Reason.NOT_FOUND, "There is no such account.");
    }
    return true;
  }

  private static void checkAdmins(Handle handle) {
    long admins =
        handle
            .createQuery("SELECT COUNT(*) FROM accounts WHERE role = 'admin' AND active")
            .mapTo(Long.class)
            .one();
    if (admins == 0) {
      throw new Refusal(
          Refusal.Reason.CLOSED, "Somebody has to stay admin: make another account one first.");
    }
  }

  private boolean audit(Handle handle, Actor actor, String action, long id, ObjectNode detail) {
    Audit.add(handle, database.now(), actor, action, "account " + id, detail);
    return true;
  }
}
