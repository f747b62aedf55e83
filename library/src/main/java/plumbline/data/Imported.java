package plumbline.data;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What an import read, what it left out and what it changed.
 *
 * @param rows what was read, in the order of the files
 * @param rowsIn rows found in the files; a row may give none, one or several of {@code rows}
 * @param rejects rows found but not used, each with its place and reason
 * @param notes what was changed on the way and how often, in alphabetical order
 */
public record Imported<T>(
    List<T> rows, int rowsIn, List<Reject> rejects, SortedMap<String, Integer> notes) {
  public Imported {
    rows = List.copyOf(rows);
    rejects = List.copyOf(rejects);
    notes = Collections.unmodifiableSortedMap(new TreeMap<>(notes));
  }

  /** How many rows were rejected for each reason, in alphabetical order. */
  public Map<String, Integer> rejectedByReason() {
    Map<String, Integer> counts = new TreeMap<>();
    rejects.forEach(reject -> counts.merge(reject.reason(), 1, Integer::sum));
    return counts;
  }
}
