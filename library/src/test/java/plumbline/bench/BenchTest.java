package plumbline.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import plumbline.InputException;
import plumbline.data.Prompt;
import plumbline.model.ModelConfig;
import plumbline.model.WeightFormat;
import plumbline.text.DialogueEncoder;

class BenchTest {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(Workload.class)
  void everyWorkloadRunsAndSaysHowFast(Workload workload) {
    ObjectNode line = Bench.run(workload, settings(false), "1.0");

    assertThat(line.get("bench").asText()).isEqualTo(workload.key());
    assertThat(line.get("unit").asText()).isEqualTo(workload.unit());
    assertThat(line.get("secs")).hasSize(2);
    for (String number :
        List.of("value", "median_s", "best_s", "peak_rss_mb", "floor_s", "roofline")) {
      assertThat(line.get(number).asDouble()).as(number).isPositive();
    }
    assertThat(line.get("median_s").asDouble())
        .isGreaterThanOrEqualTo(line.get("best_s").asDouble());
    assertThat(line.get("versions").get("plumbline").asText()).isEqualTo("1.0");
  }

  @ParameterizedTest
  @EnumSource(Workload.class)
  void everyWorkloadRunsWithRowsOfDifferentLengths(Workload workload) {
    ObjectNode line = Bench.run(workload, settings(true), "1.0");

    assertThat(line.get("bench").asText()).isEqualTo(workload.key() + "_ragged");
    assertThat(line.get("value").asDouble()).isPositive();
  }

  @Test
  void rolloutsAreSampledFromWeightsInTheFormatAskedFor() {
    BenchSettings int8 = new BenchSettings(false, true, 1, 1, Optional.of(WeightFormat.INT8));

    JsonNode floats = Bench.run(Workload.GENERATE_LLAMA, settings(false), "1.0");
    JsonNode bytes = Bench.run(Workload.GENERATE_LLAMA, int8, "1.0");

    assertThat(bytes.get("rollouts").asText()).isEqualTo("int8");
    assertThat(bytes.get("bytes").asDouble()).isLessThan(floats.get("bytes").asDouble());
  }

  @Test
  void lengthsAreTheSameInEveryRunAndTheirMeanIsTheWorkloads() {
    Load load = new Load(Shape.LLAMA, 10_000, 64, 192);

    assertThat(load.prompts(settings(true))).isEqualTo(load.prompts(settings(true)));
    assertThat(load.prompts(settings(false))).containsOnly(64);
    int[] lengths = load.responses(settings(true), 0);
    assertThat(lengths).isNotEqualTo(load.responses(settings(true), 1));
    assertThat(IntStream.of(lengths).average().orElseThrow()).isCloseTo(192, within(3.0));
    assertThat(IntStream.of(lengths).min().orElseThrow()).isEqualTo(24);
    assertThat(IntStream.of(lengths).max().orElseThrow()).isEqualTo(360);
  }

  @Test
  void aTextHasTheTokensItWasMadeOf() {
    DialogueEncoder text = Words.encoder(folder, 97);
    try {
      int[] ids = Load.tokens(new int[] {40}, 97, 1).get(0);

      assertThat(text.prompt(Prompt.of(Words.text(ids)))).isEqualTo(ids);
      int[] response = text.response(Words.text(ids));
      assertThat(response).hasSize(41).startsWith(ids).endsWith(Words.END);
      assertThat(text.text(response)).isEqualTo(Words.text(ids));
    } finally {
      text.tokenizer().close();
    }
  }

  @Test
  void operationsAreThoseOfALoopOverAllProducts() {
    ModelConfig config = Shape.LLAMA.config(true);
    int[] rows = new SplittableRandom(1).ints(5, 1, 30).toArray();

    double expected = 0;
    int states = 0;
    for (int row : rows) {
      // Q, K, V; output, gate, up, down; head. A causal row sees half of its square.
      double before = 32 * 32 + 2 * 32 * 16;
      double behind = 32 * 32 + 3 * 32 * 48;
      int wanted = (row + 1) / 2; // behind the last attention, of two
      states += wanted;
      expected += 2.0 * (2 * row * before + (row + wanted) * behind + wanted * 32 * 97);
      expected += 2 * 4.0 * 32 * row * row / 2;
    }

    Work work = Work.forward(config, rows, states, true);
    assertThat(work.operations()).isCloseTo(expected, within(1.0));
  }

  @Test
  void anUnknownWorkloadIsRefusedWithTheKnownOnes() {
    assertThatThrownBy(() -> Workload.of("generate_gpt3"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'generate_gpt3'")
        .hasMessageContaining("generate_gpt2, generate_llama, ppo_step_lora");
  }

  private static BenchSettings settings(boolean ragged) {
    return new BenchSettings(ragged, true, 1, 2, Optional.empty());
  }
}
