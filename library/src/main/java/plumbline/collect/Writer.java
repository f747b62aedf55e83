package plumbline.collect;

import java.util.List;
import java.util.Optional;
import plumbline.data.Prompt;

/** A model that answers prompts, here or elsewhere, with the settings that it samples by. */
public interface Writer extends AutoCloseable {
  /**
   * What is asked.
   *
   * @param row number of the prompt in the pool: with {@code sample} it decides what is drawn
   * @param sample which of several answers to the same prompt, from 0
   */
  record Question(Prompt prompt, long row, int sample) {}

  /** What tables call it. */
  String name();

  /** Its place in the declared order: a higher number is a stronger model. */
  int strength();

  /**
   * An answer to each, in their order; empty where the model has none.
   *
   * @throws plumbline.judge.JudgeUnavailable if a model elsewhere does not answer
   * @throws plumbline.judge.BudgetSpent if the next answer might cost more than what is left
   */
  List<Optional<String>> write(List<Question> questions);

  @Override
  default void close() {}
}
