package plumbline.report;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Estimate;
import plumbline.data.exhibit.Table;

/** The tables that several runs have in common, each number its mean over the runs. */
final class MeanTables {
  private static final String NOTE =
      "Means over %d runs with the standard deviation between them; a number that one of the runs"
          + " lacks is left out.";

  private MeanTables() {}

  /** Tables of the stages that all runs have, in the first run's order. */
  static List<Table> of(Collection<Run> runs) {
    List<Map<String, Table>> byRun = runs.stream().map(MeanTables::tables).toList();
    List<Table> means = new ArrayList<>();
    byRun
        .get(0)
        .forEach(
            (id, first) -> {
              List<Table> same =
                  byRun.stream()
                      .map(tables -> tables.get(id))
                      .filter(table -> table != null && table.columns().equals(first.columns()))
                      .toList();
              if (same.size() == runs.size()) {
                mean(id, same).ifPresent(means::add);
              }
            });
    return means;
  }

  private static Map<String, Table> tables(Run run) {
    Map<String, Table> tables = new LinkedHashMap<>();
    for (Run part : run.all()) {
      for (Table table : part.exhibits().tables()) {
        tables.put(Exhibition.id(part.name()) + "." + table.id(), table);
      }
    }
    return tables;
  }

  /** Empty where no row of numbers is in all of them. */
  private static Optional<Table> mean(String id, List<Table> same) {
    List<Map<String, List<Cell>>> byRun = same.stream().map(MeanTables::rows).toList();
    List<List<Cell>> means = new ArrayList<>();
    byRun
        .get(0)
        .forEach(
            (key, first) -> {
              List<List<Cell>> rows = byRun.stream().map(all -> all.get(key)).toList();
              if (!rows.contains(null)) {
                means.add(
                    IntStream.range(0, first.size())
                        .mapToObj(i -> mean(rows.stream().map(row -> row.get(i)).toList()))
                        .toList());
              }
            });
    means.removeIf(
        row ->
            row.stream().noneMatch(cell -> cell instanceof Estimate number && number.isMeasured()));
    Table first = same.get(0);
    return means.isEmpty()
        ? Optional.empty()
        : Optional.of(
            Table.of(id, first.title(), first.columns(), means).noted(NOTE.formatted(same.size())));
  }

  /** Rows by their words; of two with the same words each has its place. */
  private static Map<String, List<Cell>> rows(Table table) {
    Map<String, List<Cell>> rows = new LinkedHashMap<>();
    Map<String, Integer> seen = new HashMap<>();
    for (List<Cell> row : table.rows()) {
      String words =
          row.stream()
              .map(cell -> cell instanceof Cell.Words text ? text.text() : "#")
              .collect(Collectors.joining("\n"));
      rows.put(words + "\n" + seen.merge(words, 1, Integer::sum), row);
    }
    return rows;
  }

  private static Cell mean(List<Cell> cells) {
    if (!(cells.get(0) instanceof Estimate first)) {
      return cells.get(0);
    }
    double[] values = cells.stream().mapToDouble(cell -> ((Estimate) cell).mean()).toArray();
    double mean = IntStream.range(0, values.length).mapToDouble(i -> values[i]).average().orElse(0);
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    double std = Math.sqrt(squares / (values.length - 1));
    Estimate estimate = new Estimate(mean, Double.NaN, Double.NaN, std, -1);
    return first.share() ? estimate.asShare() : estimate;
  }
}
