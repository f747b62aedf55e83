package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchTest {
  private static final String[] TINY = {"bench", "--tiny", "--warmup", "1", "--repeats", "1"};

  @TempDir Path folder;

  @Test
  void severalWorkloadsRunInProcessesOfTheirOwnAndPrintALineEach() throws IOException {
    Path other = folder.resolve("other.jsonl");
    Files.writeString(other, "{\"bench\": \"sft_train_llama_ragged\", \"value\": 0.5}\n");

    Captured captured =
        Captured.plumbline(
            with("--ragged", "--only", "generate_gpt2,sft_train_llama", "--compare", other));

    assertThat(captured.code()).as(captured.err()).isZero();
    List<JsonNode> lines = new ArrayList<>();
    for (String line : captured.out().lines().toList()) {
      lines.add(new ObjectMapper().readTree(line));
    }
    assertThat(lines)
        .extracting(line -> line.get("bench").asText())
        .containsExactly("generate_gpt2_ragged", "sft_train_llama_ragged");
    assertThat(lines.get(0).has("ratio")).isFalse();
    assertThat(lines.get(1).get("ratio").asDouble())
        .isCloseTo(lines.get(1).get("value").asDouble() / 0.5, within(1e-9));
  }

  @Test
  void jsonIsOneDocumentOfAllWorkloads() {
    Captured captured =
        Captured.plumbline(with("--json", "--only", "generate_llama", "--weights", "int8"));

    assertThat(captured.code()).as(captured.err()).isZero();
    JsonNode workload = captured.json().get("workloads").get(0);
    assertThat(workload.get("bench").asText()).isEqualTo("generate_llama");
    assertThat(workload.get("rollouts").asText()).isEqualTo("int8");
    assertThat(workload.get("tiny").asBoolean()).isTrue();
  }

  @Test
  void whatCannotBeMeasuredIsOneLineThatSaysSo() {
    Captured unknown = Captured.plumbline(with("--only", "generate_gpt3"));
    Captured none = Captured.plumbline("bench", "--repeats", "0");

    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err()).contains("no workload is called 'generate_gpt3'");
    assertThat(none.code()).isEqualTo(2);
    assertThat(none.err()).contains("--repeats is 0");
  }

  private static String[] with(Object... more) {
    List<String> words = new ArrayList<>(List.of(TINY));
    for (Object word : more) {
      words.add(word.toString());
    }
    return words.toArray(String[]::new);
  }
}
