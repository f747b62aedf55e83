package plumbline.cli;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import picocli.CommandLine.Model.CommandSpec;
import plumbline.tensor.Standstill;

/**
 * How the process ends when it is told to (Ctrl-C, SIGTERM) or by itself: servers finish what they
 * have begun, then whatever computes is held, then Java halts.
 */
final class Interruption {
  /** Containers get ten seconds between being told to end and being killed. */
  private static final Duration LONGEST = Duration.ofSeconds(6);

  private static final Map<String, Integer> CODES =
      Map.of("SIGHUP handler", 129, "SIGINT handler", 130, "SIGTERM handler", 143);
  private static final List<Runnable> CLOSERS = new CopyOnWriteArrayList<>();
  private static volatile PrintStream told = System.err;
  private static volatile String words = "";
  private static volatile Optional<Integer> ended = Optional.empty();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(Interruption::end, "plumbline-end"));
  }

  private Interruption() {}

  /** Says on {@code err} when the command that begins is interrupted. */
  static void watch(PrintStream err) {
    told = err;
    words = "plumbline: interrupted";
  }

  /** The command that runs, from its parsed command line. */
  static void names(CommandSpec command, String... args) {
    boolean resumes = command.optionsMap().containsKey("--resume");
    if (!words.isEmpty() && resumes) {
      boolean given = List.of(args).contains("--resume");
      String again = CommandText.of(args) + (given ? "" : " --resume");
      words = words + "; go on with: " + again;
    }
  }

  /** The command has ended by itself. */
  static void over(int exitCode) {
    words = "";
    ended = Optional.of(exitCode);
  }

  /** A server closes before anything is held. */
  static void closes(Runnable closer) {
    CLOSERS.add(closer);
  }

  private static void end() {
    if (!words.isEmpty()) {
      told.println();
      told.println(words);
    }
    for (Runnable closer : CLOSERS) {
      try {
        closer.run();
      } catch (RuntimeException e) {
        told.println("plumbline: " + e.getMessage());
      }
    }
    if (!Standstill.await(LONGEST)) {
      Standstill.halt(exitCode());
    }
  }

  /** Java's own is known to nobody before it has halted. */
  private static int exitCode() {
    return ended.orElseGet(
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .map(thread -> CODES.get(thread.getName()))
                .filter(code -> code != null)
                .findAny()
                .orElse(ExitCode.FAILED));
  }
}
