package plumbline.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.stream.Stream;
import plumbline.InputException;
import plumbline.data.Demonstration;
import plumbline.data.Example;
import plumbline.data.Kind;
import plumbline.data.PreferencePair;
import plumbline.data.RankedResponses;
import plumbline.data.RatedResponse;
import plumbline.data.format.Faults;
import plumbline.data.format.Importer;

/** Rows to measure on, of files of any known form. */
public final class EvalRows {
  private EvalRows() {}

  /**
   * The pairs of a file or folder, those of its rankings included.
   *
   * @param warn hears of what was left out
   * @throws InputException if it holds none
   */
  public static List<PreferencePair> pairs(Path path, Consumer<String> warn) {
    List<PreferencePair> pairs = new ArrayList<>();
    int ties = 0;
    for (Example row : read(path, List.of(Kind.PAIRS, Kind.RANKINGS), Faults.COUNT, warn)) {
      if (row instanceof PreferencePair pair) {
        pairs.add(pair);
      } else if (row instanceof RankedResponses ranking) {
        pairs.addAll(ranking.pairs());
        ties += tied(ranking).size();
      }
    }
    if (ties > 0) {
      warn.accept(path + ": " + ties + " tied pairs left out: there is no right answer to them");
    }
    return wanted(pairs, path, "pairs");
  }

  /**
   * As {@link #pairs}, with a strength of 0 for a tie and none for any other verdict.
   *
   * @throws InputException if it holds none
   */
  public static List<PreferencePair> verdicts(Path path, Consumer<String> warn) {
    List<PreferencePair> verdicts = new ArrayList<>();
    for (Example row : read(path, List.of(Kind.PAIRS, Kind.RANKINGS), Faults.COUNT, warn)) {
      if (row instanceof PreferencePair pair) {
        verdicts.add(new PreferencePair(pair.prompt(), pair.chosen(), pair.rejected()));
      } else if (row instanceof RankedResponses ranking) {
        verdicts.addAll(verdicts(ranking));
      }
    }
    return wanted(verdicts, path, "pairs");
  }

  /** Every pair of a ranking as {@link #verdicts(Path, Consumer)} has them, tied ones too. */
  public static List<PreferencePair> verdicts(RankedResponses ranking) {
    List<PreferencePair> verdicts = new ArrayList<>(ranking.pairs());
    verdicts.addAll(tied(ranking));
    return verdicts;
  }

  private static List<PreferencePair> tied(RankedResponses ranking) {
    List<PreferencePair> tied = new ArrayList<>();
    List<String> responses = ranking.responses();
    for (int i = 0; i < responses.size(); i++) {
      for (int j = i + 1; j < responses.size() && ranking.ties().contains(j); j++) {
        tied.add(
            new PreferencePair(
                ranking.prompt(), responses.get(i), responses.get(j), OptionalDouble.of(0)));
      }
    }
    return tied;
  }

  /**
   * The ratings of a file or folder.
   *
   * @throws InputException if it holds none
   */
  public static List<RatedResponse> ratings(Path path, Consumer<String> warn) {
    List<RatedResponse> ratings = new ArrayList<>();
    for (Example row : read(path, List.of(Kind.RATINGS), Faults.COUNT, warn)) {
      if (row instanceof RatedResponse rating) {
        ratings.add(rating);
      }
    }
    return wanted(ratings, path, "ratings");
  }

  /**
   * The responses of a file or folder with their prompts.
   *
   * @param all whether a row that cannot be used stops the reading; otherwise it is warned of
   * @throws InputException if it holds none
   */
  public static List<Demonstration> demonstrations(Path path, boolean all, Consumer<String> warn) {
    Faults faults = all ? Faults.STOP : Faults.COUNT;
    List<Demonstration> rows = new ArrayList<>();
    for (Example row : read(path, List.of(Kind.DEMONSTRATIONS), faults, warn)) {
      if (row instanceof Demonstration demonstration) {
        rows.add(demonstration);
      }
    }
    if (rows.isEmpty()) {
      throw new InputException(
          path
              + ": holds no responses with their prompts; wanted rows of"
              + " {\"prompt\", \"completion\"}");
    }
    return rows;
  }

  private static <T> List<T> wanted(List<T> rows, Path path, String kind) {
    if (rows.isEmpty()) {
      throw new InputException(
          path
              + ": holds no "
              + kind
              + "; bring it into that form with 'plumbline data import --option as="
              + kind
              + "' if its format has the choice ('plumbline data formats')");
    }
    return rows;
  }

  /** Of a folder with test sets, these; of a data folder, the files of the kinds; else all. */
  public static List<Path> files(Path path, List<Kind> kinds) {
    for (String part : List.of(".test", "")) {
      List<Path> files =
          kinds.stream()
              .flatMap(kind -> Stream.of(".jsonl", ".jsonl.gz").map(e -> kind.plural() + part + e))
              .map(path::resolve)
              .filter(Files::isRegularFile)
              .toList();
      if (!files.isEmpty()) {
        return files;
      }
    }
    return List.of(path);
  }

  private static List<Example> read(
      Path path, List<Kind> kinds, Faults faults, Consumer<String> warn) {
    List<Example> rows = new ArrayList<>();
    Importer importer = new Importer(Optional.empty(), Map.of(), faults);
    ObjectNode summary = importer.forEach(files(path, kinds), rows::add);
    summary.path("skipped").forEach(file -> warn.accept("skipped: " + file.asText()));
    if (summary.path("rejected").asInt() > 0) {
      warn.accept(
          path
              + ": "
              + summary.path("rejected")
              + " of "
              + summary.path("rows_in")
              + " rows left out: "
              + summary.path("reasons"));
    }
    return rows;
  }
}
