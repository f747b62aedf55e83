package plumbline.annotation.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import plumbline.InputException;

/**
 * What people answered. Rows are only ever added: an edit or an undo is a row that supersedes.
 *
 * <p>What is refused for being late is kept as the lease's draft.
 */
public final class Votes {
  private static final int FETCH = 500;

  private final Database database;
  private final ItemStates states;

  Votes(Database database, ItemStates states) {
    this.database = database;
    this.states = states;
  }

  /** Which rows. */
  public enum Selection {
    /** Those that count now. */
    CURRENT,
    /** All that ever were, undo rows too. */
    ALL;

    private String sql() {
      return this == CURRENT ? " AND" + VoteRows.CURRENT : " ";
    }
  }

  /** What a transaction stored, or why it did not. */
  private record Outcome(Optional<CastVote> vote, Optional<Refusal> refusal) {
    static Outcome of(CastVote vote) {
      return new Outcome(Optional.of(vote), Optional.empty());
    }

    CastVote get() {
      if (refusal.isPresent()) {
        throw refusal.get();
      }
      return vote.orElseThrow();
    }
  }

  /**
   * Stores answers. The same lease and nonce again store nothing and return what is there.
   *
   * @param answers question id to answer, checked by the caller
   * @param seconds spent, at least 0
   * @param nonce what the page was sent with, new every time it is shown
   * @throws Refusal if the lease is not the account's or is answered; if it ran out and others took
   *     the place; if the project is closed or the item has a last word
   */
  public CastVote submit(
      long leaseId, long accountId, JsonNode answers, double seconds, String nonce) {
    return answer(leaseId, accountId, VoteKind.VOTE, answers, "", seconds, nonce);
  }

  /** This person would rather not; as {@link #submit}, but a lease that ran out is no hindrance. */
  public CastVote skip(long leaseId, long accountId, String reason, double seconds, String nonce) {
    return answer(leaseId, accountId, VoteKind.SKIP, Json.object(), reason, seconds, nonce);
  }

  /** Nobody should be asked this; as {@link #skip}, and the item is handed out no more. */
  public CastVote discard(
      long leaseId, long accountId, String reason, double seconds, String nonce) {
    return answer(leaseId, accountId, VoteKind.DISCARD, Json.object(), reason, seconds, nonce);
  }

  private CastVote answer(
      long leaseId,
      long accountId,
      VoteKind kind,
      JsonNode answers,
      String reason,
      double seconds,
      String nonce) {
    check(seconds, nonce);
    return database
        .write(
            handle -> {
              Accounts.lock(database, handle, accountId);
              LeaseRow lease = LeaseRow.own(handle, leaseId, accountId);
              Optional<CastVote> before = VoteRows.byNonce(handle, leaseId, nonce);
              if (before.isPresent()) {
                return Outcome.of(before.get());
              }
              ItemRows.lock(database, handle, lease.itemId());
              long now = database.now();
              Project project = Projects.find(handle, lease.projectId()).orElseThrow();
              Optional<Refusal> refusal = refusal(handle, project, lease, kind, now);
              if (refusal.isPresent()) {
                if (kind == VoteKind.VOTE && !lease.closed()) {
                  LeaseRow.keepDraft(handle, leaseId, answers);
                }
                return new Outcome(Optional.empty(), refusal);
              }
              CastVote vote = first(lease, kind, answers, reason, seconds, now);
              LeaseRow.close(handle, leaseId);
              return Outcome.of(store(handle, project, vote, Optional.of(nonce)));
            })
        .get();
  }

  private static void check(double seconds, String nonce) {
    if (!(seconds >= 0) || Double.isInfinite(seconds)) {
      throw new InputException("seconds: is " + seconds + ", wanted a number from 0");
    }
    if (nonce.isBlank()) {
      throw new InputException("nonce: is empty, wanted what the page was sent with");
    }
  }

