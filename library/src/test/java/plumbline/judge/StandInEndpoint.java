package plumbline.judge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import plumbline.data.Sha256;

/**
 * An endpoint of any provider's form that fails as real ones do, the same calls in every run:
 * whether the n-th call of a request fails, and how, is a hash of both.
 */
public final class StandInEndpoint implements AutoCloseable {
  /** The ways to fail. */
  public enum Failure {
    HANG,
    RATE_LIMIT,
    ERROR_500,
    ERROR_503,
    CUT_BODY,
    MALFORMED,
    WRONG_MODEL,
    REFUSAL
  }

  /** What a caller that has met all of them counts. */
  public static final List<String> FAULTS =
      List.of(
          "timeout", "rate limit", "server error", "cut", "malformed", "wrong model", "unreadable");

  public static final String MODEL = "judge-1";
  public static final int OUTPUT_TOKENS = 3;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern ANSWERS =
      Pattern.compile(
          "<answer_a>\\n(.*?)\\n</answer_a>.*<answer_b>\\n(.*?)\\n</answer_b>", Pattern.DOTALL);

  private static final Pattern RATED =
      Pattern.compile("<answer>\\n(.*?)\\n</answer>", Pattern.DOTALL);

  /** After so many failures a request succeeds. */
  private static final int MOST_FAILURES = 2;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final StandInForm form;
  private final int percent;
  private final List<Failure> failures;
  private final Set<String> keys = ConcurrentHashMap.newKeySet();
  private final Map<String, AtomicInteger> calls = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> verdicts = new ConcurrentHashMap<>();
  private final AtomicLong inputTokens = new AtomicLong();
  private final AtomicLong outputTokens = new AtomicLong();
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger mostRunning = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();
  private volatile int delayMillis;
  private volatile Semaphore working = new Semaphore(Integer.MAX_VALUE, true);
  private volatile int accepted = Integer.MAX_VALUE;

  private StandInEndpoint(Provider provider, int percent, List<Failure> failures)
      throws IOException {
    this.form = new StandInForm(provider);
    this.percent = percent;
    this.failures = failures;
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(form.path(MODEL), this::handle);
    server.start();
  }

  /** One that always answers. */
  public static StandInEndpoint sound() {
    return failing(0, List.of(Failure.values()));
  }

  /**
   * One that fails.
   *
   * @param percent of the calls
   */
  public static StandInEndpoint failing(int percent, List<Failure> failures) {
    return failing(Provider.OPENAI, percent, failures);
  }

  /** One that fails, of any provider's form. */
  public static StandInEndpoint failing(Provider provider, int percent, List<Failure> failures) {
    try {
      return new StandInEndpoint(provider, percent, failures);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + form.base();
  }

  /** The keys that were sent. */
  public Set<String> keys() {
    return keys;
  }

  /** After so many answers every call is refused for its key. */
  public void refuseAfter(int answers) {
    accepted = answers;
  }

  /** Works on no more than so many calls at a time; others wait. */
  public void limit(int calls) {
    working = new Semaphore(calls, true);
  }

  /** Answers only after so long. */
  public void delay(int millis) {
    delayMillis = millis;
  }

  /** How often each request got the answer that it asked for, and was charged for it. */
  public Map<String, AtomicInteger> verdicts() {
    return verdicts;
  }

  public int totalVerdicts() {
    return verdicts.values().stream().mapToInt(AtomicInteger::get).sum();
  }

  public long inputTokens() {
    return inputTokens.get();
  }

  public long outputTokens() {
    return outputTokens.get();
  }

  public int mostRunning() {
    return mostRunning.get();
  }

  public int failed() {
    return failed.get();
  }

  private void handle(HttpExchange exchange) throws IOException {
    mostRunning.accumulateAndGet(running.incrementAndGet(), Math::max);
    try (exchange) {
      String request = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      form.key(exchange.getRequestHeaders()).ifPresent(keys::add);
      work();
      int call = calls.computeIfAbsent(request, r -> new AtomicInteger()).getAndIncrement();
      long dice = Math.floorMod(Sha256.prefix(call + request), 100L * failures.size());
      boolean isFailure = call < MOST_FAILURES && dice % 100 < percent;
      if (isFailure || percent == 100) {
        failed.incrementAndGet();
        fail(failures.get((int) (dice / 100)), exchange, request);
      } else if (totalVerdicts() >= accepted) {
        reply(exchange, 401, "{}");
      } else {
        verdicts.computeIfAbsent(request, r -> new AtomicInteger()).incrementAndGet();
        reply(exchange, 200, paid(request, MODEL, verdict(request)));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      running.decrementAndGet();
    }
  }

  private void work() throws InterruptedException {
    if (delayMillis > 0) {
      working.acquire();
      try {
        closing.await(delayMillis, TimeUnit.MILLISECONDS);
      } finally {
        working.release();
      }
    }
  }

  private void fail(Failure how, HttpExchange exchange, String request)
      throws IOException, InterruptedException {
    switch (how) {
      case HANG -> closing.await();
      case RATE_LIMIT -> {
        form.addWait(exchange.getResponseHeaders());
        reply(exchange, 429, form.tooMany());
      }
      case ERROR_500 -> reply(exchange, 500, "oops");
      case ERROR_503 -> reply(exchange, 503, "");
      case CUT_BODY -> {
        byte[] whole = answer(request, MODEL, "A").toString().getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, whole.length);
        exchange.getResponseBody().write(whole, 0, whole.length / 2);
        exchange.getResponseBody().flush();
      }
      case MALFORMED -> reply(exchange, 200, form.torn());
      case WRONG_MODEL -> reply(exchange, 200, paid(request, "another-model", "A"));
      case REFUSAL -> {
        // A writer's refusal would be an answer as good as any other.
        String words = isJudged(request) ? "I am sorry, but I cannot compare these." : "";
        reply(exchange, 200, paid(request, MODEL, words));
      }
    }
  }

  private String paid(String request, String model, String text) {
    ObjectNode answer = answer(request, model, text);
    inputTokens.addAndGet(request.length() / 4);
    outputTokens.addAndGet(OUTPUT_TOKENS);
    return answer.toString();
  }

  private ObjectNode answer(String request, String model, String text) {
    return form.answer(json(request), model, text, request.length() / 4, OUTPUT_TOKENS);
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isJudged(String request) {
    return request.contains("<request>") || request.contains("<answer_a>");
  }

  /**
   * The response with the larger hash wins in either order; a category is always the same; stars
   * are a hash of the response; whoever judges nothing gets words that differ by model and seed.
   */
  private String verdict(String request) {
    JsonNode asked = json(request);
    String content = form.lastWords(asked);
    Matcher rated = RATED.matcher(content);
    if (rated.find()) {
      return Long.toString(1 + Math.floorMod(Sha256.prefix(rated.group(1)), 5L));
    }
    if (!isJudged(request)) {
      return words(form.sampling(asked) + " " + content);
    }
    Matcher answers = ANSWERS.matcher(content);
    if (!answers.find()) {
      return "Reasoning";
    }
    return Sha256.prefix(answers.group(1)) > Sha256.prefix(answers.group(2)) ? "A" : "B";
  }

  /** Eight to 39 words that say nothing. */
  private static String words(String of) {
    SplittableRandom random = new SplittableRandom(Sha256.prefix(of));
    StringBuilder words = new StringBuilder("Answer");
    for (int i = 0, n = 8 + random.nextInt(32); i < n; i++) {
      words.append(' ').append(Integer.toString(random.nextInt(36 * 36 * 36), 36));
    }
    return words.toString();
  }

  private static void reply(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    closing.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
