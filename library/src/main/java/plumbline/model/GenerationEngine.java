package plumbline.model;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import plumbline.tensor.Scopes;

/**
 * Generates responses for many callers at once on one thread: requests wait in a queue, enter the
 * running batch of their model between two steps, and leave it when they end.
 *
 * <p>Models that share a base take turns within a step, each over its own rows. What a request gets
 * depends on its seed and its own tokens alone.
 */
public final class GenerationEngine implements AutoCloseable {
  /** Tokens of prompts, padding included, that enter between two steps. */
  private static final int PROMPT_TOKENS_PER_STEP = 2048;

  private final int mostRows;
  private final int mostWaiting;
  private final Object lock = new Object();
  private final Deque<Generation> waiting = new ArrayDeque<>();
  private final Deque<Job<?>> jobs = new ArrayDeque<>();
  private final Map<Transformer, RunningBatch> batches = new LinkedHashMap<>();
  private final Map<Transformer, Runnable> retired = new LinkedHashMap<>();
  private final Thread thread;
  private volatile int running;
  private volatile boolean abandoned;
  private boolean closing;
  private boolean stopped;

  /** Something else that needs the thread that computes, part by part. */
  private static final class Job<T> {
    private final List<Supplier<T>> parts;
    private final List<T> results = new ArrayList<>();
    private final CompletableFuture<List<T>> result = new CompletableFuture<>();

    Job(List<Supplier<T>> parts) {
      this.parts = List.copyOf(parts);
    }

    /** Runs the next part; whether another follows. */
    boolean run() {
      if (result.isDone()) {
        return false;
      }
      try {
        results.add(Scopes.call(parts.get(results.size())));
      } catch (RuntimeException | OutOfMemoryError e) {
        result.completeExceptionally(e);
        return false;
      }
      boolean done = results.size() == parts.size();
      if (done) {
        result.complete(results);
      }
      return !done;
    }
  }

  /** There are as many requests already as may wait; the caller tries again later. */
  public static final class FullException extends RuntimeException {
    private static final long serialVersionUID = 1;

    FullException(int waiting) {
      super(waiting + " requests are waiting already");
    }
  }

