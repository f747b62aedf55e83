package plumbline.web.serve;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import plumbline.model.GenerationEngine;

/** What Prometheus sees of the server. */
final class ServeMetrics {
  private static final String ROOT = "plumbline.";
  private static final int LONGEST_WAIT_SECONDS = 60;

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Timer firstToken;
  private final Counter promptTokens;
  private final Counter generatedTokens;
  private final Counter gone;

  ServeMetrics(GenerationEngine engine) {
    this.firstToken =
        Timer.builder(ROOT + "first.token")
            .description("From the request to its first token.")
            .publishPercentileHistogram()
            .minimumExpectedValue(Duration.ofMillis(1))
            .maximumExpectedValue(Duration.ofMinutes(2))
            .register(registry);
    this.promptTokens = counter("prompt.tokens", "Tokens of prompts read.");
    this.generatedTokens = counter("generated.tokens", "Tokens drawn.");
    this.gone = counter("clients.gone", "Requests whose client left before the answer.");
    gauge("rows.running", "Responses being generated.", engine, GenerationEngine::running);
    gauge("requests.waiting", "Requests that wait for a place.", engine, GenerationEngine::waiting);
    new JvmMemoryMetrics().bindTo(registry);
  }

  private Counter counter(String name, String description) {
    return Counter.builder(ROOT + name).description(description).register(registry);
  }

  private void gauge(
      String name,
      String description,
      GenerationEngine of,
      java.util.function.ToDoubleFunction<GenerationEngine> value) {
    Gauge.builder(ROOT + name, of, value).description(description).register(registry);
  }

  /** A request has been answered, or refused. */
  void answered(String endpoint, int status, long nanos) {
    Timer.builder(ROOT + "requests")
        .description("Requests by endpoint and status.")
        .tag("endpoint", endpoint)
        .tag("status", Integer.toString(status))
        .register(registry)
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  void firstToken(long nanos) {
    firstToken.record(nanos, TimeUnit.NANOSECONDS);
  }

  void prompted(long tokens) {
    promptTokens.increment((double) tokens);
  }

  void generated(long tokens) {
    generatedTokens.increment((double) tokens);
  }

  void clientGone() {
    gone.increment();
  }

  /** The refusal of a request that finds the queue full, with a guess at when there is room. */
  ApiError busy(GenerationEngine.FullException full) {
    double rowSeconds = Math.max(0.1, firstToken.mean(TimeUnit.SECONDS));
    int wait = (int) Math.ceil(Math.min(LONGEST_WAIT_SECONDS, Math.max(1, rowSeconds)));
    return ApiError.busy(
        "The server is busy: " + full.getMessage() + ". Try again in " + wait + " s.", wait);
  }

  /** Prometheus's text form. */
  String text() {
    return registry.scrape();
  }

  void close() {
    registry.close();
  }
}
