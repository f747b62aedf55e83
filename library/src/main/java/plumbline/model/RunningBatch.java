package plumbline.model;

import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import plumbline.model.GenerationRequest.Style;
import plumbline.model.LikelyToken.Candidate;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/**
 * Responses of one model that are generated side by side, each with its own sampling: they come and
 * go between steps (continuous batching: Yu et al. 2022, Orca, section 3).
 *
 * <p>A row's tokens lie in the slots 0, 1, 2 ... of its row of the cache, so that it reads the same
 * numbers whatever stands beside it. B rows, T tokens, V vocabulary.
 */
final class RunningBatch implements AutoCloseable {
  private static final int SLOTS_AT_A_TIME = 64;

  /** Sums over slots are taken in the same order whatever the longest row of the batch. */
  private static final int SLOTS_READ_AT_A_TIME = 16;

  private static final int LOGITS_AT_A_TIME = 64;

  private final List<Speaker> speakers;
  private final List<Generation> rows = new ArrayList<>();
  private final List<KvCache> caches = new ArrayList<>();

  /** A model and the weight of its logits. */
  record Speaker(Transformer decoder, double weight) {}

  /**
   * An empty batch.
   *
   * @param speakers one model, or several whose weighted logits are summed
   */
  RunningBatch(List<Speaker> speakers) {
    this.speakers = speakers;
  }

  /** An empty batch of one model. */
  static RunningBatch of(Transformer decoder) {
    return new RunningBatch(List.of(new Speaker(decoder, 1)));
  }

  int size() {
    return rows.size();
  }

  List<Generation> rows() {
    return rows;
  }

  /**
   * Runs the prompts of new rows and draws their first tokens. Prompts of one length run together,
   * so that none is filled up, and equal ones once.
   */
  void admit(List<Generation> fresh) {
    Map<Integer, List<Generation>> byLength = new TreeMap<>();
    fresh.forEach(row -> byLength.computeIfAbsent(row.length(), n -> new ArrayList<>()).add(row));
    List<List<Generation>> left = new ArrayList<>(byLength.values());
    while (!left.isEmpty()) {
      List<Generation> together = left.remove(0);
      try {
        prefill(together);
      } catch (RuntimeException | Error e) {
        left.forEach(rows::addAll); // so that they hear of it
        throw e;
      }
    }
    dismiss();
  }

  private void prefill(List<Generation> fresh) {
    int first = rows.size();
    int width = fresh.get(0).length();
    rows.addAll(fresh);
    Map<IntBuffer, Integer> places = new LinkedHashMap<>();
    fresh.forEach(row -> places.putIfAbsent(prompt(row), places.size()));
    int[][] prompts = places.keySet().stream().map(IntBuffer::array).toArray(int[][]::new);
    long[] from = fresh.stream().mapToLong(row -> places.get(prompt(row))).toArray();
    Scopes.run(
        () -> {
          room(rows.size(), width);
          TokenBatch batch = TokenBatch.of(prompts);
          Tensor logits =
              mixed(
                  (decoder, cache) -> {
                    cache.aim(first, new int[prompts.length], width, width);
                    boolean told = decoder == speakers.get(0).decoder && tellsPrompts(fresh);
                    Tensor hidden =
                        decoder.hidden(
                            batch.ids(),
                            batch.positions(),
                            width,
                            Optional.empty(),
                            cache,
                            told ? Optional.empty() : Optional.of(batch.lastTokens()));
                    if (told) {
                      tellPrompts(fresh, from, hidden);
                    }
                    Tensor last = decoder.logits(told ? hidden.select(1, width - 1L) : hidden);
                    if (prompts.length == fresh.size()) {
                      return last;
                    }
                    long[] filled = Arrays.stream(from).map(place -> first + place).toArray();
                    cache.spread(Ops.longs(filled, filled.length), first, width);
                    return last.index_select(0, Ops.longs(from, from.length));
                  });
          draw(fresh, logits);
        });
  }

  private static IntBuffer prompt(Generation row) {
    return IntBuffer.wrap(row.request().prompt());
  }

  private static boolean tellsPrompts(List<Generation> fresh) {
    return fresh.stream().anyMatch(row -> row.request().promptLogprobs());
  }

  private void tellPrompts(List<Generation> fresh, long[] from, Tensor hidden) {
    for (int b = 0; b < from.length; b++) {
      if (fresh.get(b).request().promptLogprobs()) {
        fresh.get(b).tellPrompt(promptTokens(fresh.get(b), hidden.select(0, from[b])));
      }
    }
  }

