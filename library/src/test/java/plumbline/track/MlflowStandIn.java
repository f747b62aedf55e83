package plumbline.track;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The part of MLflow's REST API 2.0 that tracking uses, with the limits and refusals of the real
 * server: at most 1000 metrics and 100 parameters a call, parameters that never change, names of
 * allowed characters. A metric sent twice is kept twice, so that it shows.
 */
public final class MlflowStandIn implements AutoCloseable {
  /** How it may behave. */
  public enum Mood {
    WELL,
    ERROR_500,
    HANGS,
    SPEAKS_HTML
  }

  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Map<String, String> experiments = new LinkedHashMap<>();
  private final Map<String, ObjectNode> runs = new LinkedHashMap<>();
  private final Map<String, List<JsonNode>> history = new LinkedHashMap<>();
  private final Map<String, byte[]> files = new TreeMap<>();
  private final AtomicInteger calls = new AtomicInteger();
  private final String artifacts;
  private volatile Mood mood = Mood.WELL;
  private volatile String authorization = "";

  private MlflowStandIn(int port, String artifacts) throws IOException {
    this.artifacts = artifacts;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  public static MlflowStandIn start() throws IOException {
    return start(0, "mlflow-artifacts:/");
  }

  public static MlflowStandIn start(int port, String artifacts) throws IOException {
    return new MlflowStandIn(port, artifacts);
  }

  public int port() {
    return server.getAddress().getPort();
  }

  public String address() {
    return "http://127.0.0.1:" + port();
  }

  public void behave(Mood wanted) {
    mood = wanted;
  }

  public int calls() {
    return calls.get();
  }

  /** The header of the last call. */
  public String authorization() {
    return authorization;
  }

  public synchronized List<String> runIds() {
    return List.copyOf(runs.keySet());
  }

  public synchronized Map<String, byte[]> files() {
    return Map.copyOf(files);
  }

  private void answer(HttpExchange exchange) throws IOException {
    calls.incrementAndGet();
    authorization = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
    byte[] body = exchange.getRequestBody().readAllBytes();
    try {
      switch (mood) {
        case WELL -> well(exchange, body);
        case ERROR_500 -> send(exchange, 500, error("INTERNAL_ERROR", "out of order"));
        case SPEAKS_HTML -> send(exchange, 200, "<html>Sign in</html>");
        case HANGS -> closed.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      exchange.close();
    }
  }

  private static String error(String code, String message) {
    return JSON.createObjectNode().put("error_code", code).put("message", message).toString();
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private static final class Refused extends Exception {
    private static final long serialVersionUID = 1;
    private final int status;
    private final String code;

    Refused(int status, String code, String message) {
      super(message);
      this.status = status;
      this.code = code;
    }
  }

  private synchronized void well(HttpExchange exchange, byte[] body) throws IOException {
    String path = exchange.getRequestURI().getPath();
    try {
      String prefix = "/api/2.0/mlflow-artifacts/artifacts/";
      if (exchange.getRequestMethod().equals("PUT") && path.startsWith(prefix)) {
        files.put(path.substring(prefix.length()), body);
        send(exchange, 200, "{}");
        return;
      }
      Map<String, String> query = query(exchange);
      JsonNode json = body.length == 0 ? JSON.createObjectNode() : JSON.readTree(body);
      send(exchange, 200, call(path.replaceFirst("^/api/2.0/mlflow/", ""), query, json).toString());
    } catch (Refused e) {
      send(exchange, e.status, error(e.code, e.getMessage()));
    }
  }

  private static Map<String, String> query(HttpExchange exchange) {
    Map<String, String> query = new LinkedHashMap<>();
    String text = exchange.getRequestURI().getRawQuery();
    if (text != null) {
      for (String pair : text.split("&", -1)) {
        String[] parts = pair.split("=", 2);
        query.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
      }
    }
    return query;
  }

  private JsonNode call(String path, Map<String, String> query, JsonNode body) throws Refused {
    return switch (path) {
      case "experiments/get-by-name" -> experiment(query.get("experiment_name"));
      case "experiments/create" -> {
        String id = Integer.toString(experiments.size() + 1);
        experiments.put(body.get("name").asText(), id);
        yield JSON.createObjectNode().put("experiment_id", id);
      }
      case "runs/create" -> create(body);
      case "runs/get" -> wrapped(run(query.get("run_id")));
      case "runs/log-batch" -> log(body);
      case "runs/set-tag" -> {
        put(run(body.get("run_id").asText()), "tags", body);
        yield JSON.createObjectNode();
      }
      case "runs/update" -> update(body);
      case "metrics/get-history" -> metrics(query.get("run_id"), query.get("metric_key"));
      default -> throw new Refused(404, "ENDPOINT_NOT_FOUND", path);
    };
  }

  private JsonNode experiment(String name) throws Refused {
    if (!experiments.containsKey(name)) {
      throw new Refused(
          404, "RESOURCE_DOES_NOT_EXIST", "Could not find experiment with name '" + name + "'");
    }
    ObjectNode answer = JSON.createObjectNode();
    answer
        .putObject("experiment")
        .put("experiment_id", experiments.get(name))
        .put("name", name)
        .put("lifecycle_stage", "active");
    return answer;
  }

  private JsonNode create(JsonNode body) throws Refused {
    String id = "%032x".formatted(runs.size() + 1);
    ObjectNode run = JSON.createObjectNode();
    String experiment = body.get("experiment_id").asText();
    run.putObject("info")
        .put("run_id", id)
        .put("run_uuid", id)
        .put("run_name", body.get("run_name").asText())
        .put("experiment_id", experiment)
        .put("status", "RUNNING")
        .put("start_time", body.get("start_time").asLong())
        .put("artifact_uri", artifacts + experiment + "/" + id + "/artifacts")
        .put("lifecycle_stage", "active");
    ObjectNode data = run.putObject("data");
    data.putArray("metrics");
    data.putArray("params");
    data.putArray("tags");
    for (JsonNode tag : body.path("tags")) {
      put(run, "tags", tag);
    }
    runs.put(id, run);
    return wrapped(run);
  }

  private static JsonNode wrapped(ObjectNode run) {
    return JSON.createObjectNode().set("run", run);
  }

  private ObjectNode run(String id) throws Refused {
    if (!runs.containsKey(id)) {
      throw new Refused(404, "RESOURCE_DOES_NOT_EXIST", "Run with id=" + id + " not found");
    }
    return runs.get(id);
  }

  private JsonNode log(JsonNode body) throws Refused {
    if (body.path("metrics").size() > 1000 || body.path("params").size() > 100) {
      throw new Refused(400, "INVALID_PARAMETER_VALUE", "too many in one batch");
    }
    String id = body.get("run_id").asText();
    ObjectNode run = run(id);
    for (JsonNode param : body.path("params")) {
      put(run, "params", param);
    }
    for (JsonNode metric : body.path("metrics")) {
      check(metric.get("key").asText());
      if (!metric.get("value").isNumber()
          || metric.get("timestamp").asLong() < 1_000_000_000_000L) {
        throw new Refused(400, "INVALID_PARAMETER_VALUE", metric.toString());
      }
      put(run, "metrics", metric);
      history
          .computeIfAbsent(id + "/" + metric.get("key").asText(), key -> new ArrayList<>())
          .add(metric);
    }
    return JSON.createObjectNode();
  }

  private static void check(String key) throws Refused {
    if (!key.matches("[\\w\\-. :/]{1,250}") || key.startsWith("/")) {
      throw new Refused(400, "INVALID_PARAMETER_VALUE", "Invalid name: '" + key + "'");
    }
  }

  /** Sets a key; a parameter may be set once. */
  private static void put(ObjectNode run, String list, JsonNode pair) throws Refused {
    String key = pair.get("key").asText();
    check(key);
    ArrayNode there = (ArrayNode) run.get("data").get(list);
    for (int i = 0; i < there.size(); i++) {
      if (there.get(i).get("key").asText().equals(key)) {
        if (list.equals("params") && !there.get(i).get("value").equals(pair.get("value"))) {
          throw new Refused(
              400, "INVALID_PARAMETER_VALUE", "Changing param values is not allowed: " + key);
        }
        there.set(i, pair);
        return;
      }
    }
    there.add(pair);
  }

  private JsonNode update(JsonNode body) throws Refused {
    ObjectNode info = (ObjectNode) run(body.get("run_id").asText()).get("info");
    info.put("status", body.get("status").asText());
    if (body.has("end_time")) {
      info.put("end_time", body.get("end_time").asLong());
    }
    return JSON.createObjectNode().set("run_info", info);
  }

  private JsonNode metrics(String id, String key) throws Refused {
    run(id);
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode list = answer.putArray("metrics");
    history.getOrDefault(id + "/" + key, List.of()).forEach(list::add);
    return answer;
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
