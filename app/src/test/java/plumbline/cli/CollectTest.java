package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.data.Sha256;
import plumbline.judge.StandInEndpoint;
import plumbline.judge.StandInEndpoint.Failure;

/**
 * The command whose models stand behind an endpoint. The system property {@code plumbline.kills}
 * says how often its process is killed.
 */
class CollectTest {
  private static final int KILLS = Integer.getInteger("plumbline.kills", 2);
  private static final int CONCURRENCY = 4;
  private static final String KEY = "sk-very/secret+1234567890";

  @TempDir private Path folder;

  @BeforeEach
  void writePrompts() throws IOException {
    Files.createDirectories(folder.resolve("data"));
    Files.writeString(
        folder.resolve("data/prompts.train.jsonl"),
        IntStream.range(0, 48)
            .mapToObj(i -> "{\"prompt\": \"Which is question %d?\"}\n".formatted(i))
            .collect(Collectors.joining()));
  }

  private Path config(String name, StandInEndpoint endpoint) throws IOException {
    String remote =
        "endpoint: '%s', model: judge-1, first_wait: 0.001, longest_wait: 0.01, timeout: 1,"
                .formatted(endpoint.address())
            + " max_tokens: 64, input_price: 5, output_price: 20, concurrency: "
            + CONCURRENCY;
    return Files.writeString(
        folder.resolve(name + ".yaml"),
        """
        out: %s
        data: data
        category: rule
        writers:
          weak: {strength: 1, samples: 2, remote: {temperature: 0.5, %s}}
          strong: {strength: 2, samples: 2, remote: {temperature: 1, %s}}
        ours: weak
        strong: strong
        proxy: {length: words, target: 20, per: 10}
        judges: [{%s}]
        funnel: {prompts: 40, orders: 0.5, part: 8, pairing: {pairs_per_prompt: 2}}
        """
            .formatted(name, remote, remote, remote));
  }

  private Map<String, String> data(String name) throws IOException {
    Map<String, String> data = new TreeMap<>();
    Path run = folder.resolve(name);
    try (Stream<Path> files = Files.walk(run)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".jsonl")).toList()) {
        if (!file.endsWith("cache.jsonl")) {
          data.put(run.relativize(file).toString(), Sha256.of(file));
        }
      }
    }
    return data;
  }

  private void finish(String name, Path config) throws Exception {
    Process process = CommandProcess.start(folder, "collect", config.toString(), "--resume");
    assertThat(process.waitFor()).as(this::words).isZero();
    assertThat(data(name)).containsKey("step3/pairs.train.jsonl");
  }

  @Test
  void aCollectionKilledAtRandomMomentsLosesNothingAndPaysOnlyForWhatWasUnderWayAgain()
      throws Exception {
    try (StandInEndpoint sound = StandInEndpoint.sound()) {
      finish("sound", config("sound", sound));
    }
    try (StandInEndpoint faulty =
        StandInEndpoint.failing(
            30, List.of(Failure.RATE_LIMIT, Failure.ERROR_500, Failure.MALFORMED))) {
      faulty.delay(3);
      Path config = config("killed", faulty);
      SplittableRandom random = new SplittableRandom(KILLS);
      for (int kill = 0; kill < KILLS; kill++) {
        Process process = CommandProcess.start(folder, "collect", config.toString(), "--resume");
        int enough = faulty.totalVerdicts() + 20 + random.nextInt(150);
        while (process.isAlive() && faulty.totalVerdicts() < enough) {
          Thread.sleep(2);
        }
        process.destroyForcibly().waitFor();
      }
      finish("killed", config);

      assertThat(data("killed")).isEqualTo(data("sound"));
      int again =
          faulty.verdicts().values().stream().mapToInt(AtomicInteger::get).map(n -> n - 1).sum();
      assertThat(again).isLessThanOrEqualTo(KILLS * CONCURRENCY);
    }
  }

  @Test
  void theKeyStandsInNoFileAndInNoOutput() throws Exception {
    try (StandInEndpoint endpoint =
        StandInEndpoint.failing(30, List.of(Failure.RATE_LIMIT, Failure.MALFORMED))) {
      Path config = config("keyed", endpoint);
      String named = Files.readString(config).replace("model: ", "key_env: THE_KEY, model: ");
      Files.writeString(config, named);
      Process process =
          CommandProcess.start(folder, Map.of("THE_KEY", KEY), "collect", config.toString());

      assertThat(process.waitFor()).as(this::words).isZero();
      try (Stream<Path> files = Files.walk(folder)) {
        assertThat(files.filter(Files::isRegularFile))
            .isNotEmpty()
            .allSatisfy(file -> assertThat(Files.readString(file)).doesNotContain(KEY));
      }
      Process keyless =
          CommandProcess.start(folder, "collect", config.toString(), "--out", "other");
      assertThat(keyless.waitFor()).isEqualTo(ExitCode.BAD_INPUT);
      assertThat(words()).contains("THE_KEY");
    }
  }

  private String words() {
    try {
      return Files.readString(folder.resolve(CommandProcess.WORDS));
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Test
  void peopleSeeWhatEachStepLeft() throws IOException {
    try (StandInEndpoint endpoint = StandInEndpoint.sound()) {
      Path config = config("seen", endpoint);
      String out = folder.resolve("seen").toString();
      Files.writeString(
          config,
          Files.readString(config).replace("data: data", "data: '" + folder.resolve("data") + "'"));
      Captured ran = Captured.plumbline("collect", config.toString(), "--out", out);

      assertThat(ran.code()).as(ran.err()).isZero();
      assertThat(ran.out()).containsPattern("prompts +80 +\\d+ +\\d+%").contains("ratings");
    }
  }

  @Test
  void templatesAreWrittenOnceAndNotOver() throws IOException {
    Path templates = folder.resolve("templates");
    Captured first = Captured.plumbline("collect", "--templates", templates.toString(), "--json");
    Path criteria = templates.resolve("rating/criteria/fever.txt");
    Files.writeString(criteria, "mine");
    Captured second = Captured.plumbline("collect", "--templates", templates.toString(), "--json");

    assertThat(first.code()).as(first.err()).isZero();
    assertThat(first.json().get("written")).hasSizeGreaterThan(30);
    assertThat(second.json().get("written")).isEmpty();
    assertThat(criteria).hasContent("mine");
  }
}
