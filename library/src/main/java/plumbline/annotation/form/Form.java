package plumbline.annotation.form;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import plumbline.annotation.form.Question.Edit;
import plumbline.annotation.form.Question.Likert;
import plumbline.annotation.form.Question.Pairwise;
import plumbline.annotation.form.Question.Ranking;

/**
 * Answers as a page's form sends them: by the slots on the screen, counted from 1, never by
 * responses' ids, which may tell who wrote them.
 *
 * <ul>
 *   <li>pairwise: {@code q.ID} is {@code SLOT:STRENGTH}, {@code tie} or {@code both_bad}
 *   <li>ranking: {@code q.ID.SLOT} is a place from 1; equal places are ties, none leaves it out
 *   <li>likert: {@code q.ID.SLOT.ATTRIBUTE} is a step from 1 to 5, of an item {@code
 *       q.ID.ATTRIBUTE}
 *   <li>comment and prompt: {@code q.ID} is the text; edit: {@code q.ID} is the text and {@code
 *       q.ID.response} the slot, which need not be said of a single response
 * </ul>
 */
public final class Form {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final String PREFIX = "q.";
  private static final int DIGITS = 4;

  private final List<String> shown;
  private final Map<String, List<String>> fields;

  private Form(List<String> shown, Map<String, List<String>> fields) {
    this.shown = shown;
    this.fields = fields;
  }

  /**
   * What was sent as {@link Answers} has it. What makes no sense stays as it was sent, so that
   * {@link Answers#check} finds it.
   *
   * @param shown response ids in the order of their slots
   * @param fields by name; of several values the last one counts
   */
  public static ObjectNode read(
      List<Question> questions, List<String> shown, Map<String, List<String>> fields) {
    Form form = new Form(shown, fields);
    ObjectNode answers = NODES.objectNode();
    for (Question question : questions) {
      JsonNode answer = form.answer(question);
      if (!answer.isMissingNode()) {
        answers.set(question.id(), answer);
      }
    }
    return answers;
  }

  /** The name of a field, {@code q.better}, {@code q.rate.2.quality}. */
  public static String name(Question question, Object... parts) {
    StringBuilder name = new StringBuilder(PREFIX).append(question.id());
    for (Object part : parts) {
      name.append('.').append(part);
    }
    return name.toString();
  }

  private JsonNode answer(Question question) {
    if (question instanceof Pairwise) {
      return preference(value(name(question)));
    }
    if (question instanceof Ranking) {
      return order(question);
    }
    if (question instanceof Likert likert) {
      return ratings(likert);
    }
    String text = value(name(question));
    if (text.isEmpty()) {
      return NODES.missingNode();
    }
    if (!(question instanceof Edit)) {
      return NODES.textNode(text);
    }
    String slot = value(name(question, "response"));
    return NODES
        .objectNode()
        .put("response", response(slot.isEmpty() && shown.size() == 1 ? "1" : slot))
        .put("text", text);
  }

  private JsonNode preference(String sent) {
    if (sent.isEmpty()) {
      return NODES.missingNode();
    }
    int colon = sent.lastIndexOf(':');
    if (colon < 0 && !sent.matches("\\d+")) {
      return NODES.objectNode().put("verdict", sent);
    }
    ObjectNode preference = NODES.objectNode();
    preference.put("preferred", response(colon < 0 ? sent : sent.substring(0, colon)));
    return preference.set("strength", number(colon < 0 ? "1" : sent.substring(colon + 1)));
  }

  private JsonNode order(Question question) {
    Map<Integer, ArrayNode> places = new TreeMap<>();
    for (int slot = 1; slot <= shown.size(); slot++) {
      String place = value(name(question, slot));
      if (!place.isEmpty()) {
        JsonNode number = number(place);
        if (!number.isInt()) {
          return NODES.textNode(place);
        }
        places.computeIfAbsent(number.intValue(), p -> NODES.arrayNode()).add(shown.get(slot - 1));
      }
    }
    return places.isEmpty()
        ? NODES.missingNode()
        : NODES.arrayNode().addAll(List.copyOf(places.values()));
  }

