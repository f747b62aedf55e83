package plumbline.annotation.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Reads answers without knowing their form: two are the same or they are not. */
final class EqualAnswers implements AnswerReader {
  /** Questions whose answers are texts, which nobody gives twice. */
  private static final Set<String> FREE_TEXT = Set.of("comment", "edit", "prompt");

  /** The share of pairs of people who answered a question alike, averaged over the questions. */
  @Override
  public OptionalDouble agreement(JsonNode questions, List<JsonNode> answers) {
    return comparable(questions)
        .map(id -> answers.stream().filter(one -> one.has(id)).map(one -> one.get(id)).toList())
        .filter(given -> given.size() > 1)
        .mapToDouble(EqualAnswers::sharePairs)
        .average();
  }

  private static double sharePairs(List<JsonNode> answers) {
    List<Boolean> pairs = new ArrayList<>();
    for (int i = 0; i < answers.size(); i++) {
      for (int j = 0; j < i; j++) {
        pairs.add(answers.get(i).equals(answers.get(j)));
      }
    }
    return share(pairs.stream()).orElseThrow();
  }

  @Override
  public OptionalDouble accuracy(JsonNode questions, JsonNode gold, JsonNode answers) {
    return share(
        comparable(questions).filter(gold::has).map(id -> gold.get(id).equals(answers.get(id))));
  }

  private static OptionalDouble share(Stream<Boolean> hits) {
    return hits.flatMapToDouble(hit -> DoubleStream.of(hit ? 1 : 0)).average();
  }

  /** None: only a form of answer says what preferring is. */
  @Override
  public Optional<String> preferred(JsonNode questions, JsonNode answers) {
    return Optional.empty();
  }

  private static Stream<String> comparable(JsonNode questions) {
    return StreamSupport.stream(questions.spliterator(), false)
        .filter(question -> !FREE_TEXT.contains(question.path("type").asText()))
        .map(question -> question.path("id").asText());
  }
}
