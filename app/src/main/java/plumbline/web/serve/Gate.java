package plumbline.web.serve;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import io.javalin.router.Endpoint;
import java.util.Optional;
import java.util.Set;
import plumbline.web.RateLimit;
import plumbline.web.SecurityHeaders;
import plumbline.web.Tokens;

/** Stands around every request: who may ask, whether the server is stopping, how long it took. */
final class Gate {
  private static final String BEGAN = "gate.began";
  private static final String BEARER = "Bearer ";
  private static final int WRONG_KEYS_AT_ONCE = 60;
  private static final int WRONG_KEYS_PER_MINUTE = 60;

  private final ServeConfig config;
  private final ServeMetrics metrics;
  private final RateLimit wrongKeys = new RateLimit(WRONG_KEYS_AT_ONCE, WRONG_KEYS_PER_MINUTE);
  private volatile boolean stopping;

  Gate(ServeConfig config, ServeMetrics metrics) {
    this.config = config;
    this.metrics = metrics;
  }

  /** Runs before every handler. */
  void enter(Context context) {
    context.attribute(BEGAN, System.nanoTime());
    SecurityHeaders.of(config.listening().tls().isPresent()).forEach(context::header);
    if (checkOrigin(context)) {
      return;
    }
    if (context.path().equals("/health")) {
      return;
    }
    checkKey(context);
    if (stopping && context.method().equals(HandlerType.POST)) {
      throw ApiError.stopping();
    }
  }

  /** Runs after every handler, whatever has happened. */
  void leave(Context context) {
    Call.release(context);
    Long began = context.attribute(BEGAN);
    if (began != null) {
      Endpoint matched = context.endpoints().lastHttpEndpoint();
      String path = matched == null ? "none" : matched.path;
      metrics.answered(path, context.statusCode(), System.nanoTime() - began);
    }
  }

  boolean isStopping() {
    return stopping;
  }

  /** Refuses what comes from now on. */
  void close() {
    stopping = true;
  }

  /** Pages of other sites may not ask, unless their origin is allowed. */
  private boolean checkOrigin(Context context) {
    String origin = context.header("Origin");
    if (origin == null) {
      return false;
    }
    if (!config.origins().contains(origin)) {
      throw ApiError.request(
          HttpStatus.FORBIDDEN,
          "origin",
          "Pages of '" + shown(origin) + "' may not ask; start with --cors-origin to let them.");
    }
    context.header("Access-Control-Allow-Origin", origin);
    context.header("Cross-Origin-Resource-Policy", "cross-origin");
    context.header("Vary", "Origin");
    if (!context.method().equals(HandlerType.OPTIONS)) {
      return false;
    }
    context.header("Access-Control-Allow-Methods", "GET, POST");
    context.header("Access-Control-Allow-Headers", "Authorization, Content-Type");
    context.header("Access-Control-Max-Age", "600");
    context.status(HttpStatus.NO_CONTENT).skipRemainingHandlers();
    return true;
  }

  private static String shown(String text) {
    return text.length() > 100 ? text.substring(0, 100) + "..." : text;
  }

  private void checkKey(Context context) {
    Set<String> keys = config.keys();
    if (keys.isEmpty()) {
      return;
    }
    String header = Optional.ofNullable(context.header("Authorization")).orElse("");
    String given = header.startsWith(BEARER) ? header.substring(BEARER.length()) : "";
    boolean right = false;
    for (String key : keys) {
      right |= Tokens.same(key, given);
    }
    if (right) {
      return;
    }
    if (!wrongKeys.take(context.ip())) {
      throw ApiError.busy("Too many wrong keys from your address.", 60);
    }
    context.header("WWW-Authenticate", "Bearer");
    throw ApiError.request(
        HttpStatus.UNAUTHORIZED,
        "invalid_api_key",
        "Wanted 'Authorization: Bearer KEY' with a key of this server.");
  }
}
