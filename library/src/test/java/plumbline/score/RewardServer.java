package plumbline.score;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** A server of JSON on this machine; by itself a reward model, whose rewards are lengths. */
public final class RewardServer implements AutoCloseable {
  /** Answers one request in place of the server. */
  public interface Fault {
    void answer(HttpExchange exchange, JsonNode request) throws IOException;
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Deque<Fault> faults = new ArrayDeque<>();
  private final String path;
  private final Fault usual;
  public final List<JsonNode> requests = Collections.synchronizedList(new ArrayList<>());
  public final List<String> tokens = Collections.synchronizedList(new ArrayList<>());

  public RewardServer() {
    this("/get_reward", RewardServer::lengths);
  }

  /** A server that answers everything below a path so. */
  public RewardServer(String path, Fault usual) {
    this.path = path;
    this.usual = usual;
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext(path, this::handle);
    server.start();
  }

  public String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  /** What the next requests get, one each. */
  public synchronized RewardServer then(Fault... next) {
    faults.addAll(List.of(next));
    return this;
  }

  private synchronized Fault next() {
    return faults.isEmpty() ? usual : faults.poll();
  }

  private void handle(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    JsonNode request = Trees.json(body);
    requests.add(request);
    tokens.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
    next().answer(exchange, request);
  }

  static void lengths(HttpExchange exchange, JsonNode request) throws IOException {
    String rewards =
        StreamSupport.stream(request.get("query").spliterator(), false)
            .map(query -> Integer.toString(query.asText().length()))
            .collect(Collectors.joining(", ", "{\"rewards\": [", "]}"));
    send(exchange, 200, rewards);
  }

  public static Fault answer(int status, String body) {
    return (exchange, request) -> send(exchange, status, body);
  }

  public static Fault retryAfter(int seconds) {
    return (exchange, request) -> {
      exchange.getResponseHeaders().set("Retry-After", Integer.toString(seconds));
      send(exchange, 429, "slow down");
    };
  }

  /** Begins an answer and never ends it. */
  public static Fault silence() {
    return (exchange, request) -> {
      exchange.sendResponseHeaders(200, 100);
      exchange.getResponseBody().write('{');
      exchange.getResponseBody().flush();
    };
  }

  public static Fault cut() {
    return (exchange, request) -> exchange.close();
  }

  /** Sends an answer whole. */
  public static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
