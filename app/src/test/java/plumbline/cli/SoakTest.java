package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.distributed.Ranks;

/**
 * PPO and a server under load for as long as {@code plumbline.soak} seconds say: memory, open files
 * and threads stay what they are.
 *
 * <p>Linux only: it reads {@code /proc}. It prints what it saw as the rows of a table.
 */
class SoakTest {
  private static final int SECONDS = Integer.getInteger("plumbline.soak", 15);
  private static final int SAMPLES = 20;

  /**
   * Growth between the first half's most and the second half's most, for which there is no leak.
   */
  private static final double RSS_MEGABYTES = 24;

  private static final String PIPELINE =
      """
      out: run
      """
          + TinyStages.start(
              "demonstrations: 24, pairs: 24, rankings: 8, ratings: 8, prompts: 16, test_rows: 8");

  private static final String PPO =
      """
      out: ppo
      model: %1$s/run/scratch
      data: %1$s/run/data
      score: {length: words, target: 8, per: 4}
      steps: 1000000
      prompts_per_update: 8
      rows_per_micro_batch: 8
      ppo_epochs: 2
      sampling: {max_new_tokens: 8}
      checkpoints: {every: 20}
      """;

  @TempDir static Path folder;

  /** What a process holds. */
  private record Held(long second, long work, double rssMegabytes, long files, long threads) {
    static Held of(ProcessHandle process, long second, long work) throws IOException {
      Path proc = Path.of("/proc", "" + process.pid());
      try (Stream<Path> open = Files.list(proc.resolve("fd"))) {
        List<String> status = Files.readAllLines(proc.resolve("status"));
        return new Held(
            second,
            work,
            number(status, "VmRSS:") / 1024.0,
            open.count(),
            number(status, "Threads:"));
      }
    }

    private static long number(List<String> status, String key) {
      return status.stream()
          .filter(line -> line.startsWith(key))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElseThrow();
    }
  }

  /** Work done so far. */
  private interface Progressed {
    long count() throws IOException;
  }

  @BeforeAll
  static void makeTheModel() throws Exception {
    Files.writeString(folder.resolve("pipeline.yaml"), PIPELINE);
    assertThat(CommandProcess.start(folder, "run", "pipeline.yaml", "--threads", "1").waitFor())
        .isZero();
  }

  @Test
  void updatesOfAPolicyHoldNoMore() throws Exception {
    Path place = Files.createDirectories(folder.resolve("training"));
    Files.writeString(place.resolve("ppo.yaml"), PPO.formatted(folder));
    Process process =
        CommandProcess.start(place, "train", "ppo", "ppo.yaml", "-q", "--threads", "1");
    try {
      Path metrics = place.resolve("ppo/metrics.jsonl");
      while (process.isAlive() && !Files.exists(metrics)) {
        Thread.sleep(50);
      }
      assertFlat("updates", process, () -> lines(metrics));
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void aServerUnderLoadHoldsNoMore() throws Exception {
    Path place = Files.createDirectories(folder.resolve("serving"));
    String model = folder.resolve("run/scratch/model").toString();
    int port = Ranks.freePort();
    Process process =
        CommandProcess.start(place, "serve", model, "--port", "" + port, "--threads", "1");
    AtomicBoolean over = new AtomicBoolean();
    AtomicLong answered = new AtomicLong();
    AtomicLong failed = new AtomicLong();
    List<Thread> clients = new ArrayList<>();
    try {
      CommandProcess.awaitListening(port, process);
      URI address = URI.create("http://127.0.0.1:" + port + "/v1/completions");
      for (int i = 0; i < 4; i++) {
        int own = i;
        Thread client = new Thread(() -> ask(address, own, over, answered, failed));
        client.setDaemon(true);
        client.start();
        clients.add(client);
      }
      assertFlat("requests", process, answered::get);
      over.set(true);
      for (Thread client : clients) {
        client.join();
      }
      assertThat(failed.get()).isZero();
    } finally {
      over.set(true);
      process.destroyForcibly().waitFor();
    }
  }

  private static void ask(
      URI address, int seed, AtomicBoolean over, AtomicLong answered, AtomicLong failed) {
    HttpClient client = HttpClient.newHttpClient();
    for (int i = 0; !over.get(); i++) {
      String body =
          "{\"prompt\": \"a b c %d\", \"max_tokens\": %d, \"seed\": %d}"
              .formatted(i % 7, 1 + i % 16, seed * 1000 + i % 1000);
      try {
        int status =
            client
                .send(
                    HttpRequest.newBuilder(address)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                    HttpResponse.BodyHandlers.ofString())
                .statusCode();
        (status == 200 ? answered : failed).incrementAndGet();
      } catch (IOException e) {
        failed.incrementAndGet();
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private static long lines(Path file) throws IOException {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.count();
    }
  }

  private static void assertFlat(String what, Process process, Progressed work) throws Exception {
    List<Held> held = new ArrayList<>();
    long start = System.nanoTime();
    System.err.printf("| seconds | %s | RSS MiB | open files | threads |%n", what);
    for (int i = 0; i < SAMPLES; i++) {
      Thread.sleep(1000L * SECONDS / SAMPLES);
      assertThat(process.isAlive()).isTrue();
      Held now =
          Held.of(process.toHandle(), (System.nanoTime() - start) / 1_000_000_000, work.count());
      held.add(now);
      System.err.printf(
          Locale.ROOT,
          "| %d | %d | %.0f | %d | %d |%n",
          now.second,
          now.work,
          now.rssMegabytes,
          now.files,
          now.threads);
    }
    assertThat(held.get(SAMPLES - 1).work).isGreaterThan(held.get(0).work);
    if (SECONDS < 300) {
      return; // a heap and a compiler that still warm up say nothing of leaks
    }
    List<Held> first = held.subList(SAMPLES / 4, SAMPLES / 2);
    List<Held> second = held.subList(SAMPLES / 2, SAMPLES);
    double before = first.stream().mapToDouble(Held::rssMegabytes).max().orElseThrow();
    double after = second.stream().mapToDouble(Held::rssMegabytes).max().orElseThrow();
    assertThat(after - before).as("growth in MiB").isLessThan(RSS_MEGABYTES);
    assertThat(most(second, Held::files)).isLessThanOrEqualTo(most(first, Held::files) + 2);
    assertThat(most(second, Held::threads)).isLessThanOrEqualTo(most(first, Held::threads) + 2);
  }

  private static long most(List<Held> held, ToLongFunction<Held> count) {
    return held.stream().mapToLong(count).max().orElseThrow();
  }
}
