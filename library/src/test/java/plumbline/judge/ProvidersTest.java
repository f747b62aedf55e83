package plumbline.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import plumbline.InputException;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.data.Message;
import plumbline.data.Prompt;
import plumbline.data.Verdict;
import plumbline.judge.CallFailed.Fault;
import plumbline.judge.Judging.Orders;
import plumbline.judge.StandInEndpoint.Failure;

/** The same judge and the same writer behind each provider's form. */
class ProvidersTest {
  private static final int ROWS = 30;
  private static final String KEY = "sk-very/secret+1234567890";
  private static final Map<String, String> ENVIRONMENT = Map.of("SOME_KEY", KEY);

  @TempDir private Path folder;

  private static RemoteConfig config(Provider provider, String address, String... settings) {
    ConfigTree tree =
        Config.parse(
            """
            {model: judge-1, key_env: SOME_KEY, first_wait: 0.001, longest_wait: 0.01, timeout: 2,
             deadline: 120, input_price: 5, output_price: 20, max_tokens: 16}
            """,
            "test");
    tree = tree.with("endpoint=" + address).with("provider=" + provider);
    for (String setting : settings) {
      tree = tree.with(setting);
    }
    return tree.bind(RemoteConfig.class);
  }

  private static Budget unlimited() {
    return new Budget(OptionalDouble.empty());
  }

  private static List<Duel> duels() {
    return IntStream.range(0, ROWS)
        .mapToObj(
            i ->
                new Duel(
                    "p" + i,
                    Prompt.of("question " + i),
                    new Duel.Side("one", "first answer to " + i),
                    new Duel.Side("two", "the other answer to " + i)))
        .toList();
  }

  private static List<Verdict> verdicts(Judge judge) {
    Judging judging = new Judging(judge, Orders.BOTH);
    List<Judged> judged = judging.judge(duels(), () -> {});
    assertThat(judging.problem()).isEmpty();
    return judged.stream().map(Judged::verdict).toList();
  }

  private static List<Prompt> prompts() {
    return IntStream.range(0, ROWS)
        .mapToObj(
            i ->
                new Prompt(
                    List.of(
                        new Message(Message.SYSTEM, "Be brief."),
                        Message.user("Which is question " + i + "?"),
                        Message.assistant("That one."),
                        Message.user("And question " + (i + 1) + "?")),
                    Map.of()))
        .toList();
  }

  /** What a judge came to, one that calls a function, and a writer. */
  private record Outcome(
      List<Verdict> said, List<Verdict> called, List<Optional<String>> written) {}

  /** Asks for everything twice, the second time of the cache, and checks the bill. */
  private Outcome run(Provider provider, StandInEndpoint endpoint, List<Spending> spendings)
      throws IOException {
    Path file = Files.createTempFile(folder, provider.toString(), ".jsonl");
    Budget budget = unlimited();
    RemoteConfig config = config(provider, endpoint.address());
    RemoteConfig tool = config(provider, endpoint.address(), "answer=tool");
    Outcome outcome;
    try (VerdictCache cache = VerdictCache.open(file)) {
      Judge judge = new CachedJudge(RemoteJudge.of(config, ENVIRONMENT, budget), cache);
      Judge calls = new CachedJudge(RemoteJudge.of(tool, ENVIRONMENT, budget), cache);
      RemoteWriter writer = RemoteWriter.of(config.withSeed(7), ENVIRONMENT, budget, cache);

      outcome = new Outcome(verdicts(judge), verdicts(calls), writer.answer(prompts()));
      assertThat(verdicts(judge)).isEqualTo(outcome.said());
      assertThat(writer.answer(prompts())).isEqualTo(outcome.written());

      spendings.addAll(List.of(judge.spending(), calls.spending(), writer.spending()));
    }
    assertThat(budget.spent())
        .isCloseTo((endpoint.inputTokens() * 5 + endpoint.outputTokens() * 20) / 1e6, within(1e-9));
    assertThat(endpoint.verdicts().values()).allMatch(times -> times.get() == 1);
    assertThat(endpoint.verdicts()).hasSize(2 * ROWS + 2 * ROWS + ROWS);
    assertThat(endpoint.keys()).containsExactly(KEY);
    assertThat(Files.readString(file)).doesNotContain(KEY);
    return outcome;
  }

