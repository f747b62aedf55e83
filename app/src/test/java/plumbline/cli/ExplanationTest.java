package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ExplanationTest {
  private static final Path ROOT = Path.of(System.getProperty("plumbline.root"));

  @ParameterizedTest
  @EnumSource(TrainCommand.Method.class)
  void everyKeyOfEveryMethodHasAMeaningAndEveryMethodASource(TrainCommand.Method method) {
    JsonNode told = Captured.plumbline("train", method.name(), "--explain", "--json").json();

    assertThat(told.get("source").asText()).isNotEmpty();
    List<String> silent = new ArrayList<>();
    told.get("keys")
        .forEach(
            key -> {
              if (key.get("meaning").asText().isEmpty()) {
                silent.add(key.get("key").asText());
              }
            });
    assertThat(silent).isEmpty();
    assertThat(told.get("keys").findValuesAsText("key"))
        .startsWith("name", "seed", "out", "model")
        .doesNotHaveDuplicates();
  }

  @Test
  void whatIsCountedHasAUnit() {
    JsonNode told = Captured.plumbline("train", "ppo", "--explain", "--json").json();

    for (JsonNode key : told.get("keys")) {
      String meaning = key.get("meaning").asText();
      for (String unit : List.of("tokens", "nats", "updates")) {
        boolean isNumber = !key.get("range").asText().isEmpty();
        if (isNumber && meaning.matches("(.* in )?" + unit + "\\b.*")) {
          assertThat(key.get("unit").asText()).as(key.toString()).isEqualTo(unit);
        }
      }
    }
  }

  @Test
  void aKeyIsPrintedAsTheDocumentationShowsIt() throws IOException {
    Captured told = Captured.plumbline("train", "grpo", "--explain", "kl.coefficient");

    assertThat(told.code()).isZero();
    assertThat(Files.readString(ROOT.resolve("docs/configuration.md")))
        .contains("```\n" + told.out().strip() + "\n```");
  }

  @Test
  void aFilesValuesStandBeforeTheDefaults() {
    String file = ROOT.resolve("examples/policy/grpo-dapo.yaml").toString();

    assertThat(Captured.plumbline("train", "grpo", file, "--explain", "clip_high").out())
        .contains("loss.clip_high = 0.28 (default 0.2)  [>= 0]");
    assertThat(Captured.plumbline("train", "grpo", file, "--explain", "coefficient").out())
        .contains("kl.coefficient = 0.0 (default 0.04 (chosen by grpo))")
        .contains("ptx.coefficient = 1.0");
    assertThat(Captured.plumbline("train", "grpo", file, "--explain", "model").out())
        .contains("model = runs/sft");
  }

  @Test
  void choicesInsideTheOnlyObjectiveAreTold() {
    assertThat(Captured.plumbline("train", "simpo", "--explain", "beta").out())
        .contains("objectives.N.beta = 2 (chosen by simpo)  [score per nat, >= 0]");
  }

  @Test
  void partsOfRewardTreesAreFoundByName() {
    assertThat(Captured.plumbline("train", "ppo", "--explain", "score").out())
        .contains("made of leaf-gold", "node-weighted", "shape-clip");
    assertThat(Captured.plumbline("train", "ppo", "--explain", "shape-length_penalty").out())
        .contains("per = 0.01  [>= 0]");
  }

  @Test
  void anUnknownKeyIsAnErrorWithTheNearestOne() {
    Captured wrong = Captured.plumbline("train", "ppo", "--explain", "kl.coeficient");

    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.err())
        .contains("train ppo has no key 'kl.coeficient'; did you mean 'kl.coefficient'?");
  }

  @Test
  void withoutAFileNothingIsTrained() {
    Captured wrong = Captured.plumbline("train", "ppo");

    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.err()).contains("there is no CONFIG.yaml; wanted one, or --explain");
  }
}
