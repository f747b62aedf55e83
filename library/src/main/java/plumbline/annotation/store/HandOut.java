package plumbline.annotation.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Who works on what, for how long.
 *
 * <p>Votes and live leases of an item's response set are never more than the project's overlap, and
 * nobody holds two leases of a project. Gold items have no overlap: everybody may meet each once.
 */
public final class HandOut {
  private static final String CANDIDATE =
      "SELECT s.id FROM response_sets s JOIN items i ON i.id = s.item_id"
          + " WHERE s.project_id = :project AND s.gold = :gold AND s.wanted"
          + " AND (s.team = :team OR s.team = '' AND NOT EXISTS (SELECT 1 FROM response_sets o"
          + " WHERE o.item_id = s.item_id AND o.team = :team))"
          + " AND NOT EXISTS (SELECT 1 FROM leases m WHERE m.account_id = :account"
          + " AND m.item_id = s.item_id AND m.state = 'closed')"
          + " AND (s.gold OR s.votes + (SELECT COUNT(*) FROM leases l WHERE l.set_id = s.id"
          + " AND l.state = 'open' AND l.expires_at > :now) < :overlap)"
          + " ORDER BY s.votes DESC, s.id LIMIT 1";

  private final Database database;
  private final Draw draw;

  HandOut(Database database, Draw draw) {
    this.database = database;
    this.draw = draw;
  }

  /** What came of looking for an item: a lease, nothing left, or somebody was quicker. */
  private record Attempt(Optional<Lease> lease, boolean beaten) {
    static final Attempt NOTHING = new Attempt(Optional.empty(), false);
    static final Attempt BEATEN = new Attempt(Optional.empty(), true);
  }

  /**
   * The live lease that the account has in the project or, where the project is open, a new one: of
   * a gold item by the project's share, otherwise of the item that lacks the fewest votes.
   *
   * @return empty where nothing is left for this account
   * @throws Refusal if the account may not work on the project
   */
  public Optional<Lease> next(long accountId, long projectId) {
    Attempt attempt = attempt(accountId, projectId, false);
    while (attempt.beaten()) {
      // Rows that others held were passed over: perhaps the only ones left.
      attempt = attempt(accountId, projectId, true);
    }
    return attempt.lease();
  }

  private Attempt attempt(long accountId, long projectId, boolean waiting) {
    return database.write(
        handle -> {
          Account account = Accounts.lock(database, handle, accountId);
          Project project =
              Projects.findFor(handle, projectId, accountId).orElseThrow(Projects::noSuchProject);
          if (project.state() == ProjectState.CLOSED) {
            return Attempt.NOTHING;
          }
          Optional<LeaseRow> held = LeaseRow.held(handle, accountId, projectId, database.now());
          if (held.isPresent() || project.state() != ProjectState.OPEN) {
            return new Attempt(held.map(row -> row.whole(handle)), false);
          }
          LeaseRow.letGo(handle, accountId, projectId, database.now());
          return pick(handle, account, project, waiting);
        });
  }

  private Attempt pick(Handle handle, Account account, Project project, boolean waiting) {
    String lock = waiting ? database.lockWaiting("i") : database.lockFree("i");
    double share = project.settings().goldShare();
    // Without a share there is no coin to draw, for which a long history would be counted.
    boolean gold =
        share > 0
            && draw.coin(account.id(), project.id(), handedOut(handle, account, project)) < share;
    Optional<Long> set = gold ? candidate(handle, account, project, true, lock) : Optional.empty();
    if (set.isEmpty()) {
      set = candidate(handle, account, project, false, lock);
    }
    if (set.isEmpty()) {
      return waiting ? Attempt.NOTHING : Attempt.BEATEN;
    }
    // Who held the row while it was waited for may have taken the last place.
    long now = database.now();
    if (!LeaseRow.placeFree(handle, set.get(), project.settings().overlap(), now)) {
      return Attempt.BEATEN;
    }
    return new Attempt(Optional.of(open(handle, account, project, set.get(), now)), false);
  }

