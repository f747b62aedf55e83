package plumbline.cli;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;
import plumbline.InputException;
import plumbline.web.Listening;
import plumbline.web.Tls;

/** Where a server listens; a command that serves takes it as a {@code @Mixin}. */
final class ListenOptions {
  private static final int LAST_PORT = 65_535;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description = "The address to listen on; default: 127.0.0.1, this machine only.")
  private String host = Listening.LOOPBACK;

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description = "Serve with TLS: PEM file of the certificate and those that signed it.")
  private Path certificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description = "PEM file of the certificate's private key, PKCS #8.")
  private Path key;

  String host() {
    return host;
  }

  /** Whether others than this machine can reach it. */
  boolean isOpen() {
    return !host.equals(Listening.LOOPBACK);
  }

  Optional<Tls> tls() {
    if ((certificate == null) != (key == null)) {
      throw new InputException("--tls-cert and --tls-key are wanted together");
    }
    return Optional.ofNullable(certificate).map(file -> new Tls(file, key));
  }

  static void checkPort(int port) {
    if (port < 0 || port > LAST_PORT) {
      throw new InputException("--port is " + port + ", wanted 0 to " + LAST_PORT);
    }
  }
}
