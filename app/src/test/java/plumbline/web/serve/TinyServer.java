package plumbline.web.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import org.bytedeco.pytorch.Tensor;
import plumbline.TinyModels;
import plumbline.model.Forward;
import plumbline.model.Head;
import plumbline.model.Lora;
import plumbline.model.LoraTargets;
import plumbline.model.ModelConfig;
import plumbline.model.TextModel;
import plumbline.model.Transformer;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/**
 * A server on a free port: the model {@code helper} with the adapters {@code ppo} and {@code dpo},
 * and the reward model {@code judge}; contexts of 128 tokens.
 */
final class TinyServer implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();
  static final int CONTEXT = 128;
  static final int ENDLESS = 8192;

  private HttpClient client = HttpClient.newHttpClient();
  private final Path folder;
  private final ModelServer server;
  private final String address;

  TinyServer(Path folder) {
    this(folder, config -> config);
  }

  TinyServer(Path folder, UnaryOperator<ServeConfig> change) {
    this(folder, write(folder), change);
  }

  private TinyServer(Path folder, ServedFolders models, UnaryOperator<ServeConfig> change) {
    this.folder = folder;
    this.server = ModelServer.start(change.apply(ServeConfig.of(0)), models);
    this.address = server.address();
  }

  static TinyServer of(Path folder, ServedFolders models, UnaryOperator<ServeConfig> change) {
    return new TinyServer(folder, models, change);
  }

  /** A server whose only model, greedily asked, goes on until it is stopped: 8,192 tokens. */
  static TinyServer endless(Path folder, UnaryOperator<ServeConfig> change) {
    return new TinyServer(folder, writeEndless(folder, 32, 2, ENDLESS), change);
  }

  /** Writes a model of 6 layers and width 256. */
  static ServedFolders writeMiddling(Path folder) {
    return writeEndless(folder, 256, 6, 512);
  }

  private static ServedFolders writeEndless(Path folder, int width, int layers, int context) {
    Path words = folder.resolve("words");
    Path target = folder.resolve("helper");
    try (TextModel small = TinyModels.of(words, Set.of(Head.LANGUAGE), 5)) {
      int end = small.text().endOfTurnId();
      ModelConfig shape =
          ModelConfig.llama(
              small.transformer().config().vocabularySize(),
              width,
              3 * width / 2,
              layers,
              4,
              2,
              context,
              true,
              OptionalInt.empty(),
              OptionalInt.of(end),
              OptionalInt.of(0));
      try (Transformer model = Transformer.random(shape, Set.of(Head.LANGUAGE), 5)) {
        TinyModels.sharpen(model, 8);
        // A logit of 0 is never the largest.
        Tensor embedding = model.weights().all().get("model.embed_tokens.weight");
        Scopes.noGrad(() -> Scopes.run(() -> embedding.select(0, end).zero_()));
        small.save(model, target);
      }
    }
    return ServedFolders.of(target);
  }

  /** Asks with TLS from now on. */
  void trust(SSLContext context) {
    client = HttpClient.newBuilder().sslContext(context).build();
  }

  /** Writes the models. */
  static ServedFolders write(Path folder) {
    Path helper = folder.resolve("helper");
    try (TextModel source = TinyModels.of(folder.resolve("words"), Set.of(Head.LANGUAGE), 5)) {
      TinyModels.sharpen(source.transformer(), 8);
      source.save(source.transformer(), helper);
    }
    Map<String, Path> adapters = new LinkedHashMap<>();
    try (TextModel base = TextModel.load(helper, Head.LANGUAGE)) {
      for (String name : List.of("ppo", "dpo")) {
        Path target = folder.resolve(name);
        Lora form = Lora.of(2, 16, LoraTargets.of("q_proj", "down_proj"));
        try (Transformer adapted =
            base.transformer().withAdapter(form, EnumSet.of(Head.LANGUAGE), name.hashCode())) {
          adapted.weights().own().values().forEach(weight -> fill(weight, name.hashCode()));
          base.saveAdapter(adapted, Set.of(Head.LANGUAGE), helper.toString(), target);
        }
        adapters.put(name, target);
      }
    }
    Path judge = folder.resolve("judge");
    try (TextModel reward = TinyModels.of(folder.resolve("judge-words"), Set.of(Head.SCORE), 9)) {
      TinyModels.sharpen(reward.transformer(), 8);
      reward.save(reward.transformer(), judge);
    }
    return new ServedFolders(
        "helper", helper, adapters, Map.of("judge", judge), Optional.empty(), Optional.empty());
  }

  private static void fill(Tensor weight, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[Math.toIntExact(weight.numel())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextDouble() - 0.5);
    }
    Scopes.noGrad(() -> Scopes.run(() -> weight.copy_(Ops.floats(values, Ops.shape(weight)))));
  }

  ModelServer server() {
    return server;
  }

  String address() {
    return address;
  }

  /** log p of each token from the second on, by the forward pass of training. */
  float[] trainingLogprobs(String name, int[] row) {
    try (TextModel model = TextModel.load(folder.resolve(name), Head.LANGUAGE)) {
      int[] mask = new int[row.length];
      java.util.Arrays.fill(mask, 1);
      Map<String, Object> found =
          new Forward(new int[][] {row}, new int[][] {mask}, new int[0][]).run(model.transformer());
      return ((float[][]) found.get("logprobs"))[0];
    }
  }

  // ---- requests

  record Answer(int status, String text, java.net.http.HttpHeaders headers) {
    JsonNode json() {
      try {
        return JSON.readTree(text);
      } catch (IOException e) {
        throw new AssertionError(text, e);
      }
    }

    String error(String field) {
      return json().path("error").path(field).asText();
    }
  }

  Answer get(String path, String... headers) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(URI.create(address() + path)).GET(), headers);
  }

  Answer post(String path, String body, String... headers)
      throws IOException, InterruptedException {
    return send(request(path, body), headers);
  }

  HttpRequest.Builder request(String path, String body) {
    return HttpRequest.newBuilder(URI.create(address() + path))
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body));
  }

  private Answer send(HttpRequest.Builder request, String... headers)
      throws IOException, InterruptedException {
    HttpRequest whole = (headers.length == 0 ? request : request.headers(headers)).build();
    HttpResponse<String> response = client.send(whole, HttpResponse.BodyHandlers.ofString());
    return new Answer(response.statusCode(), response.body(), response.headers());
  }

  /** Waits until {@code /health} says so. */
  void awaitHealth(int running, int waiting) throws IOException, InterruptedException {
    JsonNode health = get("/health").json();
    for (int i = 0; i < 3000; i++) {
      if (health.get("running").intValue() == running
          && health.get("waiting").intValue() == waiting) {
        return;
      }
      Thread.sleep(20);
      health = get("/health").json();
    }
    throw new AssertionError(health);
  }

  /** The value of a measure without tags. */
  double measure(String name) throws IOException, InterruptedException {
    return get("/metrics")
        .text()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow();
  }

  /** A chat of one message as JSON, with more parameters. */
  static String chat(String message, String more) {
    return "{\"model\": \"helper\", \"messages\": [{\"role\": \"user\", \"content\": \""
        + message
        + "\"}]"
        + (more.isEmpty() ? "" : ", " + more)
        + "}";
  }

  @Override
  public void close() {
    server.close();
  }
}
