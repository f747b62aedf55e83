package plumbline.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import plumbline.hub.Hub;
import plumbline.hub.HubProgress;
import plumbline.hub.ModelFinder;
import plumbline.train.Progress;

/**
 * Where a command's words go and its models come from. Results for programs go to standard output
 * as one JSON document; with {@code --json} everything for people goes to standard error, otherwise
 * results for people go to standard output and only progress goes to standard error.
 */
final class Console {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private final PrintStream out;
  private final PrintStream err;
  private final OutputOptions options;
  private final Map<String, String> environment;
  private Progress progress;
  private Consumer<String> warnings;

  /**
   * @param environment the variables that say where models come from
   */
  Console(
      PrintStream out, PrintStream err, OutputOptions options, Map<String, String> environment) {
    this.out = out;
    this.err = err;
    this.options = options;
    this.environment = environment;
    this.warnings = err::println;
    this.progress = options.quiet ? Progress.silent() : ConsoleProgress.on(err);
  }

  /** Prints a line of the result for people. */
  void say(String line) {
    (options.json ? err : out).println(line);
  }

  /** Prints a part of a line for people, at once. */
  void write(String text) {
    PrintStream people = options.json ? err : out;
    people.print(text);
    people.flush();
  }

  /** Prints a table of the result for people. */
  void say(Table table) {
    table.lines().forEach(this::say);
  }

  /** Warns people, whatever the options. */
  void warn(String line) {
    warnings.accept("warning: " + line);
  }

  /**
   * Prints the result for programs if {@code --json} was given; called once, at the end.
   *
   * @param document a map, a record (its names become snake_case) or a JSON tree
   */
  void result(Object document) {
    if (options.json) {
      out.println(toJson(document));
      out.flush();
    }
  }

  /** Where to report progress: a bar, lines, or nothing with {@code --quiet}. */
  Progress progress() {
    return progress;
  }

  /**
   * Shows a run that this process is about to write to a folder: on a terminal its dashboard, else
   * as {@link #progress}.
   */
  Shown show(Path out) {
    if (options.quiet || !ConsoleProgress.isOnTerminal()) {
      return () -> {};
    }
    Progress before = progress;
    LiveDashboard live = LiveDashboard.start(new Screen(err), out);
    progress = live;
    warnings = live::note;
    return () -> {
      live.close();
      progress = before;
      warnings = err::println;
    };
  }

  /** Whether what is said for people reaches a terminal, as the launcher says. */
  boolean writesToTerminal() {
    return Boolean.getBoolean(options.json ? "plumbline.terminal" : "plumbline.terminal.out");
  }

  /** The terminal that {@link #say} writes to. */
  Screen screen() {
    return new Screen(options.json ? err : out);
  }

  /** A run that is shown until this is closed. */
  interface Shown extends AutoCloseable {
    @Override
    void close();
  }

  /** Finds the models that people name. */
  ModelFinder models() {
    return ModelFinder.of(environment, downloads());
  }

  /** Finds what the models that people name are made of, without their weights. */
  ModelFinder shapes() {
    return ModelFinder.ofShapes(environment, downloads());
  }

  /** Where to report what comes from the hub. */
  HubProgress downloads() {
    return new ConsoleDownloads(progress, this::warn);
  }

  /** The variables that say where models come from and hold keys. */
  Map<String, String> environment() {
    return environment;
  }

  /** The hub of this environment. */
  Hub hub() {
    return Hub.of(environment);
  }

  /** Standard output, for the results of other processes. */
  PrintStream out() {
    return out;
  }

  /** Standard error, for the words of other processes. */
  PrintStream err() {
    return err;
  }

  boolean isJson() {
    return options.json;
  }

  static String toJson(Object document) {
    try {
      return JSON.writeValueAsString(document);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not a JSON document: " + document, e);
    }
  }
}
