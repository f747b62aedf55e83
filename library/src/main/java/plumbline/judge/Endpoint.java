package plumbline.judge;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import plumbline.InputException;
import plumbline.judge.CallFailed.Fault;

/**
 * One call over HTTP, whatever the provider's form, and what can go wrong with it.
 *
 * <p>The key goes into the request's header and nowhere else: where a server repeats it, it is
 * taken out before anybody sees the text.
 */
final class Endpoint {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final int SHOWN = 200;

  /** Google tells in the body how long to wait (google.rpc.RetryInfo). */
  private static final Pattern RETRY_DELAY =
      Pattern.compile("\"retryDelay\"\\s*:\\s*\"(\\d{1,9}(?:\\.\\d{1,3})?)\\d*s\"");

  private final RemoteConfig config;
  private final Optional<String> key;
  private final HttpClient http;

  /**
   * @param environment where the key is
   * @throws InputException if the variable that the configuration names is not set
   */
  Endpoint(RemoteConfig config, Map<String, String> environment) {
    this.config = config;
    this.key = config.keyEnv().map(variable -> key(variable, environment));
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(seconds(config.timeout()))
            .build();
  }

  private static String key(String variable, Map<String, String> environment) {
    String key = environment.getOrDefault(variable, "").strip();
    if (key.isEmpty()) {
      throw new InputException(
          "the environment variable " + variable + " ('key_env') is not set; it holds the key");
    }
    if (!key.chars().allMatch(c -> c > ' ' && c < 127)) {
      throw new InputException(
          "the environment variable " + variable + " holds characters that no key has");
    }
    return key;
  }

  static Duration seconds(double seconds) {
    return Duration.ofNanos((long) (seconds * 1e9));
  }

  /**
   * An answer of the model that was asked.
   *
   * @param text the answer as it came, without the key
   * @param tokens what it took; empty if it does not say
   */
  record Answer(String text, JsonNode json, Optional<ChatAnswer.TokenCount> tokens) {
    /** That the answer has not what an answer of the provider's form has. */
    CallFailed malformed(String why) {
      return new CallFailed(
          Fault.MALFORMED, why + ": " + shortened(text), Optional.empty(), tokens);
    }
  }

