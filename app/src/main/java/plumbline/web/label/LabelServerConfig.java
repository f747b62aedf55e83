package plumbline.web.label;

import java.net.URI;
import java.util.Optional;
import plumbline.annotation.store.StoreConfig;
import plumbline.web.Listening;
import plumbline.web.Tls;

/**
 * How the labelling app is served.
 *
 * @param host the address to listen on; only this machine's own by default
 * @param port 0 for any that is free
 * @param publicAddress what links in invitations begin with; empty: what the browser asked for
 * @param largestUpload of an import, in bytes
 * @param requestsPerMinute that one account, or one address without one, may send
 * @param privateWebhooks whether webhooks may lead to addresses of this machine and its network
 */
public record LabelServerConfig(
    String host,
    int port,
    StoreConfig store,
    Optional<Tls> tls,
    Optional<URI> publicAddress,
    long largestUpload,
    int requestsPerMinute,
    boolean privateWebhooks) {
  /** A form with its texts, in bytes. */
  static final long LARGEST_FORM = 2 << 20;

  private static final long LARGEST_UPLOAD = 256L << 20;
  private static final int REQUESTS_PER_MINUTE = 600;
  private static final int IDLE_MILLIS = 30_000;

  /** On this machine only, without TLS. */
  public static LabelServerConfig of(StoreConfig store, int port) {
    return new LabelServerConfig(
        Listening.LOOPBACK,
        port,
        store,
        Optional.empty(),
        Optional.empty(),
        LARGEST_UPLOAD,
        REQUESTS_PER_MINUTE,
        false);
  }

  Listening listening() {
    return new Listening(host, port, tls, IDLE_MILLIS);
  }

  public LabelServerConfig withHost(String other) {
    return with(other, tls, publicAddress, largestUpload, requestsPerMinute, privateWebhooks);
  }

  public LabelServerConfig withTls(Tls other) {
    return with(
        host, Optional.of(other), publicAddress, largestUpload, requestsPerMinute, privateWebhooks);
  }

  public LabelServerConfig withPublicAddress(URI other) {
    return with(host, tls, Optional.of(other), largestUpload, requestsPerMinute, privateWebhooks);
  }

  public LabelServerConfig withLargestUpload(long bytes) {
    return with(host, tls, publicAddress, bytes, requestsPerMinute, privateWebhooks);
  }

  public LabelServerConfig withRequestsPerMinute(int requests) {
    return with(host, tls, publicAddress, largestUpload, requests, privateWebhooks);
  }

  public LabelServerConfig withPrivateWebhooks(boolean allowed) {
    return with(host, tls, publicAddress, largestUpload, requestsPerMinute, allowed);
  }

  private LabelServerConfig with(
      String otherHost,
      Optional<Tls> otherTls,
      Optional<URI> address,
      long bytes,
      int requests,
      boolean webhooks) {
    return new LabelServerConfig(
        otherHost, port, store, otherTls, address, bytes, requests, webhooks);
  }
}
