package plumbline.web.label.api;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import plumbline.InputException;
import plumbline.annotation.store.Delivery;
import plumbline.annotation.store.LabelStore;

/**
 * Sends what waits in the store to the webhooks: signed, one try after the other with growing
 * pauses, redirects not followed.
 *
 * <p>The signature is {@code Plumbline-Signature: t=SECONDS,v1=HEX}, HEX being the HMAC-SHA256 of
 * {@code SECONDS.BODY} under the webhook's secret.
 *
 * <p>It speaks HTTP/1.1 itself: the connection must go to the very address that was found not to be
 * private, which Java's own client would look up a second time.
 */
public final class WebhookSender implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WebhookSender.class);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(15);
  private static final Duration LONGEST_PAUSE = Duration.ofHours(6);
  private static final int MOST_ATTEMPTS = 12;
  private static final int AT_ONCE = 16;
  private static final int TIMEOUT_MILLIS = 10_000;
  private static final int LONGEST_STATUS = 200;

  private final LabelStore store;
  private final boolean privateAllowed;
  private final Clock clock;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread made = new Thread(work, "webhooks");
            made.setDaemon(true);
            return made;
          });

  /**
   * A sender that does nothing until {@link #start}.
   *
   * @param privateAllowed whether webhooks may lead to addresses of this network
   */
  public WebhookSender(LabelStore store, boolean privateAllowed, Clock clock) {
    this.store = store;
    this.privateAllowed = privateAllowed;
    this.clock = clock;
  }

  /** Looks for what is due every so often, until closed. */
  public WebhookSender start(Duration every) {
    var unused =
        thread.scheduleWithFixedDelay(
            this::sendQuietly, 0, every.toMillis(), TimeUnit.MILLISECONDS);
    return this;
  }

  private void sendQuietly() {
    try {
      while (sendDue() == AT_ONCE) {
        // There may be more.
      }
    } catch (RuntimeException e) {
      LOG.error("webhooks are not sent for now", e);
    }
  }

  /** Sends what is due now; how many there were. */
  public int sendDue() {
    List<Delivery> due =
        store.webhooks().claim(AT_ONCE, Duration.ofMillis(4L * AT_ONCE * TIMEOUT_MILLIS));
    for (Delivery delivery : due) {
      String result = result(delivery);
      if (result.matches("2\\d\\d")) {
        store.webhooks().delivered(delivery.id(), result);
      } else if (delivery.attempts() >= MOST_ATTEMPTS) {
        store.webhooks().giveUp(delivery.id(), result);
      } else {
        store.webhooks().failed(delivery.id(), result, pause(delivery.attempts()));
      }
    }
    return due.size();
  }

  /** Twice as long as the time before, up to {@link #LONGEST_PAUSE}. */
  static Duration pause(int attempts) {
    Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(20, attempts - 1));
    return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
  }

  private String result(Delivery delivery) {
    try {
      return send(delivery);
    } catch (IOException e) {
      return "no answer: " + e.getClass().getSimpleName();
    } catch (InputException e) {
      return e.getMessage();
    }
  }

  private String send(Delivery delivery) throws IOException {
    URI uri = WebhookAddress.parse(delivery.webhook().url());
    byte[] body = delivery.payload().toString().getBytes(StandardCharsets.UTF_8);
    long seconds = clock.instant().getEpochSecond();
    String signature = signature(delivery.webhook().secret(), seconds, body);
    String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    String head =
        String.join(
            "\r\n",
            "POST "
                + path
                + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery())
                + " HTTP/1.1",
            "Host: " + uri.getRawAuthority(),
            "User-Agent: plumbline",
            "Content-Type: application/json",
            "Content-Length: " + body.length,
            "Plumbline-Event: " + delivery.event(),
            "Plumbline-Delivery: " + delivery.id(),
            "Plumbline-Signature: t=" + seconds + ",v1=" + signature,
            "Connection: close",
            "",
            "");
    try (Socket socket = connect(uri)) {
      OutputStream out = socket.getOutputStream();
      out.write(head.getBytes(StandardCharsets.ISO_8859_1));
      out.write(body);
      out.flush();
      return status(socket);
    }
  }

  private Socket connect(URI uri) throws IOException {
    InetAddress address = WebhookAddress.resolve(uri.getHost(), privateAllowed);
    boolean isTls = uri.getScheme().equals("https");
    int port = uri.getPort() > 0 ? uri.getPort() : isTls ? 443 : 80;
    Socket plain = new Socket();
    try {
      plain.setSoTimeout(TIMEOUT_MILLIS);
      plain.connect(new InetSocketAddress(address, port), TIMEOUT_MILLIS);
      if (!isTls) {
        return plain;
      }
      SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
      SSLSocket secure = (SSLSocket) factory.createSocket(plain, uri.getHost(), port, true);
      SSLParameters parameters = secure.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      secure.setSSLParameters(parameters);
      secure.startHandshake();
      return secure;
    } catch (IOException e) {
      plain.close();
      throw e;
    }
  }

  /** The number of the status line. */
  private static String status(Socket socket) throws IOException {
    BufferedReader in =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n' && line.length() < LONGEST_STATUS; c = in.read()) {
      line.append((char) c);
    }
    String[] words = line.toString().strip().split(" ", -1);
    if (words.length < 2 || !words[0].startsWith("HTTP/") || !words[1].matches("\\d{3}")) {
      return "no HTTP";
    }
    return words[1];
  }

  /** What a receiver compares with, in hexadecimal digits. */
  static String signature(String secret, long seconds, byte[] body) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      mac.update((seconds + ".").getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(mac.doFinal(body));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no HMAC-SHA256 in this Java", e);
    }
  }

  /** Waits for what is on its way. */
  @Override
  public void close() {
    thread.shutdown();
    try {
      if (!thread.awaitTermination(2L * TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)) {
        thread.shutdownNow();
      }
    } catch (InterruptedException e) {
      thread.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
