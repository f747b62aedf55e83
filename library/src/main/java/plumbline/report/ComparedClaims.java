package plumbline.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Estimate;
import plumbline.data.exhibit.Table;

/** The claims of a publication over several runs: seeds of one study. */
final class ComparedClaims {
  private static final String SAME = "same direction";

  private ComparedClaims() {}

  /**
   * A row for each claim: every run's number and verdict, and how many runs go the publication's
   * way. Empty if no run has claims.
   */
  static Optional<Table> of(Map<String, Run> runs) {
    Map<String, String> publications = publications(runs);
    if (publications.isEmpty()) {
      return Optional.empty();
    }
    List<String> heads = new ArrayList<>(List.of("claim", "the publication"));
    for (String label : runs.keySet()) {
      heads.add(label);
      heads.add(label + ": verdict");
    }
    heads.add(SAME);
    List<List<Cell>> rows = new ArrayList<>();
    publications.forEach((id, publication) -> rows.add(row(id, publication, runs)));
    return Optional.of(
        Table.of("claims", "What the publication says, what each run saw", heads, rows)
            .noted(
                "Intervals are each run's own. Runs that differ in their seed alone show how far the"
                    + " verdicts hang on it."));
  }

  private static Map<String, String> publications(Map<String, Run> runs) {
    Map<String, String> publications = new LinkedHashMap<>();
    for (Run run : runs.values()) {
      for (JsonNode claim : run.summary().path("claims")) {
        publications.putIfAbsent(claim.path("id").asText(), claim.path("publication").asText());
      }
    }
    return publications;
  }

  /** {@code [{id, publication, same, runs: {LABEL: {ours, verdict}}}]}. */
  static ArrayNode json(Map<String, Run> runs) {
    ArrayNode claims = JsonLines.MAPPER.createArrayNode();
    publications(runs)
        .forEach(
            (id, publication) -> {
              ObjectNode seen = JsonLines.MAPPER.createObjectNode();
              runs.forEach(
                  (label, run) ->
                      claim(run, id)
                          .ifPresent(
                              claim ->
                                  seen.set(
                                      label,
                                      JsonLines.MAPPER
                                          .createObjectNode()
                                          .<ObjectNode>set("ours", claim.get("ours"))
                                          .set("verdict", claim.get("verdict")))));
              claims
                  .addObject()
                  .put("id", id)
                  .put("publication", publication)
                  .put("same", runs.values().stream().filter(run -> isSame(run, id)).count())
                  .set("runs", seen);
            });
    return claims;
  }

  private static Optional<JsonNode> claim(Run run, String id) {
    return StreamSupport.stream(run.summary().path("claims").spliterator(), false)
        .filter(each -> each.path("id").asText().equals(id))
        .findFirst();
  }

  private static boolean isSame(Run run, String id) {
    return claim(run, id).map(c -> c.path("verdict").asText().equals(SAME)).orElse(false);
  }

  private static List<Cell> row(String id, String publication, Map<String, Run> runs) {
    List<Cell> row = new ArrayList<>(List.of(Cell.words(id), Cell.words(publication)));
    for (Run run : runs.values()) {
      Optional<JsonNode> claim = claim(run, id);
      String verdict = claim.map(c -> c.path("verdict").asText()).orElse("not claimed");
      row.add(claim.map(ComparedClaims::number).orElse(Estimate.missing()));
      row.add(Cell.words(verdict));
    }
    long same = runs.values().stream().filter(run -> isSame(run, id)).count();
    row.add(Cell.words(same + " of " + runs.size()));
    return row;
  }

  private static Estimate number(JsonNode claim) {
    JsonNode ours = claim.path("ours");
    return ours.isObject()
        ? Estimate.of(
            ours.path("value").asDouble(),
            ours.path("low").asDouble(),
            ours.path("high").asDouble(),
            -1)
        : Estimate.missing();
  }
}