  /** Draws the next token of every row. */
  void step() {
    dismiss();
    if (rows.isEmpty()) {
      return;
    }
    int end = rows.stream().mapToInt(Generation::length).max().orElse(0);
    int reach = rounded(end, SLOTS_READ_AT_A_TIME);
    Scopes.run(
        () -> {
          room(rows.size(), reach);
          int[] places = rows.stream().mapToInt(row -> row.length() - 1).toArray();
          int[] tokens = rows.stream().mapToInt(Generation::lastToken).toArray();
          Tensor logits =
              mixed(
                  (decoder, cache) ->
                      decoder
                          .step()
                          .map(step -> step.run(tokens, places, reach, cache))
                          .orElseGet(() -> next(decoder, tokens, places, reach, cache)));
          draw(rows, logits);
        });
    dismiss();
  }

  /** The logits behind one more token of each row, operator by operator: float[B, V]. */
  private static Tensor next(
      Transformer decoder, int[] tokens, int[] places, int reach, KvCache cache) {
    cache.aim(0, places, 1, reach);
    Tensor hidden =
        decoder.hidden(
            column(tokens),
            column(places),
            Arrays.stream(places).max().orElse(0) + 1L,
            Optional.of(past(places, reach)),
            cache,
            Optional.empty());
    return decoder.logits(hidden.select(1, 0));
  }

