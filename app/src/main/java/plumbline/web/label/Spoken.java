package plumbline.web.label;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import plumbline.annotation.form.Question;
import plumbline.annotation.form.Question.Edit;
import plumbline.annotation.form.Question.Likert;
import plumbline.annotation.form.Question.Pairwise;
import plumbline.annotation.form.Question.Ranking;

/** Answers in one line, with the letters under which the responses stand. */
final class Spoken {
  private Spoken() {}

  /**
   * @param order the ids of the responses in the order of their letters
   */
  static String of(List<Question> questions, List<String> order, JsonNode answers) {
    List<String> said = new ArrayList<>();
    for (Question question : questions) {
      JsonNode answer = answers.path(question.id());
      if (!answer.isMissingNode()) {
        said.add(one(question, order, answer));
      }
    }
    return String.join(" · ", said);
  }

  private static String one(Question question, List<String> order, JsonNode answer) {
    if (question instanceof Pairwise pairwise) {
      return preference(pairwise, order, answer);
    } else if (question instanceof Ranking) {
      return stream(answer)
          .map(tier -> stream(tier).map(id -> letter(order, id)).collect(Collectors.joining(" = ")))
          .collect(Collectors.joining(" > "));
    } else if (question instanceof Likert likert) {
      return ratings(likert, order, answer);
    } else if (question instanceof Edit) {
      String which = letter(order, answer.path("response"));
      return which + " corrected: " + Slot.begin(answer.path("text").asText());
    }
    return "“" + Slot.begin(answer.asText()) + "”";
  }

  private static String preference(Pairwise question, List<String> order, JsonNode answer) {
    if (answer.has("verdict")) {
      return answer.path("verdict").asText().equals("tie") ? "As good" : "Both bad";
    }
    int strength = answer.path("strength").asInt(1);
    String degree = QuestionView.degree(strength, question.strengths());
    return letter(order, answer.path("preferred")) + " " + degree + "better";
  }

  private static String ratings(Likert question, List<String> order, JsonNode answer) {
    if (question.of() == Likert.Of.ITEM) {
      return steps(answer);
    }
    return order.stream()
        .filter(answer::has)
        .map(id -> Slot.letter(order.indexOf(id) + 1) + ": " + steps(answer.get(id)))
        .collect(Collectors.joining("; "));
  }

  private static String steps(JsonNode labels) {
    return labels.properties().stream()
        .map(one -> one.getKey() + " " + Likert.step(one.getValue().doubleValue()))
        .collect(Collectors.joining(", "));
  }

  private static String letter(List<String> order, JsonNode id) {
    int place = order.indexOf(id.asText());
    return place < 0 ? "?" : Slot.letter(place + 1);
  }

  private static java.util.stream.Stream<JsonNode> stream(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false);
  }
}
