package plumbline.web.label;

import java.net.URI;
import java.util.Optional;
import plumbline.annotation.store.StoreConfig;
import plumbline.web.Tls;

/**
 * How the labelling app is served.
 *
 * @param host the address to listen on; only this machine's own by default
 * @param port 0 for any that is free
 * @param publicAddress what links in invitations begin with; empty: what the browser asked for
 * @param largestUpload of an import, in bytes
 * @param requestsPerMinute that one account, or one address without one, may send
 */
public record LabelServerConfig(
    String host,
    int port,
    StoreConfig store,
    Optional<Tls> tls,
    Optional<URI> publicAddress,
    long largestUpload,
    int requestsPerMinute) {
  /** Listens to this machine only. */
  public static final String LOOPBACK = "127.0.0.1";

  /** A form with its texts, in bytes. */
  static final long LARGEST_FORM = 2 << 20;

  private static final long LARGEST_UPLOAD = 256L << 20;
  private static final int REQUESTS_PER_MINUTE = 600;

  /** On this machine only, without TLS. */
  public static LabelServerConfig of(StoreConfig store, int port) {
    return new LabelServerConfig(
        LOOPBACK,
        port,
        store,
        Optional.empty(),
        Optional.empty(),
        LARGEST_UPLOAD,
        REQUESTS_PER_MINUTE);
  }

  public LabelServerConfig withHost(String other) {
    return new LabelServerConfig(
        other, port, store, tls, publicAddress, largestUpload, requestsPerMinute);
  }

  public LabelServerConfig withTls(Tls other) {
    return new LabelServerConfig(
        host, port, store, Optional.of(other), publicAddress, largestUpload, requestsPerMinute);
  }

  public LabelServerConfig withPublicAddress(URI other) {
    return new LabelServerConfig(
        host, port, store, tls, Optional.of(other), largestUpload, requestsPerMinute);
  }

  public LabelServerConfig withLargestUpload(long bytes) {
    return new LabelServerConfig(host, port, store, tls, publicAddress, bytes, requestsPerMinute);
  }

  public LabelServerConfig withRequestsPerMinute(int requests) {
    return new LabelServerConfig(host, port, store, tls, publicAddress, largestUpload, requests);
  }
}
