package plumbline.annotation.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jdbi.v3.core.Handle;

/** Last words on items; whoever calls has checked that the actor is a reviewer. */
public final class Reviews {
  private final Database database;
  private final ItemStates states;

  Reviews(Database database, ItemStates states) {
    this.database = database;
    this.states = states;
  }

  /** Items whose votes agree too little, the least first. */
  public List<Item> queue(long projectId, int limit) {
    return database.read(
        handle ->
            ItemRows.load(
                handle,
                handle
                    .createQuery(
                        "SELECT * FROM items WHERE project_id = :project AND state = 'review'"
                            + " ORDER BY agreement, id LIMIT :limit")
                    .bind("project", projectId)
                    .bind("limit", limit)));
  }

  /**
   * The last word on an item, in place of an earlier one if there is one.
   *
   * @throws Refusal if there is no such item
   * @throws IllegalArgumentException if the actor is nobody
   */
  public CastVote adjudicate(Actor actor, long itemId, JsonNode answers, String reason) {
    return decide(actor, itemId, VoteKind.ADJUDICATION, answers, reason);
  }

  /** Takes an item out of use. */
  public CastVote discard(Actor actor, long itemId, String reason) {
    return decide(actor, itemId, VoteKind.DISCARD, Json.object(), reason);
  }

  private CastVote decide(
      Actor actor, long itemId, VoteKind kind, JsonNode answers, String reason) {
    long reviewer = reviewer(actor);
    return database.write(
        handle -> {
          Accounts.lock(database, handle, reviewer);
          ItemRows.lock(database, handle, itemId);
          Item item = ItemRows.find(handle, itemId).orElseThrow();
          Project project = Projects.find(handle, item.projectId()).orElseThrow();
          Optional<CastVote> earlier =
              VoteRows.current(handle, itemId).stream()
                  .filter(vote -> vote.kind() == kind && vote.leaseId().isEmpty())
                  .findFirst();
          CastVote word =
              new CastVote(
                  0,
                  project.id(),
                  itemId,
                  OptionalLong.empty(),
                  OptionalLong.empty(),
                  reviewer,
                  kind,
                  item.responses().stream().map(Response::id).toList(),
                  project.guidelines(),
                  answers,
                  reason,
                  0,
                  earlier.map(vote -> OptionalLong.of(vote.id())).orElse(OptionalLong.empty()),
                  OptionalLong.empty(),
                  Instant.ofEpochMilli(database.now()));
          CastVote stored = VoteRows.insert(handle, word, Optional.empty());
          Webhooks.enqueueVote(handle, project, stored);
          finish(handle, actor, project, itemId, "item." + kind.key(), reason);
          return stored;
        });
  }

  /**
   * Takes back every discard and last word on an item; its votes count again as if there had been
   * none. Whoever had discarded it is not asked again.
   *
   * @throws Refusal if there is nothing to take back
   */
  public void reopen(Actor actor, long itemId, String reason) {
    long reviewer = reviewer(actor);
    database.write(
        handle -> {
          Accounts.lock(database, handle, reviewer);
          ItemRows.lock(database, handle, itemId);
          List<CastVote> words =
              VoteRows.current(handle, itemId).stream()
                  .filter(
                      vote ->
                          vote.kind() == VoteKind.DISCARD || vote.kind() == VoteKind.ADJUDICATION)
                  .toList();
          if (words.isEmpty()) {
            throw new Refusal(
                Refusal.Reason.NOTHING_TO_UNDO, "Nobody has discarded or decided this item.");
          }
          Project project = Projects.find(handle, words.get(0).projectId()).orElseThrow();
          Instant now = Instant.ofEpochMilli(database.now());
          for (CastVote word : words) {
            CastVote undo =
                VoteRows.after(word, reviewer, VoteKind.UNDO, Json.object(), reason, now);
            Webhooks.enqueueVote(handle, project, VoteRows.insert(handle, undo, Optional.empty()));
          }
          finish(handle, actor, project, itemId, "item.reopen", reason);
          return true;
        });
  }

  private void finish(
      Handle handle, Actor actor, Project project, long itemId, String action, String reason) {
    states.refresh(handle, project, itemId);
    Audit.add(
        handle,
        database.now(),
        actor,
        action,
        "item " + itemId,
        Json.object().put("reason", reason));
  }

  private static long reviewer(Actor actor) {
    return actor
        .account()
        .orElseThrow(() -> new IllegalArgumentException("the actor is nobody, wanted a reviewer"));
  }
}
