package plumbline.score;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import plumbline.data.Completion;

/**
 * Says how good answers are: a reward model, a rule, a judge, or a combination of scorers.
 *
 * <p>A completion's score does not depend on the others in the call, nor on earlier calls, unless
 * the scorer says so: whitening, moving averages, learned multipliers, failed calls.
 */
public interface Scorer extends AutoCloseable {
  /**
   * One finite score per completion, in their order; higher is better, the unit is the scorer's.
   */
  Scores score(List<Completion> completions);

  /**
   * Announces the completions that a later {@link #score} will be asked for, in its order, each
   * there once it is whole: a scorer that waits for other machines may begin to ask them. What
   * {@code score} says is the same without it.
   */
  default void expect(List<CompletableFuture<Completion>> completions) {}

  /** Conversations so far that did not fit a model's context and were cut before scoring. */
  default long truncated() {
    return 0;
  }

  /**
   * What the scorer has learned from the calls so far, for a checkpoint: JSON null if it learns
   * nothing.
   */
  default JsonNode state() {
    return NullNode.getInstance();
  }

  /**
   * Goes on from a {@link #state}: what follows is what would have followed there.
   *
   * @throws plumbline.InputException if the state is that of another scorer
   */
  default void restore(JsonNode state) {
    ScorerState.refuseUnlessNull(state);
  }

  /** Frees what the scorer holds. */
  @Override
  default void close() {}
}
