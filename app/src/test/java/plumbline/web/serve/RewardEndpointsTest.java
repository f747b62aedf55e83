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
import plumbline.data.Completion;
import plumbline.data.Prompt;
import plumbline.score.RewardModelScorer;
import plumbline.score.RewardModelScorer.Scale;

class RewardEndpointsTest {
  private static final List<String> RESPONSES =
      IntStream.range(0, 21).mapToObj(i -> "the dog ran ".repeat(i % 6) + i).toList();

  @TempDir private static Path folder;
  private static TinyServer server;
  private static double[] scores;

  @BeforeAll
  static void start() {
    server = new TinyServer(folder);
    try (RewardModelScorer scorer =
        RewardModelScorer.of("judge", folder.resolve("judge"), Scale.RAW, 4)) {
      scores =
          scorer
              .score(
                  RESPONSES.stream()
                      .map(text -> new Completion(Prompt.of("the cat?"), text, true))
                      .toList())
              .total();
    }
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static JsonNode ask(String path, String body) throws Exception {
    TinyServer.Answer answer = server.post(path, body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json();
  }

  private static String responses() throws Exception {
    return TinyServer.JSON.writeValueAsString(RESPONSES);
  }

  @Test
  void scoresAreThoseOfTheScorer() throws Exception {
    for (String path : List.of("/score", "/v1/score")) {
      JsonNode answer =
          ask(
              path,
              "{\"text_1\": \"the cat?\", \"use_activation\": false, \"text_2\": "
                  + responses()
                  + "}");
      for (int i = 0; i < scores.length; i++) {
        assertThat(answer.at("/data/" + i + "/score").doubleValue())
            .isCloseTo(scores[i], within(1e-5));
        assertThat(answer.at("/data/" + i + "/index").intValue()).isEqualTo(i);
      }
      assertThat(answer.get("object").asText()).isEqualTo("list");
      assertThat(answer.at("/usage/prompt_tokens").intValue()).isGreaterThan(100);
    }
  }

  @Test
  void scoresAreProbabilitiesUnlessRawOnesAreWanted() throws Exception {
    JsonNode answer =
        ask(
            "/score",
            "{\"model\": \"judge\", \"text_1\": [\"the cat?\"], \"text_2\": \""
                + RESPONSES.get(3)
                + "\"}");
    assertThat(answer.at("/data/0/score").doubleValue())
        .isCloseTo(1 / (1 + Math.exp(-scores[3])), within(1e-5));
  }

  @Test
  void aConversationIsClassified() throws Exception {
    JsonNode answer =
        ask(
            "/classify",
            """
            {"messages": [{"role": "user", "content": "the cat?"},
              {"role": "assistant", "content": "%s"}], "use_activation": false}\
            """
                .formatted(RESPONSES.get(5)));
    assertThat(answer.at("/data/0/probs/0").doubleValue()).isCloseTo(scores[5], within(1e-5));
    assertThat(answer.at("/data/0/num_classes").intValue()).isEqualTo(1);
    JsonNode both = ask("/v1/classify", "{\"input\": [\"the cat\", \"the dog\"]}");
    assertThat(both.get("data")).hasSize(2);
    assertThat(both.at("/data/1/probs/0").doubleValue()).isBetween(0.0, 1.0);
    JsonNode tokens = ask("/classify", "{\"input\": [20, 21, 22]}");
    assertThat(tokens.at("/usage/prompt_tokens").intValue()).isEqualTo(3);
  }

  @Test
  void rewardsAreRawScoresOfWholeTexts() throws Exception {
    List<String> queries = new ArrayList<>();
    for (String response : RESPONSES.subList(0, 9)) {
      JsonNode asked =
          ask(
              "/tokenize",
              """
              {"model": "judge", "messages": [{"role": "user", "content": "the cat?"}]}\
              """);
      String prompt =
          ask("/detokenize", "{\"model\": \"judge\", \"tokens\": " + asked.get("tokens") + "}")
              .get("prompt")
              .asText();
      queries.add(prompt + response + "<|im_end|>");
    }
    JsonNode answer =
        ask(
            "/get_reward",
            "{\"query\": "
                + TinyServer.JSON.writeValueAsString(queries)
                + ", \"prompts\": [\"the cat?\"], \"labels\": [null]}");
    for (int i = 0; i < queries.size(); i++) {
      assertThat(answer.at("/rewards/" + i).doubleValue()).isCloseTo(scores[i], within(1e-5));
    }
    assertThat(answer.get("scores")).isEqualTo(answer.get("rewards"));
    assertThat(answer.at("/extra_logs/truncated/0").intValue()).isZero();
  }

  @Test
  void aTextThatIsCutIsCounted() throws Exception {
    JsonNode answer =
        ask("/get_reward", "{\"query\": [\"the\", \"" + "the cat ".repeat(200) + "\"]}");
    assertThat(answer.at("/extra_logs/truncated/0").intValue()).isZero();
    assertThat(answer.at("/extra_logs/truncated/1").intValue()).isEqualTo(1);
  }

  @Test
  void modelsOfTheWrongKindAreSentElsewhere() throws Exception {
    TinyServer.Answer answer =
        server.post("/score", "{\"model\": \"helper\", \"text_1\": \"a\", \"text_2\": \"b\"}");
    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.error("code")).isEqualTo("model_not_found");
  }
}
