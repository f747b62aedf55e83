package plumbline.data.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import plumbline.InputException;
import plumbline.data.AtomicFile;
import plumbline.data.Demonstration;
import plumbline.data.Dialogue;
import plumbline.data.Example;
import plumbline.data.GrowingFile;
import plumbline.data.Kind;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;
import plumbline.data.RankedResponses;
import plumbline.data.RatedResponse;

/**
 * Plumbline's own row files: JSON Lines in TRL's conversational forms, plain or {@code .gz}.
 *
 * <ul>
 *   <li>prompts {@code {"prompt": [{"role", "content"}..], "meta": {}}}
 *   <li>dialogues {@code {"messages": [..], "meta": {}}}
 *   <li>demonstrations {@code {"prompt": [..], "completion": [one], "meta": {}}}
 *   <li>pairs {@code {"prompt": [..], "chosen": [one], "rejected": [one], "strength": x, "meta":
 *       {}}}, {@code strength} only where it is known
 *   <li>rankings {@code {"prompt": [..], "responses": [best, ..], "ties": [i, ..], "meta": {}}},
 *       {@code ties} only where there are any
 *   <li>ratings {@code {"prompt": [..], "response": text, "labels": {name: 0..1}, "meta": {}}}
 * </ul>
 *
 * <p>What is written is read back equal. The readers also take TRL's plain forms, where a prompt
 * (one user turn) or an answer is a text, and for ratings its {@code completion} with a {@code
 * label}, true or false. A row without {@code meta} gets {@code dataset} (the file's name without
 * ending), {@code source} and {@code line}.
 *
 * <p>Readers throw {@link InputException} with file and line at a row that is not JSON, lacks a
 * field or has one of the wrong type. Rows of the right shape that are of no use are rejected and
 * kept in {@link Imported#rejects}.
 */
public final class RowFiles {
  private RowFiles() {}

  /**
   * Whether a file's rows are pairs: whether its first row has {@code chosen}.
   *
   * @throws InputException if there is no such file or no row that can be read
   */
  public static boolean holdsPairs(Path file) {
    return DataFiles.sample(file, 1).stream().anyMatch(row -> row.has("chosen"));
  }

  /**
   * Whether a file's rows are demonstrations: whether its first row has {@code completion}.
   *
   * @throws InputException as {@link #holdsPairs}
   */
  public static boolean holdsDemonstrations(Path file) {
    return DataFiles.sample(file, 1).stream().anyMatch(row -> row.has("completion"));
  }

  public static Imported<Prompt> readPrompts(Path file) {
    return read(file, Prompt.class, TrlRows::prompt);
  }

  public static Imported<Dialogue> readDialogues(Path file) {
    return read(file, Dialogue.class, TrlRows::dialogue);
  }

  public static Imported<Demonstration> readDemonstrations(Path file) {
    return read(file, Demonstration.class, TrlRows::demonstration);
  }

  public static Imported<PreferencePair> readPairs(Path file) {
    return read(file, PreferencePair.class, TrlRows::pair);
  }

  public static Imported<RankedResponses> readRankings(Path file) {
    return read(file, RankedResponses.class, TrlRows::ranking);
  }

  public static Imported<RatedResponse> readRatings(Path file) {
    return read(file, RatedResponse.class, TrlRows::rating);
  }

  private static <T extends Example> Imported<T> read(
      Path file, Class<T> type, Function<Row, T> reader) {
    return Imported.read(
        List.of(file),
        (row, sink) -> {
          if (row.has("tools")) {
            sink.note("'tools' left out: conversations are written without tools");
          }
          sink.accept(reader.apply(row));
        },
        Faults.STOP_AT_BROKEN,
        type);
  }

  /** The reader of one kind's rows. */
  static Function<Row, ? extends Example> reader(Kind kind) {
    return switch (kind) {
      case PROMPTS -> TrlRows::prompt;
      case DIALOGUES -> TrlRows::dialogue;
      case DEMONSTRATIONS -> TrlRows::demonstration;
      case PAIRS -> TrlRows::pair;
      case RANKINGS -> TrlRows::ranking;
      case RATINGS -> TrlRows::rating;
    };
  }

  /**
   * Gives every prompt of a file to {@code reader}, in order, and keeps none.
   *
   * @throws InputException at the first row that cannot be used
   */
  public static void forEachPrompt(Path file, Consumer<Prompt> reader) {
    Rows.read(file, row -> reader.accept(TrlRows.prompt(row)));
  }

  /** Adds a row to a file that grows. */
  public static void append(GrowingFile file, Example row) {
    file.append(out -> Json.writeLine(ExampleJson.of(row), out));
  }

  /** A row as these files hold it. */
  public static ObjectNode json(Example row) {
    return ExampleJson.of(row);
  }

  /** Writes a JSON object and a line end, as UTF-8 whatever it holds. */
  public static void writeLine(ObjectNode row, OutputStream out) throws IOException {
    Json.writeLine(row, out);
  }

  /** Writes rows, one a line, under a temporary name first. */
  public static void write(Path file, List<? extends Example> rows) {
    AtomicFile.write(
        file,
        out -> {
          for (Example row : rows) {
            Json.writeLine(ExampleJson.of(row), out);
          }
        });
  }
}
