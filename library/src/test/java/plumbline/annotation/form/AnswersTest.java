package plumbline.annotation.form;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import plumbline.InputException;
import plumbline.annotation.form.Answer.Edited;
import plumbline.annotation.form.Answer.Order;
import plumbline.annotation.form.Answer.Preference;
import plumbline.annotation.form.Answer.Ratings;
import plumbline.annotation.form.Answer.Text;

class AnswersTest {
  private static final List<String> SHOWN = List.of("r2", "r1");
  private static final String RATED =
      "'rate': {'r1': {'quality': 0, 'humour': 1}, 'r2': {'quality': 0.25, 'humour': 0.5}},"
          + " 'safe': {'toxicity': 0.75}";

  private static List<Question> questions() throws Exception {
    return Questions.parse(QuestionsTest.json(QuestionsTest.ALL), "questions");
  }

  private static JsonNode json(String text) throws Exception {
    return QuestionsTest.json(text.replace('\'', '"'));
  }

  private static String with(String answers) {
    return "{'better': {'preferred': 'r1', 'strength': 3}, 'order': [['r1'], ['r2']], "
        + RATED
        + (answers.isEmpty() ? "}" : ", " + answers + "}");
  }

  @Test
  void everyKindOfAnswerIsRead() throws Exception {
    String whole =
        with("'note': 'hm', 'fix': {'response': 'r2', 'text': 'Hi!'}, 'ask': 'How are you?'");

    Map<String, Answer> answers = Answers.read(questions(), SHOWN, json(whole));

    assertThat(answers)
        .containsEntry("better", new Preference(Optional.of("r1"), 3, false))
        .containsEntry("order", new Order(List.of(List.of("r1"), List.of("r2"))))
        .containsEntry("note", new Text("hm"))
        .containsEntry("fix", new Edited("r2", "Hi!"))
        .containsEntry("ask", new Text("How are you?"))
        .containsEntry("safe", new Ratings(Map.of("", Map.of("toxicity", 0.75))));
    assertThat(answers.keySet())
        .containsExactly("better", "order", "rate", "safe", "note", "fix", "ask");
  }

  @Test
  void whatNeedNotBeAnsweredMayBeLeftOut() throws Exception {
    assertThat(Answers.check(questions(), SHOWN, json(with("")))).isEmpty();
    assertThat(Answers.check(questions(), SHOWN, json(with("'note': ' ', 'fix': null")))).isEmpty();
  }