  private Optional<Refusal> refusal(
      Handle handle, Project project, LeaseRow lease, VoteKind kind, long now) {
    if (lease.closed()) {
      return Optional.of(
          new Refusal(Refusal.Reason.ANSWERED, "You have answered this task already."));
    }
    Optional<Refusal> closed = closed(handle, project, lease.itemId());
    if (closed.isPresent()) {
      return closed;
    }
    boolean late =
        kind == VoteKind.VOTE
            && !lease.live(now)
            && !LeaseRow.placeFree(handle, lease.setId(), project.settings().overlap(), now);
    return late
        ? Optional.of(
            new Refusal(
                Refusal.Reason.PLACE_TAKEN,
                "The time for this task ran out and others have answered it meanwhile. Your answer"
                    + " is kept as a draft, but does not count."))
        : Optional.empty();
  }

  private static Optional<Refusal> closed(Handle handle, Project project, long itemId) {
    if (project.state() == ProjectState.CLOSED) {
      return Optional.of(
          new Refusal(Refusal.Reason.CLOSED, "The project is closed and takes no more answers."));
    }
    boolean adjudicated =
        handle
            .createQuery("SELECT state = 'adjudicated' FROM items WHERE id = :id")
            .bind("id", itemId)
            .mapTo(Boolean.class)
            .one();
    return adjudicated
        ? Optional.of(
            new Refusal(Refusal.Reason.CLOSED, "A reviewer has given the last word on this item."))
        : Optional.empty();
  }

  private static CastVote first(
      LeaseRow lease, VoteKind kind, JsonNode answers, String reason, double seconds, long now) {
    return new CastVote(
        0,
        lease.projectId(),
        lease.itemId(),
        OptionalLong.of(lease.setId()),
        OptionalLong.of(lease.id()),
        lease.accountId(),
        kind,
        lease.shown(),
        lease.guidelines(),
        answers,
        reason,
        seconds,
        OptionalLong.empty(),
        OptionalLong.empty(),
        Instant.ofEpochMilli(now));
  }

  private CastVote store(Handle handle, Project project, CastVote row, Optional<String> nonce) {
    CastVote stored = VoteRows.insert(handle, row, nonce);
    Webhooks.enqueueVote(handle, project, stored);
    states.refresh(handle, project, stored.itemId());
    return stored;
  }

  /**
   * Other answers in place of those of a vote.
   *
   * @throws Refusal if the vote is not the account's, or superseded; if the project is closed or
   *     the item has a last word
   */
  public CastVote edit(
      long voteId, long accountId, JsonNode answers, double seconds, String nonce) {
    check(seconds, nonce);
    return database
        .write(
            handle -> {
              Accounts.lock(database, handle, accountId);
              CastVote vote = own(handle, voteId, accountId);
              Optional<CastVote> before =
                  VoteRows.byNonce(handle, vote.leaseId().orElseThrow(), nonce);
              if (before.isPresent()) {
                return Outcome.of(before.get());
              }
              ItemRows.lock(database, handle, vote.itemId());
              Project project = Projects.find(handle, vote.projectId()).orElseThrow();
              Optional<Refusal> closed = closed(handle, project, vote.itemId());
              if (closed.isPresent()) {
                return new Outcome(Optional.empty(), closed);
              }
              Instant now = Instant.ofEpochMilli(database.now());
              CastVote edited =
                  VoteRows.after(vote, accountId, VoteKind.VOTE, answers, "", now)
                      .seen(project.guidelines(), seconds);
              return Outcome.of(store(handle, project, edited, Optional.of(nonce)));
            })
        .get();
  }

  private static CastVote own(Handle handle, long voteId, long accountId) {
    CastVote vote =
        VoteRows.find(handle, voteId)
            .filter(row -> row.accountId() == accountId && row.kind() == VoteKind.VOTE)
            .filter(row -> row.leaseId().isPresent())
            .orElseThrow(
                () ->
                    new Refusal(Refusal.Reason.NOT_FOUND, "There is no such answer among yours."));
    if (!vote.current()) {
      throw new Refusal(Refusal.Reason.ANSWERED, "This answer was changed or undone already.");
    }
    return vote;
  }

