package plumbline.model;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** A response on its way: waiting, being generated, or ended. */
public final class Generation {
  private final Transformer model;
  private final GenerationRequest request;
  private final GenerationListener listener;
  private final int limit;
  private int[] ids;
  private int count;
  private volatile boolean cancelled;

  Generation(Transformer model, GenerationRequest request, GenerationListener listener) {
    this(model, model.config().maxPositions(), request, listener);
  }

  /** As above, with a context that may be shorter than the model's. */
  Generation(
      Transformer model, int context, GenerationRequest request, GenerationListener listener) {
    this.model = model;
    this.request = request;
    this.listener = listener;
    if (request.prompt().length >= context) {
      throw new IllegalArgumentException(
          "the prompt has "
              + request.prompt().length
              + " tokens, the model's context of "
              + context
              + " leaves no room for a response");
    }
    this.limit = Math.min(request.sampling().maxNewTokens(), context - request.prompt().length);
    this.ids = request.prompt().clone();
  }

  /** Asks for no more of it; it ends before the next step. */
  public void cancel() {
    cancelled = true;
  }

  boolean isCancelled() {
    return cancelled;
  }

  Transformer model() {
    return model;
  }

  GenerationRequest request() {
    return request;
  }

  /** Tokens drawn so far. */
  int count() {
    return count;
  }

  /** Prompt and response so far in tokens. */
  int length() {
    return request.prompt().length + count;
  }

  int lastToken() {
    return ids[length() - 1];
  }

  /** The different tokens of prompt and response. */
  IntStream seen() {
    return Arrays.stream(ids, 0, length()).distinct();
  }

  boolean isFinished() {
    return count == limit || endsWithEndToken();
  }

  private boolean endsWithEndToken() {
    return count > 0 && lastToken() == request.endToken();
  }

  void tellPrompt(List<LikelyToken> tokens) {
    tell(() -> listener.prompt(tokens));
  }

  void add(LikelyToken token) {
    if (length() == ids.length) {
      ids = Arrays.copyOf(ids, Math.max(16, 2 * ids.length));
    }
    ids[length()] = token.id();
    count++;
    tell(() -> listener.token(token));
  }

  void end() {
    GenerationListener.Ending ending =
        cancelled
            ? GenerationListener.Ending.CANCELLED
            : endsWithEndToken()
                ? GenerationListener.Ending.END_TOKEN
                : GenerationListener.Ending.LENGTH;
    tell(() -> listener.ended(ending));
  }

  void fail(Throwable reason) {
    tell(() -> listener.failed(reason));
  }

  /** A listener that fails wants no more; the others go on. */
  private void tell(Runnable message) {
    try {
      message.run();
    } catch (RuntimeException e) {
      cancelled = true;
    }
  }
}