  @Test
  void everyMissingAnswerIsNamed() throws Exception {
    assertThat(Answers.check(questions(), SHOWN, json("{}")))
        .extracting(Fault::toString)
        .containsExactly(
            "answers.better is missing, wanted an answer",
            "answers.order is missing, wanted an answer",
            "answers.rate is missing, wanted an answer",
            "answers.safe is missing, wanted an answer");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'better': {'preferred': 'r9'}|answers.better.preferred is 'r9', wanted one of r2, r1",
        "'better': {'preferred': 'r1', 'strength': 4}|answers.better.strength is 4, wanted a whole number from 1 to 3",
        "'better': {'preferred': 'r1', 'strength': 1.5}|answers.better.strength is 1.5, wanted a whole number from 1 to 3",
        "'better': {'preferred': 'r1', 'strength': null}|answers.better.strength is null, wanted a whole number from 1 to 3",
        "'better': {'preferred': 'r1', 'strength': 99999999999}|answers.better.strength is 99999999999, wanted a whole number from 1 to 3",
        "'better': {'verdict': 'draw'}|answers.better.verdict is 'draw', wanted tie or both_bad",
        "'better': {'verdict': 'tie', 'strength': 1}|either a verdict or a preferred response",
        "'better': {'winner': 'r1'}|answers.better.winner is not known, wanted preferred, strength, verdict",
        "'better': 'r1'|answers.better is 'r1', wanted an object with preferred, strength, verdict",
        "'order': [['r1', 'r1']]|answers.order[0] is 'r1', wanted each response once",
        "'order': ['r1']|answers.order[0] is 'r1', wanted a list of responses",
        "'order': [['r1'], []]|answers.order[1] is [], wanted a list of responses",
        "'order': {'r1': 1}|answers.order is {\"r1\":1}, wanted a list of places, each a list of responses",
        "'rate': {'r1': {'quality': 0, 'humour': 0}}|answers.rate.r2 is missing, wanted ratings",
        "'safe': {'toxicity': 0.3}|answers.safe.toxicity is 0.3, wanted 0, 0.25, 0.5, 0.75 or 1",
        "'safe': {'toxicity': 5}|answers.safe.toxicity is 5, wanted 0, 0.25, 0.5, 0.75 or 1",
        "'safe': {'toxicity': '1'}|answers.safe.toxicity is '1', wanted 0, 0.25, 0.5, 0.75 or 1",
        "'safe': {'violence': 1}|answers.safe.violence is not known, wanted toxicity",
        "'note': 7|answers.note is 7, wanted a text",
        "'note': ['a']|answers.note is [\"a\"], wanted a text",
        "'fix': {'response': 'r3', 'text': 'x'}|answers.fix.response is 'r3', wanted one of r2, r1",
        "'fix': {'response': 'r1'}|answers.fix.text is missing, wanted a text",
        "'notes': 'hm'|answers.notes is no question, wanted a question; did you mean 'note'?",
      })
  void aWrongAnswerIsNamedWithWhatWasFoundAndWanted(String answer, String fault) throws Exception {
    ObjectNode answers = (ObjectNode) json(with(""));
    answers.setAll((ObjectNode) json("{" + answer + "}"));

    assertThat(Answers.check(questions(), SHOWN, answers))
        .singleElement()
        .satisfies(found -> assertThat(found.toString()).contains(fault));
    assertThatThrownBy(() -> Answers.read(questions(), SHOWN, answers))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(fault);
  }

  @Test
  void answersThatAreNoObjectAreRefused() throws Exception {
    assertThat(Answers.check(questions(), SHOWN, json("[1]")))
        .extracting(Fault::toString)
        .containsExactly("answers is [1], wanted an object of answers by question");
  }

  @Test
  void aTextLongerThanAllowedIsRefusedWithoutBeingRepeated() throws Exception {
    ObjectNode answers = (ObjectNode) json(with(""));
    answers.put("note", "x".repeat(Answers.LONGEST_TEXT + 1));

    assertThat(Answers.check(questions(), SHOWN, answers))
        .extracting(Fault::toString)
        .containsExactly(
            "answers.note is 100001 characters long, wanted at most 100000 characters");
  }

  @Test
  void rankingsWithoutTiesOrLeftOutResponsesAreHeldToThat() throws Exception {
    List<Question> strict =
        Questions.parse(json("[{'type': 'ranking', 'id': 'o', 'ties': false}]"), "questions");

    assertThat(Answers.check(strict, SHOWN, json("{'o': [['r1', 'r2']]}")))
        .extracting(Fault::toString)
        .containsExactly(
            "answers.o[0] is [\"r1\",\"r2\"], wanted one response: the question takes no ties");
    assertThat(Answers.check(strict, SHOWN, json("{'o': [['r1']]}")))
        .extracting(Fault::toString)
        .containsExactly("answers.o is without r2, wanted a place for every response");
    ObjectNode partial = (ObjectNode) json(with(""));
    partial.set("order", json("[['r1']]"));
    assertThat(Answers.check(questions(), SHOWN, partial)).isEmpty();
  }

  @Test
  void responsesCanBeCalledOtherwiseAndBack() throws Exception {
    JsonNode answers = json(with("'fix': {'response': 'r2', 'text': 'r1'}, 'note': 'r1'"));

    JsonNode slots = Answers.renamed(questions(), answers, Map.of("r1", "2", "r2", "1"));

    assertThat(slots.at("/better/preferred").asText()).isEqualTo("2");
    assertThat(slots.at("/order/0/0").asText()).isEqualTo("2");
    assertThat(slots.at("/rate/1/quality").asDouble()).isEqualTo(0.25);
    assertThat(slots.at("/fix/response").asText()).isEqualTo("1");
    assertThat(slots.at("/fix/text").asText()).isEqualTo("r1");
    assertThat(Answers.check(questions(), List.of("1", "2"), slots)).isEmpty();
    assertThat(Answers.renamed(questions(), slots, Map.of("2", "r1", "1", "r2")))
        .isEqualTo(answers);
    assertThat(Answers.renamed(questions(), json("{'order': 5, 'rate': [1]}"), Map.of()))
        .isEqualTo(json("{'order': 5, 'rate': [1]}"));
  }
}
