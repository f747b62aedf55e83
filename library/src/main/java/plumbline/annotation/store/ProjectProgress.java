package plumbline.annotation.store;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * How far a project is.
 *
 * @param items items that are not gold, by state; every state is there
 * @param gold gold items
 * @param votes current votes on items that are not gold
 * @param wanted votes that the items not discarded or adjudicated should have in all
 * @param agreement mean agreement of the items that have one
 * @param people who have answered something, by name
 */
public record ProjectProgress(
    Map<ItemState, Integer> items,
    int gold,
    int votes,
    int wanted,
    OptionalDouble medianSeconds,
    OptionalDouble agreement,
    List<PersonProgress> people) {
  public ProjectProgress {
    items = Map.copyOf(items);
    people = List.copyOf(people);
  }
}
