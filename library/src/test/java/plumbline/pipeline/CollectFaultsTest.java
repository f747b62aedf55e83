package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.data.Message;
import plumbline.data.Prompt;
import plumbline.data.Sha256;
import plumbline.data.format.RowFiles;
import plumbline.judge.Provider;
import plumbline.judge.StandInEndpoint;
import plumbline.judge.StandInEndpoint.Failure;
import plumbline.score.ScoringException;
import plumbline.train.Progress;

/** A collection whose every model stands behind an endpoint that fails. */
class CollectFaultsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PROMPTS = 40;
  private static final double USD_PER_INPUT = 5e-6;
  private static final double USD_PER_OUTPUT = 20e-6;

  /** What failures may change: how often was asked, not what came of it. */
  private static final List<String> OF_THE_CALLS =
      List.of("cache.jsonl", "summary.json", "run.json", "config.yaml", "report.html", "run.lock");

  @TempDir private Path folder;

  @BeforeEach
  void writePrompts() throws IOException {
    Files.createDirectories(folder.resolve("data"));
    RowFiles.write(
        folder.resolve("data/prompts.train.jsonl"),
        IntStream.range(0, 50)
            .mapToObj(
                i ->
                    new Prompt(
                        List.of(Message.user("Which is question " + i + "?")),
                        Map.of("category", i % 2 == 0 ? "Reasoning" : "Creative")))
            .toList());
  }

  private ConfigTree config(String out, StandInEndpoint endpoint, String... settings) {
    String remote =
        "endpoint: '%s', model: judge-1, first_wait: 0.001, longest_wait: 0.01, timeout: 1,"
                .formatted(endpoint.address())
            + " deadline: 120, input_price: 5, output_price: 20, max_tokens: 64, concurrency: 8";
    ConfigTree tree =
        Config.parse(
            """
            out: '%s'
            data: '%s'
            writers:
              weak: {strength: 1, samples: 2, remote: {temperature: 0.5, %s}}
              strong: {strength: 2, samples: 2, remote: {temperature: 1, %s}}
            ours: weak
            strong: strong
            proxy: {length: words, target: 20, per: 10}
            judges: [{%s}]
            funnel: {prompts: %d, orders: 0.5, pairing: {pairs_per_prompt: 2}, part: 16}
            """
                .formatted(
                    folder.resolve(out), folder.resolve("data"), remote, remote, remote, PROMPTS),
            "test");
    for (String setting : settings) {
      tree = tree.with(setting);
    }
    return tree;
  }

  private JsonNode run(ConfigTree config, boolean resume) {
    return Pipeline.ofStage("collect", config).run(resume, Progress.silent());
  }

  private Map<String, String> data(String out) throws IOException {
    Map<String, String> data = new TreeMap<>();
    Path run = folder.resolve(out);
    try (Stream<Path> files = Files.walk(run)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = run.relativize(file).toString();
        if (!OF_THE_CALLS.contains(name)) {
          data.put(name, Sha256.of(file));
        }
      }
    }
    return data;
  }

  private static double usd(StandInEndpoint endpoint) {
    return endpoint.inputTokens() * USD_PER_INPUT + endpoint.outputTokens() * USD_PER_OUTPUT;
  }

  private static void assertBill(JsonNode summary, StandInEndpoint endpoint) {
    JsonNode bill = summary.get("bill");
    assertThat(bill.get("input_tokens").asLong()).isEqualTo(endpoint.inputTokens());
    assertThat(bill.get("output_tokens").asLong()).isEqualTo(endpoint.outputTokens());
    assertThat(bill.get("usd").asDouble()).isCloseTo(usd(endpoint), within(1e-6));
  }

  @ParameterizedTest
  @EnumSource
  void failuresOfEveryKindChangeNoDataAndPayForNothingTwice(Provider provider) throws IOException {
    // Anthropic takes no seed: two samples of one prompt are the same call there.
    String[] spoken = {
      "writers.weak.remote.provider=" + provider,
      "writers.strong.remote.provider=" + provider,
      "judges.0.provider=" + provider,
      "writers.weak.samples=" + (provider == Provider.ANTHROPIC ? 1 : 2),
      "writers.strong.samples=" + (provider == Provider.ANTHROPIC ? 1 : 2)
    };
    try (StandInEndpoint sound = StandInEndpoint.failing(provider, 0, List.of(Failure.HANG))) {
      JsonNode summary = run(config("sound", sound, spoken), false);
      assertThat(summary.at("/sets/step3").asLong()).isPositive();
      assertBill(summary, sound);
    }
    try (StandInEndpoint faulty =
        StandInEndpoint.failing(provider, 30, List.of(Failure.values()))) {
      JsonNode summary = run(config("faulty", faulty, spoken), false);

      assertThat(data("faulty")).isEqualTo(data("sound")).containsKey("orders.jsonl");
      assertThat(faulty.verdicts().values()).allMatch(times -> times.get() == 1);
      assertBill(summary, faulty);
      assertThat(summary.at("/bill/possible_usd").asDouble()).isPositive();
      assertThat(faults(summary).keySet()).containsAll(StandInEndpoint.FAULTS);
      assertThat(faults(summary).values().stream().mapToLong(n -> n).sum())
          .isEqualTo(faulty.failed());
    }
  }

  private static Map<String, Long> faults(JsonNode summary) {
    Map<String, Long> faults = new TreeMap<>();
    summary
        .at("/bill/faults")
        .properties()
        .forEach(fault -> faults.put(fault.getKey(), fault.getValue().asLong()));
    return faults;
  }

  @Test
  void aBudgetIsNeverExceededAndWhatItBoughtIsNotBoughtAgain() throws IOException {
    double whole;
    try (StandInEndpoint sound = StandInEndpoint.sound()) {
      run(config("sound", sound), false);
      whole = usd(sound);
    }
    try (StandInEndpoint endpoint = StandInEndpoint.sound()) {
      ConfigTree poor = config("poor", endpoint, "budget=" + whole / 2);
      assertThatThrownBy(() -> run(poor, false))
          .isInstanceOf(ScoringException.class)
          .hasMessageContaining("budget");
      assertThat(usd(endpoint)).isBetween(whole / 4, whole / 2);

      String cache = JSON.writeValueAsString(folder.resolve("poor/cache.jsonl").toString());
      run(config("rich", endpoint, "cache=" + cache), false);

      assertThat(data("rich")).isEqualTo(data("sound"));
      assertThat(endpoint.verdicts().values()).allMatch(times -> times.get() == 1);
    }
  }

  @Test
  void aRunThatAnEndpointRefusedGoesOnWhereItStood() throws IOException {
    try (StandInEndpoint sound = StandInEndpoint.sound()) {
      run(config("sound", sound), false);
    }
    try (StandInEndpoint endpoint = StandInEndpoint.sound()) {
      ConfigTree config = config("refused", endpoint);
      endpoint.refuseAfter(150);
      assertThatThrownBy(() -> run(config, false)).hasMessageContaining("401");
      endpoint.refuseAfter(Integer.MAX_VALUE);
      JsonNode summary = run(config, true);

      assertThat(data("refused")).isEqualTo(data("sound"));
      assertThat(endpoint.verdicts().values()).allMatch(times -> times.get() == 1);
      assertBill(summary, endpoint);
    }
  }
}
