package plumbline.annotation.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** What the store needs to understand of answers, which are opaque to it otherwise. */
public interface AnswerReader {
  /**
   * How far the answers of several people to one item and response set agree.
   *
   * @param questions the project's
   * @param answers one per person, question id to answer
   * @return in [0, 1]; empty where nothing can be compared
   */
  OptionalDouble agreement(JsonNode questions, List<JsonNode> answers);

  /**
   * The share of gold answers that an answer meets.
   *
   * @param gold question id to right answer; questions that it does not have are open
   * @return in [0, 1]; empty where gold has no question of the project
   */
  OptionalDouble accuracy(JsonNode questions, JsonNode gold, JsonNode answers);

  /** The id of the one response that an answer prefers to all others, where it prefers one. */
  Optional<String> preferred(JsonNode questions, JsonNode answers);
}