  @ParameterizedTest
  @EnumSource
  void failuresOfEveryKindChangeNothingAndPayForNothingTwice(Provider provider) throws IOException {
    Outcome right;
    try (StandInEndpoint sound = StandInEndpoint.failing(provider, 0, List.of(Failure.HANG))) {
      right = run(provider, sound, new ArrayList<>());
    }
    assertThat(right.said()).contains(Verdict.FIRST, Verdict.SECOND).doesNotContain(Verdict.TIE);
    assertThat(right.called()).isEqualTo(right.said());
    assertThat(right.written()).hasSize(ROWS).allMatch(Optional::isPresent).doesNotHaveDuplicates();

    List<Spending> spendings = new ArrayList<>();
    try (StandInEndpoint faulty =
        StandInEndpoint.failing(provider, 30, List.of(Failure.values()))) {
      assertThat(run(provider, faulty, spendings)).isEqualTo(right);

      long faults =
          spendings.stream()
              .flatMap(spending -> spending.faults().values().stream())
              .mapToLong(n -> n)
              .sum();
      assertThat(faults).isEqualTo(faulty.failed());
      assertThat(spendings.stream().flatMap(spending -> spending.faults().keySet().stream()))
          .containsAll(StandInEndpoint.FAULTS);
      assertThat(spendings.stream().mapToLong(spending -> spending.usage().outputTokens()).sum())
          .isEqualTo(faulty.outputTokens());
    }
  }

  /** What one call of each provider's client meets. */
  private static void serve(int status, Map<String, String> headers, String body, Called test)
      throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          headers.forEach(exchange.getResponseHeaders()::add);
          byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    try {
      String address = "http://127.0.0.1:" + server.getAddress().getPort();
      for (Provider provider : Provider.values()) {
        ChatClient client = provider.client(config(provider, address), ENVIRONMENT);
        ChatRequest question =
            new ChatRequest(
                List.of(Message.user("A or B?")), AnswerForm.FIRST_TOKEN, List.of("A", "B"));
        test.of(provider, () -> client.ask(question, Duration.ofSeconds(5)));
      }
    } finally {
      server.stop(0);
    }
  }

  private interface Call {
    ChatAnswer make() throws CallFailed;
  }

  private interface Called {
    void of(Provider provider, Call call) throws CallFailed;
  }

  @Test
  void theWaitThatAServerAsksForIsKnown() throws IOException {
    Map<String, String> wait = Map.of("Retry-After", "17");

    serve(429, wait, "{}", (provider, call) -> assertWait(call, Fault.RATE_LIMIT, 17));
    serve(529, wait, "{}", (provider, call) -> assertWait(call, Fault.SERVER_ERROR, 17));
    serve(
        429,
        Map.of(),
        "{\"error\": {\"details\": [{\"retryDelay\": \"34.074824224s\"}]}}",
        (provider, call) -> assertWait(call, Fault.RATE_LIMIT, 34));
  }

  private static void assertWait(Call call, Fault fault, long seconds) {
    CallFailed failed = catchThrowableOfType(CallFailed.class, call::make);
    assertThat(failed.fault()).isEqualTo(fault);
    assertThat(failed.serverWait().orElseThrow().toSeconds()).isEqualTo(seconds);
  }

  @Test
  void aKeyThatIsRefusedEndsItAndIsNotShown() throws IOException {
    serve(
        401,
        Map.of(),
        "{\"error\": \"bad key " + KEY + "\"}",
        (provider, call) ->
            assertThatThrownBy(call::make)
                .isInstanceOf(InputException.class)
                .hasMessageContaining("SOME_KEY is not accepted")
                .hasMessageNotContaining(KEY));
    serve(
        404,
        Map.of(),
        "{}",
        (provider, call) ->
            assertThatThrownBy(call::make)
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no model 'judge-1'"));
  }

  @Test
  void anAnswerOfAnotherFormIsMalformedAndItsKeyIsTakenOut() throws IOException {
    String stranger = "{\"words\": \"" + KEY + "\"}";

    serve(
        200,
        Map.of(),
        stranger,
        (provider, call) -> {
          CallFailed failed = catchThrowableOfType(CallFailed.class, call::make);
          assertThat(failed.fault()).isEqualTo(Fault.MALFORMED);
          assertThat(failed).hasMessageContaining("[key]").hasMessageNotContaining(KEY);
        });
  }

  @Test
  void aPromptThatGoogleRefusesHasAnEmptyAnswerThatIsPaid() throws IOException {
    String refused =
        """
        {"promptFeedback": {"blockReason": "SAFETY"}, "modelVersion": "judge-1",
         "usageMetadata": {"promptTokenCount": 12}}
        """;

    serve(
        200,
        Map.of(),
        refused,
        (provider, call) -> {
          if (provider == Provider.GEMINI) {
            ChatAnswer answer = call.make();
            assertThat(answer.text()).isEmpty();
            assertThat(answer.tokens()).contains(new ChatAnswer.TokenCount(12, 0));
          }
        });
  }

  @Test
  void whatAProviderCannotDoIsSaidBeforeAnythingIsAsked() {
    assertThatThrownBy(() -> config(Provider.ANTHROPIC, "http://localhost", "temperature=1.5"))
        .hasMessageContaining("'provider: anthropic' takes at most 1");
    assertThatThrownBy(() -> config(Provider.GEMINI, "http://localhost", "answer=logprobs"))
        .hasMessageContaining("'provider: gemini'");
  }
}
