package plumbline.cli;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.distributed.Deadlines;
import plumbline.distributed.Placement;
import plumbline.distributed.RankLost;

/**
 * Starts the ranks of a machine, watches them, and starts them anew from the last checkpoint when
 * one has failed.
 */
final class Launcher {
  private static final long POLL_MILLIS = 100;

  /** Time for the ranks that lose another one to say so and end by themselves. */
  private static final long SETTLE_MILLIS = 2000;

  private final Plan plan;
  private final Nodes nodes;
  private final PrintStream out;
  private final PrintStream err;
  private volatile List<RankProcess> running = List.of();
  private volatile boolean stopped;

  /**
   * What to start.
   *
   * @param ranks of this machine
   * @param fewest of this machine that are worth starting anew
   * @param restarts that are allowed
   * @param arguments of the command that every rank runs
   */
  record Plan(int ranks, int fewest, int restarts, Deadlines deadlines, List<String> arguments) {
    Plan {
      arguments = List.copyOf(arguments);
    }

    /** The same with fewer ranks, and going on from what is there. */
    Plan anew(int dead) {
      List<String> resumed = new ArrayList<>(arguments);
      if (!resumed.contains("--resume")) {
        resumed.add("--resume");
      }
      int left = fewest < ranks ? Math.max(fewest, ranks - dead) : ranks;
      return new Plan(left, fewest, restarts, deadlines, resumed);
    }
  }

  Launcher(Plan plan, Nodes nodes, PrintStream out, PrintStream err) {
    this.plan = plan;
    this.nodes = nodes;
    this.out = out;
    this.err = err;
  }

  /** Runs to the end; returns the exit code. */
  int run() {
    Thread hook = new Thread(this::stop, "plumbline-launch-stop");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      return attempts();
    } finally {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // This process is ending already, and the hook has run or runs.
      }
    }
  }

  private int attempts() {
    Plan next = plan;
    for (int attempt = 0; ; attempt++) {
      Optional<Failed> failed = attempt(next, attempt);
      if (failed.isEmpty()) {
        return ExitCode.DONE;
      }
      boolean again = !failed.get().final_() && attempt < plan.restarts() && !stopped;
      next = next.anew(failed.get().dead());
      say(failed.get().message() + (again ? again(next, attempt) : "; all ranks are stopped"));
      if (!again) {
        return failed.get().code();
      }
    }
  }

  private String again(Plan next, int attempt) {
    return "; all ranks are stopped, and "
        + next.ranks()
        + (next.ranks() == 1 ? " starts" : " start")
        + " anew from the last checkpoint (restart "
        + (attempt + 1)
        + " of "
        + plan.restarts()
        + ")";
  }

  private void say(String line) {
    err.println("plumbline launch: " + line);
  }

  /**
   * How an attempt failed.
   *
   * @param dead ranks of this machine that failed by themselves
   * @param code exit code of the launcher if it ends here
   * @param final_ whether starting anew would be no use
   */
  private record Failed(String message, int dead, int code, boolean final_) {}

  private Optional<Failed> attempt(Plan now, int attempt) {
    try {
      Nodes.Place place = nodes.gather(attempt, now.ranks());
      start(now, place, attempt);
      Optional<String> elsewhere = Optional.empty();
      while (running.stream().anyMatch(RankProcess::runs) && elsewhere.isEmpty()) {
        if (running.stream().anyMatch(rank -> !rank.runs() && rank.code() != ExitCode.DONE)) {
          settle();
          break;
        }
        elsewhere = nodes.failure();
        sleep(POLL_MILLIS);
      }
      end();
      return result(attempt, elsewhere);
    } catch (RankLost e) {
      end();
      return Optional.of(new Failed(e.getMessage(), 0, ExitCode.FAILED, nodes.isLost()));
    }
  }

  private void start(Plan now, Nodes.Place place, int attempt) {
    running = List.of();
    for (int local = 0; local < now.ranks(); local++) {
      Map<String, String> variables = new LinkedHashMap<>();
      int rank = place.firstRank() + local;
      variables.put(Placement.RANK, Integer.toString(rank));
      variables.put(Placement.SIZE, Integer.toString(place.ranks()));
      variables.put(Placement.LOCAL_RANK, Integer.toString(local));
      variables.put("LOCAL_WORLD_SIZE", Integer.toString(now.ranks()));
      variables.put(Placement.ADDRESS, nodes.address());
      variables.put(Placement.PORT, Integer.toString(nodes.port()));
      variables.put(Placement.ATTEMPT, Integer.toString(attempt));
      variables.put(Placement.HOSTED, "true");
      variables.put(Deadlines.EXCHANGE, seconds(now.deadlines().exchange()));
      variables.put(Deadlines.SIGN, seconds(now.deadlines().sign()));
      List<RankProcess> more = new ArrayList<>(running);
      more.add(RankProcess.start(rank, now.arguments(), variables, out, err));
      running = more;
    }
  }

  private static String seconds(Duration time) {
    return Double.toString(time.toMillis() / 1e3);
  }

  private void settle() {
    long end = System.nanoTime() + SETTLE_MILLIS * 1_000_000;
    while (System.nanoTime() < end && running.stream().anyMatch(RankProcess::runs)) {
      sleep(POLL_MILLIS);
    }
  }

  private void end() {
    List<RankProcess> here = running;
    here.stream().filter(RankProcess::runs).forEach(RankProcess::ask);
    here.forEach(rank -> rank.end(SETTLE_MILLIS));
  }

  private Optional<Failed> result(int attempt, Optional<String> elsewhere) {
    List<RankProcess> here = running;
    if (elsewhere.isPresent()) {
      return Optional.of(new Failed(elsewhere.get(), 0, ExitCode.FAILED, false));
    }
    List<RankProcess> failed = here.stream().filter(rank -> rank.code() != ExitCode.DONE).toList();
    if (failed.isEmpty()) {
      return nodes.done(attempt).map(why -> new Failed(why, 0, ExitCode.FAILED, false));
    }
    // Whoever was asked to end ends with a signal's code too, so the first cause comes first.
    Failed found = cause(failed);
    nodes.fail(attempt, found.message());
    return Optional.of(found);
  }

  private static Failed cause(List<RankProcess> failed) {
    Comparator<RankProcess> order = Comparator.comparingInt(Launcher::blame);
    RankProcess first = failed.stream().min(order.thenComparing(RankProcess::rank)).orElseThrow();
    if (first.code() == ExitCode.BAD_INPUT) {
      return new Failed(first.end(), 0, ExitCode.BAD_INPUT, true);
    }
    int dead = (int) failed.stream().filter(rank -> blame(rank) == blame(first)).count();
    return first.isLeftBehind()
        ? new Failed(first.failure(), 1, ExitCode.FAILED, false)
        : new Failed(first.end(), dead, ExitCode.FAILED, false);
  }

  /** Killed from outside, then failed by itself, then left behind, then asked to end by us. */
  private static int blame(RankProcess rank) {
    if (rank.isAsked()) {
      return 3;
    }
    return rank.isLeftBehind() ? 2 : rank.isKilled() ? 0 : 1;
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** This process is asked to end: so are its ranks. */
  private void stop() {
    stopped = true;
    end();
  }
}
