package plumbline.web.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of docs/serving.md, word for word. */
class ServingDocsTest {
  private static final Path PAGE =
      Path.of(System.getProperty("plumbline.root"), "docs", "serving.md");
  private static final Pattern BLOCK =
      Pattern.compile("```sh\n(curl .*?)```(?:\n\n```json\n(.*?)```)?", Pattern.DOTALL);
  private static final Pattern STATUS = Pattern.compile("(?s)(.*)\nstatus (\\d+)\n?");

  @TempDir private Path folder;

  @Test
  void everyExampleIsAnswered() throws Exception {
    if (!canRun("curl")) {
      System.out.println("skipped: no curl on this machine");
      return;
    }
    List<MatchResult> blocks = BLOCK.matcher(Files.readString(PAGE)).results().toList();
    assertThat(blocks).hasSizeGreaterThan(8);
    try (TinyServer server = new TinyServer(folder)) {
      for (MatchResult block : blocks) {
        for (String command : commands(block.group(1))) {
          String answer = run(command, server.address());
          if (block.group(2) != null) {
            assertShown(TinyServer.JSON.readTree(block.group(2)), TinyServer.JSON.readTree(answer));
          }
        }
      }
    }
  }

  private static List<String> commands(String block) {
    List<String> commands = new ArrayList<>();
    for (String line : block.split("(?m)^(?=curl )", 0)) {
      if (!line.isBlank()) {
        commands.add(line.strip());
      }
    }
    return commands;
  }

  private static String run(String command, String address) throws Exception {
    String asked =
        command
            .replace("http://127.0.0.1:8000", address)
            .replaceFirst("^curl ", "curl -w '\\\\nstatus %{http_code}\\\\n' ");
    var words = STATUS.matcher(output("sh", "-c", asked));
    assertThat(words.matches()).as(asked).isTrue();
    assertThat(words.group(2)).as("%s: %s", command, words.group(1)).isEqualTo("200");
    return words.group(1);
  }

  /** Every field that the page shows is there and of its kind. */
  private static void assertShown(JsonNode shown, JsonNode found) {
    for (var field : shown.properties()) {
      JsonNode there = found.get(field.getKey());
      assertThat(there).as(field.getKey()).isNotNull();
      assertShown(field.getValue(), there);
    }
    if (shown.isArray() && !shown.isEmpty()) {
      assertThat(found).isNotEmpty();
      assertShown(shown.get(0), found.get(0));
    }
    if (!shown.isNull() && !found.isNull()) {
      assertThat(found.isNumber()).as("%s, %s", shown, found).isEqualTo(shown.isNumber());
    }
  }

  private static boolean canRun(String program) {
    try {
      return new ProcessBuilder(program, "--version").start().waitFor() == 0;
    } catch (IOException | InterruptedException e) {
      return false;
    }
  }

  private static String output(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String words = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return words;
  }
}