  /** The engine takes nothing any more. */
  public static final class ClosedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    ClosedException() {
      super("the engine is closed");
    }
  }

  /**
   * Starts an engine without models: each request brings its own, which its owner closes after the
   * engine.
   *
   * @param mostRows that are generated side by side
   * @param mostWaiting requests behind those
   */
  public GenerationEngine(int mostRows, int mostWaiting) {
    if (mostRows < 1 || mostWaiting < 0) {
      throw new IllegalArgumentException(
          mostRows + " rows and " + mostWaiting + " waiting, wanted at least 1 and 0");
    }
    this.mostRows = mostRows;
    this.mostWaiting = mostWaiting;
    this.thread = new Thread(() -> Scopes.noGrad(this::work), "generation");
    thread.setDaemon(true);
    thread.start();
  }

  /** The most requests that can be here at once, running and waiting. */
  public int capacity() {
    return mostRows + mostWaiting;
  }

  /** Responses being generated. */
  public int running() {
    return running;
  }

  /** Requests that wait for a place. */
  public int waiting() {
    synchronized (lock) {
      return waiting.size() + jobs.size();
    }
  }

  /**
   * Queues requests, all or none.
   *
   * @param model has a language head
   * @param listeners one for each request
   * @throws FullException if so many cannot wait
   * @throws ClosedException if the engine has been closed
   * @throws IllegalArgumentException if a prompt leaves no room in the model's context
   */
  public List<Generation> submit(
      Transformer model,
      List<GenerationRequest> requests,
      List<? extends GenerationListener> listeners) {
    List<Generation> asked = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      asked.add(new Generation(model, requests.get(i), listeners.get(i)));
    }
    synchronized (lock) {
      checkRoom(asked.size());
      waiting.addAll(asked);
      lock.notifyAll();
    }
    return asked;
  }

  /**
   * Computes something else, one part between two steps, without gradients; what it makes on the
   * way is freed. A part should be short: all responses wait for it. Cancelling the result leaves
   * out the parts that are left.
   *
   * @param parts at least one, each returns plain Java data
   * @return their results, in their order
   * @throws FullException if no more requests can wait
   * @throws ClosedException if the engine has been closed
   */
  public <T> CompletableFuture<List<T>> compute(List<Supplier<T>> parts) {
    Job<T> job = new Job<>(parts);
    synchronized (lock) {
      checkRoom(1);
      jobs.add(job);
      lock.notifyAll();
    }
    return job.result;
  }

  /**
   * Lets go of a model that nobody asks for any more, once no response of it is generated or waits.
   *
   * @param then closes it; runs on the thread that computes, or here if that has ended
   */
  public void retire(Transformer model, Runnable then) {
    synchronized (lock) {
      if (!stopped) {
        retired.put(model, then);
        lock.notifyAll();
        return;
      }
    }
    then.run();
  }

  private void checkRoom(int more) {
    if (closing) {
      throw new ClosedException();
    }
    int here = running + waiting.size() + jobs.size();
    if (here + more > capacity()) {
      throw new FullException(waiting.size() + jobs.size());
    }
  }

  // ---- the thread that computes

  private void work() {
    Throwable reason = new CancellationException("the engine has stopped");
    try {
      while (awaitWork()) {
        nextJob();
        List<Generation> fresh = next();
        if (!fresh.isEmpty()) {
          admit(fresh);
        }
        if (abandoned) {
          batches.values().forEach(batch -> batch.rows().forEach(Generation::cancel));
        }
        for (RunningBatch batch : List.copyOf(batches.values())) {
          guarded(batch, batch::step);
        }
        count();
        letGo();
      }
    } catch (Throwable e) {
      reason = e;
    } finally {
      stop(reason);
    }
  }

  /** Waits for something to do; false when all is done and nothing will come. */
  private boolean awaitWork() {
    synchronized (lock) {
      while (running == 0 && waiting.isEmpty() && jobs.isEmpty() && retired.isEmpty()) {
        if (closing) {
          return false;
        }
        try {
          lock.wait();
        } catch (InterruptedException e) {
          closing = true;
        }
      }
      return true;
    }
  }

  private void nextJob() {
    Job<?> job;
    synchronized (lock) {
      job = jobs.poll();
    }
    if (job != null && job.run()) {
      synchronized (lock) {
        jobs.add(job);
      }
    }
  }

  /** The next requests of one model that fit: those that came first, first. */
  private List<Generation> next() {
    List<Generation> fresh = new ArrayList<>();
    List<Generation> cancelled = new ArrayList<>();
    synchronized (lock) {
      int width = 0;
      for (Iterator<Generation> i = waiting.iterator(); i.hasNext(); ) {
        Generation row = i.next();
        if (row.isCancelled()) {
          cancelled.add(row);
          i.remove();
          continue;
        }
        int wider = Math.max(width, row.length());
        boolean fits =
            fresh.isEmpty()
                || (row.model() == fresh.get(0).model()
                    && (long) wider * (fresh.size() + 1) <= PROMPT_TOKENS_PER_STEP);
        if (fits && running + fresh.size() < mostRows) {
          fresh.add(row);
          width = wider;
          i.remove();
        }
      }
      running += fresh.size();
    }
    cancelled.forEach(Generation::end);
    return fresh;
  }

  private void admit(List<Generation> fresh) {
    Transformer model = fresh.get(0).model();
    RunningBatch batch = batches.computeIfAbsent(model, RunningBatch::of);
    guarded(batch, () -> batch.admit(fresh));
  }

  /** What goes wrong with one batch is told to its rows; the others go on. */
  private static void guarded(RunningBatch batch, Runnable body) {
    try {
      body.run();
    } catch (RuntimeException | OutOfMemoryError e) {
      batch.fail(e);
    }
  }

  private void count() {
    batches.values().removeIf(batch -> batch.size() == 0);
    int now = batches.values().stream().mapToInt(RunningBatch::size).sum();
    synchronized (lock) {
      running = now;
    }
  }

  /** Frees the retired models that no row belongs to. */
  private void letGo() {
    List<Runnable> free = new ArrayList<>();
    synchronized (lock) {
      for (Transformer model : List.copyOf(retired.keySet())) {
        if (!batches.containsKey(model) && waiting.stream().noneMatch(w -> w.model() == model)) {
          free.add(retired.remove(model));
        }
      }
    }
    free.forEach(Runnable::run);
  }

  private void stop(Throwable reason) {
    List<Generation> left;
    List<Job<?>> undone;
    List<Runnable> free;
    synchronized (lock) {
      closing = true;
      stopped = true;
      free = List.copyOf(retired.values());
      retired.clear();
      left = List.copyOf(waiting);
      undone = List.copyOf(jobs);
      waiting.clear();
      jobs.clear();
    }
    batches.values().forEach(batch -> batch.fail(reason));
    left.forEach(row -> row.fail(reason));
    undone.forEach(job -> job.result.completeExceptionally(reason));
    free.forEach(Runnable::run);
    running = 0;
  }

  // ---- the end

  /**
   * Takes nothing more and finishes what runs and waits; what is not done in time is cancelled.
   *
   * @return whether everything was finished
   */
  public boolean finish(Duration patience) {
    synchronized (lock) {
      closing = true;
      lock.notifyAll();
    }
    boolean done = ended(patience.toMillis());
    if (!done) {
      cancelAll();
      ended(0);
    }
    return done;
  }

  private void cancelAll() {
    synchronized (lock) {
      waiting.forEach(Generation::cancel);
      jobs.forEach(job -> job.result.cancel(false));
    }
    abandoned = true;
  }

  /** Waits for the thread; 0 waits for ever. */
  private boolean ended(long millis) {
    try {
      thread.join(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
    return !thread.isAlive();
  }

  /** Cancels everything. */
  @Override
  public void close() {
    finish(Duration.ofMillis(1));
  }
}
