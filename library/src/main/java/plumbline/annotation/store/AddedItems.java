package plumbline.annotation.store;

import java.util.List;

/**
 * What an import did.
 *
 * @param added how many items are new
 * @param alreadyThere external ids that the project had, or that came twice: left as they were
 */
public record AddedItems(int added, List<String> alreadyThere) {
  public AddedItems {
    alreadyThere = List.copyOf(alreadyThere);
  }
}