  /** long[B, 1]. */
  private static Tensor column(int[] numbers) {
    return Ops.longs(Arrays.stream(numbers).asLongStream().toArray(), numbers.length, 1);
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

  /** 0 for a row's own tokens, -infinity behind them: float[B, 1, 1, slots]. */
  private static Tensor past(int[] starts, int slots) {
    float[] bias = new float[starts.length * slots];
    for (int b = 0; b < starts.length; b++) {
      Arrays.fill(bias, b * slots + starts[b] + 1, (b + 1) * slots, Float.NEGATIVE_INFINITY);
    }
    return Ops.floats(bias, starts.length, 1, 1, slots);
  }

  /** Caches with room for so many rows and tokens in each. */
  private void room(int wantedRows, int wantedSlots) {
    int slots = rounded(wantedSlots, SLOTS_AT_A_TIME);
    if (caches.isEmpty()) {
      speakers.forEach(
          speaker -> caches.add(new KvCache(speaker.decoder.config(), wantedRows, slots)));
    }
    for (KvCache cache : caches) {
      if (wantedRows > cache.rows() || wantedSlots > cache.slots()) {
        cache.grow(
            wantedRows > cache.rows() ? Math.max(wantedRows, 2 * cache.rows()) : cache.rows(),
            wantedSlots > cache.slots()
                ? rounded(Math.max(wantedSlots, cache.slots() * 3 / 2), SLOTS_AT_A_TIME)
                : cache.slots());
      }
    }
  }

  private static int rounded(int wanted, int unit) {
    return (wanted + unit - 1) / unit * unit;
  }

  // ---- tokens

  private static void draw(List<Generation> drawn, Tensor logits) {
    Style first = drawn.get(0).request().style();
    if (drawn.stream().allMatch(row -> row.request().style().equals(first))) {
      draw(drawn, first, logits);
      return;
    }
    Map<Style, List<Integer>> styles = new LinkedHashMap<>();
    for (int i = 0; i < drawn.size(); i++) {
      styles.computeIfAbsent(drawn.get(i).request().style(), style -> new ArrayList<>()).add(i);
    }
    styles.forEach(
        (style, indices) ->
            draw(indices.stream().map(drawn::get).toList(), style, selected(logits, indices)));
  }

  private static Tensor selected(Tensor logits, List<Integer> indices) {
    long[] kept = indices.stream().mapToLong(Integer::longValue).toArray();
    return logits.index_select(0, Ops.longs(kept, kept.length));
  }

  private static void draw(List<Generation> drawn, Style style, Tensor logits) {
    double[] uniforms =
        drawn.stream()
            .mapToDouble(row -> Draws.uniform(row.request().seed(), row.count()))
            .toArray();
    int top = drawn.stream().mapToInt(row -> row.request().topLogprobs()).max().orElse(0);
    if (top == 0 && style.isFull()) {
      Draws.Drawn all = Draws.fromFull(logits, style.logprobTemperature(), uniforms);
      for (int i = 0; i < drawn.size(); i++) {
        int id = Math.toIntExact(all.tokens()[i]);
        drawn.get(i).add(new LikelyToken(id, all.logprobs()[i], List.of()));
      }
      return;
    }
    Tensor tokens = Draws.tokens(logits, seen(drawn, style, logits), style.sampling(), uniforms);
    if (top == 0) {
      long[] ids = Ops.toLongs(tokens);
      float[] own = Ops.toFloats(Draws.logprobs(logits, style.logprobTemperature(), tokens));
      for (int i = 0; i < drawn.size(); i++) {
        drawn.get(i).add(new LikelyToken(Math.toIntExact(ids[i]), own[i], List.of()));
      }
      return;
    }
    Tensor logprobs = Draws.logprobs(logits, style.logprobTemperature());
    List<LikelyToken> likely = likely(logprobs, tokens, top);
    for (int i = 0; i < drawn.size(); i++) {
      LikelyToken token = likely.get(i);
      int wanted = Math.min(drawn.get(i).request().topLogprobs(), token.top().size());
      drawn
          .get(i)
          .add(new LikelyToken(token.id(), token.logprob(), token.top().subList(0, wanted)));
    }
  }

  /** 1 for tokens that are in the row: float[B, V]; empty if no penalty asks for it. */
  private static Tensor seen(List<Generation> drawn, Style style, Tensor logits) {
    if (style.sampling().repetitionPenalty() == 1) {
      return Ops.zeros(drawn.size(), 0);
    }
    Tensor seen = Ops.zeros(drawn.size(), logits.size(1));
    for (int b = 0; b < drawn.size(); b++) {
      long[] ids = drawn.get(b).seen().asLongStream().toArray();
      seen.select(0, b).index_fill_(0, Ops.longs(ids, ids.length), new Scalar(1.0));
    }
    return seen;
  }

  /**
   * What is known of some tokens.
   *
   * @param logprobs float[B, V]
   * @param tokens long[B, 1]
   */
  private static List<LikelyToken> likely(Tensor logprobs, Tensor tokens, int top) {
    int rows = Math.toIntExact(logprobs.size(0));
    int named = Math.toIntExact(Math.min(top, logprobs.size(1)));
    float[] own = Ops.toFloats(logprobs.gather(1, tokens));
    long[] ids = Ops.toLongs(tokens);
    float[] best = {};
    long[] bestIds = {};
    if (named > 0) {
      T_TensorTensor_T most = logprobs.topk(named);
      best = Ops.toFloats(most.get0());
      bestIds = Ops.toLongs(most.get1());
    }
    List<LikelyToken> likely = new ArrayList<>();
    for (int b = 0; b < rows; b++) {
      List<Candidate> candidates = new ArrayList<>();
      for (int i = b * named; i < (b + 1) * named; i++) {
        candidates.add(new Candidate(Math.toIntExact(bestIds[i]), best[i]));
      }
      likely.add(new LikelyToken(Math.toIntExact(ids[b]), own[b], candidates));
    }
    return likely;
  }

  /** The prompt's tokens from the second on; {@code hidden} is float[T, D] of its row. */
  private List<LikelyToken> promptTokens(Generation row, Tensor hidden) {
    int[] prompt = row.request().prompt();
    List<LikelyToken> tokens = new ArrayList<>();
    for (int from = 0; from < prompt.length - 1; from += LOGITS_AT_A_TIME) {
      int count = Math.min(LOGITS_AT_A_TIME, prompt.length - 1 - from);
      long[] next = Arrays.stream(prompt, from + 1, from + 1 + count).asLongStream().toArray();
      int start = from;
      Scopes.run(
          () ->
              tokens.addAll(
                  likely(
                      Draws.logprobs(
                          speakers.get(0).decoder.logits(hidden.narrow(0, start, count)),
                          row.request().logprobTemperature()),
                      Ops.longs(next, count, 1),
                      row.request().topLogprobs())));
    }
    return tokens;
  }

  // ---- rows that leave

  /** Lets go of the rows that are finished or cancelled; the last ones take their places. */
  private void dismiss() {
    for (int i = rows.size() - 1; i >= 0; i--) {
      Generation row = rows.get(i);
      if (row.isFinished() || row.isCancelled()) {
        int last = rows.size() - 1;
        if (i < last) {
          int to = i;
          Scopes.run(() -> caches.forEach(cache -> cache.move(last, to)));
          rows.set(i, rows.get(last));
        }
        rows.remove(last);
        row.end();
      }
    }
    if (rows.isEmpty()) {
      close();
    }
  }

  /** Ends all rows with an error. */
  void fail(Throwable reason) {
    rows.forEach(row -> row.fail(reason));
    rows.clear();
    close();
  }

  @Override
  public void close() {
    caches.forEach(KvCache::close);
    caches.clear();
  }
}
