package plumbline.annotation;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import plumbline.data.Judgment;
import plumbline.data.format.JudgmentFiles;
import plumbline.data.format.Row;
import plumbline.data.format.Rows;

/**
 * Files of votes:
 *
 * <ul>
 *   <li>{@code {"id", "votes": [{"annotator", "ranks": {slot: rank}}], "model_of": {slot: model}}}:
 *       an item a row; without {@code model_of} the slots are the candidates. So are exported the
 *       votes of labelling projects: their votes without ranks are passed over
 *   <li>{@code {"rankings": [[best, ..], ..]}}: an item a row
 *   <li>{@code {"ranking": [best, ..], "count": n}}: a ballot a row, the file is one item; who is
 *       not ranked is below all who are
 *   <li>judges' verdicts as {@link JudgmentFiles} reads them: an item per pair of models and prompt
 * </ul>
 */
public final class VoteFiles {
  private VoteFiles() {}

  /**
   * Reads the items of a file with their votes.
   *
   * @throws plumbline.InputException if the file cannot be read or a row is of no known form; it
   *     names file and line
   */
  public static List<VotedItem> read(Path file) {
    List<VotedItem> items = new ArrayList<>();
    forEach(file, items::add);
    return items;
  }

  /**
   * Gives every item of a file to {@code reader}; where an item is a row, none is held.
   *
   * @throws plumbline.InputException as {@link #read}
   */
  public static void forEach(Path file, Consumer<VotedItem> reader) {
    List<Vote> ballots = new ArrayList<>();
    boolean[] hasVerdicts = new boolean[1];
    Rows.read(
        file,
        row -> {
          if (row.hasList("votes")) {
            voted(row).ifPresent(reader);
          } else if (row.hasList("rankings")) {
            reader.accept(ranked(row));
          } else if (row.hasList("ranking")) {
            ballots.add(ballot(row));
          } else {
            hasVerdicts[0] = true;
          }
        });
    if (hasVerdicts[0]) {
      verdicts(JudgmentFiles.read(List.of(file))).forEach(reader);
    }
    if (!ballots.isEmpty()) {
      Set<String> candidates = new LinkedHashSet<>();
      ballots.forEach(ballot -> candidates.addAll(ballot.ranks().keySet()));
      List<String> shown = candidates.stream().sorted().toList();
      reader.accept(new VotedItem(file.getFileName().toString(), shown, ballots));
    }
  }

  /** Empty for an item of a labelling project that nobody has ranked. */
  private static Optional<VotedItem> voted(Row row) {
    JsonNode models = row.value().path("model_of");
    List<Vote> votes = new ArrayList<>();
    Set<String> shown = new LinkedHashSet<>();
    models.fieldNames().forEachRemaining(slot -> shown.add(models.get(slot).asText()));
    for (JsonNode vote : row.list("votes")) {
      if (vote.has("answers") && !vote.has("ranks")) {
        continue;
      }
      Map<String, Double> ranks = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> entry : vote.path("ranks").properties()) {
        String slot = entry.getKey();
        if (!models.isMissingNode() && !models.has(slot)) {
          throw row.broken("'model_of' has no '" + slot + "'", String.join(", ", shown));
        }
        String candidate = models.path(slot).asText(slot);
        ranks.put(candidate, row.number(entry.getValue(), "votes[].ranks." + slot));
      }
      if (ranks.isEmpty()) {
        throw row.broken("'votes[].ranks' is empty", vote.toString());
      }
      shown.addAll(ranks.keySet());
      votes.add(new Vote(vote.path("annotator").asText(), ranks, 1));
    }
    return votes.isEmpty() && row.hasList("history")
        ? Optional.empty()
        : Optional.of(item(row, List.copyOf(shown), votes));
  }

  private static VotedItem ranked(Row row) {
    List<Vote> votes = new ArrayList<>();
    Set<String> shown = new LinkedHashSet<>();
    for (JsonNode ranking : row.list("rankings")) {
      Vote vote = vote(row, ranking, 1);
      shown.addAll(vote.ranks().keySet());
      votes.add(vote);
    }
    return item(row, List.copyOf(shown), votes);
  }

  private static VotedItem item(Row row, List<String> shown, List<Vote> votes) {
    String id = row.has("id") ? row.value().get("id").asText() : Integer.toString(row.line());
    if (votes.isEmpty()) {
      throw row.broken("has no vote", id);
    }
    if (shown.size() < 2) {
      throw row.broken("has fewer than two candidates", String.join(", ", shown));
    }
    return new VotedItem(id, shown, votes);
  }

  private static Vote ballot(Row row) {
    double count = row.number("count").orElse(1);
    if (count < 1 || count != Math.rint(count) || count > Integer.MAX_VALUE) {
      throw row.broken("'count' is not a whole number from 1 on", Double.toString(count));
    }
    return vote(row, row.list("ranking"), (int) count);
  }

  private static Vote vote(Row row, JsonNode ranking, int count) {
    Map<String, Double> ranks = new LinkedHashMap<>();
    for (JsonNode place : ranking) {
      if (ranks.put(row.text(place, "ranking[]"), (double) ranks.size()) != null) {
        throw row.broken("a ranking names a candidate twice", place.asText());
      }
    }
    if (ranks.isEmpty()) {
      throw row.broken("a ranking is empty", "[]");
    }
    return new Vote("", ranks, count);
  }

  private static List<VotedItem> verdicts(List<Judgment> judgments) {
    Map<List<String>, List<Vote>> votes = new LinkedHashMap<>();
    Map<List<String>, List<String>> shown = new LinkedHashMap<>();
    for (Judgment judgment : judgments) {
      if (judgment.verdict().isPresent()) {
        double share = judgment.verdict().getAsDouble();
        List<String> pair = List.of(judgment.a(), judgment.b());
        List<String> key = List.of(judgment.promptId(), pair.stream().sorted().toList().toString());
        Map<String, Double> ranks = new LinkedHashMap<>();
        ranks.put(judgment.a(), share < 0.5 ? 2.0 : 1.0);
        ranks.put(judgment.b(), share > 0.5 ? 2.0 : 1.0);
        shown.putIfAbsent(key, pair);
        votes
            .computeIfAbsent(key, k -> new ArrayList<>())
            .add(new Vote(judgment.judge(), ranks, 1));
      }
    }
    List<VotedItem> items = new ArrayList<>();
    boolean unique =
        new HashSet<>(votes.keySet().stream().map(key -> key.get(0)).toList()).size()
            == votes.size();
    votes.forEach(
        (key, its) ->
            items.add(
                new VotedItem(
                    unique ? key.get(0) : key.get(0) + " " + key.get(1), shown.get(key), its)));
    return items;
  }
}