  /**
   * Posts a document.
   *
   * @param headers besides those of the key and of the content's type
   * @param limit how long the whole answer may take
   * @throws CallFailed if there is no answer of the wanted model, but may be one later
   * @throws InputException if there never will be
   */
  Answer post(URI address, Map<String, String> headers, String body, Duration limit)
      throws CallFailed {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address).POST(HttpRequest.BodyPublishers.ofString(body));
    headers.forEach(request::setHeader);
    return answer(clean(text(request, limit)));
  }

  /** The document at an address. */
  JsonNode get(URI address, Duration limit) throws CallFailed {
    String text = clean(text(HttpRequest.newBuilder(address).GET(), limit));
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw CallFailed.of(Fault.MALFORMED, "the answer is no JSON: " + shortened(text));
    }
  }

  private String text(HttpRequest.Builder request, Duration limit) throws CallFailed {
    HttpResponse<String> response =
        send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8), limit);
    check(response, response.body());
    return response.body();
  }

  /**
   * An answer that comes line by line.
   *
   * @param streams whether it is one of events; else its lines are a document
   * @param lines to be closed
   */
  record Lines(boolean streams, Stream<String> lines) {}

  /**
   * Posts a document whose answer is read while it is written.
   *
   * @param limit how long it may take until the answer begins
   */
  Lines lines(URI address, String body, Duration limit) throws CallFailed {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address).POST(HttpRequest.BodyPublishers.ofString(body));
    HttpResponse<Stream<String>> response =
        send(request, HttpResponse.BodyHandlers.ofLines(), limit);
    if (response.statusCode() != 200) {
      try (Stream<String> lines = response.body()) {
        check(response, lines.collect(Collectors.joining("\n")));
      }
    }
    String type = response.headers().firstValue("Content-Type").orElse("");
    return new Lines(type.startsWith("text/event-stream"), response.body());
  }

  private void check(HttpResponse<?> response, String text) throws CallFailed {
    int status = response.statusCode();
    if (status == 429) {
      throw new CallFailed(
          Fault.RATE_LIMIT,
          "the endpoint answers 429",
          serverWait(response, text),
          Optional.empty());
    }
    if (status >= 500 || status == 408 || status == 409) {
      throw new CallFailed(
          Fault.SERVER_ERROR,
          "the endpoint answers " + status,
          serverWait(response, text),
          Optional.empty());
    }
    if (status != 200) {
      throw refused(status, text);
    }
  }

  private <T> HttpResponse<T> send(
      HttpRequest.Builder request, HttpResponse.BodyHandler<T> handler, Duration limit)
      throws CallFailed {
    request.setHeader("Content-Type", "application/json").setHeader("User-Agent", "plumbline");
    Provider provider = config.provider();
    key.ifPresent(secret -> request.setHeader(provider.keyHeader(), provider.keyValue(secret)));
    CompletableFuture<HttpResponse<T>> future = http.sendAsync(request.build(), handler);
    try {
      return future.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      future.cancel(true);
      throw CallFailed.of(Fault.TIMEOUT, "no whole answer in " + limit.toMillis() / 1000.0 + " s");
    } catch (InterruptedException e) {
      future.cancel(true);
      Thread.currentThread().interrupt();
      throw new JudgeUnavailable("interrupted while waiting for an answer");
    } catch (ExecutionException e) {
      throw broken(e.getCause());
    }
  }

  CallFailed broken(Throwable cause) {
    if (cause instanceof ConnectException
        || cause instanceof java.net.http.HttpConnectTimeoutException
        || cause instanceof java.nio.channels.UnresolvedAddressException) {
      return CallFailed.of(Fault.NO_CONNECTION, "no connection to " + config.endpoint());
    }
    if (cause instanceof javax.net.ssl.SSLHandshakeException) {
      throw new InputException(
          config.endpoint() + ": no secure connection: " + cause.getMessage(), cause);
    }
    if (cause instanceof IOException) {
      return CallFailed.of(Fault.CUT, "the answer broke off");
    }
    throw new IllegalStateException("the call failed: " + cause.getClass().getName());
  }

  /** Reads the text of an answer. */
  Answer answer(String text) throws CallFailed {
    JsonNode json;
    try {
      json = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw CallFailed.of(Fault.MALFORMED, "the answer is no JSON: " + shortened(text));
    }
    if (json == null || !json.isObject()) {
      throw CallFailed.of(Fault.MALFORMED, "the answer is no JSON object: " + shortened(text));
    }
    Optional<ChatAnswer.TokenCount> tokens = config.provider().tokens(json);
    String model = config.provider().model(json);
    if (!isWanted(model)) {
      throw new CallFailed(
          Fault.WRONG_MODEL,
          "asked for '%s', answered by '%s'".formatted(config.model(), shortened(model)),
          Optional.empty(),
          tokens);
    }
    return new Answer(text, json, tokens);
  }

  /** The model itself, a dated version of it or of the latest, or one of its other names. */
  private boolean isWanted(String model) {
    String undated = config.model().replaceFirst("-latest$", "");
    return model.isEmpty()
        || model.equals(config.model())
        || model.matches(Pattern.quote(undated) + "-\\d[\\d-]*")
        || config.alsoKnownAs().contains(model);
  }

  private InputException refused(int status, String body) {
    String place = config.endpoint() + " answers " + status;
    String why = shortened(clean(body));
    if (status == 401 || status == 403) {
      return new InputException(
          place
              + config
                  .keyEnv()
                  .map(variable -> ": the key in " + variable + " is not accepted: " + why)
                  .orElse(": it wants a key; name its environment variable with 'key_env'"));
    }
    if (status == 404) {
      return new InputException(
          place + ": no model '" + config.model() + "' or no such address: " + why);
    }
    return new InputException(place + ": " + why);
  }

  private static Optional<Duration> serverWait(HttpResponse<?> response, String text) {
    Matcher delay = RETRY_DELAY.matcher(text);
    return response
        .headers()
        .firstValue("Retry-After")
        .or(() -> delay.find() ? Optional.of(delay.group(1)) : Optional.empty())
        .flatMap(header -> retryAfter(header.strip(), Instant.now()));
  }

  /** The time that a {@code Retry-After} header asks for: seconds, or a date (RFC 9110, 10.2.3). */
  static Optional<Duration> retryAfter(String header, Instant now) {
    try {
      if (header.matches("\\d{1,9}(\\.\\d{1,3})?")) {
        return Optional.of(seconds(Double.parseDouble(header)));
      }
      Instant date = ZonedDateTime.parse(header, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      return Optional.of(date.isAfter(now) ? Duration.between(now, date) : Duration.ZERO);
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  static String shortened(String text) {
    String line = text.replaceAll("\\s+", " ").strip();
    return line.isEmpty()
        ? "(empty)"
        : line.length() > SHOWN ? line.substring(0, SHOWN) + "..." : line;
  }

  /** The text without the key. */
  String clean(String text) {
    return key.map(secret -> text.replace(secret, "[key]")).orElse(text);
  }
}
