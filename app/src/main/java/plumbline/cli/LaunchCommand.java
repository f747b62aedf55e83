package plumbline.cli;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import plumbline.InputException;
import plumbline.distributed.Deadlines;

/** Runs a command in several processes that work on one thing together. */
@Command(
    name = "launch",
    description =
        "Run a command in several processes, on one machine or more, that train together.")
final class LaunchCommand implements Action {
  private static final Set<String> COMMANDS = Set.of("train", "run");
  private static final Pattern RANGE = Pattern.compile("(\\d+)(?::(\\d+))?");

  @Option(
      names = "--nproc",
      paramLabel = "N",
      required = true,
      description = "Processes on this machine.")
  private int ranks;

  @Option(
      names = "--min-nproc",
      paramLabel = "N",
      description =
          "A restart does without processes that died, down to so many; default: --nproc, all come"
              + " back.")
  private Integer fewest;

  @Option(
      names = "--nnodes",
      paramLabel = "M|MIN:MAX",
      defaultValue = "1",
      description = "Machines, or the fewest and the most of them; default: 1.")
  private String nodes;

  @Option(
      names = "--node-rank",
      paramLabel = "R",
      defaultValue = "0",
      description = "This machine's number, from 0; default: 0.")
  private int node;

  @Option(
      names = "--master-addr",
      paramLabel = "HOST",
      defaultValue = "127.0.0.1",
      description = "Machine 0, as all reach it; default: 127.0.0.1.")
  private String address;

  @Option(
      names = "--master-port",
      paramLabel = "PORT",
      description =
          "Where machine 0 keeps the meeting point; default: a free one, 29500 with several"
              + " machines.")
  private Integer port;

  @Option(
      names = "--max-restarts",
      paramLabel = "K",
      defaultValue = "0",
      description = "How often to go on from the last checkpoint after a failure; default: 0.")
  private int restarts;

  @Option(
      names = "--exchange-seconds",
      paramLabel = "S",
      defaultValue = "600",
      description = "How long ranks wait for each other in an exchange; default: 600.")
  private double exchange;

  @Option(
      names = "--sign-seconds",
      paramLabel = "S",
      defaultValue = "30",
      description = "How long a rank may give no sign of life; default: 30.")
  private double sign;

  @Option(
      names = "--join-seconds",
      paramLabel = "S",
      defaultValue = "60",
      description = "How long to wait for machines beyond the fewest; default: 60.")
  private double join;

  @Option(
      names = "--log-dir",
      paramLabel = "DIR",
      description =
          "Write what each process says to DIR/attempt-K/rank-R.log instead of showing it; the last"
              + " lines of the first that fails are shown. Default: all is shown.")
  private Path logs;

  @Parameters(
      arity = "1..*",
      paramLabel = "COMMAND",
      description = "train ... or run ..., as without launch.")
  private List<String> command = new ArrayList<>();

  @Override
  public int run(Console console) {
    check("--nproc", ranks, 1, Integer.MAX_VALUE);
    int least = fewest == null ? ranks : fewest;
    check("--min-nproc", least, 1, ranks);
    check("--max-restarts", restarts, 0, Integer.MAX_VALUE);
    Matcher range = RANGE.matcher(nodes);
    if (!range.matches()) {
      throw new InputException("--nnodes is '" + nodes + "', wanted a number or MIN:MAX");
    }
    int from = Integer.parseInt(range.group(1));
    int to = range.group(2) == null ? from : Integer.parseInt(range.group(2));
    check("--nnodes", to, Math.max(1, from), Integer.MAX_VALUE);
    check("--node-rank", node, 0, to - 1);
    if (!COMMANDS.contains(command.get(0))) {
      throw new InputException(
          "launch runs 'train ...' or 'run ...', not '" + command.get(0) + "'");
    }
    Deadlines deadlines =
        new Deadlines(time("--exchange-seconds", exchange), time("--sign-seconds", sign));
    List<String> arguments = new ArrayList<>(command);
    if (console.isJson() && !arguments.contains("--json")) {
      arguments.add("--json");
    }
    Main.check(arguments, console);
    Nodes together =
        new Nodes(
            node,
            Math.max(1, from),
            to,
            address,
            port(to),
            time("--join-seconds", join),
            deadlines.sign());
    return new Launcher(
            new Launcher.Plan(
                ranks, least, restarts, deadlines, Optional.ofNullable(logs), arguments),
            together,
            console.out(),
            console.err())
        .run();
  }

  private int port(int machines) {
    if (port != null) {
      check("--master-port", port, 1, 65535);
      return port;
    }
    if (machines > 1) {
      return 29500;
    }
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    } catch (IOException e) {
      throw new InputException("no port is free for the meeting point: " + e.getMessage(), e);
    }
  }

  private static void check(String option, int value, int low, int high) {
    if (value < low || value > high) {
      throw new InputException(
          option
              + " is "
              + value
              + ", wanted "
              + (high == Integer.MAX_VALUE ? "at least " + low : low + " to " + high));
    }
  }

  private static Duration time(String option, double seconds) {
    if (!(seconds > 0 && seconds < 1e7)) {
      throw new InputException(option + " is " + seconds + ", wanted seconds above 0");
    }
    return Duration.ofMillis(Math.max(1, Math.round(seconds * 1000)));
  }
}
