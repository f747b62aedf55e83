package plumbline.score;

import java.util.List;
import plumbline.data.Completion;

/**
 * Says how good answers are: a reward model, a rule, a judge, or a combination of scorers.
 *
 * <p>A completion's score does not depend on the others in the call.
 */
public interface Scorer extends AutoCloseable {
  /**
   * One finite score per completion, in their order; higher is better, the unit is the scorer's.
   */
  Scores score(List<Completion> completions);

  /** Conversations so far that did not fit a model's context and were cut before scoring. */
  default long truncated() {
    return 0;
  }

  /** Frees what the scorer holds. */
  @Override
  default void close() {}
}
