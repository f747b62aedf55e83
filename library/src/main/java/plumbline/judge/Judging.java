package plumbline.judge;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Lets a judge compare pairs of responses, as many at a time as it allows, part after part: a judge
 * that has fallen silent is not asked in the next part either.
 */
public final class Judging {
  /** In which orders a judge reads each pair. */
  public enum Orders {
    /** Both. */
    BOTH,
    /** Only as the pair stands. */
    GIVEN
  }

  /** Hears of every pair that is over, from any thread. */
  public interface Listener {
    /** A pair was judged, or will not be. */
    void over();
  }

  /** Pairs that are in memory at a time, with what was said of them. */
  public static final int PART = 1024;

  /** A judge that does not answer this often in a row is not asked again. */
  private static final int PATIENCE = 3;

  private final Judge judge;
  private final Orders orders;
  private final AtomicInteger inARow = new AtomicInteger();
  private volatile boolean stopped;
  private String problem = "";
  private int missing;

  /** For one run; does not own the judge. */
  public Judging(Judge judge, Orders orders) {
    this.judge = judge;
    this.orders = orders;
  }

  /**
   * Lets every judge compare all pairs, {@value #PART} at a time.
   *
   * @param sink gets each part's verdicts, a list per judge
   */
  public static void all(
      List<Judging> judges,
      Iterator<Duel> duels,
      Listener listener,
      Consumer<List<List<Judged>>> sink) {
    while (duels.hasNext()) {
      List<Duel> part = new ArrayList<>();
      while (duels.hasNext() && part.size() < PART) {
        part.add(duels.next());
      }
      sink.accept(judges.stream().map(judging -> judging.judge(part, listener)).toList());
    }
  }

  /**
   * Judges pairs in both orders, or in none: whoever cannot do without a verdict asks so.
   *
   * @throws JudgeUnavailable if the judge does not answer; what it did answer is in its cache
   * @throws BudgetSpent if the next answer might cost more than what is left
   */
  public static List<Judged> bothOrders(Judge judge, List<Duel> duels) {
    Judged[] judged = new Judged[duels.size()];
    Workers.run(
        judge.concurrency(),
        judged.length,
        i -> {
          Duel duel = duels.get(i);
          String a = duel.a().response();
          String b = duel.b().response();
          Comparison given = judge.compare(duel.prompt(), a, b);
          Comparison swapped = judge.compare(duel.prompt(), b, a);
          judged[i] = new Judged(duel, judge.name(), given, List.of(swapped));
        });
    return Arrays.asList(judged);
  }

  /**
   * Judges pairs. One whose judge does not answer is left out and counted; when the budget is
   * spent, or the judge stays silent, the rest is left out too.
   *
   * @return the pairs that have a verdict, unparsable ones included, in their order
   */
  public List<Judged> judge(List<Duel> duels, Listener listener) {
    Judged[] found = new Judged[duels.size()];
    Workers.run(
        judge.concurrency(),
        found.length,
        i -> {
          if (!stopped) {
            judge(duels.get(i)).ifPresent(judged -> found[i] = judged);
          }
          listener.over();
        });
    List<Judged> judged = Arrays.stream(found).filter(Objects::nonNull).toList();
    missing += duels.size() - judged.size();
    return judged;
  }

  /** The judge's name. */
  public String name() {
    return judge.name();
  }

  /** Pairs so far without a verdict, because the judge did not answer or the budget was spent. */
  public int missing() {
    return missing;
  }

  /** Why there are missing ones, the first reason. */
  public Optional<String> problem() {
    return problem.isEmpty() ? Optional.empty() : Optional.of(problem);
  }

  /** What the judge has used so far. */
  public Spending spending() {
    return judge.spending();
  }

  private Optional<Judged> judge(Duel duel) {
    try {
      String a = duel.a().response();
      String b = duel.b().response();
      Comparison given = judge.compare(duel.prompt(), a, b);
      List<Comparison> swapped =
          orders == Orders.BOTH ? List.of(judge.compare(duel.prompt(), b, a)) : List.of();
      inARow.set(0);
      return Optional.of(new Judged(duel, judge.name(), given, swapped));
    } catch (BudgetSpent e) {
      stop(e.getMessage());
    } catch (JudgeUnavailable e) {
      if (inARow.incrementAndGet() >= PATIENCE) {
        stop(e.getMessage());
      } else {
        note(e.getMessage());
      }
    }
    return Optional.empty();
  }

  private void stop(String why) {
    note(why);
    stopped = true;
  }

  private synchronized void note(String why) {
    problem = problem.isEmpty() ? why : problem;
  }
}
