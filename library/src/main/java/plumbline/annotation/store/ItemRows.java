package plumbline.annotation.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/** Items with their response sets, as rows. */
final class ItemRows {
  private ItemRows() {}

  static Optional<Item> find(Handle handle, long itemId) {
    return load(handle, handle.createQuery("SELECT * FROM items WHERE id = :id").bind("id", itemId))
        .stream()
        .findFirst();
  }

  /**
   * Waits until no other transaction changes the item, its places and its votes.
   *
   * @throws Refusal if there is none
   */
  static void lock(Database database, Handle handle, long itemId) {
    Optional<Long> found =
        handle
            .createQuery("SELECT id FROM items WHERE id = :id" + database.lock())
            .bind("id", itemId)
            .mapTo(Long.class)
            .findOne();
    if (found.isEmpty()) {
      throw new Refusal(Refusal.Reason.NOT_FOUND, "There is no such item.");
    }
  }

  /** What a query of the table gives, in its order. */
  static List<Item> load(Handle handle, Query items) {
    List<Item> without = items.map((row, context) -> item(row)).list();
    if (without.isEmpty()) {
      return without;
    }
    Map<Long, List<ResponseSet>> sets = new HashMap<>();
    handle
        .createQuery("SELECT * FROM response_sets WHERE item_id IN (<ids>) ORDER BY id")
        .bindList("ids", without.stream().map(Item::id).toList())
        .map((row, context) -> Map.entry(row.getLong("item_id"), set(row)))
        .forEach(
            set ->
                sets.merge(
                    set.getKey(),
                    List.of(set.getValue()),
                    (some, more) -> Stream.concat(some.stream(), more.stream()).toList()));
    return without.stream().map(item -> with(item, sets.get(item.id()))).toList();
  }

  private static Item item(ResultSet row) throws SQLException {
    return new Item(
        row.getLong("id"),
        row.getLong("project_id"),
        row.getString("external_id"),
        row.getString("category"),
        Json.parse(row.getString("context")),
        Json.responses(row.getString("responses")),
        List.of(),
        Rows.maybeJson(row, "gold"),
        Json.parse(row.getString("meta")),
        ItemState.of(row.getString("state")),
        Rows.maybeDouble(row, "agreement"));
  }

  private static ResponseSet set(ResultSet row) throws SQLException {
    return new ResponseSet(
        row.getLong("id"), row.getString("team"), Json.texts(row.getString("response_ids")));
  }

  private static Item with(Item item, List<ResponseSet> sets) {
    return new Item(
        item.id(),
        item.projectId(),
        item.externalId(),
        item.category(),
        item.context(),
        item.responses(),
        sets,
        item.gold(),
        item.meta(),
        item.state(),
        item.agreement());
  }
}
