package plumbline.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import plumbline.InputException;
import plumbline.annotation.MergeMethod;
import plumbline.annotation.MergedRanking;
import plumbline.annotation.PooledRatings;
import plumbline.annotation.VoteFiles;
import plumbline.annotation.VoteTies;
import plumbline.annotation.VotedItem;
import plumbline.eval.Bootstrap;

/** Makes one ranking of several people's. */
@Command(
    name = "merge",
    description = "Merge several people's rankings of the same answers into one per item.")
final class LabelMergeCommand implements Action {
  private static final int SHOWN_ITEMS = 20;

  @Parameters(
      paramLabel = "FILE",
      description =
          "Votes: rows with votes and their ranks, rows of rankings, ballots of one election, or"
              + " judges' verdicts.")
  private Path file;

  @Option(
      names = "--method",
      paramLabel = "NAME",
      description = "tideman, borda, kemeny, bradley-terry or majority; default: tideman.")
  private Method method = Method.tideman;

  @Option(
      names = "--ties",
      paramLabel = "RULE",
      description =
          "A tie within a vote: half for each, or slot-order, to the one shown first; default:"
              + " half.")
  private Ties ties = Ties.half;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of the bootstrap's draws; default: 1.")
  private long seed = 1;

  /** The methods as they are written. */
  enum Method {
    tideman(MergeMethod.TIDEMAN),
    borda(MergeMethod.BORDA),
    kemeny(MergeMethod.KEMENY),
    bradley_terry(MergeMethod.BRADLEY_TERRY),
    majority(MergeMethod.MAJORITY);

    private final MergeMethod method;

    Method(MergeMethod method) {
      this.method = method;
    }

    MergeMethod method() {
      return method;
    }

    @Override
    public String toString() {
      return name().replace('_', '-');
    }
  }

  /** The rules of ties as they are written. */
  enum Ties {
    half(VoteTies.HALF),
    slot_order(VoteTies.SLOT_ORDER);

    private final VoteTies ties;

    Ties(VoteTies ties) {
      this.ties = ties;
    }

    VoteTies ties() {
      return ties;
    }

    @Override
    public String toString() {
      return name().replace('_', '-');
    }
  }

  @Override
  public int run(Console console) {
    List<VotedItem> items = VoteFiles.read(file);
    List<Map<String, Object>> rows = new ArrayList<>();
    List<Map<String, Double>> points = new ArrayList<>();
    List<Map<String, Double>> withTies = new ArrayList<>();
    int tied = 0;
    for (VotedItem item : items) {
      MergedRanking merged = merge(item);
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("id", item.id());
      row.put("ranking", merged.ranking());
      row.put("tiers", merged.tiers());
      row.put("votes", item.votes().stream().mapToInt(vote -> vote.count()).sum());
      rows.add(row);
      points.add(merged.points());
      withTies.add(merged.pointsWithTies());
      tied += merged.hasTies() ? 1 : 0;
      if (rows.size() <= SHOWN_ITEMS) {
        console.say(item.id() + ": " + shown(merged));
      }
    }
    if (rows.size() > SHOWN_ITEMS) {
      console.say("and " + (rows.size() - SHOWN_ITEMS) + " more");
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("method", method.toString());
    document.put("ties", ties.toString());
    document.put("items", rows);
    document.put("items_with_ties", tied);
    Map<String, Double> means = MergedRanking.meanPoints(points);
    Map<String, Double> meansWithTies = MergedRanking.meanPoints(withTies);
    document.put("points", means);
    document.put("points_with_ties", meansWithTies);
    if (method == Method.bradley_terry) {
      document.put("ratings", ratings(items));
    }
    say(means, meansWithTies, items.size(), tied, console);
    console.result(document);
    return ExitCode.DONE;
  }

  private MergedRanking merge(VotedItem item) {
    try {
      return method.method.merge(item, ties.ties);
    } catch (InputException e) {
      throw new InputException(file + ": item " + item.id() + ": " + e.getMessage(), e);
    }
  }

  private Map<String, Object> ratings(List<VotedItem> items) {
    Map<String, Object> ratings = new LinkedHashMap<>();
    PooledRatings.of(items, ties.ties, new Bootstrap(seed))
        .forEach((candidate, rating) -> ratings.put(candidate, rating(rating)));
    return ratings;
  }

  private static Map<String, Object> rating(PooledRatings.Rating rating) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("rating", rating.rating());
    document.put("interval", rating.interval().map(i -> List.of(i.low(), i.high())).orElse(null));
    return document;
  }

  /** {@code a > b = c}. */
  private static String shown(MergedRanking merged) {
    return String.join(
        " > ", merged.tiers().stream().map(tier -> String.join(" = ", tier)).toList());
  }

  private static void say(
      Map<String, Double> points,
      Map<String, Double> withTies,
      int items,
      int tied,
      Console console) {
    console.say("");
    Table table = Table.of("candidate", "points", "points with ties");
    points.forEach(
        (candidate, mean) -> table.row(candidate, number(mean), number(withTies.get(candidate))));
    console.say(table);
    if (tied > 0) {
      console.say(
          tied
              + " of "
              + items
              + " items: the votes leave an order open; 'points' decides it by name, 'points with"
              + " ties' shares");
    }
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }
}
