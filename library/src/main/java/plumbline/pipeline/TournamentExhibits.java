package plumbline.pipeline;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Estimate;
import plumbline.data.exhibit.Exhibits;
import plumbline.data.exhibit.Figure;
import plumbline.data.exhibit.Plot;
import plumbline.data.exhibit.Source;
import plumbline.data.exhibit.Table;
import plumbline.eval.Interval;
import plumbline.eval.JudgeQuality;
import plumbline.eval.Standing;

/** Tables and figures of a tournament for the report. */
final class TournamentExhibits {
  private static final String SECTION = "Win rates";
  private static final String SMALL =
      "Rates of fewer than " + Standing.SMALL + " prompts are marked: read nothing from them.";

  private TournamentExhibits() {}

  static Exhibits of(TournamentSummary summary) {
    int prompts =
        summary.comparisons().stream().mapToInt(pair -> pair.matches().size()).max().orElse(0);
    Source wilson = Source.of(prompts, "95% Wilson");
    Source bootstrap = Source.of(prompts, "95% bootstrap over prompts");
    List<Table> tables = new ArrayList<>();
    tables.add(winRates(summary).from(wilson));
    tables.add(judges(summary).from(wilson));
    if (!summary.ratings().isEmpty()) {
      tables.add(ratings(summary).from(bootstrap));
    }
    slices(summary).forEach(table -> tables.add(table.from(wilson)));
    List<Figure> figures = new ArrayList<>();
    figures.add(
        Figure.of(
                "win-rates",
                "Win rates",
                new Plot.Intervals(
                    "win rate",
                    0.5,
                    summary.comparisons().stream()
                        .map(pair -> new Plot.Named(name(pair), rate(pair.standing())))
                        .toList()))
            .noted("A tie is half a win; the line is a coin.")
            .from(wilson));
    if (!summary.ratings().isEmpty()) {
      figures.add(
          Figure.of("tournament", "Tournament", heatmap(summary))
              .noted("Win rate of the row against the column.")
              .from(Source.of(prompts, "")));
    }
    TournamentLengths.of(summary)
        .forEach(figure -> figures.add(figure.from(Source.of(prompts, ""))));
    return new Exhibits(
        tables.stream().map(table -> table.under(SECTION)).toList(),
        figures.stream().map(figure -> figure.under(SECTION)).toList(),
        List.of());
  }

  private static String name(TournamentSummary.Pair pair) {
    return pair.standing().model() + " against " + pair.standing().baseline();
  }

  private static Estimate rate(Standing standing) {
    Interval wilson = standing.wilson();
    Estimate rate =
        Estimate.of(
                standing.rate().rate().mean(),
                wilson.low(),
                wilson.high(),
                standing.rate().prompts())
            .asShare();
    return standing.isSmall() ? rate.asSmall() : rate;
  }

  private static Estimate share(Interval interval, int n) {
    return Estimate.of(interval.mean(), interval.low(), interval.high(), n).asShare();
  }

  private static Table winRates(TournamentSummary summary) {
    List<String> columns =
        new ArrayList<>(
            List.of("model", "against", "win rate", "at equal length", "standard error, points"));
    columns.addAll(List.of("wins", "losses", "draws", "p, sign test", "p, Holm"));
    boolean several = summary.judges().size() > 1;
    if (several) {
      summary.judges().forEach(judge -> columns.add("by " + judge.judge()));
    }
    List<List<Cell>> rows = new ArrayList<>();
    for (TournamentSummary.Pair pair : summary.comparisons()) {
      Standing standing = pair.standing();
      List<Cell> row = new ArrayList<>();
      row.add(Cell.words(standing.model()));
      row.add(Cell.words(standing.baseline()));
      row.add(rate(standing));
      row.add(share(pair.controlled().rate(), standing.rate().prompts()));
      row.add(Cell.number(standing.standardError().map(e -> 100 * e).orElse(Double.NaN)));
      row.add(Cell.number(standing.rate().wins()));
      row.add(Cell.number(standing.rate().losses()));
      row.add(Cell.number(standing.rate().ties()));
      row.add(Cell.number(standing.pValue()));
      row.add(Cell.number(pair.adjusted()));
      if (several) {
        for (JudgeQuality judge : summary.judges()) {
          Standing alone = pair.byJudge().get(judge.judge());
          row.add(alone == null ? Estimate.missing() : rate(alone));
        }
      }
      rows.add(row);
    }
    return Table.of("win-rates-table", "Win rates", columns, rows)
        .noted(
            (several ? "Several judges are averaged on each prompt. " : "")
                + "p is corrected by Holm for all comparisons of the table. "
                + SMALL);
  }

