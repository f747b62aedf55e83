package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class MainTest {
  @Test
  void helpIsOnStandardOutput() {
    Captured help = Captured.plumbline("--help");

    assertThat(help.code()).isZero();
    assertThat(help.out()).startsWith("Usage: plumbline").contains("doctor", "Exit codes:");
    assertThat(help.err()).isEmpty();
  }

  @Test
  void everyCommandHasHelpAndCommonOptions() {
    Captured help = Captured.plumbline("doctor", "--help");

    assertThat(help.code()).isZero();
    assertThat(help.out()).startsWith("Usage: plumbline doctor").contains("--json", "--quiet");
  }

  @Test
  void versionIsPrinted() {
    assertThat(Captured.plumbline("--version").out()).startsWith("plumbline ");
  }

  @Test
  void noCommandIsBadUsage() {
    Captured nothing = Captured.plumbline();

    assertThat(nothing.code()).isEqualTo(2);
    assertThat(nothing.out()).isEmpty();
    assertThat(nothing.err()).startsWith("plumbline: a command is missing; known: ");
  }

  @Test
  void misspeltCommandGetsTheNearest() {
    Captured wrong = Captured.plumbline("docter");

    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.err())
        .hasLineCount(1)
        .startsWith("plumbline: unknown command or argument 'docter'; did you mean 'doctor'?");
  }

  @Test
  void misspeltOptionGetsTheNearest() {
    Captured wrong = Captured.plumbline("doctor", "--jsn");

    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.err())
        .hasLineCount(1)
        .startsWith("plumbline: unknown option '--jsn'; did you mean '--json'?")
        .contains("plumbline doctor --help");
  }

  @Test
  void misspeltChoiceGetsTheNearest() {
    Captured wrong = Captured.plumbline("train", "pppo", "ppo.yaml");

    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.err()).hasLineCount(1).contains("but was 'pppo'; did you mean 'ppo'?");
  }

  @Test
  void badUsageIsADocumentToo() throws IOException {
    Captured wrong = Captured.plumbline("docter", "--json");

    JsonNode document = new ObjectMapper().readTree(wrong.out());
    assertThat(document.get("status").asText()).isEqualTo("failed");
    assertThat(document.get("error").asText()).contains("'docter'");
    assertThat(document.get("exit_code").asInt()).isEqualTo(2);
  }

  @Test
  void doctorUsesTheNativeLibraries() throws IOException {
    Captured doctor = Captured.plumbline("doctor", "--json");

    assertThat(doctor.code()).as(doctor.out()).isZero();
    JsonNode document = new ObjectMapper().readTree(doctor.out());
    assertThat(document.get("status").asText()).isEqualTo("ok");
    assertThat(document.get("checks").findValuesAsText("name"))
        .contains("java", "memory", "libtorch", "tokenizers", "working folder");
    assertThat(doctor.err()).contains("libtorch");
  }

  @Test
  void withoutJsonTheTableIsTheOutput() {
    Captured doctor = Captured.plumbline("doctor");

    assertThat(doctor.out()).startsWith("check ").contains("libtorch");
  }
}
