package plumbline.annotation.store;

import java.util.List;

/**
 * The responses of an item that a group of annotators sees.
 *
 * @param id 0 while it is not stored
 * @param group empty: everybody whose group has no set of its own
 */
public record ResponseSet(long id, String group, List<String> responseIds) {
  public ResponseSet {
    responseIds = List.copyOf(responseIds);
  }

  public ResponseSet(String group, List<String> responseIds) {
    this(0, group, responseIds);
  }
}
