package plumbline.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintStream;
import plumbline.train.Progress;

/**
 * Where a command's words go. Results for programs go to standard output as one JSON document; with
 * {@code --json} everything for people goes to standard error, otherwise results for people go to
 * standard output and only progress goes to standard error.
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
  private final Progress progress;

  Console(PrintStream out, PrintStream err, OutputOptions options) {
    this.out = out;
    this.err = err;
    this.options = options;
    this.progress = options.quiet ? Progress.silent() : ConsoleProgress.on(err);
  }

  /** Prints a line of the result for people. */
  void say(String line) {
    (options.json ? err : out).println(line);
  }

  /** Prints a table of the result for people. */
  void say(Table table) {
    table.lines().forEach(this::say);
  }

  /** Warns people, whatever the options. */
  void warn(String line) {
    err.println("warning: " + line);
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
