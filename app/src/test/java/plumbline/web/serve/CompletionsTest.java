package plumbline.web.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompletionsTest {
  private static final String PROMPT = "the cat sat, the";

  @TempDir private static Path folder;
  private static TinyServer server;

  @BeforeAll
  static void start() {
    server = new TinyServer(folder);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static JsonNode ask(String more) throws Exception {
    return ask("\"" + PROMPT + "\"", more);
  }

  private static JsonNode ask(String prompt, String more) throws Exception {
    TinyServer.Answer answer =
        server.post("/v1/completions", "{\"prompt\": " + prompt + ", " + more + "}");
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json();
  }

  private static int[] ids(String text) throws Exception {
    JsonNode tokens =
        server.post("/tokenize", "{\"prompt\": \"" + text + "\"}").json().get("tokens");
    return IntStream.range(0, tokens.size()).map(i -> tokens.get(i).intValue()).toArray();
  }

  @Test
  void theLogprobsOfATextAreThoseOfTheTrainingForward() throws Exception {
    JsonNode answer = ask("\"max_tokens\": 0, \"echo\": true, \"logprobs\": 3");
    JsonNode choice = answer.at("/choices/0");
    assertThat(choice.get("text").asText()).isEqualTo(PROMPT);
    assertThat(choice.get("finish_reason").asText()).isEqualTo("length");
    assertThat(answer.at("/usage/completion_tokens").intValue()).isZero();
    int[] ids = ids(PROMPT);
    float[] wanted = server.trainingLogprobs("helper", ids);
    JsonNode logprobs = choice.get("logprobs");
    assertThat(logprobs.get("token_logprobs")).hasSize(ids.length);
    assertThat(logprobs.get("token_logprobs").get(0).isNull()).isTrue();
    StringBuilder text = new StringBuilder();
    for (int t = 0; t < ids.length; t++) {
      assertThat(logprobs.get("text_offset").get(t).intValue()).isEqualTo(text.length());
      text.append(logprobs.get("tokens").get(t).asText());
      if (t > 0) {
        assertThat(logprobs.get("token_logprobs").get(t).doubleValue())
            .isCloseTo(wanted[t - 1], within(1e-5));
        assertThat(logprobs.get("top_logprobs").get(t).size()).isBetween(3, 4);
      }
    }
    assertThat(text.toString()).isEqualTo(PROMPT);
  }

  @Test
  void tokensAndTextsAreTheSamePrompt() throws Exception {
    String greedy = "\"max_tokens\": 12, \"temperature\": 0";
    String tokens = TinyServer.JSON.writeValueAsString(ids(PROMPT));
    String text = ask(greedy).at("/choices/0/text").asText();
    assertThat(text).isNotEmpty();
    assertThat(ask(tokens, greedy).at("/choices/0/text").asText()).isEqualTo(text);
    JsonNode several = ask("[\"" + PROMPT + "\", \"a dog\", \"" + PROMPT + "\"]", greedy);
    assertThat(several.get("choices")).hasSize(3);
    assertThat(several.at("/choices/0/text").asText()).isEqualTo(text);
    assertThat(several.at("/choices/2/text").asText()).isEqualTo(text);
    JsonNode listed = ask("[" + tokens + "]", greedy);
    assertThat(listed.at("/choices/0/text").asText()).isEqualTo(text);
  }

  @Test
  void anEchoStandsBeforeTheText() throws Exception {
    String greedy = "\"max_tokens\": 12, \"temperature\": 0";
    String text = ask(greedy).at("/choices/0/text").asText();
    assertThat(ask(greedy + ", \"echo\": true").at("/choices/0/text").asText())
        .isEqualTo(PROMPT + text);
    assertThat(streamed("\"echo\": true, " + greedy)).isEqualTo(PROMPT + text);
  }

  @Test
  void aSeedGivesTheSameChoicesAndEachAnother() throws Exception {
    String sampled = "\"max_tokens\": 12, \"n\": 4, \"seed\": 8";
    List<String> texts = texts(ask(sampled));
    assertThat(texts).doesNotHaveDuplicates().hasSize(4);
    assertThat(texts(ask(sampled))).isEqualTo(texts);
    assertThat(texts(ask("\"max_tokens\": 12, \"n\": 2, \"seed\": 8")))
        .isEqualTo(texts.subList(0, 2));
    assertThat(texts(ask("\"max_tokens\": 12, \"n\": 4, \"seed\": 9"))).isNotEqualTo(texts);
    assertThat(texts(ask("\"max_tokens\": 12, \"n\": 4"))).isNotEqualTo(texts);
  }

  private static List<String> texts(JsonNode answer) {
    List<String> texts = new ArrayList<>();
    answer.get("choices").forEach(choice -> texts.add(choice.get("text").asText()));
    return texts;
  }

  @Test
  void aStopTextEndsTheTextWherever() throws Exception {
    String greedy = "\"max_tokens\": 40, \"temperature\": 0";
    String text = ask(greedy).at("/choices/0/text").asText();
    for (int from = 1; from + 3 < text.length(); from += 3) {
      String stop = text.substring(from, from + 3);
      String before = text.substring(0, text.indexOf(stop));
      String more =
          greedy + ", \"stop\": [" + TinyServer.JSON.writeValueAsString(stop) + ", \"never so\"]";
      JsonNode choice = ask(more).at("/choices/0");
      assertThat(choice.get("text").asText()).isEqualTo(before);
      assertThat(choice.get("finish_reason").asText()).isEqualTo("stop");
      assertThat(streamed(more)).isEqualTo(before);
    }
  }

  @Test
  void aStreamHasTheLogprobsOfTheWhole() throws Exception {
    String asked = "\"max_tokens\": 20, \"seed\": 5, \"echo\": true, \"logprobs\": 1";
    JsonNode whole = ask(asked).at("/choices/0/logprobs");
    List<JsonNode> tokens = new ArrayList<>();
    List<JsonNode> offsets = new ArrayList<>();
    for (JsonNode event : events(asked)) {
      event.at("/choices/0/logprobs/tokens").forEach(tokens::add);
      event.at("/choices/0/logprobs/text_offset").forEach(offsets::add);
    }
    assertThat(whole.get("tokens")).hasSizeGreaterThan(10).containsExactlyElementsOf(tokens);
    assertThat(whole.get("text_offset")).containsExactlyElementsOf(offsets);
  }

  private static String streamed(String more) throws Exception {
    StringBuilder text = new StringBuilder();
    for (JsonNode event : events(more)) {
      text.append(event.at("/choices/0/text").asText());
    }
    return text.toString();
  }

  private static List<JsonNode> events(String more) throws Exception {
    TinyServer.Answer answer =
        server.post(
            "/v1/completions", "{\"prompt\": \"" + PROMPT + "\", \"stream\": true, " + more + "}");
    assertThat(answer.text()).endsWith("data: [DONE]\n\n");
    List<JsonNode> events = new ArrayList<>();
    for (String line : answer.text().split("\n\n", 0)) {
      if (!line.equals("data: [DONE]")) {
        events.add(TinyServer.JSON.readTree(line.substring("data: ".length())));
      }
    }
    return events;
  }

  @Test
  void tokensComeBackAsTheTextTheyWere() throws Exception {
    String tokens = TinyServer.JSON.writeValueAsString(ids("the dog ran"));
    assertThat(
            server
                .post("/detokenize", "{\"tokens\": " + tokens + "}")
                .json()
                .get("prompt")
                .asText())
        .isEqualTo("the dog ran");
    JsonNode shown =
        server.post("/tokenize", "{\"prompt\": \"the dog\", \"return_token_strs\": true}").json();
    assertThat(shown.get("token_strs")).hasSize(shown.get("count").intValue());
    assertThat(shown.get("max_model_len").intValue()).isEqualTo(TinyServer.CONTEXT);
  }
}
