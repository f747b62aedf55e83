package plumbline.model;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.ObjIntConsumer;
import java.util.stream.IntStream;
import plumbline.tensor.Engine;
import plumbline.tensor.Scopes;
import plumbline.tensor.Workers;

/**
 * Draws responses from a decoder, or from a mixture of two, many rows at a time.
 *
 * <p>Every row has a seed of its own and reads only its own tokens, so that its response does not
 * depend on the rows beside it. Rows that end make room for the next ones.
 */
public final class Generator {
  /** New rows enter when one in so many has ended. */
  private static final int ADMITTED = 4;

  /** Tokens of prompts that are run at a time, unless one prompt has more. */
  private static final int PROMPT_TOKENS = 4096;

  private final List<RunningBatch.Speaker> speakers;
  private final int context;
  private final Sampling sampling;
  private final int endToken;
  private final int rowsPerBatch;

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
    this(List.of(new RunningBatch.Speaker(decoder, 1)), sampling, endToken, rowsPerBatch);
  }

  private Generator(
      List<RunningBatch.Speaker> speakers, Sampling sampling, int endToken, int rowsPerBatch) {
    this.speakers = speakers;
    this.context =
        speakers.stream().mapToInt(s -> s.decoder().config().maxPositions()).min().orElse(0);
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
    List<RunningBatch.Speaker> both =
        List.of(
            new RunningBatch.Speaker(policy, 1 - share),
            new RunningBatch.Speaker(reference, share));
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

  /**
   * As {@link #generate(List, long[])}, telling of each response that is whole, maybe on another
   * thread, with its row.
   */
  public List<Generated> draw(List<int[]> prompts, long[] seeds, ObjIntConsumer<Generated> whole) {
    return generate(
        prompts,
        seeds,
        new Drawn() {
          @Override
          public void token(int row, int token) {
            // The whole response is waited for.
          }

          @Override
          public void whole(int row, Generated response) {
            whole.accept(response, row);
          }
        });
  }

  /** Takes tokens as they are drawn, those of different rows maybe from different threads. */
  public interface Drawn {
    /**
     * A token was drawn.
     *
     * @param row which prompt it answers
     * @param token its id, maybe the end token's
     */
    void token(int row, int token);

    /** A response has all its tokens. */
    default void whole(int row, Generated response) {}
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
    Response[] responses = new Response[prompts.size()];
    List<Generation> rows = new ArrayList<>();
    for (int row = 0; row < responses.length; row++) {
      responses[row] = new Response(row, drawn);
      rows.add(
          new Generation(
              speakers.get(0).decoder(),
              context,
              GenerationRequest.of(prompts.get(row), sampling, seeds[row], endToken),
              responses[row]));
    }
    Workers.each(groups(rows), group -> run(group, rows.size()));
    for (Response response : responses) {
      response.failure.ifPresent(
          failure -> {
            throw failure;
          });
    }
    return Arrays.stream(responses).map(Response::generated).toList();
  }

  /**
   * Rows of similar length, which read about as many slots of the cache: one group for each thread
   * where a row's numbers do not depend on its group, else all in one.
   */
  private List<List<Generation>> groups(List<Generation> rows) {
    List<Generation> byLength = new ArrayList<>(rows);
    byLength.sort(Comparator.comparingInt(Generation::length));
    boolean apart = speakers.stream().allMatch(speaker -> speaker.decoder().isPacked());
    int count = apart ? Math.max(1, Math.min(Engine.threads(), rows.size())) : 1;
    return IntStream.range(0, count)
        .mapToObj(i -> byLength.subList(i * rows.size() / count, (i + 1) * rows.size() / count))
        .toList();
  }

  /**
   * Prompts of one length that run at a time, of each thread.
   *
   * @param rows of a batch
   */
  public static long promptsAtATime(long rows, long tokens) {
    return Math.max(1, Math.min(rows, PROMPT_TOKENS / tokens));
  }

  /** Generates rows, the first ones first; those that end make room for the next. */
  private void run(List<Generation> rows, int all) {
    Deque<Generation> waiting = new ArrayDeque<>(rows);
    int most = Math.max(1, rowsPerBatch * rows.size() / all);
    try (RunningBatch batch = new RunningBatch(speakers)) {
      Scopes.noGrad(
          () -> {
            while (!waiting.isEmpty() || batch.size() > 0) {
              admit(waiting, batch, most);
              batch.step();
            }
          });
    }
  }

  private void admit(Deque<Generation> waiting, RunningBatch batch, int most) {
    int free = most - batch.size();
    // A few rows at a time would run their prompts one by one.
    while (!waiting.isEmpty() && (batch.size() == 0 || free * ADMITTED >= most)) {
      List<Generation> fresh = new ArrayList<>();
      int tokens = 0;
      while (!waiting.isEmpty() && fresh.size() < free) {
        tokens += waiting.peek().length();
        if (!fresh.isEmpty() && tokens > PROMPT_TOKENS) {
          break;
        }
        fresh.add(waiting.remove());
      }
      batch.admit(fresh);
      free = most - batch.size();
    }
  }

  /** What is heard of one row. */
  private static final class Response implements GenerationListener {
    private final int row;
    private final Drawn drawn;
    private int[] ids = new int[16];
    private float[] logprobs = new float[16];
    private int count;
    private boolean ended;
    private Optional<RuntimeException> failure = Optional.empty();

    Response(int row, Drawn drawn) {
      this.row = row;
      this.drawn = drawn;
    }

    @Override
    public void token(LikelyToken token) {
      if (count == ids.length) {
        ids = Arrays.copyOf(ids, 2 * count);
        logprobs = Arrays.copyOf(logprobs, 2 * count);
      }
      ids[count] = token.id();
      logprobs[count] = token.logprob();
      count++;
      told(() -> drawn.token(row, token.id()));
    }

    private void told(Runnable what) {
      try {
        what.run();
      } catch (RuntimeException e) {
        failure = Optional.of(e);
        throw e;
      }
    }

    @Override
    public void ended(Ending ending) {
      ended = ending == Ending.END_TOKEN;
      told(() -> drawn.whole(row, generated()));
    }

    @Override
    public void failed(Throwable reason) {}

    Generated generated() {
      return new Generated(Arrays.copyOf(ids, count), Arrays.copyOf(logprobs, count), ended);
    }
  }
}
