package plumbline.web.serve;

import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import plumbline.model.Generation;
import plumbline.model.GenerationEngine;
import plumbline.model.GenerationListener;
import plumbline.model.GenerationRequest;
import plumbline.model.LikelyToken;
import plumbline.web.serve.ServedModels.Served;

/** All choices of one request, from the queue to the last token. */
final class Replies implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Replies.class);
  private static final long LOOK_MILLIS = 200;

  private final Peer peer;
  private final ServeMetrics metrics;
  private final List<Reply> replies;
  private final List<List<LikelyToken>> prompts;
  private final BlockingQueue<Heard> heard = new LinkedBlockingQueue<>();
  private final List<Generation> generations;
  private final long began = System.nanoTime();
  private long looked = began;

  /** What the engine says of one choice. */
  private record Heard(int index, What what) {}

  private sealed interface What {}

  private record Prompted(List<LikelyToken> tokens) implements What {}

  private record Drawn(LikelyToken token) implements What {}

  private record Ended(GenerationListener.Ending ending) implements What {}

  private record Failed(Throwable reason) implements What {}

  private Replies(
      Context context,
      GenerationEngine engine,
      ServeMetrics metrics,
      Served model,
      List<GenerationRequest> requests,
      List<Reply> replies) {
    this.peer = new Peer(context);
    this.metrics = metrics;
    this.replies = replies;
    this.prompts =
        new ArrayList<>(
            IntStream.range(0, replies.size()).mapToObj(i -> List.<LikelyToken>of()).toList());
    List<GenerationListener> listeners = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      listeners.add(new Ear(i, heard));
    }
    this.generations = engine.submit(model.transformer(), requests, listeners);
  }

  /** Passes on what the engine says. */
  private record Ear(int index, BlockingQueue<Heard> heard) implements GenerationListener {
    @Override
    public void prompt(List<LikelyToken> tokens) {
      heard.add(new Heard(index, new Prompted(tokens)));
    }

    @Override
    public void token(LikelyToken token) {
      heard.add(new Heard(index, new Drawn(token)));
    }

    @Override
    public void ended(Ending ending) {
      heard.add(new Heard(index, new Ended(ending)));
    }

    @Override
    public void failed(Throwable reason) {
      heard.add(new Heard(index, new Failed(reason)));
    }
  }

  /**
   * Queues a request.
   *
   * @throws ApiError if so many cannot wait, or the server is stopping
   */
  static Replies ask(
      Context context,
      GenerationEngine engine,
      ServeMetrics metrics,
      Served model,
      List<GenerationRequest> requests,
      List<Reply> replies) {
    try {
      return new Replies(context, engine, metrics, model, requests, replies);
    } catch (GenerationEngine.FullException e) {
      throw metrics.busy(e);
    } catch (GenerationEngine.ClosedException e) {
      throw ApiError.stopping();
    }
  }

  /**
   * Waits until all choices have ended.
   *
   * @param changed hears the number of a choice that has got longer or ended
   * @throws ClientGone if nobody waits any more
   */
  void await(IntConsumer changed) {
    long open = replies.size();
    boolean first = true;
    while (open > 0) {
      Heard next = poll();
      if (next == null) {
        continue;
      }
      if (first) {
        metrics.firstToken(System.nanoTime() - began);
        first = false;
      }
      Reply reply = replies.get(next.index);
      if (!reply.isDone()) {
        take(next, reply);
        if (reply.isDone()) {
          generations.get(next.index).cancel();
          open--;
        }
        changed.accept(next.index);
      }
    }
  }

  private Heard poll() {
    Heard next;
    try {
      next = heard.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ApiError.stopping();
    }
    if (System.nanoTime() - looked > TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS)) {
      looked = System.nanoTime();
      if (peer.isGone()) {
        throw new ClientGone();
      }
    }
    return next;
  }

  private void take(Heard next, Reply reply) {
    if (next.what instanceof Prompted prompted) {
      prompts.set(next.index, prompted.tokens);
    } else if (next.what instanceof Drawn drawn) {
      reply.add(drawn.token);
    } else if (next.what instanceof Ended ended) {
      if (ended.ending == GenerationListener.Ending.CANCELLED) {
        throw ApiError.stopping();
      }
      reply.end(ended.ending);
    } else if (next.what instanceof Failed failed) {
      LOG.error("a generation failed", failed.reason);
      throw ApiError.failed();
    }
  }

  /** The tokens of a choice's prompt from the second on, if they were asked for. */
  List<LikelyToken> prompt(int index) {
    return prompts.get(index);
  }

  /** Whatever has not ended is not wanted any more. */
  @Override
  public void close() {
    generations.forEach(Generation::cancel);
    metrics.generated(replies.stream().mapToLong(Reply::drawn).sum());
  }
}
