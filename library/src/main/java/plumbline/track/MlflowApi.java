package plumbline.track;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The calls of MLflow's REST API 2.0 that tracking needs. Nothing is tried again here.
 *
 * <p>The official client would bring 8.6 MB with a second Guava, HTTP client and Protocol Buffers
 * for eight calls of JSON; the tests read back with it.
 */
final class MlflowApi {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofSeconds(15);
  private static final Duration UPLOAD = Duration.ofMinutes(2);
  private static final int SHOWN = 200;

  private final MlflowConfig config;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(CONNECT)
          .build();

  MlflowApi(MlflowConfig config) {
    this.config = config;
  }

  /**
   * A run of the server.
   *
   * @param artifacts where its files go
   */
  record Created(String id, String artifacts) {}

  /**
   * A metric's value.
   *
   * @param timestamp in milliseconds since 1970
   */
  record Metric(String key, double value, long timestamp, long step) {}

  /** The id of an experiment, which is made if there is none. */
  String experiment() throws TrackingFailed {
    String name = URLEncoder.encode(config.experiment(), StandardCharsets.UTF_8);
    HttpResponse<String> found =
        send(request("/experiments/get-by-name?experiment_name=" + name, ANSWER).GET());
    if (found.statusCode() == 404) {
      ObjectNode body = JSON.createObjectNode().put("name", config.experiment());
      return post("/experiments/create", body).path("experiment_id").asText();
    }
    return answer(found).at("/experiment/experiment_id").asText();
  }

  Created create(String experiment, String name, long start, Map<String, String> tags)
      throws TrackingFailed {
    ObjectNode body = JSON.createObjectNode().put("experiment_id", experiment);
    body.put("run_name", name).put("start_time", start);
    pairs(body.putArray("tags"), tags);
    JsonNode info = post("/runs/create", body).at("/run/info");
    String id = info.path("run_id").asText(info.path("run_uuid").asText());
    if (id.isEmpty()) {
      throw new TrackingFailed(config.server() + ": made a run without saying its run_id");
    }
    return new Created(id, info.path("artifact_uri").asText());
  }

  /** At most 1000 metrics and 100 parameters, as the API allows. */
  void log(String run, List<Metric> metrics, Map<String, String> params) throws TrackingFailed {
    ObjectNode body = JSON.createObjectNode().put("run_id", run);
    ArrayNode list = body.putArray("metrics");
    for (Metric metric : metrics) {
      list.addObject()
          .put("key", metric.key())
          .put("value", metric.value())
          .put("timestamp", metric.timestamp())
          .put("step", metric.step());
    }
    pairs(body.putArray("params"), params);
    post("/runs/log-batch", body);
  }

  void tag(String run, String key, String value) throws TrackingFailed {
    ObjectNode body = JSON.createObjectNode().put("run_id", run).put("key", key);
    post("/runs/set-tag", body.put("value", value));
  }

  /**
   * @param status RUNNING, FINISHED, FAILED or KILLED
   * @param end in milliseconds since 1970; not sent while it runs
   */
  void update(String run, String status, long end) throws TrackingFailed {
    ObjectNode body = JSON.createObjectNode().put("run_id", run).put("status", status);
    if (!status.equals("RUNNING")) {
      body.put("end_time", end);
    }
    post("/runs/update", body);
  }

  /** Whether files go through the server itself; other stores want their own keys and clients. */
  static boolean takesFiles(String artifacts) {
    return artifacts.startsWith("mlflow-artifacts:");
  }

  /** Uploads a file of a run through the server. */
  void upload(String artifacts, String name, Path file) throws TrackingFailed {
    String folder = URI.create(artifacts).getPath().replaceAll("^/+|/+$", "");
    try {
      HttpRequest.Builder request =
          request("-artifacts/artifacts/" + folder + "/" + name, UPLOAD)
              .setHeader("Content-Type", "application/octet-stream");
      answer(send(request.PUT(HttpRequest.BodyPublishers.ofFile(file))));
    } catch (FileNotFoundException e) {
      throw new TrackingFailed(file + ": is gone");
    }
  }

  private static void pairs(ArrayNode list, Map<String, String> pairs) {
    pairs.forEach((key, value) -> list.addObject().put("key", key).put("value", value));
  }

  private JsonNode post(String path, ObjectNode body) throws TrackingFailed {
    return answer(
        send(request(path, ANSWER).POST(HttpRequest.BodyPublishers.ofString(body.toString()))));
  }

  private HttpRequest.Builder request(String path, Duration limit) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(config.server() + "/api/2.0/mlflow" + path))
            .timeout(limit)
            .setHeader("Content-Type", "application/json")
            .setHeader("User-Agent", "plumbline");
    config.authorization().ifPresent(header -> request.setHeader("Authorization", header));
    return request;
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws TrackingFailed {
    try {
      return http.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    } catch (ConnectException e) {
      throw new TrackingFailed(config.server() + ": no connection");
    } catch (HttpTimeoutException e) {
      throw new TrackingFailed(config.server() + ": no answer in time");
    } catch (IOException e) {
      throw new TrackingFailed(config.server() + ": the connection broke off");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TrackingFailed(config.server() + ": given up while it answered");
    }
  }

  private JsonNode answer(HttpResponse<String> response) throws TrackingFailed {
    String body = response.body();
    if (response.statusCode() != 200) {
      throw new TrackingFailed(
          "%s answers %d: %s".formatted(config.server(), response.statusCode(), said(body)));
    }
    try {
      return JSON.readTree(body.isEmpty() ? "{}" : body);
    } catch (JsonProcessingException e) {
      throw new TrackingFailed(config.server() + ": is that an MLflow server? " + shown(body));
    }
  }

  private static String said(String body) {
    try {
      JsonNode json = JSON.readTree(body);
      return json != null && json.has("message")
          ? shown(json.get("message").asText())
          : shown(body);
    } catch (JsonProcessingException e) {
      return shown(body);
    }
  }

  private static String shown(String text) {
    String line = text.replaceAll("\\s+", " ").strip();
    return line.length() > SHOWN ? line.substring(0, SHOWN) + "..." : line;
  }
}
