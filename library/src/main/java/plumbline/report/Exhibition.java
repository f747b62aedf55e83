package plumbline.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntFunction;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Exhibits;
import plumbline.data.exhibit.Figure;
import plumbline.data.exhibit.Plot;
import plumbline.data.exhibit.Source;
import plumbline.data.exhibit.Table;

/** The tables and figures of a page: their HTML, what the script draws, and what is exported. */
final class Exhibition {
  /** Rows of a figure's numbers past which only the exported table has them. */
  private static final int MOST_ROWS = 200;

  private static final int PIXELS_PER_ROW = 26;
  private static final int LEAST_PIXELS = 240;

  /** A last column of pictures, which is not exported. */
  record Pictures(String head, IntFunction<String> html) {}

  private final Source source;
  private final boolean ofRun;
  private final Set<String> tableIds = new HashSet<>();
  private final Set<String> figureIds = new HashSet<>();
  private final List<Table> tables = new ArrayList<>();
  private final ArrayNode figures = JsonLines.MAPPER.createArrayNode();

  /**
   * Exhibits of a run's page, which say so where seed or command were not recorded.
   *
   * @param source of the numbers that do not say their own
   */
  Exhibition(Source source) {
    this.source = source;
    this.ofRun = true;
  }

  /** Exhibits of a page that no run made. */
  Exhibition() {
    this.source = Source.OF_THE_RUN;
    this.ofRun = false;
  }

  /** What the script reads: {@code {figures: [{id, title, plot}], tables: [{id, csv, tex}]}}. */
  ObjectNode data() {
    ObjectNode data = JsonLines.MAPPER.createObjectNode();
    data.set("figures", figures);
    ArrayNode exported = data.putArray("tables");
    for (Table table : tables) {
      exported
          .addObject()
          .put("id", table.id())
          .put("csv", Csv.of(table))
          .put("tex", Latex.of(table));
    }
    return data;
  }

  /** Every table of the page, the numbers of its figures too, under ids that differ. */
  List<Table> tables() {
    return List.copyOf(tables);
  }

  /** HTML of all exhibits: tables, then figures. */
  String html(Exhibits exhibits) {
    StringBuilder html = new StringBuilder();
    exhibits.tables().forEach(table -> html.append(table(table)));
    StringBuilder drawn = new StringBuilder();
    exhibits.figures().stream()
        .filter(figure -> !(figure.plot() instanceof Plot.Samples))
        .forEach(figure -> drawn.append(figure(figure)));
    if (!drawn.isEmpty()) {
      html.append("<div class=\"figures\">\n").append(drawn).append("</div>\n");
    }
    exhibits.figures().stream()
        .filter(figure -> figure.plot() instanceof Plot.Samples)
        .forEach(figure -> html.append(samples(figure)));
    return html.toString();
  }

  /** HTML of a table whose style follows from its cells. */
  String table(Table table) {
    boolean numbers =
        table.rows().stream()
            .flatMap(row -> row.stream().skip(1))
            .noneMatch(cell -> cell instanceof Cell.Words words && !words.text().isEmpty());
    return table(numbers ? "numbers" : "mixed", table);
  }

  String table(String kind, Table table) {
    return show(kind, taken(table), List.of(), table.rows().size());
  }

  String table(String kind, Table table, Pictures pictures) {
    return show(kind, taken(table), List.of(pictures), table.rows().size());
  }

  private Table taken(Table table) {
    Table own = table.named(unique(table.id(), tableIds)).from(table.source().or(source));
    tables.add(own);
    return own;
  }

