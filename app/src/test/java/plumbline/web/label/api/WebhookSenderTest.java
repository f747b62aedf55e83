package plumbline.web.label.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import plumbline.InputException;
import plumbline.annotation.exchange.TestProject;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.DeliveryLog;

class WebhookSenderTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_700_000_000);
  private static final String SECRET = "s3cret";

  @TempDir private Path folder;

  private final List<String> received = Collections.synchronizedList(new ArrayList<>());
  private TestProject project;
  private HttpServer receiver;
  private volatile int answer = 204;

  @BeforeEach
  void start() throws IOException {
    project = new TestProject(folder, "[{'type': 'comment', 'id': 'note'}]", 1);
    project.item("i1");
    receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.createContext("/", this::receive);
    receiver.start();
    project
        .store()
        .webhooks()
        .register(
            Actor.SYSTEM,
            project.project().id(),
            url("/hook?a=b"),
            SECRET,
            List.of("vote.created"));
    project.vote("ann", "{'note': 'fine'}");
  }

  @AfterEach
  void stop() {
    receiver.stop(0);
    project.close();
  }

  private String url(String path) {
    return "http://127.0.0.1:" + receiver.getAddress().getPort() + path;
  }

  private void receive(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    var headers = exchange.getRequestHeaders();
    received.add(
        exchange.getRequestURI()
            + " "
            + headers.getFirst("Plumbline-Event")
            + " "
            + headers.getFirst("Plumbline-Signature")
            + " "
            + body);
    if (answer / 100 == 3) {
      exchange.getResponseHeaders().set("Location", url("/elsewhere"));
    }
    exchange.sendResponseHeaders(answer, -1);
    exchange.close();
  }

  private WebhookSender sender(boolean privateAllowed) {
    return new WebhookSender(project.store(), privateAllowed, Clock.fixed(NOW, ZoneOffset.UTC));
  }

  private DeliveryLog log() {
    return project.store().webhooks().log(project.project().id(), 1).get(0);
  }

  @Test
  void anEventIsSentOnceWithASignatureOfTimeAndBody() {
    try (WebhookSender sender = sender(true)) {
      assertThat(sender.sendDue()).isEqualTo(1);
      assertThat(sender.sendDue()).isZero();
    }
    assertThat(received).hasSize(1);
    String[] words = received.get(0).split(" ", 4);
    assertThat(words[0]).isEqualTo("/hook?a=b");
    assertThat(words[1]).isEqualTo("vote.created");
    String expected =
        WebhookSender.signature(
            SECRET, NOW.getEpochSecond(), words[3].getBytes(StandardCharsets.UTF_8));
    assertThat(words[2]).isEqualTo("t=1700000000,v1=" + expected);
    assertThat(words[3]).contains("\"project\":\"talk\"");
    assertThat(log().state()).isEqualTo("delivered");
  }

  /** The value is Python's: hmac.new(b"key", b"1.{}", sha256). */
  @Test
  void theSignatureIsHmacSha256() {
    assertThat(WebhookSender.signature("key", 1, "{}".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo("1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224");
  }

  @Test
  void whatDoesNotArriveIsTriedAgainLater() {
    answer = 500;
    try (WebhookSender sender = sender(true)) {
      sender.sendDue();
    }
    assertThat(log().state()).isEqualTo("waiting");
    assertThat(log().lastResult()).isEqualTo("500");
    assertThat(log().nextAt()).isAfter(Instant.now().plusSeconds(5));
  }

  @Test
  void redirectsAreNotFollowed() {
    answer = 302;
    try (WebhookSender sender = sender(true)) {
      sender.sendDue();
    }
    assertThat(received).hasSize(1);
    assertThat(log().lastResult()).isEqualTo("302");
  }

  @Test
  void nothingIsSentToAPrivateAddressUnlessAllowed() {
    try (WebhookSender sender = sender(false)) {
      sender.sendDue();
    }
    assertThat(received).isEmpty();
    assertThat(log().lastResult()).contains("not allowed");
  }

  @Test
  void pausesGrowToSixHours() {
    assertThat(WebhookSender.pause(1)).isEqualTo(Duration.ofSeconds(15));
    assertThat(WebhookSender.pause(2)).isEqualTo(Duration.ofSeconds(30));
    assertThat(WebhookSender.pause(5)).isEqualTo(Duration.ofMinutes(4));
    assertThat(WebhookSender.pause(40)).isEqualTo(Duration.ofHours(6));
  }

  @ParameterizedTest
  @CsvSource({
    "0.0.0.0, true",
    "10.1.2.3, true",
    "100.64.0.1, true",
    "100.128.0.1, false",
    "127.0.0.1, true",
    "169.254.169.254, true",
    "172.16.0.1, true",
    "172.32.0.1, false",
    "192.168.1.1, true",
    "192.0.2.1, true",
    "198.18.0.1, true",
    "198.20.0.1, false",
    "203.0.113.9, true",
    "224.0.0.1, true",
    "255.255.255.255, true",
    "93.184.216.34, false",
    "::1, true",
    "::, true",
    "fe80::1, true",
    "fc00::1, true",
    "fd12::1, true",
    "::ffff:127.0.0.1, true",
    "64:ff9b::7f00:1, true",
    "2002:7f00:1::, true",
    "2001::1, true",
    "2001:db8::1, true",
    "2606:2800:220:1::1, false"
  })
  void addressesOfThisNetworkAreToldFromThoseOfTheInternet(String address, boolean isPrivate)
      throws Exception {
    assertThat(WebhookAddress.isPrivate(InetAddress.getByName(address))).isEqualTo(isPrivate);
  }

  @ParameterizedTest
  @CsvSource({
    "ftp://example.org/", "https:///path", "https://u:p@example.org/", "//example.org",
    "http://0x7f000001/", "http://2130706433/", "http://127.1/", "http://[::ffff:127.0.0.1]/"
  })
  void strangeAddressesAreRefused(String url) {
    assertThatThrownBy(() -> WebhookAddress.check(url, false)).isInstanceOf(InputException.class);
  }
}
