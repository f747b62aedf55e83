package plumbline.annotation.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import plumbline.InputException;
import plumbline.annotation.form.Answers;
import plumbline.annotation.form.Fault;
import plumbline.annotation.form.Question;
import plumbline.annotation.form.Questions;
import plumbline.annotation.store.NewItem;
import plumbline.annotation.store.Response;
import plumbline.annotation.store.ResponseSet;
import plumbline.data.Message;
import plumbline.data.format.Row;

/**
 * Items as rows:
 *
 * <pre>{@code
 * {"id": "t1", "category": "talk", "messages": [{"role", "content"}, ..],
 *  "responses": [{"id": "r1", "model": "m1", "content": "Hi."}, ..],
 *  "sets": [{"group": "a", "responses": ["r1", "r2"]}, ..],
 *  "gold": {"better": {"preferred": "r1"}}, "meta": {..}}
 * }</pre>
 *
 * {@code id}, {@code messages} and {@code responses}, which may be empty, are needed; a response
 * without an id is called {@code r1}, {@code r2} and so on.
 */
final class TaskRows {
  private static final int LONGEST_NAME = 200;
  private static final int MOST_MESSAGES = 400;
  private static final int MOST_RESPONSES = 64;
  private static final Set<String> KEYS =
      Set.of("id", "category", "messages", "responses", "sets", "gold", "meta");

  private final List<Question> questions;

  TaskRows(List<Question> questions) {
    this.questions = questions;
  }

  /** Whether a row has this form. */
  static boolean isTask(Row row) {
    return row.has("id")
        && row.hasList("messages")
        && row.hasList("responses")
        && row.value().get("responses").path(0).isContainerNode()
            == !row.value().get("responses").isEmpty();
  }

  /**
   * @throws plumbline.data.format.RowException if the row is not of the form, or the questions
   *     cannot be asked of it
   */
  NewItem item(Row row) {
    for (String field : row.fields()) {
      if (!KEYS.contains(field)) {
        throw row.broken(
            "unknown field '"
                + field
                + "', wanted "
                + String.join(", ", KEYS.stream().sorted().toList()),
            field);
      }
    }
    List<Response> responses = responses(row);
    try {
      return new NewItem(
          name(row, row.required("id"), "id"),
          row.has("category") ? name(row, row.value().get("category"), "category") : "",
          messages(row),
          responses,
          sets(row, responses),
          gold(row, responses),
          meta(row));
    } catch (InputException e) {
      throw row.broken(e.getMessage(), "");
    }
  }

  private static String name(Row row, JsonNode node, String path) {
    if (!node.isTextual() && !node.isIntegralNumber()) {
      throw row.wrong(path, node, "a text");
    }
    String name = node.asText();
    boolean isPlain = name.chars().noneMatch(Character::isISOControl);
    if (name.isBlank() || name.length() > LONGEST_NAME || !isPlain) {
      throw row.broken(
          "'" + path + "' is not 1 to " + LONGEST_NAME + " characters on one line",
          name.length() + " characters");
    }
    return name;
  }

  private static String content(Row row, JsonNode node, String path) {
    String text = row.text(node, path);
    if (text.length() > Answers.LONGEST_TEXT) {
      throw row.reject(
          "'" + path + "' is longer than " + Answers.LONGEST_TEXT + " characters",
          Integer.toString(text.length()));
    }
    return text;
  }

  private static JsonNode messages(Row row) {
    List<Message> messages = row.messages("messages", "role", "content");
    if (messages.isEmpty() || messages.size() > MOST_MESSAGES) {
      throw row.reject(
          "'messages' has not 1 to " + MOST_MESSAGES, Integer.toString(messages.size()));
    }
    for (int i = 0; i < messages.size(); i++) {
      JsonNode message = row.value().get("messages").get(i);
      name(row, message.get("role"), "messages[" + i + "].role");
      content(row, message.get("content"), "messages[" + i + "].content");
    }
    return ItemJson.messages(messages);
  }

  private static List<Response> responses(Row row) {
    List<Response> responses = new ArrayList<>();
    for (JsonNode one : row.list("responses")) {
      String path = "responses[" + responses.size() + "]";
      if (!one.isObject()) {
        throw row.wrong(path, one, "{\"id\", \"model\", \"content\"}");
      }
      String id =
          one.hasNonNull("id")
              ? name(row, one.get("id"), path + ".id")
              : "r" + (responses.size() + 1);
      String model = one.hasNonNull("model") ? name(row, one.get("model"), path + ".model") : "";
      String text = content(row, one.path("content"), path + ".content");
      if (text.isBlank()) {
        throw row.reject("'" + path + ".content' is empty");
      }
      responses.add(new Response(id, model, text));
    }
    if (responses.size() > MOST_RESPONSES) {
      throw row.reject("more than " + MOST_RESPONSES + " responses");
    }
    return responses;
  }

  private List<ResponseSet> sets(Row row, List<Response> responses) {
    List<ResponseSet> sets = new ArrayList<>();
    if (row.has("sets")) {
      for (JsonNode set : row.list("sets")) {
        String path = "sets[" + sets.size() + "]";
        List<String> ids = new ArrayList<>();
        for (JsonNode id : set.path("responses")) {
          ids.add(row.text(id, path + ".responses"));
        }
        sets.add(new ResponseSet(set.path("group").asText(), ids));
      }
    }
    List<Integer> sizes =
        sets.isEmpty()
            ? List.of(responses.size())
            : sets.stream().map(set -> set.responseIds().size()).toList();
    for (int size : sizes) {
      Optional<String> unfit = Questions.unfit(questions, size);
      if (unfit.isPresent()) {
        throw row.reject(unfit.get());
      }
    }
    return sets;
  }

  private Optional<JsonNode> gold(Row row, List<Response> responses) {
    if (!row.has("gold")) {
      return Optional.empty();
    }
    JsonNode gold = row.value().get("gold");
    List<String> ids = responses.stream().map(Response::id).toList();
    List<String> open =
        questions.stream()
            .map(Question::id)
            .filter(id -> !gold.has(id))
            .map(id -> Answers.ROOT + "." + id)
            .toList();
    Optional<Fault> fault =
        Answers.check(questions, ids, gold).stream()
            .filter(one -> !open.contains(one.path()))
            .findFirst();
    if (gold.isEmpty() || fault.isPresent()) {
      throw row.broken(
          "'gold' has no right answer",
          fault.map(one -> one.toString().replaceFirst(Answers.ROOT, "gold")).orElse("nothing"));
    }
    return Optional.of(gold);
  }

  private static JsonNode meta(Row row) {
    if (!row.has("meta")) {
      return JsonNodeFactory.instance.objectNode();
    }
    JsonNode meta = row.value().get("meta");
    if (!meta.isObject()) {
      throw row.wrong("meta", meta, "an object");
    }
    return meta;
  }
}
