package plumbline.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import plumbline.data.Message;

class ChatTemplateGoldenTest {
  static List<Path> folders() {
    return SharedFiles.tokenizerGoldens().stream()
        .filter(folder -> !SharedFiles.goldens(folder).path("chat_templates").isEmpty())
        .toList();
  }

  @ParameterizedTest
  @MethodSource("folders")
  void renderingsAreThoseOfTheReference(Path folder) {
    JsonNode goldens = SharedFiles.goldens(folder);
    Map<String, String> tokens = new HashMap<>();
    goldens
        .path("special")
        .properties()
        .forEach(e -> tokens.put(e.getKey(), e.getValue().asText()));
    assertThat(goldens.path("chat_templates")).isNotEmpty();
    SoftAssertions softly = new SoftAssertions();
    for (JsonNode golden : goldens.path("chat_templates")) {
      List<Message> messages =
          SharedFiles.stream(golden.get("messages"))
              .map(m -> new Message(m.get("role").asText(), m.get("content").asText()))
              .toList();
      softly
          .assertThat(
              ChatTemplate.of(golden.get("template").asText(), tokens)
                  .render(messages, golden.get("add_generation_prompt").asBoolean()))
          .as("%s of %s", golden.get("template_name"), golden.get("messages"))
          .isEqualTo(golden.get("text").asText());
    }
    softly.assertAll();
  }
}
