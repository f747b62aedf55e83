package plumbline.train;

import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.ObjIntConsumer;
import java.util.stream.IntStream;
import plumbline.data.Completion;
import plumbline.data.Prompt;
import plumbline.distributed.World;
import plumbline.model.Generator;
import plumbline.model.Sampling;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.text.DialogueEncoder;

/**
 * A response that a model sampled, as tokens and as words.
 *
 * @param tokens prompt and response
 * @param logprobs of each response token under the policy that sampled it
 * @param completion the same in words
 */
public record Rollout(TokenizedRow tokens, float[] logprobs, Completion completion) {

  /**
   * One response per prompt.
   *
   * @param promptIds the prompts' tokens, in the prompts' order
   * @param seeds one per prompt
   * @param policy best a copy to sample from
   * @param rowsPerBatch responses sampled side by side
   */
  public static List<Rollout> sample(
      Transformer policy,
      DialogueEncoder text,
      List<Prompt> prompts,
      List<int[]> promptIds,
      long[] seeds,
      Sampling sampling,
      int rowsPerBatch) {
    Generator generator = new Generator(policy, sampling, text.endOfTurnId(), rowsPerBatch);
    return sample(generator::draw, text, prompts, promptIds, seeds);
  }

  /** Whatever draws responses: one per prompt and seed, in their order. */
  @FunctionalInterface
  public interface Source {
    /**
     * Draws them.
     *
     * @param whole told of each response that is whole, maybe on another thread, with its row
     */
    List<Generator.Generated> draw(
        List<int[]> prompts, long[] seeds, ObjIntConsumer<Generator.Generated> whole);
  }

  /** As above, of any source; its end token is {@code text}'s. */
  public static List<Rollout> sample(
      Source source,
      DialogueEncoder text,
      List<Prompt> prompts,
      List<int[]> promptIds,
      long[] seeds) {
    return sample(source, text, prompts, promptIds, seeds, (rollout, row) -> {});
  }

  /**
   * As above.
   *
   * @param whole told of each rollout once, with its row: of those that are drawn in this process
   *     while the rest are still drawn, maybe on another thread
   */
  public static List<Rollout> sample(
      Source source,
      DialogueEncoder text,
      List<Prompt> prompts,
      List<int[]> promptIds,
      long[] seeds,
      ObjIntConsumer<Rollout> whole) {
    AtomicReferenceArray<Rollout> rollouts = new AtomicReferenceArray<>(seeds.length);
    ObjIntConsumer<Generator.Generated> take =
        (response, row) -> {
          Rollout rollout =
              new Rollout(
                  new TokenizedRow(promptIds.get(row), response.ids()),
                  response.logprobs(),
                  new Completion(prompts.get(row), text.text(response.ids()), response.ended()));
          rollouts.set(row, rollout);
          whole.accept(rollout, row);
        };
    List<Generator.Generated> responses =
        World.current()
            .share(
                IntStream.range(0, seeds.length).boxed().toList(),
                row -> promptIds.get(row).length,
                Generator.Generated.class,
                own ->
                    source.draw(
                        own.stream().map(promptIds::get).toList(),
                        own.stream().mapToLong(row -> seeds[row]).toArray(),
                        (response, i) -> take.accept(response, own.get(i))));
    for (int row = 0; row < responses.size(); row++) {
      if (rollouts.get(row) == null) {
        take.accept(responses.get(row), row);
      }
    }
    return IntStream.range(0, seeds.length).mapToObj(rollouts::get).toList();
  }

  /** The seed of one response: a function of the run's seed, the step and the row. */
  public static long seed(long seed, long step, long row) {
    long z = seed * 0x9E3779B97F4A7C15L + step * 0xD1B54A32D192ED03L + row * 0x8CB92BA72F3D8DD7L;
    z = (z ^ (z >>> 32)) * 0xD6E8FEB86659FD93L;
    return z ^ (z >>> 32);
  }
}
