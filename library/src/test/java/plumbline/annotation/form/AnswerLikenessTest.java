package plumbline.annotation.form;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswerLikenessTest {
  private final AnswerLikeness likeness = new AnswerLikeness();

  private static JsonNode json(String text) throws Exception {
    return QuestionsTest.json(text.replace('\'', '"'));
  }

  private static JsonNode all() throws Exception {
    return QuestionsTest.json(QuestionsTest.ALL);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'better': {'preferred': 'a', 'strength': 1}}|{'better': {'preferred': 'a', 'strength': 3}}|1",
        "{'better': {'preferred': 'a'}}|{'better': {'preferred': 'b'}}|0",
        "{'better': {'preferred': 'a'}}|{'better': {'verdict': 'tie'}}|0",
        "{'better': {'verdict': 'both_bad'}}|{'better': {'verdict': 'tie'}}|0",
        "{'order': [['a'], ['b'], ['c']]}|{'order': [['b'], ['a'], ['c']]}|0.6666666666666666",
        "{'order': [['a', 'b'], ['c']]}|{'order': [['b'], ['a'], ['c']]}|0.6666666666666666",
        "{'order': [['a'], ['b']]}|{'order': [['a']]}|1",
        "{'rate': {'a': {'quality': 1}}}|{'rate': {'a': {'quality': 0.75}, 'b': {'quality': 0}}}|0.75",
        "{'safe': {'toxicity': 0}}|{'safe': {'toxicity': 1}}|0",
        "{'better': {'preferred': 'a'}, 'safe': {'toxicity': 1}}|{'better': {'preferred': 'b'}, 'safe': {'toxicity': 1}}|0.5",
      })
  void likenessIsBetweenZeroAndOne(String one, String other, double expected) throws Exception {
    assertThat(likeness.agreement(all(), List.of(json(one), json(other)))).hasValue(expected);
    assertThat(likeness.agreement(all(), List.of(json(other), json(one)))).hasValue(expected);
    assertThat(likeness.accuracy(all(), json(one), json(one))).hasValue(1);
  }

  @Test
  void textsAndSingleAnswersSayNothingOfAgreement() throws Exception {
    assertThat(
            likeness.agreement(
                all(), List.of(json("{'note': 'a', 'ask': 'b'}"), json("{'note': 'a'}"))))
        .isEmpty();
    assertThat(likeness.agreement(all(), List.of(json("{'better': {'preferred': 'a'}}"))))
        .isEmpty();
  }

  @Test
  void whatGoldAsksForAndNobodyAnsweredIsWrong() throws Exception {
    JsonNode gold = json("{'better': {'preferred': 'a'}, 'note': 'x'}");

    assertThat(likeness.accuracy(all(), gold, json("{}"))).hasValue(0);
    assertThat(likeness.accuracy(all(), json("{'note': 'x'}"), json("{}"))).isEmpty();
  }

  @Test
  void aSingleBestResponseIsPreferred() throws Exception {
    for (String answers :
        Arrays.asList("{'better': {'preferred': 'b'}}", "{'order': [['b'], ['a', 'c']]}")) {
      assertThat(likeness.preferred(all(), json(answers))).contains("b");
    }
    for (String answers :
        Arrays.asList("{'better': {'verdict': 'tie'}}", "{'order': [['a', 'b']]}", "{}")) {
      assertThat(likeness.preferred(all(), json(answers))).isEmpty();
    }
  }
}
