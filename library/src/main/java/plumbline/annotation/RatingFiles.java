package plumbline.annotation;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import plumbline.annotation.Agreement.Scale;
import plumbline.annotation.RatingTable.Rating;
import plumbline.annotation.RatingTable.Unit;
import plumbline.data.Judgment;
import plumbline.data.format.JudgmentFiles;
import plumbline.data.format.Row;
import plumbline.data.format.Rows;

/**
 * Files in which several people rated the same:
 *
 * <ul>
 *   <li>{@code {"criteria": [name, ..], "ratings": [[one rater's, ..], ..]}}: a table per criterion
 *   <li>Tülu's human evaluation: five steps from 0 (clearly the model whose name comes first) to 4
 *   <li>rankings of named answers ({@link VoteFiles}): a unit per item and answer, its ranks; and a
 *       table per attribute that votes of labelling projects rate
 *   <li>judges' verdicts ({@link JudgmentFiles}): 1 for the model whose name comes first, -1 for
 *       the other, 0 for a tie
 * </ul>
 */
public final class RatingFiles {
  /** The table of a file of rankings. */
  public static final String RANKS = "ranks";

  private static final Map<String, Integer> STEPS =
      Map.of(
          "a-is-better", 0,
          "a-is-slightly-better", 1,
          "tie", 2,
          "b-is-slightly-better", 3,
          "b-is-better", 4);

  private final Map<String, Map<String, List<Rating>>> tables = new LinkedHashMap<>();

  private Scale scale = Scale.NOMINAL;

  private RatingFiles() {}

  /**
   * Reads a table per question that was asked.
   *
   * @throws plumbline.InputException if the file cannot be read or a row is of no known form; it
   *     names file and line
   */
  public static List<RatingTable> read(Path file) {
    RatingFiles files = new RatingFiles();
    boolean[] other = new boolean[2];
    Rows.read(
        file,
        row -> {
          if (row.hasList("criteria") && row.hasList("ratings")) {
            files.criteria(row);
          } else if (row.has("completion_a") && row.has("preference")) {
            files.steps(row);
          } else if (row.hasList("votes") || row.hasList("rankings")) {
            other[0] = true;
            files.ratings(row);
          } else {
            other[1] = true;
          }
        });
    if (other[0]) {
      files.rankings(VoteFiles.read(file));
    } else if (other[1]) {
      files.verdicts(JudgmentFiles.read(List.of(file)));
    }
    List<RatingTable> tables = new ArrayList<>();
    files.tables.forEach(
        (name, units) -> {
          List<Unit> list = new ArrayList<>();
          units.forEach((id, ratings) -> list.add(new Unit(id, ratings)));
          tables.add(new RatingTable(name, files.scale, list));
        });
    return tables;
  }

  private void add(String table, String unit, String rater, double value) {
    tables
        .computeIfAbsent(table, name -> new LinkedHashMap<>())
        .computeIfAbsent(unit, id -> new ArrayList<>())
        .add(new Rating(rater, value));
  }

  private void criteria(Row row) {
    List<String> criteria = row.texts("criteria");
    String unit = row.has("item") ? row.value().get("item").asText() : Integer.toString(row.line());
    int rater = 1;
    for (JsonNode ratings : row.list("ratings")) {
      if (ratings.size() != criteria.size()) {
        throw row.broken(
            "a rater has not as many ratings as there are criteria, " + criteria.size(),
            Integer.toString(ratings.size()));
      }
      for (int c = 0; c < criteria.size(); c++) {
        if (!ratings.get(c).isNull()) {
          double value = row.number(ratings.get(c), "ratings[][]");
          add(criteria.get(c), unit, Integer.toString(rater), value);
        }
      }
      rater++;
    }
  }

  private void steps(Row row) {
    scale = Scale.ORDINAL;
    Integer step = STEPS.get(row.text("preference"));
    if (step == null) {
      throw row.broken("'preference' is no known verdict", row.text("preference"));
    }
    String a = row.text("model_a");
    String b = row.text("model_b");
    boolean ordered = a.compareTo(b) <= 0;
    String unit =
        row.required("instance_id").asText() + ": " + (ordered ? a + ", " + b : b + ", " + a);
    String rater = row.optionalText("evaluator").orElse("");
    add("preference", unit, rater, ordered ? step : 4 - step);
  }

  /** {@code votes[].ratings}: attribute to response to value, the item itself being "". */
  private void ratings(Row row) {
    for (JsonNode vote : row.value().path("votes")) {
      for (Map.Entry<String, JsonNode> attribute : vote.path("ratings").properties()) {
        for (Map.Entry<String, JsonNode> rated : attribute.getValue().properties()) {
          String id = row.required("id").asText();
          String unit = rated.getKey().isEmpty() ? id : id + ": " + rated.getKey();
          String rater = vote.path("annotator").asText();
          String path = "votes[].ratings." + attribute.getKey();
          add(attribute.getKey(), unit, rater, row.number(rated.getValue(), path));
        }
      }
    }
  }

  private void rankings(List<VotedItem> items) {
    scale = Scale.ORDINAL;
    for (VotedItem item : items) {
      for (Vote vote : item.votes()) {
        vote.ranks()
            .forEach(
                (candidate, rank) ->
                    add(RANKS, item.id() + ": " + candidate, vote.annotator(), rank));
      }
    }
  }

  private void verdicts(List<Judgment> judgments) {
    for (Judgment given : judgments) {
      Judgment judgment = given.a().compareTo(given.b()) <= 0 ? given : given.mirrored();
      if (judgment.verdict().isPresent()) {
        String unit = judgment.promptId() + ": " + judgment.a() + ", " + judgment.b();
        double value = Math.signum(judgment.verdict().getAsDouble() - 0.5);
        add("verdicts", unit, judgment.judge(), value);
      }
    }
  }
}
