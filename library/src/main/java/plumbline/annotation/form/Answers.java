package plumbline.annotation.form;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.InputException;
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

  private static boolean isNothing(JsonNode given) {
    return given.isMissingNode()
        || given.isNull()
        || (given.isTextual() && given.textValue().isBlank())
        || (given.isContainerNode() && given.isEmpty());
  }
}
