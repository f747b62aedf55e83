package plumbline.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.InputException;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.data.Judgment;
import plumbline.data.Prompt;
import plumbline.data.Verdict;
import plumbline.judge.Judging.Orders;
import plumbline.judge.StandInEndpoint.Failure;

class RemoteJudgeTest {
  private static final int PAIRS = 60;
  private static final String KEY = "sk-very/secret+1234567890";

  @TempDir private Path folder;

  private static List<Duel> duels(int n) {
    List<Duel> duels = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      duels.add(
          new Duel(
              "p" + i,
              Prompt.of("question " + i),
              new Duel.Side("one", "first answer to " + i),
              new Duel.Side("two", "the other answer to " + i)));
    }
    return duels;
  }

  private static RemoteConfig config(StandInEndpoint endpoint, String... settings) {
    return config(endpoint.address(), settings);
  }

  private static RemoteConfig config(String address, String... settings) {
    ConfigTree tree =
        Config.parse(
            """
            {model: judge-1, first_wait: 0.001, longest_wait: 0.01, timeout: 2, deadline: 120,
             input_price: 5, output_price: 20, max_tokens: 16}
            """,
            "test");
    tree = tree.with("endpoint=" + address);
    for (String setting : settings) {
      tree = tree.with(setting);
    }
    return tree.bind(RemoteConfig.class);
  }

  private static Budget unlimited() {
    return new Budget(OptionalDouble.empty());
  }

  private record Outcome(List<Judged> judged, int missing, Optional<String> problem) {}

  private static Outcome run(Judge judge, List<Duel> duels) {
    Judging judging = new Judging(judge, Orders.BOTH);
    List<Judged> judged = judging.judge(duels, () -> {});
    return new Outcome(judged, judging.missing(), judging.problem());
  }

  private static List<Verdict> verdicts(Outcome outcome) {
    return outcome.judged().stream().map(Judged::verdict).toList();
  }

  private static double usd(StandInEndpoint endpoint) {
    return (endpoint.inputTokens() * 5 + endpoint.outputTokens() * 20) / 1e6;
  }

  @Test
  void failuresOfEveryKindChangeNoVerdictLoseNoneAndPayForNoneTwice() {
    List<Verdict> right;
    try (StandInEndpoint sound = StandInEndpoint.sound()) {
      right = verdicts(run(RemoteJudge.of(config(sound), Map.of(), unlimited()), duels(PAIRS)));
    }
    try (StandInEndpoint faulty = StandInEndpoint.failing(30, List.of(Failure.values()));
        VerdictCache cache = VerdictCache.open(folder.resolve("cache.jsonl"))) {
      Budget budget = unlimited();
      Judge judge = new CachedJudge(RemoteJudge.of(config(faulty), Map.of(), budget), cache);

      Outcome outcome = run(judge, duels(PAIRS));
      Outcome again = run(judge, duels(PAIRS));

      assertThat(right).contains(Verdict.FIRST, Verdict.SECOND).doesNotContain(Verdict.TIE);
      assertThat(verdicts(outcome)).isEqualTo(right);
      assertThat(verdicts(again)).isEqualTo(right);
      assertThat(faulty.verdicts()).hasSize(2 * PAIRS);
      assertThat(faulty.verdicts().values()).allMatch(times -> times.get() == 1);
      Spending spending = judge.spending();
      assertThat(spending.faults().keySet()).containsAll(StandInEndpoint.FAULTS);
      assertThat(spending.faults().values().stream().mapToLong(n -> n).sum())
          .isEqualTo(faulty.failed());
      assertThat(spending.cached()).isEqualTo(2 * PAIRS);
      assertThat(spending.usage().inputTokens()).isEqualTo(faulty.inputTokens());
      assertThat(spending.usage().outputTokens()).isEqualTo(faulty.outputTokens());
      assertThat(budget.spent()).isCloseTo(usd(faulty), within(1e-9));
      assertThat(budget.possible()).isEqualTo(spending.possibleUsd()).isPositive();
    }
  }

  @Test
  void aRunThatIsKilledGoesOnWhereItStoodAndPaysNothingAgain() throws IOException {
    Path file = folder.resolve("cache.jsonl");
    try (StandInEndpoint endpoint = StandInEndpoint.sound()) {
      RemoteConfig config = config(endpoint);
      AtomicInteger left = new AtomicInteger(25);
      ChatClient client = config.provider().client(config, Map.of());
      ChatClient killed =
          (request, limit) -> {
            if (left.getAndDecrement() <= 0) {
              throw new IllegalStateException("killed");
            }
            return client.ask(request, limit);
          };
      try (VerdictCache cache = VerdictCache.open(file)) {
        Judge judge = new CachedJudge(RemoteJudge.of(config, killed, unlimited()), cache);
        assertThatThrownBy(() -> run(judge, duels(PAIRS))).hasMessage("killed");
      }
      assertThat(endpoint.totalVerdicts()).isEqualTo(25);
      Files.writeString(file, "{\"key\": \"torn", StandardOpenOption.APPEND);

      try (VerdictCache cache = VerdictCache.open(file)) {
        assertThat(cache.damaged()).isEqualTo(1);
        assertThat(cache.before().answers()).isEqualTo(25);
        Budget budget = unlimited();
        budget.alreadySpent(cache.before().usd());
        Judge judge = new CachedJudge(RemoteJudge.of(config, Map.of(), budget), cache);
        Outcome outcome = run(judge, duels(PAIRS));

        assertThat(outcome.judged()).hasSize(PAIRS);
        assertThat(budget.spent()).isCloseTo(usd(endpoint), within(1e-9));
      }
      assertThat(endpoint.verdicts()).hasSize(2 * PAIRS);
      assertThat(endpoint.totalVerdicts()).isEqualTo(2 * PAIRS);
    }
    assertThat(Files.readAllLines(file)).hasSize(2 * PAIRS).allMatch(line -> line.endsWith("}"));
  }

  @Test
  void eightThreadsNeverSpendMoreThanTheBudget() {
    try (StandInEndpoint endpoint =
        StandInEndpoint.failing(
            30,
            List.of(Failure.RATE_LIMIT, Failure.REFUSAL, Failure.WRONG_MODEL, Failure.MALFORMED))) {
      double limit = 0.05;
      Budget budget = new Budget(OptionalDouble.of(limit));
      Judge judge = RemoteJudge.of(config(endpoint), Map.of(), budget);

      Outcome outcome = run(judge, duels(PAIRS));

      assertThat(usd(endpoint)).isLessThanOrEqualTo(limit);
      assertThat(budget.spent()).isCloseTo(usd(endpoint), within(1e-9));
      assertThat(budget.spent() + budget.possible()).isBetween(limit * 0.7, limit);
      assertThat(outcome.missing()).isPositive().isLessThan(PAIRS);
      assertThat(outcome.problem().orElseThrow()).contains("budget of 0.05 USD");
    }
  }

  @Test
  void noMoreCallsRunThanAllowedWhoeverAsks() {
    try (StandInEndpoint endpoint = StandInEndpoint.sound()) {
      endpoint.delay(30);
      Judge judge = RemoteJudge.of(config(endpoint, "concurrency=3"), Map.of(), unlimited());
      List<Duel> duels = duels(24);

      Workers.run(
          12,
          duels.size(),
          i -> {
            Duel duel = duels.get(i);
            judge.compare(duel.prompt(), duel.a().response(), duel.b().response());
          });

      assertThat(endpoint.mostRunning()).isBetween(2, 3);
    }
  }

  @Test
  void aJudgeThatIsDownHalfOfTheTimeIsSurvivedAndSaidToBe() {
    try (StandInEndpoint endpoint = StandInEndpoint.failing(50, List.of(Failure.ERROR_503))) {
      Judge judge = RemoteJudge.of(config(endpoint), Map.of(), unlimited());

      Outcome outcome = run(judge, duels(PAIRS));

      assertThat(outcome.judged()).hasSize(PAIRS);
      assertThat(judge.spending().faults().get("server error")).isBetween(40L, 120L);
      assertThat(judge.spending().possibleUsd()).isZero();
    }
  }

  @Test
  void aJudgeThatNeverAnswersIsGivenUp() {
    try (StandInEndpoint endpoint = StandInEndpoint.failing(100, List.of(Failure.ERROR_503))) {
      RemoteConfig config = config(endpoint, "deadline=0.05", "concurrency=1");
      Judge judge = RemoteJudge.of(config, Map.of(), unlimited());

      Outcome outcome = run(judge, duels(PAIRS));

      assertThat(outcome.judged()).isEmpty();
      assertThat(outcome.missing()).isEqualTo(PAIRS);
      assertThat(outcome.problem().orElseThrow()).contains("judge-1: no verdict after");
      assertThat(endpoint.verdicts()).isEmpty();
    }
  }

  @Test
  void aRefusalThatStaysIsUnparsableAndPaidOnce() throws IOException {
    Path file = folder.resolve("cache.jsonl");
    try (StandInEndpoint endpoint = StandInEndpoint.failing(100, List.of(Failure.REFUSAL));
        VerdictCache cache = VerdictCache.open(file)) {
      Judge judge = new CachedJudge(RemoteJudge.of(config(endpoint), Map.of(), unlimited()), cache);
      List<Duel> one = duels(1);

      Judged judged = run(judge, one).judged().get(0);
      run(judge, one);

      assertThat(judged.verdict()).isEqualTo(Verdict.UNPARSABLE);
      assertThat(judged.given().raw()).startsWith("I am sorry");
      assertThat(judged.usage().answers()).isEqualTo(6);
      assertThat(endpoint.failed()).isEqualTo(6);
      assertThat(judged.judgments())
          .extracting(Judgment::verdict)
          .containsOnly(OptionalDouble.empty());
    }
    assertThat(Files.readString(file)).contains("I am sorry");
  }

  @Test
  void theKeyIsSentAndAppearsNowhereElse() throws IOException {
    List<String> sent = new ArrayList<>();
    HttpServer echo =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    int[] statuses = {401, 200, 200, 200, 400};
    String[] bodies = {
      "{\"error\": \"Incorrect API key provided: " + KEY + "\"}",
      "not json " + KEY,
      "{\"model\": \"" + KEY + "\"}",
      "{\"model\": \"judge-1\", \"choices\": [{\"message\": {\"content\": \"your key is "
          + KEY
          + "\"}}]}",
      KEY.repeat(10)
    };
    AtomicInteger call = new AtomicInteger();
    echo.createContext(
        "/",
        exchange -> {
          sent.add(exchange.getRequestHeaders().getFirst("Authorization"));
          int i = call.get();
          byte[] body = bodies[i].getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(statuses[i], body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    echo.start();
    Path file = folder.resolve("cache.jsonl");
    StringBuilder seen = new StringBuilder();
    RemoteConfig config =
        config(
            "http://127.0.0.1:" + echo.getAddress().getPort(),
            "key_env=JUDGE_KEY",
            "deadline=0.1",
            "parse_tries=1");
    try (VerdictCache cache = VerdictCache.open(file)) {
      Judge judge =
          new CachedJudge(RemoteJudge.of(config, Map.of("JUDGE_KEY", KEY), unlimited()), cache);
      for (int i = 0; i < bodies.length; i++) {
        call.set(i);
        String response = "answer " + i;
        Throwable thrown =
            catchThrowable(() -> seen.append(judge.compare(Prompt.of("q"), response, "b").raw()));
        if (thrown != null) {
          StringWriter trace = new StringWriter();
          thrown.printStackTrace(new PrintWriter(trace));
          seen.append(trace);
        }
      }
      seen.append(config).append(judge.spending()).append(judge.version());
    } finally {
      echo.stop(0);
    }
    seen.append(Files.readString(file));

    assertThat(sent).isNotEmpty().containsOnly("Bearer " + KEY);
    assertThat(seen.toString()).contains("your key is [key]").contains("JUDGE_KEY");
    assertThat(seen.toString()).doesNotContain(KEY).doesNotContain("very/secret");
  }

  @Test
  void aMissingKeyIsToldByItsVariable() {
    RemoteConfig config = config("http://127.0.0.1:1/v1", "key_env=JUDGE_KEY");

    assertThatThrownBy(() -> RemoteJudge.of(config, Map.of(), unlimited()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("JUDGE_KEY");
  }

  @Test
  void functionCallsAndTokenProbabilitiesAreVerdictsToo() {
    try (StandInEndpoint endpoint = StandInEndpoint.sound()) {
      Judge text = RemoteJudge.of(config(endpoint), Map.of(), unlimited());
      Judge tool = RemoteJudge.of(config(endpoint, "answer=tool"), Map.of(), unlimited());
      Judge logprobs = RemoteJudge.of(config(endpoint, "answer=logprobs"), Map.of(), unlimited());

      assertThat(verdicts(run(tool, duels(10)))).isEqualTo(verdicts(run(text, duels(10))));
      Judged said = run(logprobs, duels(1)).judged().get(0);
      assertThat(said.given().probability().getAsDouble()).isCloseTo(0.75, within(1e-9));
      // Both orders say A with 0.75: a contradiction, and in the mean nothing.
      assertThat(said.verdict()).isEqualTo(Verdict.TIE);
      assertThat(said.probability().getAsDouble()).isCloseTo(0.5, within(1e-9));
    }
  }

  @Test
  void categoriesAreAskedForOnce() {
    try (StandInEndpoint endpoint = StandInEndpoint.sound();
        VerdictCache cache = VerdictCache.open(folder.resolve("cache.jsonl"))) {
      List<Prompt> prompts = duels(10).stream().map(Duel::prompt).toList();
      for (int i = 0; i < 2; i++) {
        RemoteJudge judge = RemoteJudge.of(config(endpoint), Map.of(), unlimited());
        try (Categories categories = Categories.asked(judge, java.util.Optional.of(cache))) {
          assertThat(categories.of(prompts))
              .allMatch(found -> found.orElseThrow().equals("Reasoning"));
        }
      }
      assertThat(endpoint.totalVerdicts()).isEqualTo(10);
    }
  }

  @Test
  void theServersWaitIsKeptAndOneBeyondTheDeadlineIsNotWaitedFor() {
    List<java.time.Duration> waits = new ArrayList<>();
    AtomicInteger calls = new AtomicInteger();
    ChatClient busy =
        (request, limit) -> {
          int seconds = calls.getAndIncrement() < 2 ? 7 : 100_000;
          throw new CallFailed(
              CallFailed.Fault.RATE_LIMIT,
              "busy",
              java.util.Optional.of(java.time.Duration.ofSeconds(seconds)),
              java.util.Optional.empty());
        };
    RemoteConfig config = config("http://127.0.0.1:1/v1");
    Judge judge =
        new RemoteJudge(config, new PatientClient(config, busy, unlimited(), waits::add, () -> 0));

    assertThatThrownBy(() -> judge.compare(Prompt.of("q"), "a", "b"))
        .isInstanceOf(JudgeUnavailable.class)
        .hasMessageContaining("busy");
    assertThat(waits)
        .hasSize(2)
        .allMatch(wait -> wait.toMillis() >= 7000 && wait.toMillis() < 7100);
  }

  @Test
  void waitsDoubleUpToTheLongestWithJitter() {
    List<java.time.Duration> waits = new ArrayList<>();
    ChatClient down =
        (request, limit) -> {
          throw CallFailed.of(
              waits.size() < 9 ? CallFailed.Fault.NO_CONNECTION : CallFailed.Fault.WRONG_MODEL,
              "down");
        };
    RemoteConfig config =
        config("http://127.0.0.1:1/v1", "first_wait=1", "longest_wait=30", "parse_tries=1");
    Judge judge =
        new RemoteJudge(config, new PatientClient(config, down, unlimited(), waits::add, () -> 0));

    assertThatThrownBy(() -> judge.compare(Prompt.of("q"), "a", "b"))
        .isInstanceOf(JudgeUnavailable.class);
    double[] most = {1, 2, 4, 8, 16, 30, 30, 30, 30};
    assertThat(waits).hasSize(most.length);
    for (int i = 0; i < most.length; i++) {
      assertThat(waits.get(i).toMillis() / 1000.0).isBetween(most[i] / 2 - 0.001, most[i]);
    }
  }
}
