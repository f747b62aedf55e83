package plumbline.score;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import plumbline.data.Completion;

/**
 * Asks a server: {@code POST {"query": [...], "prompts": [...]}}, and it answers {@code {"rewards":
 * [...]}} with one number per query. A query is its prompt with the response after it.
 *
 * <p>No answer in time, a cut connection, the statuses of {@link
 * plumbline.data.NetworkFailure#PASSING} and an answer that is not of this form are tried again;
 * any other status stops the run.
 *
 * <p>Requests are made on threads of their own, of rows in the order that they are scored in, as
 * soon as all rows of a request are there: the same requests, however early.
 */
final class RemoteScorer implements Scorer {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String name;
  private final URI address;
  private final int rowsPerRequest;
  private final List<Calls> lines;
  private final Queue<Calls> free;
  private final ExecutorService askers;
  private final JsonServer server;
  private List<Request> expected = new ArrayList<>();
  private volatile Optional<RuntimeException> refused = Optional.empty();

  /**
   * Asks nothing yet.
   *
   * @param lines as many as requests may be under way at a time
   */
  RemoteScorer(
      String name,
      URI address,
      Map<String, String> headers,
      int rowsPerRequest,
      List<Calls> lines) {
    this.name = name;
    this.address = address;
    this.rowsPerRequest = rowsPerRequest;
    this.lines = lines;
    this.free = new ConcurrentLinkedQueue<>(lines);
    this.askers =
        Executors.newFixedThreadPool(
            lines.size(),
            task -> {
              Thread thread = new Thread(task, "plumbline-scores");
              thread.setDaemon(true);
              return thread;
            });
    this.server =
        new JsonServer(
            headers,
            said ->
                new ScoringException(
                    "remote %s: %s; check the address, its path and 'headers'"
                        .formatted(address, said)));
  }

  /** What a request came to. */
  private record Answer(Optional<double[]> rewards, String failure) {}

  private record Request(
      List<CompletableFuture<Completion>> rows, CompletableFuture<Answer> answer) {
    boolean isOf(List<Completion> wanted) {
      return rows.stream().allMatch(row -> row.isDone() && !row.isCompletedExceptionally())
          && rows.stream().map(CompletableFuture::join).toList().equals(wanted);
    }
  }

  @Override
  public void expect(List<CompletableFuture<Completion>> completions) {
    List<Request> requests = new ArrayList<>();
    for (List<CompletableFuture<Completion>> rows : parts(completions)) {
      CompletableFuture<Answer> answer =
          CompletableFuture.allOf(rows.toArray(CompletableFuture[]::new))
              .thenApplyAsync(
                  all -> answer(rows.stream().map(CompletableFuture::join).toList()), askers);
      requests.add(new Request(rows, answer));
    }
    expected = requests;
    refused = Optional.empty();
  }

  @Override
  public Scores score(List<Completion> completions) {
    List<CompletableFuture<Answer>> answers = parts(completions).stream().map(this::begun).toList();
    Calls calls = lines.get(0);
    double[] found = new double[completions.size()];
    Arrays.fill(found, Double.NaN);
    for (int part = 0; part < answers.size(); part++) {
      int start = part * rowsPerRequest;
      Answer answer = await(answers.get(part));
      answer.rewards().ifPresent(all -> System.arraycopy(all, 0, found, start, all.length));
      if (!answer.failure().isEmpty()) {
        calls.failed(answer.failure());
      }
    }
    return calls.scores(name, found);
  }

  private <T> List<List<T>> parts(List<T> rows) {
    return IntStream.range(0, (rows.size() + rowsPerRequest - 1) / rowsPerRequest)
        .map(part -> part * rowsPerRequest)
        .mapToObj(from -> rows.subList(from, Math.min(rows.size(), from + rowsPerRequest)))
        .toList();
  }

  /** The answer that was begun with these rows, or one that is begun now. */
  private CompletableFuture<Answer> begun(List<Completion> rows) {
    Optional<Request> known = expected.stream().filter(request -> request.isOf(rows)).findFirst();
    known.ifPresent(expected::remove);
    return known
        .map(Request::answer)
        .orElseGet(() -> CompletableFuture.supplyAsync(() -> answer(rows), askers));
  }

  private static Answer await(CompletableFuture<Answer> answer) {
    try {
      return answer.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ScoringException("interrupted while a server scores", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException reason) {
        throw reason;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Asks; once the server has refused something for good, nothing is asked any more. */
  private Answer answer(List<Completion> rows) {
    if (refused.isPresent()) {
      throw refused.get();
    }
    Calls line = free.remove();
    try {
      ObjectNode body = request(rows);
      Optional<double[]> rewards = line.call(() -> rewards(body, rows.size(), line));
      boolean whole =
          rewards.filter(all -> Arrays.stream(all).noneMatch(Double::isNaN)).isPresent();
      return new Answer(rewards, whole ? "" : line.lastFailure());
    } catch (RuntimeException e) {
      refused = Optional.of(e);
      throw e;
    } finally {
      free.add(line);
    }
  }

  private static ObjectNode request(List<Completion> rows) {
    ObjectNode request = JSON.createObjectNode();
    ArrayNode query = request.putArray("query");
    ArrayNode prompts = request.putArray("prompts");
    for (Completion row : rows) {
      String prompt = row.prompt().transcript() + "\nassistant: ";
      query.add(prompt + row.response());
      prompts.add(prompt);
    }
    return request;
  }

  /** NaN where the server gives a number that is none. */
  private double[] rewards(JsonNode body, int rows, Calls line)
      throws IOException, InterruptedException {
    String answer = server.post(address, body);
    JsonNode rewards = JsonServer.parsed(answer).path("rewards");
    if (!rewards.isArray()) {
      throw JsonServer.unusable("the answer has no list 'rewards': " + JsonServer.shown(answer));
    }
    if (rewards.size() != rows) {
      throw JsonServer.unusable("%d rewards for %d queries".formatted(rewards.size(), rows));
    }
    double[] values = new double[rows];
    for (int i = 0; i < rows; i++) {
      values[i] = number(rewards.get(i), line);
    }
    return values;
  }

  /** A server may wrap each reward into a list of one. */
  private static double number(JsonNode reward, Calls line) {
    JsonNode value = reward.isArray() && reward.size() == 1 ? reward.get(0) : reward;
    if (value.isNumber() && Double.isFinite(value.doubleValue())) {
      return value.doubleValue();
    }
    line.failed("a reward is " + JsonServer.shown(reward.toString()));
    return Double.NaN;
  }

  @Override
  public void close() {
    askers.shutdownNow();
    lines.forEach(Calls::close);
  }
}
