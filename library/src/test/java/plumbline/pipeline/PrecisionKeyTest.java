package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.InputException;
import plumbline.config.Config;
import plumbline.tensor.Engine;
import plumbline.train.Progress;

/** The key {@code dtype} of trainings. */
class PrecisionKeyTest {
  private static final String WHOLE =
      """
      name: precisions
      data: {format: clinic, demonstrations: 12, pairs: 12, prompts: 8, test_rows: 6}
      scratch: {data: data, vocabulary_size: 400, hidden_size: 16, intermediate_size: 24,
        heads: 2, key_value_heads: 1, max_positions: 160}
      sft: {model: scratch, data: data, dtype: bfloat16, rows_per_update: 6,
        lengths: {max_prompt_tokens: 120, max_response_tokens: 40, too_long: truncate}}
      reward: {model: sft, data: data, rows_per_update: 6,
        lengths: {max_prompt_tokens: 120, max_response_tokens: 40, too_long: truncate}}
      """;

  @TempDir private Path folder;

  @AfterEach
  void float32() {
    Engine.useDtype("float32");
  }

  @Test
  void aTrainingComputesInItsOwnPrecisionAndTheOthersInTheEngines() throws IOException {
    run(WHOLE);

    assertThat(precision("sft")).isEqualTo("bfloat16");
    assertThat(precision("reward")).isEqualTo("float32");
    assertThat(Engine.dtype()).isEqualTo("float32");
    assertThat(Files.readString(folder.resolve("out/sft/config.yaml"))).contains("dtype: bfloat16");
  }

  @Test
  void theKeySaysMoreThanTheEngine() throws IOException {
    Engine.useDtype("bfloat16");
    run(WHOLE.replace("dtype: bfloat16", "dtype: float32"));

    assertThat(precision("sft")).isEqualTo("float32");
    assertThat(precision("reward")).isEqualTo("bfloat16");
  }

  @Test
  void anUnknownPrecisionIsRefusedWithTheKnownOnes() {
    assertThatThrownBy(() -> run(WHOLE.replace("dtype: bfloat16", "dtype: float16")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("sft.dtype")
        .hasMessageContaining("bfloat16");
  }

  private void run(String yaml) {
    Path out = folder.resolve("out");
    Pipeline.of(Config.parse(yaml, "p.yaml").with("out='" + out + "'"))
        .run(false, Progress.silent());
  }

  private String precision(String stage) throws IOException {
    Path file = folder.resolve("out").resolve(stage).resolve("run.json");
    return new ObjectMapper().readTree(Files.readString(file)).findValue("dtype").asText();
  }
}
