package plumbline.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.InputException;

class ComparisonTest {
  @TempDir Path folder;

  @Test
  void ratiosAreThisToolsFiguresOverTheOthers() throws IOException {
    Comparison comparison =
        comparison(
            """
            {"bench": "generate_llama", "value": 999, "unit": "tokens/s"}

            {"bench": "sft_train_llama", "value": 3270, "unit": "tokens/s", "peak_rss_mb": 980}
            {"bench": "generate_llama", "value": 1500, "peak_rss_mb": 470, "tool": "another"}
            """);

    ObjectNode line = line("generate_llama", 4800, 235);
    comparison.addTo(line);

    assertThat(line.get("other").asDouble()).isEqualTo(1500);
    assertThat(line.get("ratio").asDouble()).isCloseTo(3.2, within(1e-12));
    assertThat(line.get("memory_ratio").asDouble()).isCloseTo(0.5, within(1e-12));
  }

  @Test
  void whatTheOtherDidNotMeasureHasNoRatio() throws IOException {
    Comparison comparison = comparison("{\"bench\": \"sft_train_gpt2\", \"value\": 115}\n");

    ObjectNode absent = line("generate_gpt2", 100, 900);
    comparison.addTo(absent);
    ObjectNode withoutMemory = line("sft_train_gpt2", 230, 900);
    comparison.addTo(withoutMemory);

    assertThat(absent.has("ratio")).isFalse();
    assertThat(withoutMemory.get("ratio").asDouble()).isCloseTo(2, within(1e-12));
    assertThat(withoutMemory.has("memory_ratio")).isFalse();
  }

  @Test
  void anotherUnitIsRefused() throws IOException {
    Comparison comparison =
        comparison("{\"bench\": \"generate_gpt2\", \"value\": 10, \"unit\": \"rows/s\"}\n");

    assertThatThrownBy(() -> comparison.addTo(line("generate_gpt2", 100, 900)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("generate_gpt2 is in rows/s, wanted tokens/s");
  }

  @Test
  void aLineThatIsNoMeasurementIsRefusedWithItsPlace() {
    for (String bad : new String[] {"no json", "{\"value\": 3}", "{\"bench\": \"x\"}", "[]"}) {
      assertThatThrownBy(
              () -> comparison("{\"bench\": \"generate_gpt2\", \"value\": 1}\n" + bad + "\n"))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("other.jsonl:2: no measurement")
          .hasMessageContaining("'value'");
    }
    assertThatThrownBy(() -> Comparison.read(folder.resolve("none.jsonl")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("none.jsonl: cannot be read");
  }

  private Comparison comparison(String lines) throws IOException {
    Path file = folder.resolve("other.jsonl");
    Files.writeString(file, lines);
    return Comparison.read(file);
  }

  private static ObjectNode line(String bench, double value, int megabytes) {
    return new ObjectMapper()
        .createObjectNode()
        .put("bench", bench)
        .put("value", value)
        .put("unit", "tokens/s")
        .put("peak_rss_mb", megabytes);
  }
}
