package plumbline.web.label;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import plumbline.annotation.form.Question;
import plumbline.annotation.form.Question.Edit;
import plumbline.annotation.form.Question.Likert;
import plumbline.annotation.form.Question.Pairwise;
import plumbline.annotation.form.Question.Ranking;

/**
 * Answers as form fields and back. Forms know slots (1, 2, ..), never the responses' ids, which may
 * tell the model. The fields of a question {@code q}:
 *
 * <ul>
 *   <li>pairwise: {@code q.q} is {@code SLOT:STRENGTH}, {@code tie} or {@code both_bad}
 *   <li>ranking: {@code q.q.SLOT} is the place, empty for none
 *   <li>likert: {@code q.q.SLOT.ATTRIBUTE} is the step; slot 0 is the item, attributes from 0
 *   <li>comment, prompt: {@code q.q} is the text; edit: {@code q.q} and {@code q.q.slot}
 * </ul>
 */
final class TaskForm {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String PREFIX = "q.";

  private final List<String> shown;

  /**
   * @param shown the ids of the responses in the order of their slots
   */
  TaskForm(List<String> shown) {
    this.shown = List.copyOf(shown);
  }

  static String name(Question question) {
    return PREFIX + question.id();
  }

  static String name(Question question, int slot) {
    return name(question) + "." + slot;
  }

  static String name(Question question, int slot, int attribute) {
    return name(question, slot) + "." + attribute;
  }

  static String slotName(Question question) {
    return name(question) + ".slot";
  }

  /** The slots that a rating question asks about. */
  IntStream rated(Likert question) {
    return question.of() == Likert.Of.ITEM
        ? IntStream.of(0)
        : IntStream.rangeClosed(1, shown.size());
  }

  /** The fields that belong to answers, for drafts. */
  static ObjectNode fields(Fields fields) {
    ObjectNode kept = JSON.objectNode();
    fields.values().forEach((name, sent) -> keep(kept, name, sent));
    return kept;
  }

  private static void keep(ObjectNode kept, String name, List<String> sent) {
    if (name.startsWith(PREFIX) && !sent.isEmpty()) {
      kept.put(name, sent.get(0));
    }
  }

  // ---- to answers

  /** What was answered; not checked, but for the slots. */
  ObjectNode answers(List<Question> questions, Fields fields) {
    ObjectNode answers = JSON.objectNode();
    for (Question question : questions) {
      JsonNode answer = answer(question, fields);
      if (!answer.isMissingNode()) {
        answers.set(question.id(), answer);
      }
    }
    return answers;
  }

  private JsonNode answer(Question question, Fields fields) {
    if (question instanceof Pairwise) {
      return preference(fields.text(name(question)));
    } else if (question instanceof Ranking) {
      return ranking(question, fields);
    } else if (question instanceof Likert likert) {
      return ratings(likert, fields);
    }
    String text = fields.words(name(question));
    if (text.isBlank()) {
      return JSON.missingNode();
    }
    if (question instanceof Edit) {
      int slot = whole(fields.text(slotName(question)));
      return JSON.objectNode().put("response", id(slot)).put("text", text);
    }
    return JSON.textNode(text);
  }

  private JsonNode preference(String value) {
    if (value.isEmpty()) {
      return JSON.missingNode();
    }
    int colon = value.indexOf(':');
    if (colon < 0) {
      return JSON.objectNode().put("verdict", value);
    }
    return JSON.objectNode()
        .put("preferred", id(whole(value.substring(0, colon))))
        .put("strength", whole(value.substring(colon + 1)));
  }

  private JsonNode ranking(Question question, Fields fields) {
    Map<Integer, ArrayNode> tiers = new TreeMap<>();
    for (int slot = 1; slot <= shown.size(); slot++) {
      String place = fields.text(name(question, slot));
      if (!place.isEmpty()) {
        tiers.computeIfAbsent(whole(place), p -> JSON.arrayNode()).add(id(slot));
      }
    }
    return tiers.isEmpty() ? JSON.missingNode() : JSON.arrayNode().addAll(tiers.values());
  }

  private JsonNode ratings(Likert question, Fields fields) {
    ObjectNode labels = JSON.objectNode();
    for (int slot : rated(question).toArray()) {
      ObjectNode values = slot == 0 ? labels : JSON.objectNode();
      for (int i = 0; i < question.attributes().size(); i++) {
        String step = fields.text(name(question, slot, i));
        if (!step.isEmpty()) {
          values.put(question.attributes().get(i), Likert.value(whole(step)));
        }
      }
      if (slot > 0 && !values.isEmpty()) {
        labels.set(id(slot), values);
      }
    }
    return labels.isEmpty() ? JSON.missingNode() : labels;
  }

  private String id(int slot) {
    if (slot < 1 || slot > shown.size()) {
      throw Refused.malformed("There is no answer number " + slot + ".");
    }
    return shown.get(slot - 1);
  }

  private static int whole(String text) {
    return (int)
        Fields.whole(text).stream()
            .filter(value -> value >= 0 && value <= 1000)
            .findFirst()
            .orElseThrow(() -> Refused.malformed("A number is wanted where there was none."));
  }

  // ---- from answers

  /** The fields that give these answers. */
  Fields values(List<Question> questions, JsonNode answers) {
    Map<String, String> values = new LinkedHashMap<>();
    for (Question question : questions) {
      JsonNode answer = answers.path(question.id());
      if (!answer.isMissingNode()) {
        put(values, question, answer);
      }
    }
    return Fields.of(values);
  }

  private void put(Map<String, String> values, Question question, JsonNode answer) {
    if (question instanceof Pairwise) {
      values.put(
          name(question),
          answer.has("verdict")
              ? answer.path("verdict").asText()
              : slot(answer.path("preferred")) + ":" + answer.path("strength").asInt(1));
    } else if (question instanceof Ranking) {
      for (int place = 0; place < answer.size(); place++) {
        String number = Integer.toString(place + 1);
        answer.get(place).forEach(id -> values.put(name(question, slot(id)), number));
      }
    } else if (question instanceof Likert likert) {
      rated(likert).forEach(slot -> putRatings(values, likert, slot, answer));
    } else if (question instanceof Edit) {
      values.put(name(question), answer.path("text").asText());
      values.put(slotName(question), Integer.toString(slot(answer.path("response"))));
    } else {
      values.put(name(question), answer.asText());
    }
  }

  private void putRatings(Map<String, String> values, Likert question, int slot, JsonNode answer) {
    JsonNode labels = slot == 0 ? answer : answer.path(shown.get(slot - 1));
    for (int i = 0; i < question.attributes().size(); i++) {
      JsonNode value = labels.path(question.attributes().get(i));
      if (value.isNumber()) {
        String step = Integer.toString(Likert.step(value.doubleValue()));
        values.put(name(question, slot, i), step);
      }
    }
  }

  private int slot(JsonNode id) {
    return shown.indexOf(id.asText()) + 1;
  }
}
