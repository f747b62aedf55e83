package plumbline.annotation.form;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import plumbline.InputException;
import plumbline.annotation.form.Question.Likert;
import plumbline.annotation.form.Question.Pairwise;

class QuestionsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  static final String ALL =
      """
      [{"type": "pairwise", "id": "better", "strengths": 3, "both_bad": true},
       {"type": "ranking", "id": "order", "ties": true, "partial": true},
       {"type": "likert", "id": "rate", "attributes": ["quality", "humour"]},
       {"type": "likert", "id": "safe", "attributes": ["toxicity"], "of": "item"},
       {"type": "comment", "id": "note"},
       {"type": "edit", "id": "fix", "required": false},
       {"type": "prompt", "id": "ask", "required": false}]""";

  static JsonNode json(String text) throws Exception {
    return JSON.readTree(text);
  }

  @Test
  void absentKeysHaveTheirDefaults() throws Exception {
    List<Question> questions =
        Questions.parse(json("[{\"type\": \"pairwise\", \"id\": \"better\"}]"), "questions");

    assertThat(questions)
        .containsExactly(new Pairwise("better", "Which answer is better?", true, 1, true, false));
  }

  @Test
  void whatIsWrittenReadsBackEqual() throws Exception {
    List<Question> questions = Questions.parse(json(ALL), "questions");

    assertThat(questions).hasSize(7);
    assertThat(Questions.parse(Questions.toJson(questions), "again")).isEqualTo(questions);
  }

  @Test
  void everyCharacterOfATextSurvives() throws Exception {
    String text = "a\u2028b\u0085c\ud83d\ude00 'd' \"e\": [f] #g\th\ni: yes";
    Question question = new Question.Comment("note", text, true);

    assertThat(Questions.parse(Questions.toJson(List.of(question)), "questions"))
        .containsExactly(question);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[]|asks nothing",
        "{}|wanted a list",
        "[{'id': 'a'}]|missing key '0.type'",
        "[{'type': 'pairwize', 'id': 'a'}]|did you mean 'pairwise'?",
        "[{'type': 'comment'}]|missing key '0.id'",
        "[{'type': 'comment', 'id': 'A b'}]|id is 'A b', wanted up to 40 of a to z",
        "[{'type': 'pairwise', 'id': 'a', 'strengths': 5}]|0.strengths is 5, wanted a whole number from 1 to 4",
        "[{'type': 'pairwise', 'id': 'a', 'strengths': '2'}]|0.strengths is the text '2'",
        "[{'type': 'pairwise', 'id': 'a', 'both_bat': true}]|did you mean '0.both_bad'?",
        "[{'type': 'likert', 'id': 'a', 'attributes': []}]|wanted at least one, each once",
        "[{'type': 'likert', 'id': 'a', 'attributes': ['x', 'x']}]|wanted at least one, each once",
        "[{'type': 'likert', 'id': 'a', 'attributes': ['<b>']}]|wanted up to 40 letters and digits",
        "[{'type': 'likert', 'id': 'a', 'of': 'items'}]|did you mean 'item'?",
        "[{'type': 'comment', 'id': 'a', 'text': ' '}]|wanted 1 to 2000",
        "[{'type': 'comment', 'id': 'a'}, {'type': 'edit', 'id': 'a'}]|a second question has the id 'a'",
      })
  void aWrongQuestionIsRefusedWithItsPlaceAndFix(String questions, String message)
      throws Exception {
    assertThatThrownBy(() -> Questions.parse(json(questions.replace('\'', '"')), "settings"))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("settings:")
        .hasMessageContaining(message);
  }

  @Test
  void anItemMustHaveAsManyResponsesAsItsQuestionsAskFor() throws Exception {
    List<Question> all = Questions.parse(json(ALL), "questions");

    assertThat(Questions.unfit(all, 2)).isEmpty();
    assertThat(Questions.unfit(all, 3))
        .contains("question 'better' (pairwise) wants 2 responses, found 3");
    assertThat(Questions.unfit(all.subList(1, 2), 9))
        .contains("question 'order' (ranking) wants 2 to 8 responses, found 9");
    assertThat(Questions.unfit(all.subList(6, 7), 0)).isEmpty();
  }

  @Test
  void fiveStepsLieEvenlyBetweenZeroAndOne() {
    assertThat(List.of(1, 2, 3, 4, 5).stream().map(Likert::value))
        .containsExactly(0.0, 0.25, 0.5, 0.75, 1.0);
    assertThat(List.of(1, 2, 3, 4, 5).stream().map(Likert::value).map(Likert::step))
        .containsExactly(1, 2, 3, 4, 5);
  }
}
