package plumbline.pipeline;

import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import plumbline.data.exhibit.Figure;
import plumbline.data.exhibit.Plot;
import plumbline.eval.Match;

/** Figures of a tournament that show whether long answers win. */
final class TournamentLengths {
  private static final int BINS = 20;

  private TournamentLengths() {}

  /** Lengths of winners and losers, and each model's win rate over the length of its answers. */
  static List<Figure> of(TournamentSummary summary) {
    List<Match> matches =
        summary.comparisons().stream().flatMap(pair -> pair.matches().stream()).toList();
    return Stream.concat(Stream.of(winners(matches)), rates(matches).stream()).toList();
  }

  private static Figure winners(List<Match> matches) {
    List<Match> decided = matches.stream().filter(match -> match.points() != 0.5).toList();
    Map<String, double[]> groups = new LinkedHashMap<>();
    groups.put("winners", lengths(decided, true));
    groups.put("losers", lengths(decided, false));
    return Figure.of(
            "winner-lengths",
            "Lengths of winners and losers",
            Plot.Histogram.of("characters", groups, BINS))
        .noted("Ties left out: winners that are longer mean that judges reward length.");
  }

  private static double[] lengths(List<Match> decided, boolean winners) {
    return IntStream.range(0, decided.size())
        .mapToDouble(
            i -> {
              Match match = decided.get(i);
              boolean model = (match.points() > 0.5) == winners;
              return (model ? match.length() : match.baselineLength()).orElse(0);
            })
        .toArray();
  }

  /** Empty where no answer is known: verdicts of others may come without them. */
  private static Optional<Figure> rates(List<Match> matches) {
    Map<String, DoubleSummaryStatistics> lengths = new TreeMap<>();
    Map<String, DoubleSummaryStatistics> points = new TreeMap<>();
    for (Match match : matches) {
      match.length().ifPresent(of(lengths, match.model())::accept);
      match.baselineLength().ifPresent(of(lengths, match.baseline())::accept);
      of(points, match.model()).accept(match.points());
      of(points, match.baseline()).accept(1 - match.points());
    }
    List<Plot.Line> models = new ArrayList<>();
    lengths.values().removeIf(length -> length.getCount() == 0);
    lengths.forEach(
        (model, length) ->
            models.add(
                new Plot.Line(
                    model,
                    List.of(Plot.Point.of(length.getAverage(), points.get(model).getAverage())))));
    if (models.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        Figure.of(
                "rate-length",
                "Win rate and length",
                new Plot.Scatter("characters, mean", "win rate against all others", models))
            .noted("A rising cloud means that longer answers win, whoever wrote them."));
  }

  private static DoubleSummaryStatistics of(
      Map<String, DoubleSummaryStatistics> all, String model) {
    return all.computeIfAbsent(model, name -> new DoubleSummaryStatistics());
  }
}
