package plumbline.cli;

import java.io.PrintStream;
import java.nio.file.Path;
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
   * @param logs a folder for what ranks say; empty: it is shown
   * @param arguments of the command that every rank runs
   */
  record Plan(
      int ranks,
      int fewest,
      int restarts,
      Deadlines deadlines,
      Optional<Path> logs,
      List<String> arguments) {
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
      return new Plan(left, fewest, restarts, deadlines, logs, resumed);
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
      failed.get().first().ifPresent(this::show);
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

  /** The last words of a rank, if they have gone to a file. */
  private void show(RankProcess first) {
    List<String> tail = first.tail();
    if (!tail.isEmpty()) {
      say("the last lines of rank " + first.rank() + ":");
      tail.forEach(line -> err.println("[rank " + first.rank() + "] " + line));
    }
  }

  private static Path log(Path logs, int attempt, int rank) {
    return logs.resolve("attempt-" + attempt).resolve("rank-" + rank + ".log");
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
   * @param first the rank of this machine that is to blame
   */
  private record Failed(
      String message, int dead, int code, boolean final_, Optional<RankProcess> first) {
    static Failed elsewhere(String message, boolean final_) {
      return new Failed(message, 0, ExitCode.FAILED, final_, Optional.empty());
    }
  }

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
      return Optional.of(Failed.elsewhere(e.getMessage(), nodes.isLost()));
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
      Optional<Path> log = now.logs().map(logs -> log(logs, attempt, rank));
      more.add(RankProcess.start(rank, now.arguments(), variables, out, err, log));
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
      return Optional.of(Failed.elsewhere(elsewhere.get(), false));
    }
    List<RankProcess> failed = here.stream().filter(rank -> rank.code() != ExitCode.DONE).toList();
    if (failed.isEmpty()) {
      return nodes.done(attempt).map(why -> Failed.elsewhere(why, false));
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
      return new Failed(first.end(), 0, ExitCode.BAD_INPUT, true, Optional.of(first));
    }
    int dead = (int) failed.stream().filter(rank -> blame(rank) == blame(first)).count();
    return first.isLeftBehind()
        ? new Failed(first.failure(), 1, ExitCode.FAILED, false, Optional.of(first))
        : new Failed(first.end(), dead, ExitCode.FAILED, false, Optional.of(first));
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
