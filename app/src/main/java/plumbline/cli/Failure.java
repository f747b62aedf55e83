package plumbline.cli;

import java.io.PrintStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;
import plumbline.InputException;
import plumbline.config.Nearest;
import plumbline.hub.HubException;
import plumbline.judge.BudgetSpent;
import plumbline.judge.JudgeUnavailable;
import plumbline.pipeline.OutOfMemoryException;
import plumbline.score.ScoringException;
import plumbline.track.TrackingFailed;
import plumbline.train.NonFiniteException;

/** What went wrong, as one line for people and with {@code --json} as a document for programs. */
final class Failure {
  private final PrintStream out;
  private final PrintStream err;
  private final boolean json;
  private final boolean debug;

  /**
   * @param args the whole command line: it may be too broken to have been parsed
   */
  Failure(PrintStream out, PrintStream err, List<String> args) {
    this.out = out;
    this.err = err;
    this.json = args.contains("--json");
    this.debug = args.contains("--debug");
  }

  /** The command line does not make sense. */
  int usage(ParameterException e) {
    String message = e.getMessage();
    if (e instanceof UnmatchedArgumentException unmatched) {
      String what = unmatched.isUnknownOption() ? "option" : "command or argument";
      String wrong = unmatched.getUnmatched().get(0);
      message = "unknown %s '%s'".formatted(what, wrong);
      message += meant(wrong, known(unmatched));
    } else if (e.getArgSpec() != null
        && e.getValue() != null
        && e.getArgSpec().completionCandidates() != null) {
      List<String> words = new ArrayList<>();
      e.getArgSpec().completionCandidates().forEach(words::add);
      message += meant(e.getValue(), words);
    }
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    return fail(message + " (see " + command + " --help)", ExitCode.BAD_INPUT, e);
  }

  private static String meant(String wrong, List<String> known) {
    return Nearest.to(wrong, known).map(near -> "; did you mean '" + near + "'?").orElse("");
  }

  private static List<String> known(UnmatchedArgumentException unmatched) {
    CommandSpec spec = unmatched.getCommandLine().getCommandSpec();
    return unmatched.isUnknownOption()
        ? List.copyOf(spec.optionsMap().keySet())
        : List.copyOf(spec.subcommands().keySet());
  }

  /** A command ended with an exception. */
  int report(Throwable e) {
    Optional<String> input = inputError(e);
    if (input.isPresent()) {
      return fail(input.get(), ExitCode.BAD_INPUT, e);
    }
    if (e instanceof HubException
        || e instanceof JudgeUnavailable
        || e instanceof BudgetSpent
        || e instanceof ScoringException
        || e instanceof TrackingFailed
        || e instanceof NonFiniteException
        || e instanceof OutOfMemoryException) {
      return fail(e.getMessage(), ExitCode.FAILED, e);
    }
    return fail(e instanceof OutOfMemoryError ? memoryError(e) : defect(e), ExitCode.FAILED, e);
  }

  /** The message, if it is the user's files that are wrong. */
  private static Optional<String> inputError(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof InputException) {
        return Optional.of(cause.getMessage());
      }
      if (cause instanceof FileSystemException file) {
        return fileError(file).map(problem -> file.getFile() + ": " + problem);
      }
    }
    return Optional.empty();
  }

  private static Optional<String> fileError(FileSystemException e) {
    if (e instanceof AccessDeniedException) {
      return Optional.of("no permission; choose another place or change its permissions");
    }
    if (e instanceof NoSuchFileException) {
      return Optional.of("no such file or folder");
    }
    if (e instanceof NotDirectoryException) {
      return Optional.of("this is a file, wanted a folder");
    }
    return e instanceof FileAlreadyExistsException
        ? Optional.of("already exists; remove it or choose another name")
        : Optional.empty();
  }

  private static String memoryError(Throwable e) {
    return "out of memory: "
        + e.getMessage()
        + "; make batches or models smaller, or raise PLUMBLINE_HEAP (Java) or PLUMBLINE_MEMORY"
        + " (all of it)";
  }

  private String defect(Throwable e) {
    String hint = debug ? "" : "; run again with --debug to see where";
    return "failed: " + e + hint;
  }

  private int fail(String message, int code, Throwable e) {
    String line = oneLine(message);
    err.println("plumbline: " + line);
    if (debug) {
      e.printStackTrace(err);
    }
    if (json) {
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("status", "failed");
      document.put("error", line);
      document.put("exit_code", code);
      out.println(Console.toJson(document));
    }
    return code;
  }

  private static String oneLine(String text) {
    return text.lines()
        .map(String::strip)
        .filter(s -> !s.isEmpty())
        .collect(Collectors.joining(" "));
  }
}
