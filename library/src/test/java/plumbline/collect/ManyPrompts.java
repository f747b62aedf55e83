package plumbline.collect;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.IntFunction;
import java.util.stream.LongStream;
import plumbline.config.Config;
import plumbline.judge.Budget;
import plumbline.judge.CachedJudge;
import plumbline.judge.Judge;
import plumbline.judge.RemoteConfig;
import plumbline.judge.RemoteJudge;
import plumbline.judge.RemoteWriter;
import plumbline.judge.StandInEndpoint;
import plumbline.judge.VerdictCache;

/**
 * A whole collection with stand-in models, in a process whose heap is small: {@code FOLDER PROMPTS}
 * for models of this machine, {@code FOLDER PROMPTS CONCURRENCY LIMIT MILLISECONDS} for ones behind
 * an endpoint that takes so long for an answer and works on so many at a time.
 */
final class ManyPrompts {
  private static final int MEGABYTE = 1 << 20;

  private ManyPrompts() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    long prompts = Long.parseLong(arguments[1]);
    Path file = folder.resolve("prompts.train.jsonl");
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      for (long i = 0; i < prompts; i++) {
        out.write("{\"prompt\": \"Question " + i + ", of some length\", \"meta\": {\"kind\": \"");
        out.write("k" + i % 7 + "\"}}\n");
      }
    }
    long start = System.nanoTime();
    Funnel.Keys keys = FunnelTest.keys("prompts=" + prompts, "part=512", "orders=0.05");
    Funnel funnel = new Funnel(folder.resolve("run"), keys, 1, step -> FunnelListener.silent());
    funnel.pool(List.of(file), prompt -> prompt.meta().get("kind"));
    Collected collected =
        arguments.length == 2 ? here(funnel) : elsewhere(funnel, folder, arguments);
    double seconds = (System.nanoTime() - start) / 1e9;
    long bytes =
        LongStream.of(
                sizes(folder.resolve("run")),
                Files.exists(folder.resolve("cache.jsonl"))
                    ? Files.size(folder.resolve("cache.jsonl"))
                    : 0)
            .sum();
    System.out.printf(
        "prompts=%d pairs=%s seconds=%.1f log_mb=%d heap_mb=%d%n",
        prompts,
        collected.pairs(),
        seconds,
        bytes / MEGABYTE,
        Runtime.getRuntime().maxMemory() / MEGABYTE);
  }

  private static long sizes(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      return files.mapToLong(file -> file.toFile().isFile() ? file.toFile().length() : 0).sum();
    }
  }

  private static Collected here(Funnel funnel) {
    collect(
        funnel,
        strength -> StandInWriter.of("w" + strength, strength),
        new FunnelTest.StandInJudge(-1));
    return Collected.of(funnel, true, "people");
  }

  private static void collect(Funnel funnel, IntFunction<Writer> writers, Judge judge) {
    Writer weak = writers.apply(1);
    Writer strong = writers.apply(2);
    funnel.answers(weak, strong, FunnelTest.BY_WORDS);
    funnel.responses(List.of(new Funnel.Source(weak, 2), new Funnel.Source(strong, 2)));
    funnel.ratings(List.of(judge));
    funnel.orders(judge);
    Path tasks = funnel.tasks(List.of(), 3);
    funnel.labels(tasks, task -> new PeopleLabel(task.id(), 1, 3, ""));
  }

  private static Collected elsewhere(Funnel funnel, Path folder, String[] arguments) {
    try (StandInEndpoint endpoint = StandInEndpoint.sound();
        VerdictCache cache = VerdictCache.open(folder.resolve("cache.jsonl"))) {
      endpoint.limit(Integer.parseInt(arguments[3]));
      endpoint.delay(Integer.parseInt(arguments[4]));
      RemoteConfig config =
          Config.parse("{model: judge-1, max_tokens: 64}", "stand-in")
              .with("endpoint=" + endpoint.address())
              .with("concurrency=" + arguments[2])
              .bind(RemoteConfig.class);
      Budget budget = new Budget(OptionalDouble.empty());
      long start = System.nanoTime();
      try (Judge judge = new CachedJudge(RemoteJudge.of(config, Map.of(), budget), cache)) {
        collect(
            funnel,
            strength ->
                new RemoteAnswers(
                    "w" + strength,
                    strength,
                    sample ->
                        RemoteWriter.of(
                            config.withSeed(100L * strength + sample), Map.of(), budget, cache)),
            judge);
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      System.out.printf(
          "calls=%d calls_per_second=%.1f most_at_a_time=%d%n",
          endpoint.totalVerdicts(), endpoint.totalVerdicts() / seconds, endpoint.mostRunning());
      return Collected.of(funnel, true, "people");
    }
  }
}
