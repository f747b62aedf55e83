package plumbline.score;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import plumbline.data.NetworkFailure;

/**
 * A server that takes JSON documents by HTTP.
 *
 * <p>What may pass is a {@link Calls.TryAgain} or another IOException: a cut connection, the
 * statuses of {@link NetworkFailure#PASSING}, an answer of another form. Any other status never
 * will.
 */
public final class JsonServer {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);
  private static final int SHOWN = 200;

  private final Map<String, String> headers;
  private final Function<String, RuntimeException> refusal;
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(CONNECT_LIMIT)
          .build();

  /**
   * @param headers of every request
   * @param refusal what is thrown where the server will not have a request, of its status and words
   */
  public JsonServer(Map<String, String> headers, Function<String, RuntimeException> refusal) {
    this.headers = headers;
    this.refusal = refusal;
  }

  /** The text that a document is answered with. */
  public String post(URI address, JsonNode document) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(document.toString()));
    headers.forEach(request::header);
    HttpResponse<String> answer =
        client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw refused(answer);
    }
    return answer.body();
  }

  private Calls.TryAgain refused(HttpResponse<String> answer) {
    int status = answer.statusCode();
    String said = "status " + status + ": " + shown(withoutKeys(answer.body()));
    if (NetworkFailure.PASSING.contains(status)) {
      Optional<Duration> wait =
          answer
              .headers()
              .firstValue("Retry-After")
              .flatMap(header -> NetworkFailure.retryAfter(header.strip(), Instant.now()));
      return new Calls.TryAgain(said, wait);
    }
    throw refusal.apply(said);
  }

  /** The text without what headers say, which a server may repeat. */
  private String withoutKeys(String text) {
    String clean = text;
    for (String value : headers.values()) {
      clean = clean.replace(value.replaceFirst("^Bearer ", ""), "[key]");
    }
    return clean;
  }

  /** An answer as JSON. */
  public static JsonNode parsed(String answer) throws Calls.TryAgain {
    try {
      return JSON.readTree(answer);
    } catch (JsonProcessingException e) {
      throw unusable("the answer is not JSON: " + shown(answer));
    }
  }

  /** That an answer is not of the form that was wanted. */
  public static Calls.TryAgain unusable(String why) {
    return new Calls.TryAgain(why, Optional.empty());
  }

  /** The beginning of an answer, in one line. */
  public static String shown(String answer) {
    String line = answer.strip().replaceAll("\\s+", " ");
    return line.length() > SHOWN ? line.substring(0, SHOWN) + "..." : line;
  }
}
