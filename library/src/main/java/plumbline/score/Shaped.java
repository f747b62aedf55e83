package plumbline.score;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import plumbline.data.Completion;

/**
 * Another scorer's scores, shaped. Its leaves stay raw.
 *
 * @param slope what rewards of segments are multiplied by
 */
record Shaped(Scorer inner, Mapping mapping, double slope) implements Scorer {
  /** From scores to scores. */
  @FunctionalInterface
  interface Mapping {
    /** One score per completion, in their order. */
    double[] of(double[] scores, List<Completion> completions);

    /** As {@link Scorer#state}. */
    default JsonNode state() {
      return NullNode.getInstance();
    }

    /** As {@link Scorer#restore}. */
    default void restore(JsonNode state) {
      ScorerState.refuseUnlessNull(state);
    }

    /** Frees what the mapping holds. */
    default void close() {}
  }

  @Override
  public Scores score(List<Completion> completions) {
    Scores scores = inner.score(completions);
    double[] shaped = mapping.of(scores.total(), completions);
    return new Scores(
        shaped,
        scores.leaves(),
        scores.segments().stream()
            .map(
                row ->
                    row.stream().map(s -> new SegmentReward(s.end(), slope * s.reward())).toList())
            .toList());
  }

  @Override
  public void expect(List<CompletableFuture<Completion>> completions) {
    inner.expect(completions);
  }

  @Override
  public long truncated() {
    return inner.truncated();
  }

  @Override
  public JsonNode state() {
    return ScorerState.of(mapping.state(), List.of(inner));
  }

  @Override
  public void restore(JsonNode state) {
    mapping.restore(ScorerState.restoreParts(state, List.of(inner)));
  }

  @Override
  public void close() {
    mapping.close();
    inner.close();
  }
}
