package plumbline.collect;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import plumbline.data.HashSplit;
import plumbline.data.Verdict;
import plumbline.judge.Duel;
import plumbline.judge.Judge;
import plumbline.judge.Judged;
import plumbline.judge.Judging;

/** Some pairs compared in both orders: how far the judge goes by what it reads first. */
final class OrderEffects {
  /**
   * What a judge said of a pair.
   *
   * @param given with the presumed better answer read first, which is {@code FIRST}
   * @param swapped with it read second, told the same way
   */
  record Row(String id, Verdict given, Verdict swapped) {
    boolean readable() {
      return given != Verdict.UNPARSABLE && swapped != Verdict.UNPARSABLE;
    }
  }

  /**
   * What the orders do.
   *
   * @param pairs compared in both orders and readable
   * @param same both orders say the same
   * @param readFirstWins comparisons, of two a pair, in which the answer read first wins
   * @param readSecondWins likewise the second
   * @param asRated both orders prefer the answer that was rated higher
   * @param unparsable pairs with an answer that cannot be read
   */
  record Effect(
      long pairs,
      long same,
      long readFirstWins,
      long readSecondWins,
      long asRated,
      long unparsable) {}

  private OrderEffects() {}

  /** Whether a pair is among those compared: always the same ones. */
  static boolean draws(Candidate pair, double share) {
    return HashSplit.place("orders " + pair.id()) < share;
  }

  static List<Row> compare(Judge judge, List<Candidate> pairs) {
    List<Duel> duels =
        pairs.stream()
            .map(
                pair ->
                    new Duel(
                        pair.id(),
                        pair.prompt(),
                        new Duel.Side("better", pair.better().content()),
                        new Duel.Side("worse", pair.worse().content())))
            .toList();
    return Judging.bothOrders(judge, duels).stream().map(OrderEffects::row).toList();
  }

  private static Row row(Judged judged) {
    return new Row(judged.duel().promptId(), judged.givenVerdict(), judged.swappedVerdict());
  }

  static Effect of(Path log) {
    long[] counts = new long[6];
    try (Stream<Row> rows = LogRows.read(log, Row.class)) {
      rows.forEach(
          row -> {
            if (!row.readable()) {
              counts[5]++;
              return;
            }
            counts[0]++;
            counts[1] += row.given() == row.swapped() ? 1 : 0;
            counts[2] += count(row.given(), Verdict.FIRST) + count(row.swapped(), Verdict.SECOND);
            counts[3] += count(row.given(), Verdict.SECOND) + count(row.swapped(), Verdict.FIRST);
            counts[4] += row.given() == Verdict.FIRST && row.swapped() == Verdict.FIRST ? 1 : 0;
          });
    }
    return new Effect(counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]);
  }

  private static int count(Verdict verdict, Verdict wanted) {
    return verdict == wanted ? 1 : 0;
  }
}
