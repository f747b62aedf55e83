package plumbline.annotation.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;

/** Failed sign-ins by name or address; whoever asks decides when it is too many. */
public final class SignInFailures {
  private final Database database;

  SignInFailures(Database database) {
    this.database = database;
  }

  /** One more; the count with it. */
  public SignInCount record(String subject) {
    return database.write(
        handle ->
            handle
                .createQuery(
                    "INSERT INTO sign_in_failures (subject, failed, last_at)"
                        + " VALUES (:subject, 1, :now) ON CONFLICT (subject) DO UPDATE"
                        + " SET failed = sign_in_failures.failed + 1, last_at = excluded.last_at"
                        + " RETURNING failed, last_at")
                .bind("subject", subject)
                .bind("now", database.now())
                .map((row, context) -> count(row))
                .one());
  }

  /** The count so far. */
  public SignInCount of(String subject) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    "SELECT failed, last_at FROM sign_in_failures WHERE subject = :subject")
                .bind("subject", subject)
                .map((row, context) -> count(row))
                .findOne()
                .orElse(new SignInCount(0, Instant.EPOCH)));
  }

  private static SignInCount count(ResultSet row) throws SQLException {
    return new SignInCount(row.getInt("failed"), Rows.time(row, "last_at"));
  }

  /** After a success. */
  public void clear(String subject) {
    database.write(
        handle ->
            handle
                .createUpdate("DELETE FROM sign_in_failures WHERE subject = :subject")
                .bind("subject", subject)
                .execute());
  }
}
