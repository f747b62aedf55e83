package plumbline.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.InputException;
import plumbline.annotation.store.StoreConfig;
import plumbline.web.label.LabelServer;
import plumbline.web.label.LabelServerConfig;

/** The server with a certificate that the JDK's own tool made. */
class TlsTest {
  private static final String PASSWORD = "changeit";

  @TempDir private Path folder;

  private KeyStore made() throws Exception {
    Path store = folder.resolve("store.p12");
    Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
    Process process =
        new ProcessBuilder(
                keytool.toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=ip:127.0.0.1,dns:localhost",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD)
            .inheritIO()
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    KeyStore made = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      made.load(in, PASSWORD.toCharArray());
    }
    return made;
  }

  private Path pem(String name, String kind, byte[] content) throws Exception {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    return Files.writeString(
        folder.resolve(name),
        "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n");
  }

  @Test
  void pagesAndCookiesTravelEncryptedOnly() throws Exception {
    KeyStore made = made();
    Certificate certificate = made.getCertificate("server");
    Key key = made.getKey("server", PASSWORD.toCharArray());
    Tls tls =
        new Tls(
            pem("cert.pem", "CERTIFICATE", certificate.getEncoded()),
            pem("key.pem", "PRIVATE KEY", key.getEncoded()));
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("server", certificate);
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    HttpClient client = HttpClient.newBuilder().sslContext(context).build();

    LabelServerConfig config = LabelServerConfig.of(StoreConfig.sqlite(folder), 0).withTls(tls);
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
    Certificate certificate = made().getCertificate("server");
    Path cert = pem("cert.pem", "CERTIFICATE", certificate.getEncoded());
    assertThatThrownBy(() -> new Tls(cert, text).contextFactory())
        .isInstanceOf(InputException.class)
        .hasMessageContaining("note.txt")
        .hasMessageContaining("openssl pkcs8");
    assertThatThrownBy(() -> new Tls(folder.resolve("absent.pem"), text).contextFactory())
        .isInstanceOf(InputException.class)
        .hasMessageContaining("absent.pem");
  }
}
