package plumbline.data;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Collects what an import reads, rejects and changes while it runs. */
final class Import<T> {
  private final List<T> rows = new ArrayList<>();
  private final List<Reject> rejects = new ArrayList<>();
  private final SortedMap<String, Integer> notes = new TreeMap<>();
  private int rowsIn;

  void found() {
    rowsIn++;
  }

  void accept(T row) {
    rows.add(row);
  }

  void reject(Row row, String reason) {
    rejects.add(new Reject(row.place(), reason));
  }

  void note(String change) {
    notes.merge(change, 1, Integer::sum);
  }

  Imported<T> done() {
    return new Imported<>(rows, rowsIn, rejects, notes);
  }
}
