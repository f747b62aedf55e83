package plumbline.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/**
 * Draws responses from a decoder, or from a mixture of two, many rows at a time.
 *
 * <p>Every row has a seed of its own and reads only its own tokens, so that its response does not
 * depend on the rows beside it. Prompts are filled up on the right; generated tokens go into cache
 * slots behind the longest prompt, and the mask hides the slots between.
 */
public final class Generator {
  /** Rows that have ended are carried along until this share of rows is left: copying costs too. */
  private static final double COMPACT_BELOW = 0.75;

  private final List<Speaker> speakers;
  private final int context;
  private final Sampling sampling;
  private final int endToken;
  private final int rowsPerBatch;

  /** A model and the weight of its logits. */
  private record Speaker(Transformer decoder, double weight) {}

  /**
   * A response.
   *
   * @param ids tokens drawn, the end token included if it was drawn
   * @param logprobs log-probability of each under the full distribution, the model's or the
   *     mixture's, at the sampling temperature
   * @param ended whether the last token is the end token
   */
  public record Generated(int[] ids, float[] logprobs, boolean ended) {}

  /**
   * Sets up a generator.
   *
   * @param endToken id of the token that ends a response; -1 for none
   * @param rowsPerBatch rows that are generated side by side
   */
  public Generator(Transformer decoder, Sampling sampling, int endToken, int rowsPerBatch) {
    this(List.of(new Speaker(decoder, 1)), sampling, endToken, rowsPerBatch);
  }

  private Generator(List<Speaker> speakers, Sampling sampling, int endToken, int rowsPerBatch) {
    this.speakers = speakers;
    this.context =
        speakers.stream().mapToInt(s -> s.decoder.config().maxPositions()).min().orElse(0);
    this.sampling = sampling;
    this.endToken = endToken;
    this.rowsPerBatch = rowsPerBatch;
  }

