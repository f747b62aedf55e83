package plumbline.distributed;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.InputException;

/**
 * Which of how many processes this one is, and where they meet: the variables that torchrun sets.
 *
 * @param rank from 0 to size - 1
 * @param size processes in all
 * @param localRank its number among those of its machine
 * @param address host of the meeting point
 * @param port of the meeting point
 * @param attempt how often the processes have been started anew
 * @param hosted whether the meeting point is there already; else rank 0 opens it
 */
public record Placement(
    int rank, int size, int localRank, String address, int port, int attempt, boolean hosted) {
  public static final String RANK = "RANK";
  public static final String SIZE = "WORLD_SIZE";
  public static final String LOCAL_RANK = "LOCAL_RANK";
  public static final String ADDRESS = "MASTER_ADDR";
  public static final String PORT = "MASTER_PORT";

  /** How often a launcher has started the processes anew; 0 without it. */
  public static final String ATTEMPT = "PLUMBLINE_ATTEMPT";

  /** {@code true} where a launcher keeps the meeting point. */
  public static final String HOSTED = "PLUMBLINE_HOSTED";

  /** {@code True} where torchrun's agent keeps the meeting point. */
  private static final String AGENT_HOSTS = "TORCHELASTIC_USE_AGENT_STORE";

  /** How often torchrun has started the processes anew. */
  private static final String RESTARTS = "TORCHELASTIC_RESTART_COUNT";

  private static final List<String> ALL = List.of(RANK, SIZE, LOCAL_RANK, ADDRESS, PORT);
  private static final int LARGEST_PORT = 65535;

  /**
   * What the environment says; empty if it says nothing of several processes.
   *
   * @throws InputException naming the variables that are missing or wrong
   */
  public static Optional<Placement> of(Map<String, String> environment) {
    // A cluster's images often set the address alone: that makes no world.
    if (!environment.containsKey(RANK) && !environment.containsKey(SIZE)) {
      return Optional.empty();
    }
    List<String> missing = new ArrayList<>(ALL);
    missing.removeIf(name -> !environment.getOrDefault(name, "").isBlank());
    boolean alone = environment.getOrDefault(SIZE, "").equals("1");
    missing.removeIf(name -> name.equals(LOCAL_RANK) || (alone && !name.equals(RANK)));
    if (!missing.isEmpty()) {
      throw new InputException(
          "of the variables of a distributed run "
              + String.join(", ", missing)
              + (missing.size() == 1 ? " is" : " are")
              + " missing; wanted all of "
              + String.join(", ", ALL)
              + " as torchrun sets them, or 'plumbline launch', which sets them");
    }
    int size = number(environment, SIZE, 1, Integer.MAX_VALUE, "at least 1");
    int rank = number(environment, RANK, 0, size - 1, "0 to " + SIZE + " - 1, " + (size - 1));
    int localRank =
        environment.containsKey(LOCAL_RANK)
            ? number(environment, LOCAL_RANK, 0, rank, "0 to " + RANK + ", " + rank)
            : rank;
    if (alone) {
      return Optional.empty();
    }
    return Optional.of(
        new Placement(
            rank,
            size,
            localRank,
            environment.get(ADDRESS),
            number(environment, PORT, 1, LARGEST_PORT, "1 to " + LARGEST_PORT),
            attempt(environment),
            Boolean.parseBoolean(environment.get(HOSTED))
                || Boolean.parseBoolean(environment.get(AGENT_HOSTS))));
  }

  private static int attempt(Map<String, String> environment) {
    for (String name : List.of(ATTEMPT, RESTARTS)) {
      if (environment.containsKey(name)) {
        return number(environment, name, 0, Integer.MAX_VALUE, "at least 0");
      }
    }
    return 0;
  }

  private static int number(
      Map<String, String> environment, String name, int low, int high, String wanted) {
    String text = environment.get(name);
    try {
      int number = Integer.parseInt(text.strip());
      if (number >= low && number <= high) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below, as for a number that is out of range.
    }
    throw new InputException(
        "the variable " + name + " is '" + text + "', wanted a whole number, " + wanted);
  }

  /** As messages name it. */
  String place() {
    return address + ":" + port;
  }
}
