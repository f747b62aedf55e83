package plumbline.annotation.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/** What the current votes make of an item: its state, its agreement, and whether it is wanted. */
final class ItemStates {
  private static final int BATCH = 200;

  private final Database database;
  private final AnswerReader answers;

  ItemStates(Database database, AnswerReader answers) {
    this.database = database;
    this.answers = answers;
  }

  /** Works all of a project's items out again, a few hundred at a time. */
  void refreshAll(long projectId) {
    long after = 0;
    while (after >= 0) {
      long from = after;
      after = database.write(handle -> refreshBatch(handle, projectId, from));
    }
  }

  private long refreshBatch(Handle handle, long projectId, long after) {
    List<Long> ids =
        handle
            .createQuery(
                "SELECT id FROM items WHERE project_id = :project AND id > :after"
                    + " ORDER BY id LIMIT :batch"
                    + database.lock())
            .bind("project", projectId)
            .bind("after", after)
            .bind("batch", BATCH)
            .mapTo(Long.class)
            .list();
    Project project = Projects.find(handle, projectId).orElseThrow(Projects::noSuchProject);
    ids.forEach(id -> refresh(handle, project, id));
    return ids.size() < BATCH ? -1 : ids.get(ids.size() - 1);
  }

  /** Works an item out again, which the caller has locked. */
  void refresh(Handle handle, Project project, long itemId) {
    Item item = ItemRows.find(handle, itemId).orElseThrow();
    boolean gold = item.gold().isPresent();
    Map<Long, Integer> counts = counts(handle, itemId);
    List<CastVote> current = gold ? lastWords(handle, itemId) : VoteRows.current(handle, itemId);
    OptionalDouble agreement = gold ? OptionalDouble.empty() : agreement(project, item, current);
    ItemState state = state(project.settings(), item, counts, current, agreement);
    for (ResponseSet set : item.sets()) {
      int votes = counts.getOrDefault(set.id(), 0);
      handle
          .createUpdate("UPDATE response_sets SET votes = :votes, wanted = :wanted WHERE id = :id")
          .bind("votes", votes)
          .bind("wanted", state == ItemState.OPEN && (gold || votes < project.settings().overlap()))
          .bind("id", set.id())
          .execute();
    }
    if (state != item.state() || !agreement.equals(item.agreement())) {
      handle
          .createUpdate("UPDATE items SET state = :state, agreement = :agreement WHERE id = :id")
          .bind("state", state.key())
          .bind("agreement", agreement)
          .bind("id", itemId)
          .execute();
    }
    if (state != item.state()) {
      Webhooks.enqueue(handle, database.now(), project, event(state), described(item, state));
    }
  }

  private static String event(ItemState state) {
    return state == ItemState.OPEN ? "item.reopened" : "item." + state.key();
  }

  private static ObjectNode described(Item item, ItemState state) {
    return Json.object()
        .put("item_id", item.id())
        .put("item", item.externalId())
        .put("state", state.key());
  }

  private static Map<Long, Integer> counts(Handle handle, long itemId) {
    Map<Long, Integer> counts = new HashMap<>();
    handle
        .createQuery(
            "SELECT v.set_id, COUNT(*) AS votes FROM votes v"
                + " LEFT JOIN votes n ON n.supersedes = v.id"
                + " WHERE v.item_id = :item AND v.kind = 'vote' AND n.id IS NULL"
                + " GROUP BY v.set_id")
        .bind("item", itemId)
        .map((row, context) -> Map.entry(row.getLong("set_id"), row.getInt("votes")))
        .forEach(count -> counts.put(count.getKey(), count.getValue()));
    return counts;
  }

  private static List<CastVote> lastWords(Handle handle, long itemId) {
    Query query =
        handle
            .createQuery(
                VoteRows.SELECT
                    + "WHERE v.item_id = :item AND v.kind IN ('discard', 'adjudication') AND"
                    + VoteRows.CURRENT)
            .bind("item", itemId);
    return VoteRows.list(query);
  }

  /** The mean over the response sets that have several votes to compare. */
  private OptionalDouble agreement(Project project, Item item, List<CastVote> current) {
    return item.sets().stream()
        .map(
            set ->
                current.stream()
                    .filter(vote -> vote.kind() == VoteKind.VOTE)
                    .filter(vote -> vote.setId().orElseThrow() == set.id())
                    .map(CastVote::answers)
                    .toList())
        .filter(votes -> votes.size() > 1)
        .map(votes -> answers.agreement(project.settings().questions(), votes))
        .flatMapToDouble(OptionalDouble::stream)
        .average();
  }

  private static ItemState state(
      ProjectSettings settings,
      Item item,
      Map<Long, Integer> counts,
      List<CastVote> current,
      OptionalDouble agreement) {
    if (current.stream().anyMatch(vote -> vote.kind() == VoteKind.ADJUDICATION)) {
      return ItemState.ADJUDICATED;
    }
    if (current.stream().anyMatch(vote -> vote.kind() == VoteKind.DISCARD)) {
      return ItemState.DISCARDED;
    }
    if (item.gold().isPresent()
        || item.sets().stream()
            .anyMatch(set -> counts.getOrDefault(set.id(), 0) < settings.overlap())) {
      return ItemState.OPEN;
    }
    boolean low =
        agreement.isPresent() && agreement.getAsDouble() < settings.reviewBelow().orElse(0);
    return low ? ItemState.REVIEW : ItemState.DONE;
  }
}
