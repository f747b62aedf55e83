package plumbline.web.serve;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.javalin.http.HttpStatus;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import plumbline.model.GenerationEngine;

/** Language models, adapters and reward models behind HTTP, running. */
public final class ModelServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ModelServer.class);
  private static final int OTHER_THREADS = 32;
  private static final int CLIENT_CLOSED = 499;

  /** For answers on their way to slow clients. */
  private static final long LAST_WORDS_MILLIS = 10_000;

  private final Serving serving;
  private final Gate gate;
  private final Javalin javalin;
  private final AtomicBoolean closed = new AtomicBoolean();

  private ModelServer(Serving serving) {
    this.serving = serving;
    this.gate = new Gate(serving.config(), serving.metrics());
    this.javalin = Javalin.create(this::configure);
  }

  /**
   * Reads the models and serves them.
   *
   * @throws plumbline.InputException if a model cannot be read or the port is taken
   */
  public static ModelServer start(ServeConfig config, ServedFolders folders) {
    ServedModels models = ServedModels.load(folders);
    GenerationEngine engine = new GenerationEngine(config.rows(), config.waiting());
    long now = System.currentTimeMillis() / 1000;
    ModelServer server =
        new ModelServer(new Serving(config, models, engine, new ServeMetrics(engine), now));
    try {
      config.listening().start(server.javalin);
      return server;
    } catch (RuntimeException e) {
      server.free();
      throw e;
    }
  }

  private void configure(JavalinConfig javalinConfig) {
    ServeConfig config = serving.config();
    config.listening().configure(javalinConfig);
    javalinConfig.http.maxRequestSize = config.largestBody();
    javalinConfig.jetty.threadPool =
        new QueuedThreadPool(serving.engine().capacity() + OTHER_THREADS, 8);
    javalinConfig.jetty.modifyServer(
        server -> {
          server.setStopTimeout(LAST_WORDS_MILLIS);
          server.setHandler(new GracefulHandler());
          server.setErrorHandler(ModelServer::refuseEarly);
        });
    RoutesConfig routes = javalinConfig.routes;
    routes.before(gate::enter);
    routes.after(gate::leave);
    routes.get("/health", this::health);
    routes.get("/metrics", this::metrics);
    ChatEndpoint chat = new ChatEndpoint(serving);
    routes.post("/v1/chat/completions", chat::handle);
    CompletionEndpoint completion = new CompletionEndpoint(serving);
    routes.post("/v1/completions", completion::handle);
    TokenEndpoints tokens = new TokenEndpoints(serving);
    routes.get("/v1/models", tokens::models);
    routes.get("/v1/models/{model}", tokens::model);
    routes.post("/tokenize", tokens::tokenize);
    routes.post("/detokenize", tokens::detokenize);
    AdapterEndpoints adapters = new AdapterEndpoints(serving);
    routes.post("/v1/load_lora_adapter", adapters::load);
    routes.post("/v1/unload_lora_adapter", adapters::unload);
    RewardEndpoints rewards = new RewardEndpoints(serving);
    routes.post("/get_reward", rewards::getReward);
    routes.post("/score", rewards::score);
    routes.post("/v1/score", rewards::score);
    routes.post("/classify", rewards::classify);
    routes.post("/v1/classify", rewards::classify);
    errors(routes);
  }

  private void health(Context context) {
    ObjectNode document = Call.JSON.createObjectNode();
    document.put("status", gate.isStopping() ? "stopping" : "ok");
    document.put("running", serving.engine().running());
    document.put("waiting", serving.engine().waiting());
    Serving.answer(context, document);
    if (gate.isStopping()) {
      context.status(HttpStatus.SERVICE_UNAVAILABLE);
    }
  }

  private void metrics(Context context) {
    context
        .contentType("text/plain; version=0.0.4; charset=utf-8")
        .result(serving.metrics().text());
  }

  // ---- errors

  private void errors(RoutesConfig routes) {
    routes.exception(ApiError.class, (e, context) -> refuse(context, e));
    routes.exception(
        ClientGone.class,
        (e, context) -> {
          serving.metrics().clientGone();
          context.status(CLIENT_CLOSED);
        });
    routes.exception(
        HttpResponseException.class,
        (e, context) -> {
          HttpStatus status = HttpStatus.forStatus(e.getStatus());
          String said = status.getMessage() + ": " + context.method() + " " + shown(context.path());
          refuse(context, ApiError.request(status, "http", said));
        });
    routes.exception(
        Exception.class,
        (e, context) -> {
          LOG.error("{} {} failed", context.method(), shown(context.path()), e);
          refuse(context, ApiError.failed());
        });
  }

  /** What Jetty refuses before anybody here sees it: broken HTTP, a server about to stop. */
  private static boolean refuseEarly(Request request, Response response, Callback callback) {
    HttpStatus status = HttpStatus.forStatus(response.getStatus());
    ApiError error = ApiError.request(status, "http", status.getMessage() + ".");
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
    Content.Sink.write(response, true, error.toJson().toString(), callback);
    return true;
  }

  private static String shown(String path) {
    String plain = path.replaceAll("\\p{Cntrl}", "?");
    return plain.length() > 100 ? plain.substring(0, 100) + "..." : plain;
  }

  private static void refuse(Context context, ApiError error) {
    if (context.res().isCommitted()) {
      return;
    }
    context.status(error.status());
    error
        .retryAfterSeconds()
        .ifPresent(seconds -> context.header("Retry-After", Integer.toString(seconds)));
    Serving.answer(context, error.toJson());
  }

  // ---- life

  public int port() {
    return javalin.port();
  }

  /** Where the server is, as its own machine reaches it. */
  public String address() {
    return serving.config().listening().address(port());
  }

  /** The names of the models served. */
  public java.util.List<String> models() {
    return serving.models().all().stream().map(ServedModels.Served::id).toList();
  }

  /**
   * Takes nothing more, finishes what runs and waits within the time that the configuration gives,
   * and frees everything.
   */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      gate.close();
      if (!serving.engine().finish(serving.config().grace())) {
        LOG.warn("stopped before all answers were whole");
      }
      javalin.stop();
      free();
    }
  }

  private void free() {
    serving.engine().close();
    serving.models().close();
    serving.metrics().close();
  }
}
