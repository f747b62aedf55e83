package plumbline.annotation.store;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is asked about. */
public final class Items {
  Items() {}

  public AddedItems add(Actor actor, long projectId, Iterator<NewItem> items) {
    throw new UnsupportedOperationException();
  }

  public Optional<Item> byId(long itemId) {
    throw new UnsupportedOperationException();
  }

  public Optional<Item> byExternalId(long projectId, String externalId) {
    throw new UnsupportedOperationException();
  }

  public Map<ItemState, Integer> countByState(long projectId) {
    throw new UnsupportedOperationException();
  }

  public List<Item> page(long projectId, Optional<ItemState> state, long afterId, int limit) {
    throw new UnsupportedOperationException();
  }
}