  /**
   * Draws from the geometric mixture of two models, {@code p(v) ~ policy(v)^(1 - share)
   * reference(v)^share} token by token: Munos et al. (2023), arXiv:2312.00886, section 4. Their
   * logits are summed with these weights, before everything that {@code sampling} does.
   *
   * @param share of the reference, in [0, 1]: 0 is the policy, 1 the reference
   * @param reference of the policy's vocabulary
   */
  public static Generator ofMixture(
      Transformer policy,
      Transformer reference,
      double share,
      Sampling sampling,
      int endToken,
      int rowsPerBatch) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("share is " + share + ", wanted from 0 to 1");
    }
    int wanted = policy.config().vocabularySize();
    int found = reference.config().vocabularySize();
    if (found != wanted) {
      throw new IllegalArgumentException(
          "the reference has a vocabulary of " + found + " tokens and the policy of " + wanted);
    }
    List<Speaker> both = List.of(new Speaker(policy, 1 - share), new Speaker(reference, share));
    return new Generator(both, sampling, endToken, rowsPerBatch);
  }

  /**
   * One response per prompt, in their order.
   *
   * @param prompts rows of at least one token
   * @param seeds one per prompt: same seed, same response
   * @throws IllegalArgumentException if a prompt leaves no room in the model's context
   */
  public List<Generated> generate(List<int[]> prompts, long[] seeds) {
    return generate(prompts, seeds, (row, token) -> {});
  }

  /** Takes tokens as they are drawn. */
  public interface Drawn {
    /**
     * A token was drawn.
     *
     * @param row which prompt it answers
     * @param token its id, maybe the end token's
     */
    void token(int row, int token);
  }

  /** As {@link #generate(List, long[])}, telling every token at once. */
  public List<Generated> generate(List<int[]> prompts, long[] seeds, Drawn drawn) {
    if (prompts.size() != seeds.length) {
      throw new IllegalArgumentException(
          prompts.size() + " prompts have " + seeds.length + " seeds");
    }
    for (int i = 0; i < prompts.size(); i++) {
      if (prompts.get(i).length >= context) {
        throw new IllegalArgumentException(
            "prompt "
                + i
                + " has "
                + prompts.get(i).length
                + " tokens, the model's context of "
                + context
                + " leaves no room for a response");
      }
    }
    List<Generated> responses = new ArrayList<>();
    for (int start = 0; start < prompts.size(); start += rowsPerBatch) {
      int end = Math.min(prompts.size(), start + rowsPerBatch);
      int first = start;
      Drawn told = (row, token) -> drawn.token(first + row, token);
      try (Batch batch =
          new Batch(prompts.subList(start, end), Arrays.copyOfRange(seeds, start, end), told)) {
        responses.addAll(batch.run());
      }
    }
    return responses;
  }

  /**
   * The rows being generated; {@code active[i]} is the row that stands at index i of the tensors.
   */
  private final class Batch implements AutoCloseable {
    private final TokenBatch prompts;
    private final long[] seeds;
    private final Drawn told;
    private final int[] limits;
    private final int[][] ids;
    private final float[][] logprobs;
    private final int[] counts;
    private final List<KvCache> caches;
    private final int steps;
    private int[] active;
    private Tensor bias;
    private Tensor seen;

    Batch(List<int[]> rows, long[] seeds, Drawn told) {
      this.prompts = TokenBatch.of(rows.toArray(new int[0][]));
      this.seeds = seeds;
      this.told = told;
      this.limits =
          Arrays.stream(prompts.lengths())
              .map(length -> Math.min(sampling.maxNewTokens(), context - length))
              .toArray();
      this.steps = Arrays.stream(limits).max().orElse(0);
      this.ids = new int[rows.size()][steps];
      this.logprobs = new float[rows.size()][steps];
      this.counts = new int[rows.size()];
      this.active = IntStream.range(0, rows.size()).toArray();
      int slots = prompts.width() + steps;
      this.caches =
          Scopes.call(
              () ->
                  speakers.stream()
                      .map(speaker -> new KvCache(speaker.decoder.config(), rows.size(), slots))
                      .toList());
      this.bias = Scopes.call(() -> Scopes.keep(slotBias(slots)));
      this.seen = Scopes.call(() -> Scopes.keep(seenTokens()));
    }

    /** 0 for a row's own prompt and all generated slots, -infinity between: float[B, 1, 1, S]. */
    private Tensor slotBias(int slots) {
      float[] values = new float[prompts.size() * slots];
      for (int b = 0; b < prompts.size(); b++) {
        Arrays.fill(
            values,
            b * slots + prompts.length(b),
            b * slots + prompts.width(),
            Float.NEGATIVE_INFINITY);
      }
      return Ops.floats(values, prompts.size(), 1, 1, slots);
    }

    /** 1 for tokens of a row's prompt: float[B, V]; empty if no penalty asks for it. */
    private Tensor seenTokens() {
      if (sampling.repetitionPenalty() == 1) {
        return Ops.zeros(prompts.size(), 0);
      }
      Tensor seen = Ops.zeros(prompts.size(), vocabularySize());
      // Beyond a row's end stand zeros, which are not in the row: scatter them as "not seen" first.
      Tensor mask = prompts.mask();
      return seen.scatter_reduce(1, prompts.ids(), mask, "amax");
    }

    private int vocabularySize() {
      return speakers.get(0).decoder.config().vocabularySize();
    }

    List<Generated> run() {
      Scopes.noGrad(
          () -> {
            Scopes.run(() -> draw(prefill(), 0));
            for (int step = 1; step < steps && active.length > 0; step++) {
              int current = step;
              Scopes.run(() -> draw(decode(current), current));
            }
          });
      return IntStream.range(0, prompts.size()).mapToObj(this::generated).toList();
    }

    /** Runs the prompts: logits of each row's first new token, float[B, V]. */
    private Tensor prefill() {
      long width = prompts.width();
      long[] last =
          IntStream.range(0, prompts.size())
              .mapToLong(b -> b * width + prompts.length(b) - 1)
              .toArray();
      return mixed(
          (decoder, cache) -> {
            cache.aim(0, new int[prompts.size()], prompts.width());
            Tensor hidden =
                decoder.hidden(prompts.ids(), prompts.positions(), width, Optional.empty(), cache);
            Tensor flat = hidden.reshape(-1, decoder.config().hiddenSize());
            return decoder.logits(flat.index_select(0, Ops.longs(last, last.length)));
          });
    }

    /** Runs the tokens drawn at the step before: logits of the active rows' next, float[A, V]. */
    private Tensor decode(int step) {
      long[] tokens = Arrays.stream(active).mapToLong(row -> ids[row][step - 1]).toArray();
      long[] positions =
          Arrays.stream(active).mapToLong(row -> prompts.length(row) + step - 1L).toArray();
      int[] slots = new int[active.length];
      Arrays.fill(slots, prompts.width() + step - 1);
      return mixed(
          (decoder, cache) -> {
            cache.aim(0, slots, 1);
            Tensor hidden =
                decoder.hidden(
                    Ops.longs(tokens, tokens.length, 1),
                    Ops.longs(positions, positions.length, 1),
                    (long) prompts.width() + step,
                    Optional.of(bias.narrow(3, 0, cache.reach())),
                    cache);
            return decoder.logits(hidden.select(1, 0));
          });
    }

    /** The weighted sum of all speakers' logits; of one, its own. */
    private Tensor mixed(BiFunction<Transformer, KvCache, Tensor> logits) {
      Tensor first = logits.apply(speakers.get(0).decoder, caches.get(0));
      if (speakers.size() == 1) {
        return first;
      }
      Tensor total = Ops.times(first, speakers.get(0).weight);
      for (int i = 1; i < speakers.size(); i++) {
        Tensor other = logits.apply(speakers.get(i).decoder, caches.get(i));
        total = total.add(Ops.times(other, speakers.get(i).weight));
      }
      return total;
    }

    private void draw(Tensor logits, int step) {
      double[] uniforms =
          Arrays.stream(active).mapToDouble(row -> Draws.uniform(seeds[row], step)).toArray();
      Tensor drawn = Draws.tokens(logits, seen, sampling, uniforms);
      Tensor logp = Draws.logprobs(logits, sampling.logprobTemperature());
      float[] drawnLogprobs = Ops.toFloats(logp.gather(1, drawn));
      long[] tokens = Ops.toLongs(drawn);
      if (sampling.repetitionPenalty() != 1) {
        seen.scatter_(1, drawn, new Scalar(1.0));
      }
      for (int i = 0; i < active.length; i++) {
        int row = active[i];
        if (!finished(row)) {
          ids[row][step] = Math.toIntExact(tokens[i]);
          logprobs[row][step] = drawnLogprobs[i];
          counts[row] = step + 1;
          told.token(row, ids[row][step]);
        }
      }
      int[] going = IntStream.range(0, active.length).filter(i -> !finished(active[i])).toArray();
      if (going.length <= COMPACT_BELOW * active.length) {
        goOnWith(going);
      }
    }

    private boolean finished(int row) {
      return counts[row] == limits[row]
          || (counts[row] > 0 && ids[row][counts[row] - 1] == endToken);
    }

    /** Drops the other rows from the cache and the masks. */
    private void goOnWith(int[] indices) {
      active = Arrays.stream(indices).map(i -> active[i]).toArray();
      if (active.length == 0) {
        return;
      }
      Tensor kept = Ops.longs(Arrays.stream(indices).asLongStream().toArray(), indices.length);
      caches.forEach(cache -> cache.select(kept));
      bias = replaced(bias, kept);
      seen = replaced(seen, kept);
    }

    private Tensor replaced(Tensor tensor, Tensor rows) {
      Tensor selected = Scopes.keep(tensor.index_select(0, rows));
      tensor.close();
      return selected;
    }

    private Generated generated(int row) {
      int count = counts[row];
      return new Generated(
          Arrays.copyOf(ids[row], count),
          Arrays.copyOf(logprobs[row], count),
          count > 0 && ids[row][count - 1] == endToken);
    }

    @Override
    public void close() {
      caches.forEach(KvCache::close);
      bias.close();
      seen.close();
    }
  }
}
