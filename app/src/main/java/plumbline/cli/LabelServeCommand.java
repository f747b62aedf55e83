package plumbline.cli;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
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

  @Mixin private ListenOptions listen = new ListenOptions();

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "The port; 0 for any that is free; default: 7070.")
  private int port = 7070;

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
      Interruption.closes(server::close);
      say(server, console);
      stopped.await();
    }
    return ExitCode.DONE;
  }

  private LabelServerConfig config(Console console) {
    ListenOptions.checkPort(port);
    Optional<Tls> tls = listen.tls();
    LabelServerConfig config =
        LabelServerConfig.of(database.config(console), port)
            .withHost(listen.host())
            .withPrivateWebhooks(privateWebhooks);
    if (tls.isPresent()) {
      config = config.withTls(tls.get());
    }
    if (address != null) {
      config = config.withPublicAddress(address);
    }
    if (listen.isOpen() && tls.isEmpty() && address == null) {
      console.warn(
          "passwords travel unencrypted to " + listen.host() + "; give --tls-cert and --tls-key");
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
