package plumbline.annotation.store;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** What is asked about. */
public final class Items {
  private static final int BATCH = 500;

  private final Database database;

  Items(Database database) {
    this.database = database;
  }

  /**
   * Adds what the project does not have yet, a few hundred at a time: an import that ended early is
   * simply repeated.
   */
  public AddedItems add(Actor actor, long projectId, Iterator<NewItem> items) {
    List<String> alreadyThere = new ArrayList<>();
    int read = 0;
    while (items.hasNext()) {
      List<NewItem> batch = new ArrayList<>();
      while (items.hasNext() && batch.size() < BATCH) {
        batch.add(items.next());
      }
      read += batch.size();
      alreadyThere.addAll(database.write(handle -> insert(handle, projectId, batch)));
    }
    AddedItems added = new AddedItems(read - alreadyThere.size(), alreadyThere);
    database.write(
        handle -> {
          if (added.added() >= BATCH) {
            database.countRows(handle, "items, response_sets");
          }
          Audit.add(
              handle,
              database.now(),
              actor,
              "items.add",
              "project " + projectId,
              Json.object()
                  .put("added", added.added())
                  .put("already_there", added.alreadyThere().size()));
          return added;
        });
    return added;
  }

  private List<String> insert(Handle handle, long projectId, List<NewItem> items) {
    Projects.lock(database, handle, projectId);
    List<String> alreadyThere = new ArrayList<>();
    for (NewItem item : items) {
      Optional<Long> id = insert(handle, projectId, item);
      id.ifPresent(itemId -> insertSets(handle, projectId, itemId, item));
      if (id.isEmpty()) {
        alreadyThere.add(item.externalId());
      }
    }
    return alreadyThere;
  }

  private Optional<Long> insert(Handle handle, long projectId, NewItem item) {
    return handle
        .createQuery(
            "INSERT INTO items (project_id, external_id, category, context, responses, gold, meta,"
                + " state, created_at) VALUES (:project, :external, :category, :context,"
                + " :responses, :gold, :meta, 'open', :now)"
                + " ON CONFLICT (project_id, external_id) DO NOTHING RETURNING id")
        .bind("project", projectId)
        .bind("external", item.externalId())
        .bind("category", item.category())
        .bind("context", item.context().toString())
        .bind("responses", Json.responses(item.responses()))
        .bind("gold", item.gold().map(Object::toString))
        .bind("meta", item.meta().toString())
        .bind("now", database.now())
        .mapTo(Long.class)
        .findOne();
  }

  private static void insertSets(Handle handle, long projectId, long itemId, NewItem item) {
    for (ResponseSet set : item.sets()) {
      handle
          .createUpdate(
              "INSERT INTO response_sets"
                  + " (project_id, item_id, team, response_ids, gold, votes, wanted)"
                  + " VALUES (:project, :item, :team, :responses, :gold, 0, TRUE)")
          .bind("project", projectId)
          .bind("item", itemId)
          .bind("team", set.group())
          .bind("responses", Json.texts(set.responseIds()))
          .bind("gold", item.gold().isPresent())
          .execute();
    }
  }

  public Optional<Item> byId(long itemId) {
    return database.read(handle -> ItemRows.find(handle, itemId));
  }

  public Optional<Item> byExternalId(long projectId, String externalId) {
    return database.read(
        handle ->
            ItemRows.load(
                    handle,
                    handle
                        .createQuery(
                            "SELECT * FROM items"
                                + " WHERE project_id = :project AND external_id = :external")
                        .bind("project", projectId)
                        .bind("external", externalId))
                .stream()
                .findFirst());
  }

  /** How many there are of every state; gold items, which are never done, are among the open. */
  public Map<ItemState, Integer> countByState(long projectId) {
    return database.read(
        handle -> {
          Map<ItemState, Integer> counts = new EnumMap<>(ItemState.class);
          for (ItemState state : ItemState.values()) {
            counts.put(state, 0);
          }
          handle
              .createQuery(
                  "SELECT state, COUNT(*) AS items FROM items WHERE project_id = :project"
                      + " GROUP BY state")
              .bind("project", projectId)
              .map(
                  (row, context) ->
                      Map.entry(ItemState.of(row.getString("state")), row.getInt("items")))
              .forEach(count -> counts.put(count.getKey(), count.getValue()));
          return counts;
        });
  }

  /**
   * In the order in which they were added, those with larger ids than {@code afterId}.
   *
   * @param state empty: all
   */
  public List<Item> page(long projectId, Optional<ItemState> state, long afterId, int limit) {
    return database.read(
        handle ->
            ItemRows.load(
                handle,
                handle
                    .createQuery(
                        "SELECT * FROM items WHERE project_id = :project AND id > :after"
                            + (state.isPresent() ? " AND state = :state" : "")
                            + " ORDER BY id LIMIT :limit")
                    .bind("project", projectId)
                    .bind("after", afterId)
                    .bind("limit", limit)
                    .bindMap(state.map(wanted -> Map.of("state", wanted.key())).orElse(Map.of()))));
  }
}