  private static Table judges(TournamentSummary summary) {
    List<List<Cell>> rows = new ArrayList<>();
    for (JudgeQuality judge : summary.judges()) {
      rows.add(
          List.of(
              Cell.words(judge.judge()),
              Cell.number(judge.judgments()),
              Cell.number(judge.unreadable()),
              Estimate.of(judge.positionAgreement().orElse(Double.NaN)).asShare(),
              Estimate.of(judge.shareReadFirst().orElse(Double.NaN)).asShare(),
              judge
                  .longer()
                  .map(longer -> share(longer, judge.longerOf()))
                  .orElse(Estimate.missing()),
              Cell.words(judge.verdict())));
    }
    return Table.of(
        "judges",
        "Judges",
        List.of(
            "judge",
            "answers",
            "unreadable",
            "same in both orders",
            "prefers the first",
            "prefers the longer",
            "verdict"),
        rows);
  }

  private static Table ratings(TournamentSummary summary) {
    List<List<Cell>> rows = new ArrayList<>();
    for (int i : summary.order()) {
      Interval rating = summary.ratings().get(i);
      Interval elo = summary.elo().get(i);
      rows.add(
          List.of(
              Cell.words(summary.tournament().models().get(i)),
              Estimate.of(rating.mean(), rating.low(), rating.high(), -1),
              Estimate.of(elo.mean(), elo.low(), elo.high(), -1)));
    }
    return Table.of("ratings", "Ratings", List.of("model", "Bradley-Terry", "Elo"), rows)
        .noted("Both on Elo's scale with mean 1000.");
  }

  /** A table per slice, a row for each comparison and cell. */
  private static List<Table> slices(TournamentSummary summary) {
    Map<String, List<List<Cell>>> rows = new LinkedHashMap<>();
    for (TournamentSummary.Pair pair : summary.comparisons()) {
      pair.slices()
          .forEach(
              (slice, cells) ->
                  cells.forEach(
                      (value, cell) ->
                          rows.computeIfAbsent(slice.key(), key -> new ArrayList<>())
                              .add(
                                  List.of(
                                      Cell.words(name(pair)),
                                      Cell.words(value),
                                      rate(cell.standing()),
                                      Cell.number(cell.standing().rate().prompts()),
                                      Cell.number(cell.adjusted())))));
    }
    List<Table> tables = new ArrayList<>();
    rows.forEach(
        (slice, its) ->
            tables.add(
                Table.of(
                        "by-" + slice,
                        String.format(Locale.ROOT, "Win rates by %s", slice),
                        List.of("models", slice, "win rate", "n", "p, Holm"),
                        its)
                    .noted(SMALL)));
    return tables;
  }

  private static Plot heatmap(TournamentSummary summary) {
    double[][] rates = summary.rates();
    List<Integer> order = summary.order();
    List<String> names = order.stream().map(summary.tournament().models()::get).toList();
    List<List<Estimate>> cells =
        order.stream()
            .map(
                i ->
                    order.stream()
                        .map(j -> Estimate.of(i.equals(j) ? Double.NaN : rates[i][j]).asShare())
                        .toList())
            .toList();
    return new Plot.Heatmap(names, names, cells, 0, 1);
  }
}
