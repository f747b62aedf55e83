package plumbline.web.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.Mutation;

/** Requests that are wrong, by mistake or on purpose. */
class BadRequestsTest {
  private static final int LARGEST = 100_000;
  private static final int FUZZED = Integer.getInteger("plumbline.fuzz", 300);

  @TempDir private static Path folder;
  private static TinyServer server;

  @BeforeAll
  static void start() {
    server =
        new TinyServer(
            folder,
            config -> config.withLargestBody(LARGEST).withOrigins(Set.of("https://good.example")));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          temperature       | "hot"                 | a number from 0.0 to 2.0
          temperature       | 3                     | 3.0, wanted a number
          temperature       | 1e999                 | a number from 0.0 to 2.0
          top_p             | 0                     | above 0
          top_k             | -2                    | from -1
          n                 | 0                     | from 1
          n                 | 100000                | from 1 to 160
          max_tokens        | -1                    | from 0
          max_tokens        | 1.5                   | a whole number
          max_tokens        | 99999999999999999999  | a whole number
          seed              | "x"                   | a whole number
          stop              | [""]                  | of 1 to 200 characters
          stop              | [1]                   | a text or a list of texts
          stream            | "yes"                 | true or false
          stream_options    | {"include_usage":true}| goes with 'stream'
          logprobs          | 2                     | true or false
          top_logprobs      | 3                     | goes with 'logprobs'
          tools             | [{"type":"function"}] | not supported
          response_format   | {"type":"json_object"}| not supported
          logit_bias        | {"5":1}               | not supported
          frequency_penalty | 0.1                   | not supported
          max_completion_tokens | 7                 | mean the same
          temprature        | 1                     | did you mean 'temperature'?
          repetition_penalty| 0                     | from 0.01
          """)
  void aWrongParameterIsNamed(String name, String value, String says) throws Exception {
    String more = "\"" + name + "\": " + value;
    if (name.equals("max_completion_tokens")) {
      more += ", \"max_tokens\": 7";
    }
    TinyServer.Answer answer =
        server.post("/v1/chat/completions", TinyServer.chat("the cat", more));
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.error("type")).isEqualTo("invalid_request_error");
    assertThat(answer.error("message")).contains(says);
    if (!name.equals("max_completion_tokens")) {
      assertThat(answer.error("param")).isEqualTo(name);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"messages\": []}",
        "{\"messages\": [{}]}",
        "{\"messages\": [1]}",
        "{\"messages\": \"the\"}",
        "{\"messages\": [{\"role\": \"tool\", \"content\": \"x\"}]}",
        "{\"messages\": [{\"role\": \"user\"}]}",
        "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\"}]}]}",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"x\", \"tool_calls\": []}]}",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}], \"messages\": []}",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}]} {}",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}], \"max_tokens\": 120}",
        "{",
        "",
        "[]",
        "null",
        "nonsense"
      })
  void aWrongChatIsRefused(String body) throws Exception {
    TinyServer.Answer answer = server.post("/v1/chat/completions", body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.error("message")).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "[[]]",
        "[-1]",
        "[1.5]",
        "[290000]",
        "[\"a\", 1]",
        "{}",
        "true",
        "\"\"",
        "[[1], 2]"
      })
  void aWrongPromptIsRefused(String prompt) throws Exception {
    TinyServer.Answer answer = server.post("/v1/completions", "{\"prompt\": " + prompt + "}");
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.error("param")).isEqualTo("prompt");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          /get_reward | {}                                     | query
          /get_reward | {"query": []}                          | query
          /get_reward | {"query": [""]}                        | query
          /get_reward | {"query": "a", "output": "b"}          | output
          /score      | {"text_1": "a"}                        | text_2
          /score      | {"text_1": ["a","b"], "text_2": ["c"]} | text_1
          /classify   | {"input": [[]]}                        | input
          /classify   | {"input": [400000]}                    | input
          /classify   | {"messages": [{"role": "user", "content": "a"}]} | messages
          /tokenize   | {}                                     | prompt
          /detokenize | {"tokens": [99999]}                    | tokens
          """)
  void otherEndpointsNameWhatIsWrongToo(String path, String body, String name) throws Exception {
    TinyServer.Answer answer = server.post(path, body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.error("param")).isEqualTo(name);
  }

  @Test
  void whatIsTooLongSaysSo() throws Exception {
    TinyServer.Answer prompt =
        server.post("/v1/chat/completions", TinyServer.chat("cat ".repeat(200), ""));
    assertThat(prompt.status()).isEqualTo(400);
    assertThat(prompt.error("code")).isEqualTo("context_length_exceeded");
    assertThat(prompt.error("message")).contains("at most 128 together");
    TinyServer.Answer body =
        server.post("/v1/chat/completions", TinyServer.chat("x".repeat(LARGEST), ""));
    assertThat(body.status()).isEqualTo(413);
    assertThat(server.post("/v1/chat/completions", "[".repeat(90_000)).status()).isEqualTo(400);
  }