  private static long handedOut(Handle handle, Account account, Project project) {
    return handle
        .createQuery(
            "SELECT COUNT(*) FROM leases WHERE account_id = :account AND project_id = :project"
                + " AND state = 'closed'")
        .bind("account", account.id())
        .bind("project", project.id())
        .mapTo(Long.class)
        .one();
  }

  private Optional<Long> candidate(
      Handle handle, Account account, Project project, boolean gold, String lock) {
    return handle
        .createQuery(CANDIDATE + lock)
        .bind("project", project.id())
        .bind("gold", gold)
        .bind("team", account.group())
        .bind("account", account.id())
        .bind("overlap", project.settings().overlap())
        .bind("now", database.now())
        .mapTo(Long.class)
        .findOne();
  }

  private Lease open(Handle handle, Account account, Project project, long setId, long now) {
    List<String> responses =
        Json.texts(
            handle
                .createQuery("SELECT response_ids FROM response_sets WHERE id = :id")
                .bind("id", setId)
                .mapTo(String.class)
                .one());
    long id =
        handle
            .createQuery(
                "INSERT INTO leases (project_id, item_id, set_id, account_id, shown, guidelines,"
                    + " state, handed_out_at, expires_at) SELECT s.project_id, s.item_id, s.id,"
                    + " :account, :shown, :guidelines, 'open', :now, :expires"
                    + " FROM response_sets s WHERE s.id = :set"
                    + " ON CONFLICT (account_id, item_id) DO UPDATE SET set_id = excluded.set_id,"
                    + " shown = excluded.shown, guidelines = excluded.guidelines, state = 'open',"
                    + " handed_out_at = excluded.handed_out_at, expires_at = excluded.expires_at"
                    + " RETURNING id")
            .bind("account", account.id())
            .bind("shown", Json.texts(draw.order(account.id(), setId, responses)))
            .bind("guidelines", project.guidelines())
            .bind("now", now)
            .bind("expires", now + project.settings().lease().toMillis())
            .bind("set", setId)
            .mapTo(Long.class)
            .one();
    return LeaseRow.own(handle, id, account.id()).whole(handle);
  }

  /** The live lease that the account has in the project, without asking for one. */
  public Optional<Lease> current(long accountId, long projectId) {
    return database.read(
        handle ->
            LeaseRow.held(handle, accountId, projectId, database.now())
                .map(row -> row.whole(handle)));
  }

  /**
   * An account's lease, in whatever state: to show what was asked again.
   *
   * @throws Refusal if it is not the account's
   */
  public Lease byId(long leaseId, long accountId) {
    return database.read(handle -> LeaseRow.own(handle, leaseId, accountId).whole(handle));
  }

  /**
   * Keeps what was typed so far; a live lease begins anew with it.
   *
   * @throws Refusal if it is not the account's, or answered
   */
  public void saveDraft(long leaseId, long accountId, JsonNode draft) {
    database.write(
        handle -> {
          Accounts.lock(database, handle, accountId);
          LeaseRow lease = LeaseRow.own(handle, leaseId, accountId);
          if (lease.closed()) {
            throw new Refusal(Refusal.Reason.ANSWERED, "This task is answered already.");
          }
          ItemRows.lock(database, handle, lease.itemId());
          long now = database.now();
          if (lease.live(now)) {
            Project project = Projects.find(handle, lease.projectId()).orElseThrow();
            LeaseRow.renew(
                handle, leaseId, lease.handedOutAt(), now + project.settings().lease().toMillis());
          }
          LeaseRow.keepDraft(handle, leaseId, draft);
          return true;
        });
  }

  /**
   * Gives an item back; its draft is there should the same account get it again.
   *
   * @throws Refusal if it is not the account's
   */
  public void release(long leaseId, long accountId) {
    database.write(
        handle -> {
          Accounts.lock(database, handle, accountId);
          LeaseRow lease = LeaseRow.own(handle, leaseId, accountId);
          if (lease.live(database.now())) {
            LeaseRow.letGo(handle, accountId, lease.projectId(), database.now());
          }
          return true;
        });
  }
}
