package plumbline.web.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many clients at a server that generates one response at a time, and at one that generates many
 * side by side: the same texts, sooner.
 *
 * <p>The system property {@code plumbline.serve.requests} makes it long, with a larger model, and
 * {@code plumbline.serve.rounds} says how often both are measured; times are printed.
 */
class ServingLoadTest {
  private static final int REQUESTS = Integer.getInteger("plumbline.serve.requests", 12);
  private static final boolean LONG = REQUESTS > 12;
  private static final int ROUNDS = LONG ? Integer.getInteger("plumbline.serve.rounds", 3) : 1;
  private static final int CLIENTS = 32;

  @TempDir private Path folder;

  /** What one round gave. */
  private record Round(List<String> texts, long tokens, double seconds, double[] latencies) {
    double rate() {
      return tokens / seconds;
    }

    double latency(double share) {
      return latencies[(int) (share * (latencies.length - 1))];
    }
  }

  @Test
  void manySideBySideGiveTheSameTextsAsOneAtATime() throws Exception {
    ServedFolders models = LONG ? TinyServer.writeMiddling(folder) : TinyServer.write(folder);
    List<Double> ratios = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      Round one = round(models, 1);
      Round many = round(models, CLIENTS);
      assertThat(many.texts).isEqualTo(one.texts);
      ratios.add(many.rate() / one.rate());
      print("one at a time", one);
      print(CLIENTS + " side by side", many);
    }
    ratios.sort(null);
    System.out.printf(Locale.ROOT, "ratio of tokens per second: %.2f%n", ratios.get(ROUNDS / 2));
  }

  private static void print(String name, Round round) {
    System.out.printf(
        Locale.ROOT,
        "%s: %.0f tokens per second, latency median %.2f s, 95%% %.2f s%n",
        name,
        round.rate(),
        round.latency(0.5),
        round.latency(0.95));
  }

  private Round round(ServedFolders models, int rows) throws Exception {
    try (TinyServer server =
        TinyServer.of(folder, models, config -> config.withRoom(rows, 2 * CLIENTS))) {
      ask(server, 0);
      ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
      try {
        return measure(server, threads);
      } finally {
        threads.shutdownNow();
      }
    }
  }

  private static Round measure(TinyServer server, ExecutorService threads) throws Exception {
    long began = System.nanoTime();
    List<Future<Timed>> asked = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      int number = i;
      asked.add(threads.submit(() -> ask(server, number)));
    }
    List<String> texts = new ArrayList<>();
    double[] latencies = new double[REQUESTS];
    long tokens = 0;
    for (int i = 0; i < REQUESTS; i++) {
      Timed timed = asked.get(i).get(10, TimeUnit.MINUTES);
      texts.add(timed.answer.json().at("/choices/0/text").asText());
      tokens += timed.answer.json().at("/usage/completion_tokens").longValue();
      latencies[i] = timed.seconds;
    }
    Arrays.sort(latencies);
    return new Round(texts, tokens, (System.nanoTime() - began) / 1e9, latencies);
  }

  private record Timed(TinyServer.Answer answer, double seconds) {}

  /** Prompts of 8 to 40 tokens, 16 to 80 tokens more. */
  private static Timed ask(TinyServer server, int number) throws Exception {
    SplittableRandom random = new SplittableRandom(number);
    int[] prompt = random.ints(8 + random.nextInt(33), 20, 280).toArray();
    String body =
        "{\"prompt\": %s, \"max_tokens\": %d, \"temperature\": 0}"
            .formatted(Arrays.toString(prompt), 16 + random.nextInt(65));
    long began = System.nanoTime();
    TinyServer.Answer answer = server.post("/v1/completions", body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return new Timed(answer, (System.nanoTime() - began) / 1e9);
  }
}
