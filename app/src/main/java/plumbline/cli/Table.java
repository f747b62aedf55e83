package plumbline.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** A table for people: columns aligned by spaces, numbers to the right. */
final class Table {
  private static final Pattern NUMBER = Pattern.compile("[-+]?[0-9.,]+([eE][-+]?\\d+)?%?|-|");

  private final List<String> header;
  private final List<List<String>> rows = new ArrayList<>();

  private Table(List<String> header) {
    this.header = List.copyOf(header);
  }

  static Table of(String... header) {
    return new Table(List.of(header));
  }

  Table row(String... cells) {
    if (cells.length != header.size()) {
      throw new IllegalArgumentException(
          "a row has " + cells.length + " cells but the header has " + header.size());
    }
    rows.add(List.of(cells));
    return this;
  }

  List<String> lines() {
    int columns = header.size();
    int[] widths = new int[columns];
    boolean[] right = new boolean[columns];
    for (int c = 0; c < columns; c++) {
      int column = c;
      widths[c] =
          IntStream.concat(
                  IntStream.of(width(header.get(c))),
                  rows.stream().mapToInt(row -> width(row.get(column))))
              .max()
              .orElse(0);
      right[c] =
          !rows.isEmpty()
              && rows.stream().allMatch(row -> NUMBER.matcher(row.get(column)).matches());
    }
    List<String> lines = new ArrayList<>();
    lines.add(line(header, widths, right));
    lines.add(
        line(IntStream.of(widths).mapToObj("-"::repeat).toList(), widths, new boolean[columns]));
    rows.forEach(row -> lines.add(line(row, widths, right)));
    return lines;
  }

  private static String line(List<String> cells, int[] widths, boolean[] right) {
    StringBuilder line = new StringBuilder();
    for (int c = 0; c < widths.length; c++) {
      String cell = cells.get(c);
      String gap = " ".repeat(widths[c] - width(cell));
      line.append(c == 0 ? "" : "  ").append(right[c] ? gap + cell : cell + gap);
    }
    return line.toString().stripTrailing();
  }

  private static int width(String cell) {
    return cell.codePointCount(0, cell.length());
  }
}
