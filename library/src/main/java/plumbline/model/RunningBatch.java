package plumbline.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
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
  private static final int LOGITS_AT_A_TIME = 64;

  private final Transformer decoder;
  private final List<Generation> rows = new ArrayList<>();
  private Optional<KvCache> cache = Optional.empty();

  RunningBatch(Transformer decoder) {
    this.decoder = decoder;
  }

  int size() {
    return rows.size();
  }

  List<Generation> rows() {
    return rows;
  }

  /** Runs the prompts of new rows and draws their first tokens. */
  void admit(List<Generation> fresh) {
    int first = rows.size();
    int width = fresh.stream().mapToInt(Generation::length).max().orElse(0);
    rows.addAll(fresh);
    Scopes.run(
        () -> {
          KvCache room = room(first + fresh.size(), width);
          room.aim(first, new int[fresh.size()], width);
          TokenBatch prompts =
              TokenBatch.of(
                  fresh.stream().map(row -> row.request().prompt()).toArray(int[][]::new));
          Tensor hidden =
              decoder.hidden(prompts.ids(), prompts.positions(), width, Optional.empty(), room);
          for (int b = 0; b < fresh.size(); b++) {
            if (fresh.get(b).request().promptLogprobs()) {
              fresh.get(b).tellPrompt(promptTokens(fresh.get(b), hidden.select(0, b)));
            }
          }
          long[] last =
              IntStream.range(0, fresh.size())
                  .mapToLong(b -> (long) b * width + prompts.length(b) - 1)
                  .toArray();
          Tensor flat = hidden.reshape(-1, decoder.config().hiddenSize());
          draw(fresh, decoder.logits(flat.index_select(0, Ops.longs(last, last.length))));
        });
    dismiss();
  }

  /** Draws the next token of every row. */
  void step() {
    dismiss();
    if (rows.isEmpty()) {
      return;
    }
    int end = rows.stream().mapToInt(Generation::length).max().orElse(0);
    Scopes.run(
        () -> {
          KvCache room = room(rows.size(), end);
          int[] starts = rows.stream().mapToInt(row -> row.length() - 1).toArray();
          room.aim(0, starts, 1);
          long[] ids = rows.stream().mapToLong(Generation::lastToken).toArray();
          long[] positions = Arrays.stream(starts).asLongStream().toArray();
          Tensor hidden =
              decoder.hidden(
                  Ops.longs(ids, ids.length, 1),
                  Ops.longs(positions, positions.length, 1),
                  end,
                  Optional.of(past(starts, end)),
                  room);
          draw(rows, decoder.logits(hidden.select(1, 0)));
        });
    dismiss();
  }

  /** 0 for a row's own tokens, -infinity behind them: float[B, 1, 1, slots]. */
  private static Tensor past(int[] starts, int slots) {
    float[] bias = new float[starts.length * slots];
    for (int b = 0; b < starts.length; b++) {
      Arrays.fill(bias, b * slots + starts[b] + 1, (b + 1) * slots, Float.NEGATIVE_INFINITY);
    }
    return Ops.floats(bias, starts.length, 1, 1, slots);
  }

  /** The cache with room for so many rows and tokens in each. */
  private KvCache room(int wantedRows, int wantedSlots) {
    if (cache.isEmpty()) {
      cache = Optional.of(new KvCache(decoder.config(), wantedRows, slots(wantedSlots)));
    }
    KvCache room = cache.get();
    if (wantedRows > room.rows() || wantedSlots > room.slots()) {
      room.grow(
          wantedRows > room.rows() ? Math.max(wantedRows, 2 * room.rows()) : room.rows(),
          wantedSlots > room.slots()
              ? slots(Math.max(wantedSlots, room.slots() * 3 / 2))
              : room.slots());
    }
    return room;
  }

  private int slots(int wanted) {
    int rounded = (wanted + SLOTS_AT_A_TIME - 1) / SLOTS_AT_A_TIME * SLOTS_AT_A_TIME;
    return Math.min(Math.max(rounded, wanted), decoder.config().maxPositions());
  }

  // ---- tokens

  private static void draw(List<Generation> drawn, Tensor logits) {
    Map<Style, List<Integer>> styles = new LinkedHashMap<>();
    for (int i = 0; i < drawn.size(); i++) {
      styles.computeIfAbsent(drawn.get(i).request().style(), style -> new ArrayList<>()).add(i);
    }
    styles.forEach(
        (style, indices) ->
            draw(
                indices.stream().map(drawn::get).toList(),
                style,
                indices.size() == drawn.size() ? logits : selected(logits, indices)));
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
    Tensor tokens = Draws.tokens(logits, seen(drawn, style, logits), style.sampling(), uniforms);
    int top = drawn.stream().mapToInt(row -> row.request().topLogprobs()).max().orElse(0);
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
                          decoder.logits(hidden.narrow(0, start, count)),
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
          Scopes.run(() -> cache.orElseThrow().move(last, to));
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
    cache.ifPresent(KvCache::close);
    cache = Optional.empty();
  }
}
