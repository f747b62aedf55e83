package plumbline.judge;

import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.http.client.HttpRequest;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.sse.ServerSentEventListener;
import dev.langchain4j.http.client.sse.ServerSentEventParser;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import plumbline.InputException;

/**
 * What langchain4j sends one call through: an {@link Endpoint}, whose failures langchain4j's own
 * have no room for (how long a server asks to wait, what a useless answer took).
 */
final class LangChainWire implements HttpClient {
  /** Headers that the endpoint sets itself. */
  private static final Set<String> OURS =
      Set.of("content-type", "user-agent", "authorization", "x-api-key", "x-goog-api-key");

  private final Endpoint endpoint;
  private final Duration limit;
  private Optional<Endpoint.Answer> came = Optional.empty();

  LangChainWire(Endpoint endpoint, Duration limit) {
    this.endpoint = endpoint;
    this.limit = limit;
  }

  /** A failure on its way through langchain4j. */
  private static final class Carried extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final CallFailed failure;

    Carried(CallFailed failure) {
      super(failure.getMessage(), failure);
      this.failure = failure;
    }
  }

  @Override
  public SuccessfulHttpResponse execute(HttpRequest request) {
    Map<String, String> headers = new LinkedHashMap<>();
    request
        .headers()
        .forEach(
            (name, values) -> {
              if (!OURS.contains(name.toLowerCase(Locale.ROOT))) {
                headers.put(name, String.join(", ", values));
              }
            });
    try {
      Endpoint.Answer answer =
          endpoint.post(URI.create(request.url()), headers, request.body(), limit);
      came = Optional.of(answer);
      return SuccessfulHttpResponse.builder().statusCode(200).body(answer.text()).build();
    } catch (CallFailed e) {
      throw new Carried(e);
    }
  }

  @Override
  public void execute(
      HttpRequest request, ServerSentEventParser parser, ServerSentEventListener listener) {
    throw new UnsupportedOperationException("answers are not read while they are written");
  }

  /** The answer that came. */
  Endpoint.Answer answer() {
    return came.orElseThrow();
  }

  /** Whether Google says that the prompt may not be answered: there is no candidate then. */
  boolean isPromptRefused() {
    return came.map(answer -> answer.json().at("/promptFeedback/blockReason").isTextual())
        .orElse(false);
  }

  /**
   * What failed, found in what langchain4j made of it.
   *
   * @throws RuntimeException what no other call would change
   */
  CallFailed failed(RuntimeException thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof Carried carried) {
        return carried.failure;
      }
      if (cause instanceof InputException || cause instanceof JudgeUnavailable) {
        throw (RuntimeException) cause;
      }
    }
    if (came.isEmpty()) {
      throw thrown;
    }
    return came.get().malformed("the answer is not of the form of the provider");
  }

  /** What langchain4j makes its client with; how long a call may take is known already. */
  HttpClientBuilder builder() {
    return new HttpClientBuilder() {
      @Override
      public Duration connectTimeout() {
        return limit;
      }

      @Override
      public HttpClientBuilder connectTimeout(Duration timeout) {
        return this;
      }

      @Override
      public Duration readTimeout() {
        return limit;
      }

      @Override
      public HttpClientBuilder readTimeout(Duration timeout) {
        return this;
      }

      @Override
      public HttpClient build() {
        return LangChainWire.this;
      }
    };
  }
}
