package plumbline.annotation.store;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jdbi.v3.core.Handle;
import plumbline.data.Sha256;

/**
 * Chance that nobody can foresee or repeat, yet gives the same when asked again: hashes of a secret
 * that the database keeps.
 */
final class Draw {
  private static final double UNIT = 0x1.0p-53;

  private final String secret;

  Draw(String secret) {
    this.secret = secret;
  }

  /** With the database's secret, which the first one makes. */
  static Draw of(Handle handle) {
    handle
        .createUpdate(
            "INSERT INTO server_secrets (name, value) VALUES ('draw', :value)"
                + " ON CONFLICT (name) DO NOTHING")
        .bind("value", Tokens.fresh())
        .execute();
    return new Draw(
        handle
            .createQuery("SELECT value FROM server_secrets WHERE name = 'draw'")
            .mapTo(String.class)
            .one());
  }

  /** The order in which an account sees the responses of a set. */
  List<String> order(long accountId, long setId, List<String> responseIds) {
    List<String> order = new ArrayList<>(responseIds);
    Collections.shuffle(order, new Random(hash("order", accountId, setId)));
    return order;
  }

  /** A number in [0, 1) for an account's next hand-out in a project, after {@code had}. */
  double coin(long accountId, long projectId, long had) {
    return (hash("coin " + had, accountId, projectId) >>> 11) * UNIT;
  }

  private long hash(String what, long a, long b) {
    return Sha256.prefix(secret + ' ' + what + ' ' + a + ' ' + b);
  }
}
