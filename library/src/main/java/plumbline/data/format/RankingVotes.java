package plumbline.data.format;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import plumbline.data.Prompt;

/**
 * Several people's rankings of named responses to one prompt: {@code responses} by name, {@code
 * votes} with {@code ranks} by name, 1 being best. Each vote gives a ranking, equal ranks are ties.
 */
final class RankingVotes implements Format {
  @Override
  public String name() {
    return "ranking-votes";
  }

  @Override
  public String description() {
    return "Several people's rankings of named responses";
  }

  @Override
  public List<String> examples() {
    return List.of(
        """
        {"id": 0, "prompt": "Say hi.", "responses": {"response-1": "Hi.", "response-2": "No."}, \
        "model_of": {"response-1": "m1", "response-2": "m2"}, \
        "votes": [{"annotator": "a1", "ranks": {"response-1": 1, "response-2": 2}}]}""");
  }

  @Override
  public Fit fit(Row row) {
    boolean fits = row.value().path("responses").isObject() && row.hasList("votes");
    return fits && row.value().get("votes").path(0).has("ranks") ? Fit.CERTAIN : Fit.NONE;
  }

  @Override
  public RowReader reader(Options options) {
    return RankingVotes::read;
  }

  private static void read(Row row, Sink sink) {
    JsonNode votes = row.list("votes");
    if (votes.isEmpty()) {
      throw row.reject("'votes' has no vote");
    }
    String dataset = DataFiles.dataset(row.file());
    Map<String, String> shared = Meta.withFields(dataset, row, Set.of("prompt"));
    for (JsonNode vote : votes) {
      Ranking ranking = ranking(row, vote.path("ranks"));
      Map<String, String> meta = new TreeMap<>(shared);
      meta.put("annotator", vote.path("annotator").asText());
      meta.put("responses", String.join(",", ranking.names()));
      JsonNode models = row.value().path("model_of");
      meta.put(
          "models",
          ranking.names().stream()
              .map(name -> models.path(name).asText())
              .collect(Collectors.joining(",")));
      sink.accept(ranking.of(prompt(row, meta)));
    }
  }

  private static Prompt prompt(Row row, Map<String, String> meta) {
    return row.hasList("prompt")
        ? new Prompt(row.messages("prompt", "role", "content"), meta)
        : ChatMl.prompt(row, "prompt", meta);
  }

  private static Ranking ranking(Row row, JsonNode ranks) {
    Ranking ranking = new Ranking();
    for (Map.Entry<String, JsonNode> response : row.required("responses").properties()) {
      String name = response.getKey();
      if (!ranks.has(name)) {
        throw row.reject("a vote leaves a response unranked");
      }
      String text = row.text(response.getValue(), "responses." + name);
      if (text.isBlank()) {
        throw row.reject("empty answer");
      }
      ranking.add(name, text, row.number(ranks.get(name), "votes[].ranks." + name));
    }
    if (ranking.size() < 2) {
      throw row.reject("'responses' has fewer than two");
    }
    return ranking;
  }
}
