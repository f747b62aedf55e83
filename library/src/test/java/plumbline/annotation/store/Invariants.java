package plumbline.annotation.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** What has to be true of the tables at every moment, asked of the database itself. */
public final class Invariants {
  private final Jdbi direct;
  private final Clock clock;
  private final int overlap;

  /**
   * Of a database that others may write at the same time.
   *
   * @param overlap votes wanted per item, in all of its projects
   */
  public Invariants(StoreConfig config, int overlap) {
    this.direct = Jdbi.create(config.url());
    this.clock = config.clock();
    this.overlap = overlap;
  }

  /** A place: a vote, or a lease until it runs out. */
  private record Place(long set, long account, long until) {}

  /** Places taken and leases held; may be asked while others write. */
  public void checkNow() {
    List<Place> places =
        direct.withHandle(
            handle ->
                handle
                    .createQuery(
                        "SELECT v.set_id, v.account_id, 9000000000000000 AS expires_at FROM votes v"
                            + " WHERE v.kind = 'vote' AND NOT EXISTS"
                            + " (SELECT 1 FROM votes n WHERE n.supersedes = v.id)"
                            + " UNION ALL SELECT set_id, account_id, expires_at FROM leases"
                            + " WHERE state = 'open'")
                    .map(
                        (row, context) ->
                            new Place(
                                row.getLong("set_id"),
                                row.getLong("account_id"),
                                row.getLong("expires_at")))
                    .list());
    // Read after the places: what has run out by now may have been given to others since.
    long now = clock.millis();
    Map<Long, Integer> taken = new HashMap<>();
    Set<List<Long>> once = new HashSet<>();
    for (Place place : places) {
      if (place.until() > now) {
        taken.merge(place.set(), 1, Integer::sum);
        assertThat(once.add(List.of(place.set(), place.account()))).as("%s", place).isTrue();
      }
    }
    assertThat(taken.values()).allMatch(count -> count <= overlap);
    long twice =
        direct.withHandle(
            handle ->
                handle
                    .createQuery(
                        "SELECT COUNT(*) FROM (SELECT 1 FROM leases WHERE state = 'open'"
                            + " GROUP BY account_id, project_id HAVING COUNT(*) > 1) d")
                    .mapTo(Long.class)
                    .one());
    assertThat(twice).as("people with two open leases of a project").isZero();
  }

  /** The whole history, when nobody writes any more. */
  public void checkHistory() {
    direct.useHandle(
        handle -> {
          checkReplay(handle);
          checkCounters(handle);
        });
  }

  private record Row(long id, long set, long account, String kind, long supersedes) {}

  private void checkReplay(Handle handle) {
    Map<Long, Row> current = new HashMap<>();
    List<Row> rows =
        handle
            .createQuery("SELECT * FROM votes WHERE lease_id IS NOT NULL ORDER BY id")
            .map(
                (row, context) ->
                    new Row(
                        row.getLong("id"),
                        row.getLong("set_id"),
                        row.getLong("account_id"),
                        row.getString("kind"),
                        row.getLong("supersedes")))
            .list();
    for (Row row : rows) {
      if (row.supersedes() != 0) {
        assertThat(current.remove(row.supersedes())).as("%s", row).isNotNull();
      }
      if (!row.kind().equals("undo")) {
        current.put(row.id(), row);
        long votes =
            current.values().stream()
                .filter(other -> other.set() == row.set() && other.kind().equals("vote"))
                .count();
        assertThat(votes)
            .as("votes of set %s at row %s", row.set(), row.id())
            .isBetween(0L, (long) overlap);
        assertThat(current.values())
            .filteredOn(other -> other.set() == row.set() && other.account() == row.account())
            .as("answers of one account to set %s", row.set())
            .hasSize(1);
      }
    }
  }

  /** A lease is closed while its account has said something that it has not taken back itself. */
  private void checkCounters(Handle handle) {
    long wrong =
        handle
            .createQuery(
                "SELECT COUNT(*) FROM response_sets s WHERE s.votes <> (SELECT COUNT(*) FROM votes v"
                    + " WHERE v.set_id = s.id AND v.kind = 'vote' AND NOT EXISTS"
                    + " (SELECT 1 FROM votes n WHERE n.supersedes = v.id))")
            .mapTo(Long.class)
            .one();
    long answeredButOpen =
        handle
            .createQuery(
                "SELECT COUNT(*) FROM leases l WHERE (l.state = 'closed') <> EXISTS"
                    + " (SELECT 1 FROM votes v WHERE v.lease_id = l.id AND v.kind <> 'undo'"
                    + " AND NOT EXISTS (SELECT 1 FROM votes n WHERE n.supersedes = v.id"
                    + " AND n.account_id = v.account_id))")
            .mapTo(Long.class)
            .one();

    assertThat(wrong).as("sets whose counter is wrong").isZero();
    assertThat(answeredButOpen).as("leases whose state does not fit their votes").isZero();
  }
}
