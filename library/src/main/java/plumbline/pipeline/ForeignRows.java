package plumbline.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import plumbline.InputException;
import plumbline.data.Demonstration;
import plumbline.data.Example;
import plumbline.data.Kind;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;
import plumbline.data.RankedResponses;
import plumbline.data.RatedResponse;
import plumbline.data.format.DataFolder;
import plumbline.data.format.DataFolderWriter;
import plumbline.data.format.Faults;
import plumbline.data.format.Importer;
import plumbline.data.prepare.LabelWeights;
import plumbline.data.prepare.OasstSets;
import plumbline.data.stats.TokenCount;

/** Rows of other people's data sets, before they are split. */
final class ForeignRows {
  /** As Open-Assistant's own training has it, demonstrations come in this many languages. */
  private static final int LANGUAGES = 20;

  private static final double LOW = 0.4;
  private static final double HIGH = 0.9;

  /** The label of ratings that are made of ranks. */
  private static final String QUALITY = "quality";

  private final List<Example> rows = new ArrayList<>();

  private ForeignRows() {}

  /**
   * Rows of files of any known form.
   *
   * @param kinds the kinds that are taken
   * @param summary takes what the import counted
   */
  static ForeignRows ofFiles(Path path, Set<Kind> kinds, ObjectNode summary) {
    ForeignRows found = new ForeignRows();
    ObjectNode counts =
        new Importer(Optional.empty(), Map.of(), Faults.COUNT)
            .forEach(
                List.of(path),
                row -> {
                  if (kinds.contains(row.kind())) {
                    found.rows.add(row);
                  }
                });
    summary.set("imported", counts);
    if (found.rows.isEmpty()) {
      throw new InputException(
          path + ": holds no rows of " + kinds + " but of " + counts.get("kinds"));
    }
    return found;
  }

  /**
   * The sets that Open-Assistant's trees give, as {@code data prepare oasst} makes them.
   *
   * @param folder where they are written
   * @param languages of rankings, ratings and prompts; empty for all
   * @param labels weights of the labels whose sum is the rating; empty for quality alone
   * @param rate whether a ranked reply without labels is rated by its place: 1 for the best of K, 0
   *     for the last
   */
  static ForeignRows ofTrees(
      Path path,
      Path folder,
      Set<String> languages,
      LabelWeights labels,
      boolean rate,
      ObjectNode summary) {
    OasstSets.Config config =
        new OasstSets.Config(
            LANGUAGES, languages, labels, LOW, HIGH, Optional.empty(), 0, Map.of(), 0);
    try (DataFolderWriter out = DataFolderWriter.to(folder, false)) {
      summary.set(
          "prepared",
          new OasstSets(config, TokenCount.estimate(), out).run(List.of(path), Faults.COUNT));
    }
    ForeignRows found = new ForeignRows();
    DataFolder sets = DataFolder.open(folder);
    sets.kinds().forEach(kind -> sets.forEach(kind, found.rows::add));
    if (rate && found.of(RatedResponse.class).isEmpty()) {
      found.rateByPlace();
      summary.put("rated_by_place", true);
    }
    return found;
  }

  private void rateByPlace() {
    for (RankedResponses ranking : of(RankedResponses.class)) {
      int last = ranking.responses().size() - 1;
      double rating = 1;
      for (int i = 0; i <= last; i++) {
        rating = ranking.ties().contains(i) ? rating : 1 - (double) i / last;
        rows.add(
            new RatedResponse(
                ranking.prompt(), ranking.responses().get(i), Map.of(QUALITY, rating)));
      }
    }
  }

  private <T extends Example> List<T> of(Class<T> type) {
    return rows.stream().filter(type::isInstance).map(type::cast).toList();
  }

  List<Demonstration> demonstrations() {
    return of(Demonstration.class);
  }

  List<PreferencePair> pairs() {
    return of(PreferencePair.class);
  }

  List<RankedResponses> rankings() {
    return of(RankedResponses.class);
  }

  List<RatedResponse> ratings() {
    return of(RatedResponse.class);
  }

  List<Prompt> prompts() {
    return of(Prompt.class);
  }
}