  private String show(String kind, Table table, List<Pictures> pictures, int most) {
    List<String> heads = new ArrayList<>();
    table.columns().forEach(column -> heads.add(Html.escape(column)));
    pictures.forEach(picture -> heads.add(Html.escape(picture.head())));
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < Math.min(most, table.rows().size()); i++) {
      List<String> row = new ArrayList<>();
      table.rows().get(i).forEach(cell -> row.add(Cells.html(cell)));
      for (Pictures picture : pictures) {
        row.add(picture.html().apply(i));
      }
      rows.add(row);
    }
    String left =
        rows.size() < table.rows().size()
            ? Html.note(
                (table.rows().size() - rows.size()) + " further rows are in the exported files.")
            : "";
    return "<div class=\"exhibit\" data-table=\""
        + table.id()
        + "\">"
        + Html.table(kind, table.title(), table.note(), heads, rows)
        + left
        + "<p class=\"source\">"
        + source(table.source(), anySmall(table))
        + "</p></div>\n";
  }

  private static boolean anySmall(Table table) {
    return table.rows().stream().flatMap(List::stream).anyMatch(Cells::isSmall);
  }

  /** HTML of a figure, with its numbers folded below it. */
  String figure(Figure figure) {
    if (figure.plot() instanceof Plot.Samples) {
      return samples(figure);
    }
    String place = place(figure, "");
    Table numbers = taken(figure.numbers());
    return place
        + "<p class=\"source\">"
        + source(numbers.source(), anySmall(numbers))
        + "</p><details><summary>Numbers</summary>"
        + show("numbers", numbers, List.of(), MOST_ROWS)
        + "</details></figure>\n";
  }

  /** A figure whose numbers stand elsewhere. */
  String bareFigure(Figure figure, String above) {
    return place(figure, above) + "</figure>\n";
  }

  private String place(Figure figure, String above) {
    String title = Html.escape(figure.title());
    ObjectNode drawn = figures.addObject();
    drawn.put("id", unique(figure.id(), figureIds)).put("title", figure.title());
    drawn.set("plot", figure.plot().json());
    boolean isLong = figure.plot() instanceof Plot.Sankey;
    return (isLong ? "<figure class=\"full\">" : "<figure>")
        + "<figcaption>"
        + above
        + "<b>"
        + title
        + "</b><span>"
        + Html.escape(figure.note())
        + "</span></figcaption>"
        + (isLong ? "<div class=\"wide\" tabindex=\"0\">" : "")
        + "<div class=\"chart\" data-figure=\""
        + (figures.size() - 1)
        + "\""
        + height(figure.plot())
        + " role=\"img\" aria-label=\""
        + Html.escape(figure.title() + ". " + figure.note()).strip()
        + "\"></div>"
        + (isLong ? "</div>" : "");
  }

  private static String height(Plot plot) {
    int rows = 0;
    if (plot instanceof Plot.Bars bars) {
      rows = bars.bars().size();
    } else if (plot instanceof Plot.Intervals intervals) {
      rows = intervals.bars().size() + 1;
    } else if (plot instanceof Plot.Heatmap map) {
      rows = map.down().size() + 3;
    } else if (plot instanceof Plot.Sankey sankey) {
      rows = sankey.flows().size();
    }
    if (plot instanceof Plot.Curve) {
      return "";
    }
    int pixels = rows == 0 ? LEAST_PIXELS : PIXELS_PER_ROW * rows + 48;
    int least =
        plot instanceof Plot.Bars ? 100 : plot instanceof Plot.Intervals ? 120 : LEAST_PIXELS;
    return " style=\"height:" + Math.max(least, pixels) + "px\"";
  }

  private String samples(Figure figure) {
    Table numbers = taken(figure.numbers());
    return "<h3>"
        + Html.escape(figure.title())
        + "</h3>"
        + (figure.note().isEmpty() ? "" : Html.note(figure.note()))
        + Samples.sides((Plot.Samples) figure.plot())
        + "<div class=\"exhibit\" data-table=\""
        + numbers.id()
        + "\"><p class=\"source\">"
        + source(numbers.source(), false)
        + "</p></div>\n";
  }

  /** n, interval, seed and command; the page's own command as a link to where it stands. */
  private String source(Source of, boolean small) {
    List<String> parts = new ArrayList<>();
    if (of.n() >= 0) {
      parts.add("n = " + Numbers.plain((double) of.n()));
    }
    if (!of.interval().isEmpty()) {
      parts.add("intervals: " + Html.escape(of.interval()));
    }
    if (!of.seed().isEmpty()) {
      parts.add("seed " + Html.escape(of.seed()));
    } else if (ofRun) {
      parts.add("seed not recorded");
    }
    if (of.command().isEmpty()) {
      parts.addAll(ofRun ? List.of("command not recorded") : List.of());
    } else if (of.command().equals(source.command())) {
      parts.add("<a href=\"#environment\" title=\"" + Html.escape(of.command()) + "\">command</a>");
    } else {
      parts.add("<code>" + Html.escape(of.command()) + "</code>");
    }
    if (small) {
      parts.add(Cells.SMALL_MARK + " few values: not to be relied on");
    }
    return String.join(" · ", parts);
  }

  private static String unique(String id, Set<String> taken) {
    String free = id;
    for (int i = 2; !taken.add(free); i++) {
      free = id + "-" + i;
    }
    return free;
  }

  /** A text as an id: its letters and digits, with hyphens between. */
  static String id(String text) {
    String id = text.toLowerCase(Locale.ROOT).replaceAll("[^\\w.]+", "-").replaceAll("^-|-$", "");
    return id.isEmpty() ? "part" : id;
  }
}
