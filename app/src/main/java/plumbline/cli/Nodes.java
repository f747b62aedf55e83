package plumbline.cli;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import plumbline.distributed.MeetingPoint;
import plumbline.distributed.RankLost;

/**
 * The machines whose launchers act together: who takes part in an attempt, and whether it failed on
 * another one. The first one keeps the meeting point.
 */
final class Nodes {
  private final int node;
  private final int fewest;
  private final int most;
  private final String address;
  private final int port;
  private final Duration patience;
  private final Duration sign;
  private MeetingPoint point;
  private Watch watch;
  private boolean lost;
  private boolean broken;

  /**
   * Opens the meeting point on the first machine, comes to it on others.
   *
   * @param node from 0
   * @param fewest machines that are enough when {@code patience} is over
   * @param most machines that there may be
   * @param patience with machines that do not come
   * @param sign how long the meeting point may give no answer
   */
  Nodes(
      int node, int fewest, int most, String address, int port, Duration patience, Duration sign) {
    this.node = node;
    this.fewest = fewest;
    this.most = most;
    this.address = address;
    this.port = port;
    this.patience = patience;
    this.sign = sign;
    this.point = node == 0 ? MeetingPoint.open(address, port) : come();
  }

  private MeetingPoint come() {
    return MeetingPoint.come(address, port, patience.plus(patience));
  }

  /**
   * Where this machine's ranks stand in an attempt.
   *
   * @param ranks of all machines
   */
  record Place(int firstRank, int ranks) {}

  String address() {
    return address;
  }

  int port() {
    return port;
  }

  /** Whether the meeting point is gone: there is nothing to come back to. */
  boolean isLost() {
    return lost;
  }

  /**
   * Says how many ranks this machine has and waits for the others.
   *
   * @throws RankLost if too few come
   */
  Place gather(int attempt, int ranks) {
    if (most == 1) {
      return new Place(0, ranks);
    }
    return asked(
        () -> {
          if (broken || (watch != null && (watch.isUnanswered() || watch.isBroken()))) {
            // What was asked before a link was cut may wait for ever.
            point = come();
            broken = false;
          }
          watch = new Watch(come(), name("failed", attempt), sign);
          point.put(name("node", attempt) + node, Integer.toString(ranks));
          String members = name("members", attempt);
          if (node == 0) {
            point.put(members, members(attempt));
          }
          return place(point.await(members));
        });
  }

  /** All machines that have come, as {@code 0:4,2:4}. */
  private String members(int attempt) {
    long end = System.nanoTime() + patience.toNanos();
    Map<Integer, String> come = new LinkedHashMap<>();
    while (come.size() < most && (come.size() < fewest || System.nanoTime() < end)) {
      if (System.nanoTime() > end + patience.toNanos()) {
        throw new RankLost(
            "only %d of at least %d machines came to %s:%d"
                .formatted(come.size(), fewest, address, port));
      }
      come.clear();
      for (int other = 0; other < most; other++) {
        String name = name("node", attempt) + other;
        if (point.has(name)) {
          come.put(other, point.get(name));
        }
      }
      sleep();
    }
    return come.entrySet().stream()
        .map(entry -> entry.getKey() + ":" + entry.getValue())
        .collect(Collectors.joining(","));
  }

  private Place place(String members) {
    int first = -1;
    int ranks = 0;
    for (String member : members.split(",", -1)) {
      String[] parts = member.split(":", -1);
      if (parts[0].equals(Integer.toString(node))) {
        first = ranks;
      }
      ranks += Integer.parseInt(parts[1]);
    }
    if (first < 0) {
      lost = true;
      throw new RankLost("the others went on without this machine, node " + node);
    }
    return new Place(first, ranks);
  }

  /** How the attempt failed on another machine, or how that cannot be told, if it has. */
  Optional<String> failure() {
    return most == 1 ? Optional.empty() : watch.failure();
  }

  /** Asks on a thread of its own, as a link that is cut gives no answer at all. */
  private static final class Watch {
    private final MeetingPoint point;
    private final String name;
    private final Duration sign;
    private volatile long answered = System.nanoTime();
    private volatile Optional<String> found = Optional.empty();
    private volatile boolean broken;

    Watch(MeetingPoint point, String name, Duration sign) {
      this.point = point;
      this.name = name;
      this.sign = sign;
      Thread thread = new Thread(this::run, "plumbline-launch-watch");
      thread.setDaemon(true);
      thread.start();
    }

    private void run() {
      try {
        while (found.isEmpty()) {
          if (point.has(name)) {
            found = Optional.of(point.get(name));
          }
          answered = System.nanoTime();
          sleep();
        }
      } catch (RankLost e) {
        broken = true;
        found = Optional.of(e.getMessage());
      }
    }

    /** Whether the connection has ended: the meeting point is gone, or the link was cut. */
    boolean isBroken() {
      return broken;
    }

    boolean isUnanswered() {
      return System.nanoTime() - answered > sign.toNanos() && found.isEmpty();
    }

    Optional<String> failure() {
      return isUnanswered()
          ? Optional.of("machine 0 has given no answer for " + sign.toSeconds() + " s")
          : found;
    }
  }

  /** Tells the others how the attempt failed here; the first one to tell is believed. */
  void fail(int attempt, String message) {
    if (most > 1 && failure().isEmpty()) {
      try {
        point.put(name("failed", attempt), "node " + node + ": " + message);
      } catch (RankLost e) {
        // The others find out by themselves; the next attempt comes anew, if there is a way.
        broken = true;
      }
    }
  }

  /** Waits until all machines are done; how one failed instead, if one has. */
  Optional<String> done(int attempt) {
    if (most == 1) {
      return Optional.empty();
    }
    return asked(
        () -> {
          String done = name("done", attempt);
          int members = point.get(name("members", attempt)).split(",", -1).length;
          point.add(done, 1);
          while (point.add(done, 0) < members) {
            Optional<String> failed = failure();
            if (failed.isPresent()) {
              return failed;
            }
            sleep();
          }
          leave(attempt, members);
          return Optional.empty();
        });
  }

  /** Whoever keeps the meeting point is the last to go. */
  private void leave(int attempt, int members) {
    String left = name("left", attempt);
    point.add(left, 1);
    long end = System.nanoTime() + patience.toNanos();
    while (node == 0 && point.add(left, 0) < members && System.nanoTime() < end) {
      sleep();
    }
  }

  private interface Asking<T> {
    T ask();
  }

  private <T> T asked(Asking<T> asking) {
    try {
      return asking.ask();
    } catch (RankLost e) {
      lost = true;
      throw e;
    }
  }

  private static String name(String what, int attempt) {
    return "launch-" + what + "-" + attempt + "/";
  }

  private static void sleep() {
    try {
      Thread.sleep(200);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RankLost("interrupted while it waited for other machines", e);
    }
  }
}
