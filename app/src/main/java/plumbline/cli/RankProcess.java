package plumbline.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import plumbline.InputException;

/**
 * One rank as a process of its own, whose words are passed on with its number before each, or go to
 * a file.
 */
final class RankProcess {
  /** Above 128 an exit code says which signal ended the process. */
  private static final int SIGNALS = 128;

  private static final String SAYS = "plumbline: ";

  /** Lines that are shown of a rank whose words go to a file. */
  private static final int TAIL = 20;

  private final int rank;
  private final Process process;
  private final Optional<PrintStream> log;
  private final Deque<String> tail = new ArrayDeque<>();
  private final List<Thread> pumps = new ArrayList<>();
  private volatile String failure = "";
  private volatile boolean asked;

  private RankProcess(int rank, Process process, Optional<PrintStream> log) {
    this.rank = rank;
    this.process = process;
    this.log = log;
  }

  /**
   * Starts this very program anew.
   *
   * @param arguments of the command
   * @param variables of the environment, besides those of this process
   * @param out where rank 0's results go
   * @param err where everything else goes, if there is no log
   * @param log a file for all that it says
   */
  static RankProcess start(
      int rank,
      List<String> arguments,
      Map<String, String> variables,
      PrintStream out,
      PrintStream err,
      Optional<Path> log) {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        // Several processes write side by side: none has the terminal for itself.
        .filter(option -> !option.startsWith("-Dplumbline.terminal"))
        .forEach(command::add);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(variables);
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      RankProcess started = new RankProcess(rank, process, log.map(RankProcess::opened));
      started.pump(
          process.getInputStream(), rank == 0 ? out : err, rank == 0 ? "" : started.name());
      started.pump(process.getErrorStream(), err, started.name());
      return started;
    } catch (IOException e) {
      throw new UncheckedIOException("rank " + rank + " cannot be started", e);
    }
  }

  private static PrintStream opened(Path log) {
    try {
      Files.createDirectories(log.getParent());
      return new PrintStream(Files.newOutputStream(log), true, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new InputException(log + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private String name() {
    return "[rank " + rank + "] ";
  }

  private void pump(java.io.InputStream from, PrintStream to, String name) {
    Thread thread =
        new Thread(
            () -> {
              try (BufferedReader lines =
                  new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                  pass(line, to, name);
                }
              } catch (IOException e) {
                // The process has ended, and with it the pipe.
                return;
              }
            },
            "plumbline-rank-" + rank);
    thread.setDaemon(true);
    thread.start();
    pumps.add(thread);
  }

  private void pass(String line, PrintStream to, String name) {
    // Gloo greets on standard output, which belongs to the command's result.
    if (line.startsWith("[Gloo]")) {
      return;
    }
    if (line.startsWith(SAYS)) {
      failure = line.substring(SAYS.length());
    }
    boolean result = name.isEmpty();
    if (log.isPresent() && !result) {
      log(line);
    } else {
      to.println(name + line);
    }
  }

  private synchronized void log(String line) {
    log.orElseThrow().println(line);
    if (tail.size() == TAIL) {
      tail.removeFirst();
    }
    tail.addLast(line);
  }

  /** The last lines that went to the file; none without one. */
  synchronized List<String> tail() {
    return List.copyOf(tail);
  }

  int rank() {
    return rank;
  }

  boolean runs() {
    return process.isAlive();
  }

  /** Of a process that has ended. */
  int code() {
    return process.exitValue();
  }

  /** Whether it ended only because another rank was gone. */
  boolean isLeftBehind() {
    return code() == ExitCode.RANK_LOST;
  }

  /** Whether it ended because it was asked to. */
  boolean isAsked() {
    return asked;
  }

  /** Whether a signal ended it. */
  boolean isKilled() {
    return code() > SIGNALS;
  }

  /** How it ended, for people. */
  String end() {
    String who = "rank " + rank + " (process " + process.pid() + ")";
    if (isKilled()) {
      return who + " was killed by signal " + (code() - SIGNALS);
    }
    return who + " ended with exit code " + code() + (failure.isEmpty() ? "" : ": " + failure);
  }

  /** The last thing that it said of a failure; empty if it said nothing. */
  String failure() {
    return failure;
  }

  /** Asks it to end. */
  void ask() {
    asked = true;
    process.destroy();
  }

  /** Waits until it has ended and all its words are passed on; ends it if it does not. */
  void end(long graceMillis) {
    try {
      if (!process.waitFor(graceMillis, TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        process.waitFor();
      }
      for (Thread pump : pumps) {
        pump.join(graceMillis);
      }
      log.ifPresent(PrintStream::close);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
