package plumbline.data.exhibit;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import plumbline.data.AtomicFile;

/**
 * What a stage shows beyond the files that every run has: {@code report.json} of its run directory,
 * {@code {"tables": [...], "figures": [...], "items": [...]}}.
 */
public record Exhibits(List<Table> tables, List<Figure> figures, List<Items> items) {
  /** The file's name in a run directory. */
  public static final String FILE = "report.json";

  public Exhibits {
    tables = List.copyOf(tables);
    figures = List.copyOf(figures);
    items = List.copyOf(items);
  }

  public static Exhibits none() {
    return new Exhibits(List.of(), List.of(), List.of());
  }

  /** These, and then others. */
  public Exhibits with(Exhibits others) {
    return new Exhibits(
        both(tables, others.tables), both(figures, others.figures), both(items, others.items));
  }

  private static <T> List<T> both(List<T> first, List<T> second) {
    return Stream.concat(first.stream(), second.stream()).toList();
  }

  /**
   * These by their section, in the order of the first of each.
   *
   * @param fallback section of those that name none
   */
  public Map<String, Exhibits> bySection(String fallback) {
    Map<String, List<Table>> tabled = new LinkedHashMap<>();
    Map<String, List<Figure>> drawn = new LinkedHashMap<>();
    Map<String, Exhibits> sections = new LinkedHashMap<>();
    for (Table table : tables) {
      String section = table.section().isEmpty() ? fallback : table.section();
      tabled.computeIfAbsent(section, key -> new ArrayList<>()).add(table);
      sections.put(section, none());
    }
    for (Figure figure : figures) {
      String section = figure.section().isEmpty() ? fallback : figure.section();
      drawn.computeIfAbsent(section, key -> new ArrayList<>()).add(figure);
      sections.put(section, none());
    }
    sections.replaceAll(
        (section, empty) ->
            new Exhibits(
                tabled.getOrDefault(section, List.of()),
                drawn.getOrDefault(section, List.of()),
                List.of()));
    return sections;
  }

  /** The same with ids that begin with {@code prefix}, and a source for those without their own. */
  public Exhibits in(String prefix, Source source) {
    return new Exhibits(
        tables.stream()
            .map(t -> t.named(prefix + "." + t.id()).from(t.source().or(source)))
            .toList(),
        figures.stream()
            .map(f -> f.named(prefix + "." + f.id()).from(f.source().or(source)))
            .toList(),
        items);
  }

  /** Writes {@code report.json} into a run directory. */
  public void write(Path run) {
    AtomicFile.writeText(run.resolve(FILE), json().toString() + "\n");
  }

  /** As it is written. */
  public JsonNode json() {
    return ExhibitJson.write(this);
  }

  /**
   * Reads what is right; every table, figure or list of items that is not is left out and told.
   *
   * @param problems takes {@code report.json: figures[2]: there is no type 'heat'; known are ...}
   */
  public static Exhibits of(JsonNode json, Consumer<String> problems) {
    return new Exhibits(
        each(json, "tables", ExhibitJson::table, problems),
        each(json, "figures", ExhibitJson::figure, problems),
        each(json, "items", ExhibitJson::items, problems));
  }

  private static <T> List<T> each(
      JsonNode json, String name, Function<JsonNode, T> reader, Consumer<String> problems) {
    List<T> read = new ArrayList<>();
    int place = 0;
    for (JsonNode node : json.path(name)) {
      try {
        read.add(reader.apply(node));
      } catch (IllegalArgumentException e) {
        problems.accept(
            FILE + ": " + name + "[" + place + "]: " + e.getMessage() + "; it was left out");
      }
      place++;
    }
    return read;
  }
}
