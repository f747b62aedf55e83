package plumbline.pipeline;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import plumbline.data.Judgment;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;
import plumbline.data.RankedResponses;
import plumbline.data.format.RowFiles;
import plumbline.eval.EvalRows;
import plumbline.eval.Match;
import plumbline.judge.Duel;

/**
 * What judges said of two answers as a data set of rankings of two, for reward models to be
 * measured on. Ties are ties; equal answers, of which there is nothing to say, are left out.
 */
final class JudgedPairs {
  /** The folder of the data set in the stage's own. */
  static final String FOLDER = "verdicts";

  /** The kind of rows in it. */
  static final String ROWS = "rankings";

  /** The key of meta that says whose answers were compared. */
  static final String MODELS = "models";

  private JudgedPairs() {}

  /**
   * Writes the rows.
   *
   * @param run the stage's folder
   * @param duels what was judged
   * @param matches what all judges together said of each
   */
  static void write(Path run, List<Duel> duels, List<Match> matches) {
    Map<String, Prompt> prompts = new HashMap<>();
    duels.forEach(duel -> prompts.put(duel.promptId(), duel.prompt()));
    List<RankedResponses> rows = new ArrayList<>();
    for (Match match : matches) {
      String own = match.meta().getOrDefault(Judgment.OUTPUT_B, "");
      String other = match.meta().getOrDefault(Judgment.OUTPUT_A, "");
      if (!own.equals(other)) {
        Map<String, String> meta = new TreeMap<>(prompts.get(match.promptId()).meta());
        meta.put(MODELS, match.model() + " against " + match.baseline());
        rows.add(
            new RankedResponses(
                prompts.get(match.promptId()).withMeta(meta),
                match.points() >= 0.5 ? List.of(own, other) : List.of(other, own),
                match.points() == 0.5 ? Set.of(1) : Set.of()));
      }
    }
    write(run, rows);
  }

  /** Writes rows that are rankings already. */
  static void write(Path run, List<RankedResponses> rows) {
    if (!rows.isEmpty()) {
      RowFiles.write(folder(run).resolve(ROWS + ".test.jsonl"), rows);
    }
  }

  /**
   * The verdicts of a folder that a stage wrote, whatever its models' answers are made of; of any
   * other place as {@link EvalRows} reads them.
   */
  static List<PreferencePair> read(Path place, Consumer<String> warn) {
    Path own = place.resolve(ROWS + ".test.jsonl");
    return place.endsWith(FOLDER) && Files.isRegularFile(own)
        ? RowFiles.readRankings(own).rows().stream()
            .flatMap(row -> EvalRows.verdicts(row).stream())
            .toList()
        : EvalRows.verdicts(place, warn);
  }

  private static Path folder(Path run) {
    try {
      return Files.createDirectories(run.resolve(FOLDER));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
