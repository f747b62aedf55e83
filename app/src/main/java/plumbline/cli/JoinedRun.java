package plumbline.cli;

import java.io.PrintStream;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import plumbline.distributed.Deadlines;
import plumbline.distributed.Placement;
import plumbline.distributed.RankLost;
import plumbline.distributed.World;

/** A command as one rank of those that the environment tells of; without such, as it is. */
final class JoinedRun {
  private JoinedRun() {}

  static int run(Map<String, String> environment, PrintStream err, Supplier<Integer> body) {
    Optional<Placement> place = Placement.of(environment);
    if (place.isEmpty()) {
      return body.get();
    }
    AtomicBoolean told = new AtomicBoolean();
    try {
      return World.run(
          place.get(),
          Deadlines.of(environment),
          missing -> {
            if (told.compareAndSet(false, true)) {
              err.println("plumbline: " + missing);
              end(err);
            }
          },
          world -> body.get());
    } catch (RankLost e) {
      if (told.compareAndSet(false, true)) {
        err.println("plumbline: " + e.getMessage());
      }
      end(err);
      return ExitCode.RANK_LOST;
    }
  }

  /** At once: a thread may be in an exchange that never ends. */
  private static void end(PrintStream err) {
    err.flush();
    Runtime.getRuntime().halt(ExitCode.RANK_LOST);
  }
}
