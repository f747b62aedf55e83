package plumbline.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.InputException;
import plumbline.annotation.store.StoreConfig;
import plumbline.web.label.LabelServer;
import plumbline.web.label.LabelServerConfig;

/** The server with a certificate that the JDK's own tool made. */
class TlsTest {
  @TempDir private Path folder;

  @Test
  void pagesAndCookiesTravelEncryptedOnly() throws Exception {
    Certified certified = Certified.in(folder);
    HttpClient client = HttpClient.newBuilder().sslContext(certified.trust()).build();

    LabelServerConfig config =
        LabelServerConfig.of(StoreConfig.sqlite(folder), 0).withTls(certified.tls());
    try (LabelServer server = LabelServer.start(config)) {
      assertThat(server.address()).startsWith("https://127.0.0.1:");
      HttpResponse<String> page =
          client.send(
              HttpRequest.newBuilder(URI.create(server.address() + "/sign-in")).build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(page.statusCode()).isEqualTo(200);
      assertThat(page.headers().firstValue("Strict-Transport-Security")).isPresent();
      assertThat(page.headers().firstValue("Set-Cookie").orElse(""))
          .startsWith("__Host-plumbline-visit=")
          .contains("Secure", "HttpOnly", "SameSite=Lax");
    }
  }

  @Test
  void whatIsNoCertificateOrKeyIsNamed() throws Exception {
    Path text = Files.writeString(folder.resolve("note.txt"), "no key");
    Path cert = Certified.in(folder).tls().certificate();
    assertThatThrownBy(() -> new Tls(cert, text).contextFactory())
        .isInstanceOf(InputException.class)
        .hasMessageContaining("note.txt")
        .hasMessageContaining("openssl pkcs8");
    assertThatThrownBy(() -> new Tls(folder.resolve("absent.pem"), text).contextFactory())
        .isInstanceOf(InputException.class)
        .hasMessageContaining("absent.pem");
  }
}
