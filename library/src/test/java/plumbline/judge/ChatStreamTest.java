package plumbline.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import plumbline.InputException;
import plumbline.config.Config;
import plumbline.data.Message;

@Timeout(60)
class ChatStreamTest {
  private static final List<Message> ASKED = List.of(Message.user("hello"));

  private final AtomicReference<String> body = new AtomicReference<>("");
  private final AtomicReference<String> key = new AtomicReference<>("");
  private HttpServer server;

  /** Writes what a server answers. */
  private interface Answer {
    void write(OutputStream out) throws Exception;
  }

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void answer(int status, String type, Answer answer) {
    server.createContext(
        "/v1/",
        exchange -> {
          body.set(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          key.set(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
          exchange.getResponseHeaders().set("Content-Type", type);
          exchange.sendResponseHeaders(status, 0);
          try (OutputStream out = exchange.getResponseBody()) {
            answer.write(out);
          } catch (IOException e) {
            throw e;
          } catch (Exception e) {
            throw new IOException(e);
          }
        });
  }

  private void streams(String... lines) {
    answer(200, "text/event-stream", out -> write(out, lines));
  }

  private static void write(OutputStream out, String... lines) throws IOException {
    for (String line : lines) {
      out.write((line + "\n\n").getBytes(StandardCharsets.UTF_8));
      out.flush();
    }
  }

  private static String piece(String text) {
    return "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text + "\"}}]}";
  }

  private ChatStream stream(String more) {
    String yaml =
        "endpoint: http://127.0.0.1:%d/v1\nmodel: m\ntemperature: 0.5\n%s"
            .formatted(server.getAddress().getPort(), more);
    RemoteConfig config = Config.parse(yaml, "test").bind(RemoteConfig.class);
    return new ChatStream(config, Map.of("THE_KEY", "secret-1"));
  }

  @Test
  void aPieceIsToldBeforeTheNextIsWritten() throws Exception {
    CountDownLatch told = new CountDownLatch(1);
    answer(
        200,
        "text/event-stream; charset=utf-8",
        out -> {
          write(out, "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null}}]}");
          write(out, ": a comment", piece("Good "));
          told.await();
          write(out, piece("mörning"), "data: {\"choices\":[]}", "data: [DONE]");
        });
    List<String> pieces = new ArrayList<>();
    String text =
        stream("")
            .answer(
                ASKED,
                Map.of("top_p", 0.9),
                piece -> {
                  pieces.add(piece);
                  told.countDown();
                });
    assertThat(text).isEqualTo("Good mörning");
    assertThat(pieces).containsExactly("Good ", "mörning");
    JsonNode sent = new ObjectMapper().readTree(body.get());
    assertThat(sent.get("stream").asBoolean()).isTrue();
    assertThat(sent.get("top_p").asDouble()).isEqualTo(0.9);
    assertThat(sent.get("temperature").asDouble()).isEqualTo(0.5);
    assertThat(sent.at("/messages/0/content").asText()).isEqualTo("hello");
    assertThat(key.get()).isEqualTo("null");
  }

  @Test
  void anAnswerInOnePieceIsUnderstood() throws Exception {
    answer(
        200,
        "application/json",
        out -> write(out, "{\"model\":\"m\",\"choices\":[{\"message\":{\"content\":\"all\"}}]}"));
    List<String> pieces = new ArrayList<>();
    assertThat(stream("").answer(ASKED, Map.of(), pieces::add)).isEqualTo("all");
    assertThat(pieces).containsExactly("all");
  }

  @Test
  void anAnswerThatBreaksOffIsNoAnswer() {
    streams(piece("half"));
    assertThatExceptionOfType(CallFailed.class)
        .isThrownBy(() -> stream("").answer(ASKED, Map.of(), piece -> {}))
        .withMessage("the answer broke off");
  }

  @Test
  void anErrorAmongThePiecesIsSaid() {
    streams(piece("half"), "data: {\"error\":{\"message\":\"out of memory\"}}");
    assertThatExceptionOfType(CallFailed.class)
        .isThrownBy(() -> stream("").answer(ASKED, Map.of(), piece -> {}))
        .withMessage("the endpoint says: out of memory");
  }

  @Test
  void aKeyIsSentAndNeverShown() {
    answer(401, "application/json", out -> write(out, "{\"error\": \"secret-1 is wrong\"}"));
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> stream("key_env: THE_KEY\n").answer(ASKED, Map.of(), piece -> {}))
        .withMessageContaining("[key] is wrong")
        .withMessageNotContaining("secret-1");
    assertThat(key.get()).isEqualTo("Bearer secret-1");
  }

  @Test
  void modelsAreListed() throws Exception {
    answer(
        200,
        "application/json",
        out -> write(out, "{\"data\": [{\"id\": \"one\"}, {\"id\": \"two\"}]}"));
    assertThat(stream("").models()).containsExactly("one", "two");
  }
}
