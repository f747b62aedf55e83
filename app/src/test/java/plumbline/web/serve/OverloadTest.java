package plumbline.web.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.web.Certified;
import plumbline.web.Listening;

/** More than the server can do, clients that leave, and a server that stops. */
class OverloadTest {
  private static final String LONG = "\"max_tokens\": 8000, \"temperature\": 0";

  @TempDir private Path folder;

  /** A client that can drop its connection. */
  private static Socket open(TinyServer server, String body) throws IOException {
    return asking(new Socket(InetAddress.getLoopbackAddress(), server.server().port()), body);
  }

  private static Socket asking(Socket socket, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    String head =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
            + "Content-Type: application/json\r\nContent-Length: "
            + bytes.length
            + "\r\n\r\n";
    socket.getOutputStream().write(head.getBytes(StandardCharsets.UTF_8));
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
    return socket;
  }

  /** Reads until the first token has come. */
  private static void awaitToken(Socket socket) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    int events = 0;
    while (events < 2) {
      events += lines.readLine().startsWith("data: {") ? 1 : 0;
    }
  }

  @Test
  void tooManyAreToldToComeBackAndThoseWhoLeaveMakeRoom() throws Exception {
    try (TinyServer server = TinyServer.endless(folder, config -> config.withRoom(2, 2))) {
      String streamed = TinyServer.chat("the cat", LONG + ", \"stream\": true");
      String whole = TinyServer.chat("the cat", LONG);
      List<Socket> clients = new ArrayList<>();
      clients.add(open(server, streamed));
      awaitToken(clients.get(0));
      clients.add(open(server, whole));
      server.awaitHealth(2, 0);
      clients.add(open(server, whole));
      clients.add(open(server, streamed));
      server.awaitHealth(2, 2);

      TinyServer.Answer refused = server.post("/v1/chat/completions", streamed);
      assertThat(refused.status()).isEqualTo(429);
      assertThat(refused.error("code")).isEqualTo("rate_limit_exceeded");
      assertThat(refused.error("message")).contains("2 requests are waiting already");
      assertThat(Integer.parseInt(refused.headers().firstValue("Retry-After").orElseThrow()))
          .isBetween(1, 60);
      assertThat(server.post("/v1/completions", "{\"prompt\": \"the\", \"n\": 3}").status())
          .isEqualTo(429);
      assertThat(server.get("/v1/models").status()).isEqualTo(200);

      for (Socket client : clients) {
        client.close();
      }
      server.awaitHealth(0, 0);
      assertThat(server.measure("plumbline_clients_gone_total")).isEqualTo(4);
      String small = TinyServer.chat("the cat", "\"max_tokens\": 3, \"temperature\": 0");
      assertThat(server.post("/v1/chat/completions", small).status()).isEqualTo(200);
    }
  }

  @Test
  void aClientThatWaitsForAllOfItMayLeaveToo() throws Exception {
    try (TinyServer server = TinyServer.endless(folder, config -> config.withRoom(1, 0))) {
      Socket client = open(server, TinyServer.chat("the cat", LONG));
      server.awaitHealth(1, 0);
      client.close();
      server.awaitHealth(0, 0);
      assertThat(server.measure("plumbline_clients_gone_total")).isEqualTo(1);
    }
  }

  @Test
  void leavingIsNoticedThroughTlsToo() throws Exception {
    Certified certified = Certified.in(folder);
    UnaryOperator<ServeConfig> encrypted =
        config ->
            config
                .withRoom(1, 0)
                .withListening(Listening.LOOPBACK, 0, Optional.of(certified.tls()));
    try (TinyServer server = TinyServer.endless(folder, encrypted)) {
      server.trust(certified.trust());
      Socket client =
          certified
              .trust()
              .getSocketFactory()
              .createSocket(InetAddress.getLoopbackAddress(), server.server().port());
      asking(client, TinyServer.chat("the cat", LONG));
      server.awaitHealth(1, 0);
      client.close();
      server.awaitHealth(0, 0);
      assertThat(server.measure("plumbline_clients_gone_total")).isEqualTo(1);
    }
  }

  @Test
  void aLongAnswerOutlivesAQuietConnection() throws Exception {
    UnaryOperator<ServeConfig> impatient =
        config ->
            new ServeConfig(
                new Listening(Listening.LOOPBACK, 0, Optional.empty(), 300),
                config.keys(),
                config.origins(),
                1,
                2,
                config.longest(),
                config.largestBody(),
                Optional.empty(),
                config.grace());
    try (TinyServer server = TinyServer.endless(folder, impatient)) {
      String asked = TinyServer.chat("the cat", "\"max_tokens\": 3000, \"temperature\": 0");
      CompletableFuture<TinyServer.Answer> first = later(server, asked);
      CompletableFuture<TinyServer.Answer> second = later(server, asked);
      assertThat(first.get(2, TimeUnit.MINUTES).status()).isEqualTo(200);
      assertThat(second.get(2, TimeUnit.MINUTES).status()).isEqualTo(200);
      String streamed = asked.replaceFirst("\\{", "{\"stream\": true, ");
      assertThat(server.post("/v1/chat/completions", streamed).text()).endsWith("data: [DONE]\n\n");
    }
  }

  @Test
  void aStoppingServerFinishesWhatItHasBegun() throws Exception {
    TinyServer server = TinyServer.endless(folder, config -> config.withRoom(2, 2));
    String asked = TinyServer.chat("the cat", "\"max_tokens\": 4000, \"temperature\": 0");
    CompletableFuture<TinyServer.Answer> answer = later(server, asked);
    server.awaitHealth(1, 0);
    CompletableFuture<Void> stopped = CompletableFuture.runAsync(server::close);
    while (server.get("/health").status() == 200) {
      Thread.onSpinWait();
    }
    TinyServer.Answer refused = server.post("/v1/chat/completions", asked);
    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.error("code")).isEqualTo("stopping");
    assertThat(answer.get(1, TimeUnit.MINUTES).status()).isEqualTo(200);
    assertThat(answer.get().json().at("/usage/completion_tokens").intValue()).isEqualTo(4000);
    stopped.get(1, TimeUnit.MINUTES);
    assertThatThrownBy(() -> server.get("/health")).isInstanceOf(IOException.class);
  }

  @Test
  void whatIsNotDoneInTimeIsRefused() throws Exception {
    TinyServer server =
        TinyServer.endless(folder, config -> config.withGrace(Duration.ofMillis(50)));
    CompletableFuture<TinyServer.Answer> answer = later(server, TinyServer.chat("the", LONG));
    server.awaitHealth(1, 0);
    server.close();
    assertThat(answer.get(1, TimeUnit.MINUTES).status()).isEqualTo(503);
  }

  private static CompletableFuture<TinyServer.Answer> later(TinyServer server, String body) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return server.post("/v1/chat/completions", body);
          } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
          }
        });
  }
}
