package plumbline.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.Consumer;
import plumbline.data.Judgment;
import plumbline.data.clean.TextLanguage;
import plumbline.eval.Bootstrap;
import plumbline.eval.BradleyTerry;
import plumbline.eval.ComparisonTable;
import plumbline.eval.Elo;
import plumbline.eval.Interval;
import plumbline.eval.JudgeQuality;
import plumbline.eval.LengthControlled;
import plumbline.eval.ManyTests;
import plumbline.eval.Match;
import plumbline.eval.Slice;
import plumbline.eval.Standing;
import plumbline.eval.Tournament;
import plumbline.judge.Budget;

/**
 * What judges' verdicts on several models come to.
 *
 * @param comparisons every two models that met
 * @param judges how far each judge can be trusted
 * @param tournament all matches, the judges averaged
 * @param ratings Bradley and Terry's, in the tournament's order
 * @param elo mean over shuffled orders, in the tournament's order
 */
record TournamentSummary(
    List<Pair> comparisons,
    List<JudgeQuality> judges,
    Tournament tournament,
    List<Interval> ratings,
    List<Interval> elo) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Two models that met.
   *
   * @param matches a prompt each, the judges averaged
   * @param adjusted the sign test's p-value, corrected by Holm for all comparisons
   * @param slices tables of cells
   * @param byJudge of each judge alone, where there are several
   */
  record Pair(
      List<Match> matches,
      Standing standing,
      double adjusted,
      LengthControlled controlled,
      Map<Slice, Map<String, Slice.Cell>> slices,
      Map<String, Standing> byJudge) {}

  /**
   * Counts.
   *
   * @param seed of the bootstrap's draws
   * @param warnings hears of judges that cannot be relied on
   */
  static TournamentSummary of(
      List<Judgment> judgments, List<Slice> by, long seed, Consumer<String> warnings) {
    Bootstrap bootstrap = new Bootstrap(seed);
    List<JudgeQuality> judges = JudgeQuality.of(judgments);
    judges.stream()
        .filter(judge -> !judge.warnings().isEmpty())
        .forEach(judge -> warnings.accept(judge.verdict()));
    List<Match> matches = withLanguages(Match.of(judgments));
    Map<List<String>, List<Match>> pairs = byPair(matches);
    Map<String, Map<List<String>, List<Match>>> alone = new LinkedHashMap<>();
    if (judges.size() > 1) {
      for (JudgeQuality judge : judges) {
        List<Judgment> its =
            judgments.stream().filter(j -> j.judge().equals(judge.judge())).toList();
        alone.put(judge.judge(), byPair(Match.of(its)));
      }
    }
    List<Standing> standings =
        pairs.values().stream().map(its -> Standing.of(its, "judges", bootstrap)).toList();
    double[] adjusted = ManyTests.holm(standings.stream().mapToDouble(Standing::pValue).toArray());
    List<Pair> comparisons = new ArrayList<>();
    pairs.forEach(
        (pair, its) -> {
          Map<Slice, Map<String, Slice.Cell>> slices = new LinkedHashMap<>();
          by.forEach(slice -> slices.put(slice, slice.table(its, bootstrap)));
          Map<String, Standing> byJudge = new LinkedHashMap<>();
          alone.forEach(
              (judge, its1) -> {
                if (its1.containsKey(pair)) {
                  byJudge.put(judge, Standing.of(its1.get(pair), judge, bootstrap));
                }
              });
          int i = comparisons.size();
          comparisons.add(
              new Pair(
                  its,
                  standings.get(i),
                  adjusted[i],
                  LengthControlled.of(its, bootstrap),
                  slices,
                  byJudge));
        });
    Tournament tournament = Tournament.of(matches);
    boolean rated = tournament.groups().size() == 1;
    if (!rated) {
      warnings.accept(
          "there are no ratings: some models never met with a verdict that could be read");
    }
    return new TournamentSummary(
        comparisons,
        judges,
        tournament,
        rated ? BradleyTerry.elo(tournament, bootstrap) : List.of(),
        rated ? Elo.ratings(tournament, seed, bootstrap) : List.of());
  }

  private static Map<List<String>, List<Match>> byPair(List<Match> matches) {
    Map<List<String>, List<Match>> pairs = new LinkedHashMap<>();
    for (Match match : matches) {
      pairs
          .computeIfAbsent(List.of(match.model(), match.baseline()), key -> new ArrayList<>())
          .add(match);
    }
    return pairs;
  }

  private static List<Match> withLanguages(List<Match> matches) {
    TextLanguage language = TextLanguage.byDefault();
    return matches.stream().map(match -> Slice.withLanguage(match, language::of)).toList();
  }

  /** Win rates of each model against each in [0, 1]; NaN where they never met. */
  double[][] rates() {
    double[][] points = tournament.points();
    double[][] rates = new double[points.length][points.length];
    for (int i = 0; i < points.length; i++) {
      for (int j = 0; j < points.length; j++) {
        rates[i][j] = points[i][j] / (points[i][j] + points[j][i]);
      }
    }
    return rates;
  }

  /** {@code {prompts, models, judges, winrates, ranking, matrix, rates, usd}}. */
  ObjectNode json(int prompts, List<String> models, Budget money) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("prompts", prompts);
    document.put("models", models);
    document.put("judges", judges.stream().map(TournamentSummary::judge).toList());
    document.put("winrates", comparisons.stream().map(TournamentSummary::comparison).toList());
    document.put("ranking", ranking());
    document.put("regularised", !BradleyTerry.isDetermined(tournament.points()));
    document.put("matrix", matrix());
    document.put("rates", intervals());
    document.put("usd", money.spent());
    document.put("possible_usd", money.possible());
    return JSON.valueToTree(document);
  }

  private static Map<String, Object> judge(JudgeQuality quality) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("judge", quality.judge());
    document.put("judgments", quality.judgments());
    document.put("unreadable", quality.unreadable());
    document.put("position_agreement", orNull(quality.positionAgreement()));
    document.put("read_first", orNull(quality.shareReadFirst()));
    document.put("longer", quality.longer().map(Interval::mean).orElse(null));
    document.put("warnings", quality.warnings());
    document.put("verdict", quality.verdict());
    return document;
  }

  private static Object orNull(OptionalDouble value) {
    return value.isPresent() ? (Object) value.getAsDouble() : null;
  }

  private static Map<String, Object> comparison(Pair pair) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("model", pair.standing().model());
    document.put("baseline", pair.standing().baseline());
    document.putAll(ComparisonTable.of(pair.standing()));
    document.put("p_value_adjusted", pair.adjusted());
    document.put("small", pair.standing().isSmall());
    document.put("length_controlled", ComparisonTable.of(pair.controlled()));
    Map<String, Object> by = new LinkedHashMap<>();
    pair.slices()
        .forEach(
            (slice, cells) -> {
              List<Map<String, Object>> rows = new ArrayList<>();
              cells.forEach((value, cell) -> rows.add(ComparisonTable.row(slice, value, cell)));
              by.put(slice.key(), rows);
            });
    document.put("by", by);
    if (!pair.byJudge().isEmpty()) {
      Map<String, Object> alone = new LinkedHashMap<>();
      pair.byJudge().forEach((judge, standing) -> alone.put(judge, ComparisonTable.of(standing)));
      document.put("by_judge", alone);
    }
    return document;
  }

  /** The best first. */
  private List<Map<String, Object>> ranking() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i : order()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("model", tournament.models().get(i));
      row.put("rating", ratings.get(i).mean());
      row.put("interval", List.of(ratings.get(i).low(), ratings.get(i).high()));
      row.put("elo", elo.get(i).mean());
      row.put("elo_interval", List.of(elo.get(i).low(), elo.get(i).high()));
      rows.add(row);
    }
    return rows;
  }

  /** Numbers of the models by rating; none without ratings. */
  List<Integer> order() {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < ratings.size(); i++) {
      order.add(i);
    }
    order.sort((a, b) -> Double.compare(ratings.get(b).mean(), ratings.get(a).mean()));
    return order;
  }

  /** Per cent of the row against the column; null where they never met. */
  private Map<String, Object> matrix() {
    double[][] rates = rates();
    Map<String, Object> matrix = new TreeMap<>();
    for (int i = 0; i < rates.length; i++) {
      Map<String, Object> row = new TreeMap<>();
      for (int j = 0; j < rates.length; j++) {
        if (i != j) {
          row.put(
              tournament.models().get(j),
              Double.isNaN(rates[i][j]) ? null : (Object) (100 * rates[i][j]));
        }
      }
      matrix.put(tournament.models().get(i), row);
    }
    return matrix;
  }

  /**
   * Every model against every other it met, in [0, 1] with Wilson's interval: {@code {MODEL:
   * {OTHER: {mean, low, high, n}}}}.
   */
  private Map<String, Object> intervals() {
    Map<String, Map<String, Object>> all = new TreeMap<>();
    for (Pair pair : comparisons) {
      Standing standing = pair.standing();
      double mean = standing.rate().rate().mean();
      Interval wilson = standing.wilson();
      int n = standing.rate().prompts();
      all.computeIfAbsent(standing.model(), model -> new TreeMap<>())
          .put(standing.baseline(), interval(mean, wilson.low(), wilson.high(), n));
      all.computeIfAbsent(standing.baseline(), model -> new TreeMap<>())
          .put(standing.model(), interval(1 - mean, 1 - wilson.high(), 1 - wilson.low(), n));
    }
    return new TreeMap<>(all);
  }

  private static Map<String, Object> interval(double mean, double low, double high, int n) {
    Map<String, Object> interval = new LinkedHashMap<>();
    interval.put("mean", mean);
    interval.put("low", low);
    interval.put("high", high);
    interval.put("n", n);
    return interval;
  }
}
