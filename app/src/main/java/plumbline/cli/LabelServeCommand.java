package plumbline.cli;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import plumbline.InputException;
import plumbline.annotation.exchange.ProjectFile;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.LabelStore;
import plumbline.web.Tls;
import plumbline.web.label.LabelServer;
import plumbline.web.label.LabelServerConfig;

/** Serves the labelling app until it is stopped. */
@Command(
    name = "serve",
    description = "Serve the labelling app; the first start prints a link for the first admin.")
final class LabelServeCommand implements Action {
  @Mixin private DatabaseOption database = new DatabaseOption();

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description = "The address to listen on; default: 127.0.0.1, this machine only.")
  private String host = LabelServerConfig.LOOPBACK;

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "The port; 0 for any that is free; default: 7070.")
  private int port = 7070;

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

  @Option(
      names = "--public-address",
      paramLabel = "URL",
      description = "What links begin with, behind a proxy; default: what the browser asked for.")
  private URI address;

  @Option(
      names = "--private-webhooks",
      description = "Webhooks may lead to addresses of this machine and its network.")
  private boolean privateWebhooks;

  @Option(
      names = "--project",
      paramLabel = "FILE",
      description = "A project's file: made, or brought up to date, before serving.")
  private List<Path> projects = new ArrayList<>();

  @Override
  public int run(Console console) throws InterruptedException {
    List<ProjectFile> files = projects.stream().map(ProjectFile::read).toList();
    LabelServerConfig config = config(console);
    database.makeFolder();
    if (!files.isEmpty()) {
      try (LabelStore store = database.open(console)) {
        files.forEach(file -> file.applyTo(store, Actor.SYSTEM));
      }
    }
    CountDownLatch stopped = new CountDownLatch(1);
    try (LabelServer server = LabelServer.start(config)) {
      Runtime.getRuntime().addShutdownHook(new Thread(server::close));
      say(server, console);
      stopped.await();
    }
    return ExitCode.DONE;
  }

  private LabelServerConfig config(Console console) {
    if ((certificate == null) != (key == null)) {
      throw new InputException("--tls-cert and --tls-key are wanted together");
    }
    if (port < 0 || port > 65_535) {
      throw new InputException("--port is " + port + ", wanted 0 to 65535");
    }
    LabelServerConfig config =
        LabelServerConfig.of(database.config(console), port)
            .withHost(host)
            .withPrivateWebhooks(privateWebhooks);
    if (certificate != null) {
      config = config.withTls(new Tls(certificate, key));
    }
    if (address != null) {
      config = config.withPublicAddress(address);
    }
    if (!host.equals(LabelServerConfig.LOOPBACK) && certificate == null && address == null) {
      console.warn("passwords travel unencrypted to " + host + "; give --tls-cert and --tls-key");
    }
    return config;
  }

  private static void say(LabelServer server, Console console) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("address", server.address());
    document.put("port", server.port());
    console.say("labelling app: " + server.address());
    server
        .firstAdminLink()
        .ifPresent(
            link -> {
              console.say("the first admin joins here, once: " + link);
              document.put("first_admin_link", link);
            });
    console.result(document);
  }
}