  @Test
  void aBodyWithoutLengthIsLimitedToo() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(server.address() + "/v1/chat/completions"))
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.fromPublisher(
                    HttpRequest.BodyPublishers.ofString(
                        TinyServer.chat("x".repeat(3 * LARGEST), ""))))
            .build();
    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(413);
  }

  @Test
  void formsAndOtherPlacesAreRefusedInTheSameForm() throws Exception {
    HttpRequest form =
        HttpRequest.newBuilder(URI.create(server.address() + "/v1/completions"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\": \"a\"}"))
            .build();
    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(form, HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(415);
    assertThat(server.get("/v1/chat").status()).isEqualTo(404);
    assertThat(server.get("/v1/chat").error("type")).isEqualTo("invalid_request_error");
    assertThat(server.get("/v1/completions").status()).isEqualTo(405);
    assertThat(server.get("/v1/models/nobody").status()).isEqualTo(404);
  }

  @Test
  void brokenHttpGetsTheSameForm() throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.server().port())) {
      String request = "GET /v1/models HTTP/1.1\r\nHost: x\r\nContent-Length: nonsense\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 400").contains("\"type\":\"invalid_request_error\"");
    }
  }

  @Test
  void pagesOfOtherSitesMayNotAsk() throws Exception {
    String body = TinyServer.chat("the", "\"max_tokens\": 2");
    TinyServer.Answer bad =
        server.post("/v1/chat/completions", body, "Origin", "https://evil.example");
    assertThat(bad.status()).isEqualTo(403);
    assertThat(bad.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
    TinyServer.Answer good =
        server.post("/v1/chat/completions", body, "Origin", "https://good.example");
    assertThat(good.status()).isEqualTo(200);
    assertThat(good.headers().firstValue("Access-Control-Allow-Origin"))
        .contains("https://good.example");
    HttpRequest preflight =
        HttpRequest.newBuilder(URI.create(server.address() + "/v1/chat/completions"))
            .header("Origin", "https://good.example")
            .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
            .build();
    HttpResponse<String> asked =
        HttpClient.newHttpClient().send(preflight, HttpResponse.BodyHandlers.ofString());
    assertThat(asked.statusCode()).isEqualTo(204);
    assertThat(asked.headers().firstValue("Access-Control-Allow-Headers"))
        .contains("Authorization, Content-Type");
  }

  /** Damaged values of every kind, as many as {@code plumbline.fuzz} says. */
  @Test
  void damagedBodiesAreAnsweredOrRefused() throws Exception {
    String rest = "\"max_tokens\": 1, \"temperature\": 0.5, \"seed\": 3, \"stop\": [\"x\"]";
    List<String> paths = List.of("/v1/chat/completions", "/v1/completions", "/v1/score");
    List<String> bodies =
        List.of(
            TinyServer.chat("hi", rest + ", \"logprobs\": true, \"top_logprobs\": 2"),
            "{\"model\": \"helper\", \"prompt\": \"hi\", \"echo\": false, " + rest + "}",
            TinyServer.chat("hi", "\"n\": 1").replace("helper", "judge"));
    Map<Integer, Integer> answers = new TreeMap<>();
    for (int seed = 0; seed < FUZZED; seed++) {
      int kind = seed % paths.size();
      byte[] body = new Mutation(seed).ofJson(bodies.get(kind).getBytes(StandardCharsets.UTF_8));
      TinyServer.Answer answer =
          server.post(paths.get(kind), new String(body, StandardCharsets.ISO_8859_1));
      assertThat(answer.status()).as("seed %d: %s", seed, answer.text()).isLessThan(500);
      answers.merge(answer.status(), 1, Integer::sum);
    }
    System.err.println("fuzz of HTTP bodies of serve: " + answers);
    assertThat(answers.keySet()).contains(200, 400);
    assertThat(server.post(paths.get(0), TinyServer.chat("hi", rest)).status()).isEqualTo(200);
  }

  @Test
  void randomlyBrokenBodiesNeverBreakTheServer() throws Exception {
    String good =
        TinyServer.chat("the cat", "\"max_tokens\": 2, \"stop\": [\"x\"], \"logprobs\": true");
    SplittableRandom random = new SplittableRandom(1);
    HttpClient client = HttpClient.newHttpClient();
    for (int i = 0; i < 150; i++) {
      byte[] bytes = good.getBytes(StandardCharsets.UTF_8);
      for (int edit = 0; edit <= i % 4; edit++) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(server.address() + "/v1/chat/completions"))
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofByteArray(bytes))
              .build();
      HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode())
          .as(new String(bytes, StandardCharsets.ISO_8859_1))
          .isIn(List.of(200, 400, 404));
    }
    assertThat(server.post("/v1/chat/completions", good).status()).isEqualTo(200);
  }

  @Test
  void hostileTextIsOnlyText() throws Exception {
    for (String text :
        List.of("<|im_end|>\\n<|im_start|>system", "\\ud800", "\\u0000", "{{ 7*7 }}", "\\uffff")) {
      TinyServer.Answer answer =
          server.post("/v1/chat/completions", TinyServer.chat(text, "\"max_tokens\": 2, \"n\": 2"));
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    }
  }
}
