package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.data.PreferencePair;
import plumbline.data.format.RowFiles;

class ChatTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path folder;

  private static Path model;
  private static HttpServer server;
  private static final List<JsonNode> REQUESTS = new CopyOnWriteArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    model = TinyModel.language(folder.resolve("model"));
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/v1/models",
        exchange -> {
          byte[] models = "{\"data\": [{\"id\": \"echo\"}]}".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, models.length);
          exchange.getResponseBody().write(models);
          exchange.close();
        });
    server.createContext(
        "/v1/chat/completions",
        exchange -> {
          JsonNode request = JSON.readTree(exchange.getRequestBody());
          REQUESTS.add(request);
          JsonNode messages = request.get("messages");
          String asked = messages.get(messages.size() - 1).get("content").asText();
          exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
          exchange.sendResponseHeaders(200, 0);
          for (String word : ("you said: " + asked).split("(?<= )", -1)) {
            JsonNode event =
                JSON.valueToTree(
                    Map.of("choices", List.of(Map.of("delta", Map.of("content", word)))));
            exchange
                .getResponseBody()
                .write(("data: " + event + "\n\n").getBytes(StandardCharsets.UTF_8));
          }
          exchange.getResponseBody().write("data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8));
          exchange.close();
        });
    server.start();
  }

  @AfterAll
  static void stop() {
    server.stop(0);
  }

  private static String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
  }

  private static Captured chat(String typed, String... options) {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(typed.getBytes(StandardCharsets.UTF_8)));
    try {
      List<String> args = new ArrayList<>(List.of("chat"));
      args.addAll(Arrays.asList(options));
      return Captured.plumbline(args.toArray(String[]::new));
    } finally {
      System.setIn(before);
    }
  }

  private static List<String> roles(JsonNode document) {
    return document.get("messages").findValuesAsText("role");
  }

  @Test
  void aFolderAnswersAsGenerateDoesWithTheWholeConversation() {
    Captured greedy =
        chat(
            "the cat\nsat\n",
            model.toString(),
            "--json",
            "--temperature",
            "0",
            "--max-new-tokens",
            "5");
    assertThat(greedy.code()).as(greedy.err()).isZero();
    JsonNode messages = greedy.json().get("messages");
    assertThat(roles(greedy.json())).containsExactly("user", "assistant", "user", "assistant");
    Captured single =
        Captured.plumbline(
            "generate",
            model.toString(),
            "--prompt",
            "the cat",
            "--json",
            "-q",
            "--temperature",
            "0",
            "--max-new-tokens",
            "5");
    assertThat(messages.get(1).get("content").asText())
        .isEqualTo(single.json().at("/responses/0/response").asText());
    assertThat(greedy.err()).contains(messages.get(3).get("content").asText().strip());
  }

  @Test
  void theSameSeedSaysTheSame() {
    String[] options = {model.toString(), "--json", "--max-new-tokens", "6", "--seed", "4"};
    assertThat(chat("the cat\n/again\n", options).json())
        .isEqualTo(chat("the cat\n/again\n", options).json());
  }

  @Test
  void anEndpointIsAskedWithSystemMessageHistoryAndSampling() {
    REQUESTS.clear();
    Captured said =
        chat(
            "/system be kind\nhello \\\nthere\n/set temperature 0.25\n/set top_p 0.5\nagain\n/quit\nnever\n",
            endpoint(),
            "--max-new-tokens",
            "9");
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.out())
        .contains("you said: hello \nthere", "you said: again")
        .doesNotContain("never");
    JsonNode last = REQUESTS.get(1);
    assertThat(last.get("model").asText()).isEqualTo("echo");
    assertThat(last.get("temperature").asDouble()).isEqualTo(0.25);
    assertThat(last.get("top_p").asDouble()).isEqualTo(0.5);
    assertThat(last.get("max_tokens").asInt()).isEqualTo(9);
    assertThat(last.get("messages").findValuesAsText("role"))
        .containsExactly("system", "user", "assistant", "user");
    assertThat(last.at("/messages/1/content").asText()).isEqualTo("hello \nthere");
  }

  @Test
  void turnsAreTakenBackForgottenAndKept() throws Exception {
    Path file = folder.resolve("kept/talk.jsonl");
    Captured said =
        chat(
            "one\ntwo\n/undo\n/save " + file + "\n/reset\nthree\n", endpoint() + "#echo", "--json");
    assertThat(said.json().get("messages").findValuesAsText("content"))
        .containsExactly("three", "you said: three");
    JsonNode kept = JSON.readTree(Files.readString(file));
    assertThat(kept.get("messages").findValuesAsText("content"))
        .containsExactly("one", "you said: one");
  }

  @Test
  void whatCannotBeDoneIsSaidAndTheConversationGoesOn() {
    Captured said =
        chat(
            "/undo\n/save x.jsonl\n/dance\n/set mood 3\n/set top_k 1.5\n/set temperature warm\nhi\n",
            endpoint());
    assertThat(said.code()).isZero();
    assertThat(said.out())
        .contains(
            "! nothing has been asked yet",
            "! nothing has been said yet",
            "! there is no command /dance",
            "! there is no key 'mood'",
            "! 1.5 is no whole number",
            "! 'warm' is no number",
            "you said: hi");
  }

  @Test
  void aConversationThatOutgrowsTheContextIsSaidAndNotKept() {
    Captured said =
        chat(
            "the cat " + "sat on the mat ".repeat(40) + "\nthe cat\n",
            model.toString(),
            "--json",
            "--max-new-tokens",
            "3");
    assertThat(said.code()).isZero();
    assertThat(said.err()).contains("the model's context of 64 leaves no room for an answer");
    assertThat(roles(said.json())).containsExactly("user", "assistant");
  }

  @Test
  void aPreferenceIsAppendedAsAPairWithTheConversationBeforeIt() throws Exception {
    Path file = folder.resolve("pairs.jsonl");
    // Torn by a process that was stopped: the next row begins a line of its own.
    Files.writeString(file, "{\"prompt\": \"p\", \"chosen\": \"c\", \"rejected\": \"r\"}");
    Captured said =
        chat(
            "the dog\nx\na\nthe log\nb\n/reset\nthe mat\nt\n/reset\nthe end\ns\n",
            endpoint(),
            "--against",
            model.toString(),
            "--save",
            file.toString(),
            "--json",
            "--max-new-tokens",
            "4");
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.err())
        .contains("wanted a, b, t or s", "which is better?")
        .doesNotContain("echo:");

    List<PreferencePair> pairs = RowFiles.readPairs(file).rows();
    assertThat(pairs).hasSize(3);
    assertThat(said.json().get("ties").asInt()).isEqualTo(1);
    assertThat(said.json().at("/preferred/0").asInt() + said.json().at("/preferred/1").asInt())
        .isEqualTo(2);
    PreferencePair first = pairs.get(1);
    assertThat(first.prompt().question()).isEqualTo("the dog");
    assertThat(List.of(first.chosen(), first.rejected())).contains("you said: the dog");
    assertThat(first.meta()).containsEntry("source", "chat").containsEntry("shown_first", "chosen");
    boolean echoed = first.chosen().startsWith("you said");
    assertThat(first.meta().get(echoed ? "chosen_model" : "rejected_model")).isEqualTo("echo");
    PreferencePair second = pairs.get(2);
    assertThat(second.meta()).containsEntry("shown_first", "rejected");
    assertThat(second.prompt().messages()).hasSize(3);
    assertThat(second.prompt().messages().get(1).content()).isEqualTo(first.chosen());
  }

  @Test
  void theOrderOfTheAnswersDiffersFromTurnToTurn() {
    Captured said =
        chat(
            "the cat\ns\n/reset\n".repeat(12),
            endpoint(),
            "--against",
            model.toString(),
            "--max-new-tokens",
            "2");
    assertThat(said.out()).contains("A: you said", "B: you said");
  }

  @Test
  void twoThatSayTheSameAreNotCompared() {
    Captured said = chat("hello\n", endpoint(), "--against", endpoint() + "#twin", "--json");
    assertThat(said.err()).contains("both: you said: hello").doesNotContain("which is better?");
    assertThat(roles(said.json())).containsExactly("user", "assistant");
  }

  @Test
  void whatIsWrongIsSaidBeforeTheFirstWord() {
    Captured alone = chat("", model.toString(), "--save", folder.resolve("p.jsonl").toString());
    assertThat(alone.code()).isEqualTo(ExitCode.BAD_INPUT);
    assertThat(alone.err()).contains("name the other with --against");
    Captured gone = chat("", "http://127.0.0.1:1/v1");
    assertThat(gone.code()).isEqualTo(ExitCode.BAD_INPUT);
    assertThat(gone.err()).contains("no connection", "#MODEL");
    Captured none = chat("", folder.resolve("none").toString());
    assertThat(none.err()).contains("there is no such folder");
  }
}