  /**
   * Takes back the account's newest answer, skip or discard in a project and hands its item to the
   * account again, with the answers as the draft; what it holds meanwhile goes back, draft kept.
   *
   * @return empty where others have taken the item's places meanwhile
   * @throws Refusal if there is nothing to undo, the project is closed or the item has a last word
   */
  public Optional<Lease> undo(long accountId, long projectId) {
    return database.write(
        handle -> {
          Accounts.lock(database, handle, accountId);
          CastVote newest =
              newest(handle, accountId, projectId)
                  .orElseThrow(
                      () ->
                          new Refusal(Refusal.Reason.NOTHING_TO_UNDO, "There is nothing to undo."));
          ItemRows.lock(database, handle, newest.itemId());
          long now = database.now();
          Project project = Projects.find(handle, projectId).orElseThrow();
          closed(handle, project, newest.itemId())
              .ifPresent(
                  refusal -> {
                    throw refusal;
                  });
          CastVote undo =
              VoteRows.after(
                  newest, accountId, VoteKind.UNDO, Json.object(), "", Instant.ofEpochMilli(now));
          store(handle, project, undo, Optional.empty());
          return reopen(handle, project, newest, now);
        });
  }

  private static Optional<CastVote> newest(Handle handle, long accountId, long projectId) {
    return VoteRows.list(
            handle
                .createQuery(
                    VoteRows.SELECT
                        + "WHERE v.account_id = :account AND v.project_id = :project"
                        + " AND v.lease_id IS NOT NULL AND"
                        + VoteRows.CURRENT
                        + "ORDER BY v.id DESC LIMIT 1")
                .bind("account", accountId)
                .bind("project", projectId))
        .stream()
        .findFirst();
  }

  private static Optional<Lease> reopen(Handle handle, Project project, CastVote undone, long now) {
    long leaseId = undone.leaseId().orElseThrow();
    long accountId = undone.accountId();
    LeaseRow.letGo(handle, accountId, project.id(), now);
    if (undone.kind() == VoteKind.VOTE) {
      LeaseRow.keepDraft(handle, leaseId, undone.answers());
    }
    boolean free =
        LeaseRow.placeFree(handle, undone.setId().orElseThrow(), project.settings().overlap(), now);
    if (!free) {
      LeaseRow.release(handle, leaseId);
      return Optional.empty();
    }
    LeaseRow.renew(handle, leaseId, now, now + project.settings().lease().toMillis());
    return Optional.of(LeaseRow.own(handle, leaseId, accountId).whole(handle));
  }

  public Optional<CastVote> byId(long voteId) {
    return database.read(handle -> VoteRows.find(handle, voteId));
  }

  /** What one person answered in a project, newest first, ids smaller than {@code beforeId}. */
  public List<CastVote> history(
      long accountId, long projectId, Selection selection, long beforeId, int limit) {
    return database.read(
        handle ->
            VoteRows.list(
                handle
                    .createQuery(
                        VoteRows.SELECT
                            + "WHERE v.account_id = :account AND v.project_id = :project"
                            + " AND v.id < :before"
                            + selection.sql()
                            + "ORDER BY v.id DESC LIMIT :limit")
                    .bind("account", accountId)
                    .bind("project", projectId)
                    .bind("before", beforeId)
                    .bind("limit", limit)));
  }

  /** All rows of an item, oldest first. */
  public List<CastVote> ofItem(long itemId) {
    return database.read(
        handle ->
            VoteRows.list(
                handle
                    .createQuery(VoteRows.SELECT + "WHERE v.item_id = :item ORDER BY v.id")
                    .bind("item", itemId)));
  }

  /** A project's rows, oldest first, ids larger than {@code afterId}. */
  public List<CastVote> page(long projectId, Selection selection, long afterId, int limit) {
    return database.read(
        handle ->
            VoteRows.list(
                handle
                    .createQuery(
                        VoteRows.SELECT
                            + "WHERE v.project_id = :project AND v.id > :after"
                            + selection.sql()
                            + "ORDER BY v.id LIMIT :limit")
                    .bind("project", projectId)
                    .bind("after", afterId)
                    .bind("limit", limit)));
  }

  /** A project's rows as they are at one moment, oldest first, while people go on working. */
  public void stream(long projectId, Selection selection, Consumer<CastVote> each) {
    database.snapshot(
        handle -> {
          handle
              .createQuery(
                  VoteRows.SELECT
                      + "WHERE v.project_id = :project"
                      + selection.sql()
                      + "ORDER BY v.id")
              .bind("project", projectId)
              .setFetchSize(FETCH)
              .map((row, context) -> VoteRows.vote(row))
              .forEach(each);
          return true;
        });
  }
}
