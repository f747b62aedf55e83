package plumbline.rollout;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.ObjIntConsumer;
import java.util.stream.IntStream;
import plumbline.InputException;
import plumbline.distributed.World;
import plumbline.model.Generator;
import plumbline.model.Sampling;
import plumbline.model.Transformer;
import plumbline.score.Calls;
import plumbline.score.JsonServer;
import plumbline.score.ScoringException;
import plumbline.train.Rollout;

/**
 * Has an OpenAI-compatible server sample: the policy's adapter goes there, responses come back as
 * tokens with their log-probs.
 *
 * <p>Every response is a request of its own with a seed of its own. One that fails is asked for
 * again by the same seed, and its row is filled once; a response that cannot be had stops the run.
 */
public final class RolloutServer implements AutoCloseable {
  private final RolloutServerConfig config;
  private final int endToken;
  private final PublishedAdapter published;
  private final JsonServer server;
  private final ExecutorService askers;
  private final BlockingQueue<Calls> lines = new LinkedBlockingQueue<>();
  private String model;
  private String adapter = "";
  private OptionalLong publishedAt = OptionalLong.empty();

  /**
   * Asks nothing yet.
   *
   * @param endToken that ends responses
   * @param run the run's folder
   * @param environment where the key is
   * @throws InputException if it is not there
   */
  public RolloutServer(
      RolloutServerConfig config, int endToken, Path run, Map<String, String> environment) {
    this.config = config;
    this.endToken = endToken;
    this.model = config.model();
    this.server =
        new JsonServer(
            headers(config, environment),
            said -> new InputException("rollout_server " + config.endpoint() + ": " + said));
    for (int i = 0; i < config.concurrency(); i++) {
      lines.add(new Calls("rollout_server " + config.endpoint(), config.limits()));
    }
    this.published =
        new PublishedAdapter(
            config, config.folder().orElse(run.resolve("adapters")), server, lines.element());
    this.askers =
        Executors.newFixedThreadPool(
            config.concurrency(),
            task -> {
              Thread thread = new Thread(task, "plumbline-rollouts");
              thread.setDaemon(true);
              return thread;
            });
  }

  private static Map<String, String> headers(
      RolloutServerConfig config, Map<String, String> environment) {
    Map<String, String> headers = new LinkedHashMap<>();
    config
        .keyEnv()
        .ifPresent(
            variable -> {
              String key = environment.getOrDefault(variable, "").strip();
              if (key.isEmpty()) {
                throw new InputException(
                    "the environment variable "
                        + variable
                        + " (rollout_server.key_env) is not set; it holds the key");
              }
              headers.put("Authorization", "Bearer " + key);
            });
    return headers;
  }

  /** Has the server answer as this model does now, if it is the policy; else as at the start. */
  public void follow(Transformer sampled, long step) {
    if (sampled.adapter().isEmpty()) {
      model = config.model();
      return;
    }
    if (publishedAt.isEmpty() || step - publishedAt.getAsLong() >= config.every()) {
      adapter = World.current().fromFirst(String.class, () -> published.replace(sampled, step));
      publishedAt = OptionalLong.of(step);
    }
    model = adapter;
  }

  /** Responses of this vocabulary, drawn by the server. */
  public Rollout.Source source(int vocabulary, Sampling sampling) {
    return (prompts, seeds, whole) -> {
      List<ServedResponse> wanted = new ArrayList<>();
      for (int row = 0; row < seeds.length; row++) {
        wanted.add(
            new ServedResponse(
                model, prompts.get(row), sampling, seeds[row], endToken, vocabulary));
      }
      return all(wanted, whole);
    };
  }

  private List<Generator.Generated> all(
      List<ServedResponse> wanted, ObjIntConsumer<Generator.Generated> whole) {
    List<Future<Generator.Generated>> asked =
        IntStream.range(0, wanted.size())
            .mapToObj(
                row ->
                    askers.submit(
                        () -> {
                          Generator.Generated found = ask(wanted.get(row));
                          whole.accept(found, row);
                          return found;
                        }))
            .toList();
    try {
      List<Generator.Generated> found = new ArrayList<>();
      for (Future<Generator.Generated> one : asked) {
        found.add(one.get());
      }
      return found;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ScoringException("rollout_server: interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException reason) {
        throw reason;
      }
      throw new IllegalStateException(e.getCause());
    } finally {
      asked.forEach(one -> one.cancel(true));
    }
  }

  private Generator.Generated ask(ServedResponse wanted) throws InterruptedException {
    Calls line = lines.take();
    try {
      Optional<Generator.Generated> found =
          line.call(
              () ->
                  wanted.read(
                      JsonServer.parsed(
                          server.post(config.address("/completions"), wanted.request()))));
      return found.orElseThrow(
          () ->
              new ScoringException(
                  "rollout_server %s: no response after %d tries (the last: %s); the run goes on"
                          .formatted(config.endpoint(), config.tries(), line.lastFailure())
                      + " with --resume"));
    } finally {
      lines.add(line);
    }
  }

  /**
   * Tries after the first ones since this was last asked, those of all processes that train
   * together: each asks for its own share.
   */
  public long takeRetries() {
    long own = lines.stream().mapToLong(Calls::takeRetries).sum();
    return World.current().gather(Long.toString(own).getBytes(StandardCharsets.US_ASCII)).stream()
        .mapToLong(each -> Long.parseLong(new String(each, StandardCharsets.US_ASCII)))
        .sum();
  }

  /**
   * Stops the run if the server cannot have sampled from the policy.
   *
   * @param gap the mean over tokens of how far its log-probs are from the policy's, in nats
   * @throws InputException if that is too far
   */
  public void check(double gap) {
    if (!(gap <= config.maxGap())) {
      throw new InputException(
          ("rollout_server %s: the log-probs of '%s' differ by %.3g nats a token from the policy's,"
                  + " at most rollout_server.max_gap, %s: other weights (is %s the model that"
                  + " training starts from?), or log-probs of another distribution (set"
                  + " rollout_server.logprobs)")
              .formatted(config.endpoint(), model, gap, config.maxGap(), config.model()));
    }
  }

  @Override
  public void close() {
    askers.shutdownNow();
    if (World.current().isFirst()) {
      published.withdraw();
    }
    lines.forEach(Calls::close);
  }
}
