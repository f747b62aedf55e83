package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Several processes train what one does.
 *
 * <p>The system property {@code plumbline.ranks} says how many, {@code 2,4} for example.
 */
class LaunchTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String START =
      """
      out: start
      """
          + TinyStages.start(
              "demonstrations: 48, pairs: 48, rankings: 8, ratings: 16, prompts: 32, test_rows: 8");

  private static final String PIPELINE =
      """
      sft:
        model: start/scratch
        data: start/data
        rows_per_update: 16
        rows_per_micro_batch: 4
        lengths: {too_long: truncate}
      sft_lora:
        stage: sft
        model: start/scratch
        data: start/data
        rows_per_update: 16
        rows_per_micro_batch: 4
        lora: {r: 2, dropout: 0.1}
        lengths: {too_long: truncate}
      reward:
        model: start/scratch
        data: start/data
        rows_per_update: 16
        rows_per_micro_batch: 3
        preference: {}
        absolute: {}
        lengths: {too_long: truncate}
      dpo:
        model: sft
        data: start/data
        pairs_per_update: 16
        pairs_per_micro_batch: 4
        lengths: {too_long: truncate}
      kto:
        model: sft
        data: start/data
        label: quality
        rows_per_update: 16
        rows_per_micro_batch: 4
        lengths: {too_long: truncate}
      ppo:
        model: sft
        data: start/data
        score:
          combine: mean
          of:
            - {model: reward, output: preference}
            - {length: words, target: 8, per: 4, shape: [{moving: centre}]}
        steps: 3
        prompts_per_update: 8
        rows_per_micro_batch: 3
        ppo_epochs: 2
        minibatches: 2
        scoring: {scale: running}
        kl: {target_per_response: 0.5, horizon: 100}
        ptx: {rows: 4}
        sampling: {max_new_tokens: 8}
        lengths: {too_long: truncate}
      grpo:
        model: sft
        data: start/data
        score: {length: words, target: 8, per: 4}
        steps: 2
        prompts_per_update: 4
        samples_per_prompt: 4
        rows_per_micro_batch: 4
        lora: {r: 2}
        sampling: {max_new_tokens: 8}
        lengths: {too_long: truncate}
      evaluate:
        before: sft
        after: ppo
        data: start/data
        score: {model: reward, output: preference}
        prompts: 8
        sampling: {max_new_tokens: 8}
      """;

  private static final String SFT =
      """
      out: sft
      model: start/scratch
      data: start/data
      rows_per_update: 16
      rows_per_micro_batch: 4
      epochs: 4
      lengths: {too_long: truncate}
      checkpoints: {every: 1}
      """;

  private static final List<String> TRAINED =
      List.of("sft", "sft_lora", "reward", "dpo", "kto", "ppo", "grpo");

  @TempDir static Path folder;

  @BeforeAll
  static void runAlone() throws Exception {
    Files.writeString(folder.resolve("start.yaml"), START);
    Files.writeString(folder.resolve("pipeline.yaml"), PIPELINE);
    Files.writeString(folder.resolve("sft.yaml"), SFT);
    run("run", "start.yaml");
    run("run", "pipeline.yaml", "--out", "one");
  }

  private static void run(String... arguments) throws Exception {
    Process process = CommandProcess.start(folder, arguments);
    assertThat(process.waitFor()).as(LaunchTest::words).isZero();
  }

  private static String words() {
    try {
      return Files.readString(folder.resolve(CommandProcess.WORDS));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("ranks")
  void severalProcessesTrainTheWeightsThatOneTrains(int ranks) throws Exception {
    String out = "of" + ranks;

    run("launch", "--nproc", "" + ranks, "run", "pipeline.yaml", "--out", out);

    for (String stage : TRAINED) {
      SameWeights.assertSame(
          folder.resolve("one").resolve(stage), folder.resolve(out).resolve(stage));
      assertSameMetrics(Path.of("one", stage), Path.of(out, stage));
    }
    assertThat(folder.resolve(out + "/evaluate/summary.json")).exists();
    assertThat(JSON.readTree(folder.resolve(out + "/run.json").toFile()).get("status").asText())
        .isEqualTo("ok");
  }

  static Stream<Integer> ranks() {
    return Stream.of(System.getProperty("plumbline.ranks", "2").split(",")).map(Integer::valueOf);
  }

  private static void assertSameMetrics(Path wanted, Path found) throws IOException {
    List<String> a = Files.readAllLines(folder.resolve(wanted).resolve("metrics.jsonl"));
    List<String> b = Files.readAllLines(folder.resolve(found).resolve("metrics.jsonl"));
    assertThat(b).hasSameSizeAs(a);
    for (int i = 0; i < a.size(); i++) {
      JsonNode x = JSON.readTree(a.get(i));
      JsonNode y = JSON.readTree(b.get(i));
      assertThat(y.propertyStream().map(Map.Entry::getKey))
          .containsExactlyElementsOf(x.propertyStream().map(Map.Entry::getKey).toList());
      for (Map.Entry<String, JsonNode> each : x.properties()) {
        if (each.getKey().startsWith("time/") || each.getKey().equals("tokens_per_s")) {
          continue;
        }
        double number = each.getValue().asDouble();
        assertThat(y.get(each.getKey()).asDouble())
            .as(found + " " + each.getKey())
            .isCloseTo(number, within(1e-4 * Math.max(1, Math.abs(number))));
      }
    }
  }

  @Test
  void resultsComeFromTheFirstRankAloneAndAreTheOnlyThingOnStandardOutput() throws Exception {
    Path out = folder.resolve("printed");
    Process process =
        CommandProcess.start(
            folder,
            Map.of(),
            List.of("sh", "-c", "exec \"$@\" >printed", "sh"),
            "launch",
            "--nproc",
            "2",
            "train",
            "sft",
            "sft.yaml",
            "--json");
    assertThat(process.waitFor()).as(LaunchTest::words).isZero();

    assertThat(JSON.readTree(out.toFile()).get("status").asText()).isEqualTo("ok");
  }
}
