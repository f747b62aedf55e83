package plumbline.score;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import plumbline.data.Completion;

/**
 * Asks a server: {@code POST {"query": [...], "prompts": [...]}}, and it answers {@code {"rewards":
 * [...]}} with one number per query. A query is its prompt with the response after it.
 *
 * <p>No answer in time, a cut connection, the statuses of {@link
 * plumbline.data.NetworkFailure#PASSING} and an answer that is not of this form are tried again;
 * any other status stops the run.
 */
final class RemoteScorer implements Scorer {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String name;
  private final URI address;
  private final int rowsPerRequest;
  private final Calls calls;
  private final JsonServer server;

  RemoteScorer(
      String name, URI address, Map<String, String> headers, int rowsPerRequest, Calls calls) {
    this.name = name;
    this.address = address;
    this.rowsPerRequest = rowsPerRequest;
    this.calls = calls;
    this.server =
        new JsonServer(
            headers,
            said ->
                new ScoringException(
                    "remote %s: %s; check the address, its path and 'headers'"
                        .formatted(address, said)));
  }

  @Override
  public Scores score(List<Completion> completions) {
    double[] found = new double[completions.size()];
    Arrays.fill(found, Double.NaN);
    for (int from = 0; from < found.length; from += rowsPerRequest) {
      List<Completion> rows =
          completions.subList(from, Math.min(found.length, from + rowsPerRequest));
      ObjectNode body = request(rows);
      int start = from;
      calls
          .call(() -> rewards(body, rows.size()))
          .ifPresent(rewards -> System.arraycopy(rewards, 0, found, start, rewards.length));
    }
    return calls.scores(name, found);
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
  private double[] rewards(JsonNode body, int rows) throws IOException, InterruptedException {
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
      values[i] = number(rewards.get(i));
    }
    return values;
  }

  /** A server may wrap each reward into a list of one. */
  private double number(JsonNode reward) {
    JsonNode value = reward.isArray() && reward.size() == 1 ? reward.get(0) : reward;
    if (value.isNumber() && Double.isFinite(value.doubleValue())) {
      return value.doubleValue();
    }
    calls.failed("a reward is " + JsonServer.shown(reward.toString()));
    return Double.NaN;
  }

  @Override
  public void close() {
    calls.close();
  }
}
