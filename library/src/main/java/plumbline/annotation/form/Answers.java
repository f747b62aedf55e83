package plumbline.annotation.form;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.InputException;
import plumbline.annotation.form.Question.Edit;
import plumbline.annotation.form.Question.Likert;
import plumbline.annotation.form.Question.Pairwise;
import plumbline.annotation.form.Question.Ranking;
import plumbline.config.Nearest;

/**
 * Answers as they are stored, an object from question id to answer, in terms of response ids:
 *
 * <ul>
 *   <li>pairwise: {@code {"preferred": response, "strength": 1..}}, {@code {"verdict": "tie"}} or
 *       {@code {"verdict": "both_bad"}}
 *   <li>ranking: {@code [[best, ..], [next, ..], ..]}, a list of ties per place
 *   <li>likert: {@code {response: {attribute: 0..1}}}, of an item {@code {attribute: 0..1}}; steps
 *       are 0, 0.25, 0.5, 0.75, 1
 *   <li>comment and prompt: a text; edit: {@code {"response": response, "text": text}}
 * </ul>
 */
public final class Answers {
  /** The longest text that is taken, in characters. */
  public static final int LONGEST_TEXT = 100_000;

  /** What the paths of faults begin with. */
  public static final String ROOT = "answers";

  private Answers() {}

  /**
   * Everything that is wrong with a vote's answers; empty if nothing is.
   *
   * @param responses the ids of the responses that were shown
   */
  public static List<Fault> check(
      List<Question> questions, List<String> responses, JsonNode answers) {
    List<Fault> faults = new ArrayList<>();
    read(questions, responses, answers, faults);
    return faults;
  }

  /**
   * The answers by question, in the order of the questions; those that were not given are left out.
   *
   * @throws InputException if {@link #check} finds anything; it says all of it
   */
  public static Map<String, Answer> read(
      List<Question> questions, List<String> responses, JsonNode answers) {
    List<Fault> faults = new ArrayList<>();
    Map<String, Answer> read = read(questions, responses, answers, faults);
    if (!faults.isEmpty()) {
      throw new InputException(String.join("; ", faults.stream().map(Fault::toString).toList()));
    }
    return read;
  }

  /** The answers that are sound, and what is wrong with the others. */
  static Map<String, Answer> read(
      List<Question> questions, List<String> responses, JsonNode answers, List<Fault> faults) {
    Map<String, Answer> read = new LinkedHashMap<>();
    if (!answers.isObject()) {
      faults.add(new Fault(ROOT, AnswerReader.kind(answers), "an object of answers by question"));
      return read;
    }
    List<String> known = questions.stream().map(Question::id).toList();
    for (Map.Entry<String, JsonNode> entry : answers.properties()) {
      if (!known.contains(entry.getKey())) {
        String hint = Nearest.hint(entry.getKey(), known);
        faults.add(new Fault(ROOT + "." + entry.getKey(), "no question", "a question" + hint));
      }
    }
    for (Question question : questions) {
      String path = ROOT + "." + question.id();
      JsonNode given = answers.path(question.id());
      if (isNothing(given)) {
        if (question.required()) {
          faults.add(new Fault(path, "missing", "an answer"));
        }
      } else {
        Optional<Answer> answer = new AnswerReader(responses, faults).read(question, given, path);
        answer.ifPresent(one -> read.put(question.id(), one));
      }
    }
    return read;
  }

  /**
   * The same answers with other names for the responses; names that are not in the map stay.
   *
   * @param names of the responses, from what the answers call them
   */
  public static JsonNode renamed(
      List<Question> questions, JsonNode answers, Map<String, String> names) {
    if (!answers.isObject()) {
      return answers;
    }
    ObjectNode renamed = answers.deepCopy();
    for (Question question : questions) {
      JsonNode answer = renamed.path(question.id());
      if (question instanceof Pairwise) {
        rename(answer, "preferred", names);
      } else if (question instanceof Edit) {
        rename(answer, "response", names);
      } else if (question instanceof Ranking) {
        for (JsonNode place : answer) {
          for (int i = 0; place instanceof ArrayNode tier && i < tier.size(); i++) {
            String name = tier.get(i).asText();
            tier.set(i, tier.textNode(names.getOrDefault(name, name)));
          }
        }
      } else if (question instanceof Likert likert
          && likert.of() == Likert.Of.RESPONSE
          && answer.isObject()) {
        ObjectNode ratings = renamed.putObject(question.id());
        answer
            .properties()
            .forEach(e -> ratings.set(names.getOrDefault(e.getKey(), e.getKey()), e.getValue()));
      }
    }
    return renamed;
  }

  private static void rename(JsonNode answer, String key, Map<String, String> names) {
    if (answer instanceof ObjectNode object && object.path(key).isTextual()) {
      String name = object.get(key).textValue();
      object.put(key, names.getOrDefault(name, name));
    }
  }

  private static boolean isNothing(JsonNode given) {
    return given.isMissingNode()
        || given.isNull()
        || (given.isTextual() && given.textValue().isBlank())
        || (given.isContainerNode() && given.isEmpty());
  }
}