  private JsonNode ratings(Likert question) {
    ObjectNode ratings = NODES.objectNode();
    if (question.of() == Likert.Of.ITEM) {
      steps(question, ratings);
    } else {
      for (int slot = 1; slot <= shown.size(); slot++) {
        ObjectNode values = NODES.objectNode();
        steps(question, values, slot);
        if (!values.isEmpty()) {
          ratings.set(shown.get(slot - 1), values);
        }
      }
    }
    return ratings.isEmpty() ? NODES.missingNode() : ratings;
  }

  private void steps(Likert question, ObjectNode into, Object... slot) {
    for (String attribute : question.attributes()) {
      String of = slot.length == 0 ? attribute : slot[0] + "." + attribute;
      String sent = value(name(question, of));
      if (!sent.isEmpty()) {
        JsonNode step = number(sent);
        into.set(attribute, step.isInt() ? NODES.numberNode(Likert.value(step.intValue())) : step);
      }
    }
  }

  /** The id in a slot; the slot itself where there is none. */
  private String response(String slot) {
    JsonNode number = number(slot);
    boolean isSlot = number.isInt() && number.intValue() >= 1 && number.intValue() <= shown.size();
    return isSlot ? shown.get(number.intValue() - 1) : "slot " + slot;
  }

  private static JsonNode number(String text) {
    boolean isNumber = text.matches("\\d{1," + DIGITS + "}");
    return isNumber ? NODES.numberNode(Integer.parseInt(text)) : NODES.textNode(text);
  }

  private String value(String name) {
    List<String> values = fields.getOrDefault(name, List.of());
    return values.isEmpty() ? "" : values.get(values.size() - 1).strip();
  }

  /**
   * The fields that {@link #read} makes these answers of: what a form shows of a draft. What is not
   * sound in the draft is left out.
   */
  public static Map<String, String> fields(
      List<Question> questions, List<String> shown, JsonNode answers) {
    Map<String, String> fields = new LinkedHashMap<>();
    for (Question question : questions) {
      JsonNode answer = answers.path(question.id());
      if (question instanceof Pairwise) {
        String slot = slot(shown, answer.path("preferred"));
        String verdict = answer.path("verdict").asText();
        put(
            fields,
            name(question),
            slot.isEmpty() ? verdict : slot + ":" + answer.path("strength").asText("1"));
      } else if (question instanceof Ranking) {
        for (int place = 0; place < answer.size(); place++) {
          for (JsonNode response : answer.path(place)) {
            String slot = slot(shown, response);
            put(fields, name(question, slot), slot.isEmpty() ? "" : Integer.toString(place + 1));
          }
        }
      } else if (question instanceof Likert likert) {
        ratings(fields, likert, shown, answer);
      } else if (question instanceof Edit) {
        put(fields, name(question, "response"), slot(shown, answer.path("response")));
        put(fields, name(question), answer.path("text").asText());
      } else {
        put(fields, name(question), answer.asText());
      }
    }
    return fields;
  }

  private static void ratings(
      Map<String, String> fields, Likert question, List<String> shown, JsonNode answer) {
    for (String attribute : question.attributes()) {
      if (question.of() == Likert.Of.ITEM) {
        put(fields, name(question, attribute), step(answer.path(attribute)));
      } else {
        for (int slot = 1; slot <= shown.size(); slot++) {
          JsonNode value = answer.path(shown.get(slot - 1)).path(attribute);
          put(fields, name(question, slot, attribute), step(value));
        }
      }
    }
  }

  private static String step(JsonNode value) {
    return value.isNumber() ? Integer.toString(Likert.step(value.doubleValue())) : "";
  }

  private static String slot(List<String> shown, JsonNode response) {
    int at = shown.indexOf(response.asText());
    return at < 0 ? "" : Integer.toString(at + 1);
  }

  private static void put(Map<String, String> fields, String name, String value) {
    if (!value.isEmpty()) {
      fields.put(name, value);
    }
  }
}
