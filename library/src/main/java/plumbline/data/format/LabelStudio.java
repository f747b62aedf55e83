package plumbline.data.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Label Studio's JSON export: tasks with {@code data} and {@code annotations}, whose results are of
 * the types pairwise, rating, number, ranker, choices and textarea.
 *
 * <p>Which field of the data is the prompt and which are answers is told by their names, see {@link
 * AnnotatedItem}; the left side of a pairwise result is the first answer. What results give is said
 * in {@link PersonsAnswers}. Cancelled annotations are left out and noted, predictions go to the
 * meta.
 */
final class LabelStudio implements Format {
  @Override
  public String name() {
    return "label-studio";
  }

  @Override
  public String description() {
    return "Label Studio's JSON export: tasks with annotations";
  }

  @Override
  public List<String> examples() {
    return List.of(
        """
        {"id": 1, "data": {"prompt": "Say hi.", "answer1": "Hi.", "answer2": "No."}, \
        "annotations": [{"id": 7, "completed_by": 2, "was_cancelled": false, "result": [{"id": \
        "x", "from_name": "better", "to_name": "a1,a2", "type": "pairwise", \
        "value": {"selected": "left"}}]}], "predictions": []}""");
  }

  @Override
  public List<Option> options() {
    return List.of(PersonsAnswers.option());
  }

  @Override
  public Fit fit(Row row) {
    boolean fits = row.value().path("data").isObject() && row.hasList("annotations");
    return fits ? Fit.CERTAIN : Fit.NONE;
  }

  @Override
  public RowReader reader(Options options) {
    Scale scale = PersonsAnswers.scale(options);
    return (row, sink) -> read(row, scale, sink);
  }

  private static void read(Row row, Scale scale, Sink sink) {
    Map<String, String> meta = Meta.withFields(DataFiles.dataset(row.file()), row, Set.of());
    for (String field : List.of("meta", "predictions")) {
      if (!row.value().path(field).isEmpty()) {
        meta.put(field, row.value().get(field).toString());
      }
    }
    AnnotatedItem item = AnnotatedItem.of(row, row.value().get("data"), "data", meta);
    PersonsAnswers.give(item, byPerson(row, item, sink), scale, sink);
  }

  private static Map<String, Map<String, JsonNode>> byPerson(
      Row row, AnnotatedItem item, Sink sink) {
    Map<String, Map<String, JsonNode>> byPerson = new LinkedHashMap<>();
    for (JsonNode annotation : row.list("annotations")) {
      if (annotation.path("was_cancelled").asBoolean()) {
        sink.note("cancelled annotation left out");
        continue;
      }
      Map<String, JsonNode> answers =
          byPerson.computeIfAbsent(person(annotation), p -> new LinkedHashMap<>());
      for (JsonNode result : annotation.path("result")) {
        String question = result.path("from_name").asText(result.path("type").asText());
        answers.put(question, answer(row, item, result));
      }
    }
    return byPerson;
  }

  /** The number of a person; or, with their details, the address. */
  private static String person(JsonNode annotation) {
    JsonNode by = annotation.path("completed_by");
    return by.isObject() ? by.path("email").asText(by.path("id").asText()) : by.asText();
  }

  /** What a result says: a number, a text, a list of {@code {"value", "rank"}}. */
  private static JsonNode answer(Row row, AnnotatedItem item, JsonNode result) {
    JsonNode value = result.path("value");
    String type = result.path("type").asText();
    return switch (type) {
      case "rating", "number" -> value.path(type);
      case "choices" -> only(value.path("choices"));
      case "textarea" -> only(value.path("text"));
      case "pairwise" -> TextNode.valueOf(side(row, item, value.path("selected").asText()));
      case "ranker" -> ranks(value.path("ranker"));
      default -> value;
    };
  }

  private static JsonNode only(JsonNode values) {
    return values.size() == 1 ? values.get(0) : values;
  }

  private static String side(Row row, AnnotatedItem item, String selected) {
    List<String> names = List.copyOf(item.answers().keySet());
    if (names.size() != 2) {
      throw row.reject("a pairwise result needs two answers", String.join(", ", names));
    }
    return switch (selected) {
      case "left" -> names.get(0);
      case "right" -> names.get(1);
      default -> throw row.reject("a pairwise result is neither left nor right", selected);
    };
  }

  /** Ids in their order, alone or as the only bucket; or buckets {@code rank_N} of tied ones. */
  private static JsonNode ranks(JsonNode ranker) {
    ArrayNode ranks = Json.READER.createArrayNode();
    if (isTiers(ranker)) {
      ranker
          .properties()
          .forEach(
              tier ->
                  tier.getValue()
                      .forEach(
                          id -> rank(ranks, id, Integer.parseInt(tier.getKey().substring(5)))));
      return ranks;
    }
    JsonNode ids = ranker.isObject() && ranker.size() == 1 ? ranker.elements().next() : ranker;
    if (!ids.isArray()) {
      return ranker;
    }
    for (JsonNode id : ids) {
      rank(ranks, id, ranks.size());
    }
    return ranks;
  }

  private static boolean isTiers(JsonNode ranker) {
    return !ranker.isEmpty()
        && ranker.properties().stream()
            .allMatch(e -> e.getKey().matches("rank_\\d{1,4}") && e.getValue().isArray());
  }

  private static void rank(ArrayNode ranks, JsonNode id, int rank) {
    ranks.addObject().put("value", id.asText()).put("rank", rank);
  }
}
