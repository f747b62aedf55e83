package plumbline.web.label;

import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.config.SizeUnit;
import io.javalin.http.Context;
import io.javalin.util.JavalinBindException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import plumbline.InputException;
import plumbline.annotation.form.AnswerLikeness;
import plumbline.annotation.store.LabelStore;
import plumbline.web.Assets.Asset;
import plumbline.web.label.api.LabelApi;
import plumbline.web.label.api.WebhookSender;

/** The labelling app, running. */
public final class LabelServer implements AutoCloseable {
  private static final Duration FIRST_LINK = Duration.ofDays(1);
  private static final Duration WEBHOOKS = Duration.ofSeconds(2);
  private static final int IDLE_MILLIS = 30_000;
  private static final int LARGEST_HEADERS = 16 << 10;

  private final LabelStore store;
  private final Javalin javalin;
  private final LabelServerConfig config;
  private final WebhookSender webhooks;
  private final Optional<String> firstAdmin;
  private final AtomicBoolean closed = new AtomicBoolean();

  private LabelServer(
      LabelServerConfig config,
      LabelStore store,
      Javalin javalin,
      WebhookSender webhooks,
      Optional<String> firstAdmin) {
    this.config = config;
    this.store = store;
    this.javalin = javalin;
    this.webhooks = webhooks;
    this.firstAdmin = firstAdmin;
  }

  /**
   * Opens the store and serves it.
   *
   * @throws plumbline.InputException if the database cannot be opened or the port is taken
   */
  public static LabelServer start(LabelServerConfig config) {
    LabelStore store = LabelStore.open(config.store().withAnswers(new AnswerLikeness()));
    try {
      Site site = new Site(config, store);
      Javalin javalin = Javalin.create(javalinConfig -> configure(javalinConfig, site));
      start(javalin, config);
      WebhookSender webhooks =
          new WebhookSender(store, config.privateWebhooks(), config.store().clock());
      webhooks.start(WEBHOOKS);
      Optional<String> firstAdmin = store.invitations().firstAdmin(FIRST_LINK);
      return new LabelServer(config, store, javalin, webhooks, firstAdmin);
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  private static void start(Javalin javalin, LabelServerConfig config) {
    try {
      javalin.start();
    } catch (JavalinBindException e) {
      throw new InputException(
          config.host() + ":" + config.port() + ": cannot listen there; is the port taken?", e);
    }
  }

  private static void configure(JavalinConfig javalin, Site site) {
    LabelServerConfig config = site.config();
    javalin.startup.showJavalinBanner = false;
    javalin.startup.showOldJavalinVersionWarning = false;
    javalin.http.maxRequestSize = LabelServerConfig.LARGEST_FORM;
    javalin.http.prefer405over404 = true;
    javalin.http.generateEtags = false;
    javalin.jetty.multipartConfig.maxFileSize(config.largestUpload(), SizeUnit.BYTES);
    javalin.jetty.multipartConfig.maxTotalRequestSize(
        config.largestUpload() + LabelServerConfig.LARGEST_FORM, SizeUnit.BYTES);
    javalin.jetty.multipartConfig.maxInMemoryFileSize(1, SizeUnit.MB);
    javalin.jetty.modifyHttpConfiguration(LabelServer::quieten);
    javalin.jetty.addConnector((server, http) -> connector(server, http, config));
    Routes.add(javalin.routes, site);
    LabelApi.add(javalin.routes, site.store(), config.largestUpload(), config.privateWebhooks());
  }

  private static void quieten(HttpConfiguration http) {
    http.setSendServerVersion(false);
    http.setSendDateHeader(false);
    http.setRequestHeaderSize(LARGEST_HEADERS);
  }

  private static ServerConnector connector(
      Server server, HttpConfiguration http, LabelServerConfig config) {
    quieten(http);
    HttpConnectionFactory plain = new HttpConnectionFactory(http);
    ServerConnector connector =
        config
            .tls()
            .map(
                tls -> {
                  SecureRequestCustomizer secure = new SecureRequestCustomizer();
                  secure.setSniHostCheck(false);
                  http.addCustomizer(secure);
                  return new ServerConnector(
                      server, new SslConnectionFactory(tls.contextFactory(), "http/1.1"), plain);
                })
            .orElseGet(() -> new ServerConnector(server, plain));
    connector.setHost(config.host());
    connector.setPort(config.port());
    connector.setIdleTimeout(IDLE_MILLIS);
    return connector;
  }

  static void asset(Context context, Site site) {
    Asset asset =
        site.assets()
            .find(context.pathParam("hash"), context.pathParam("name"))
            .orElseThrow(() -> Refused.notFound("not_found"));
    context.header("Cache-Control", "public, max-age=31536000, immutable");
    context.contentType(asset.type()).result(asset.content());
  }

  public int port() {
    return javalin.port();
  }

  /** Where the app is, as its own machine reaches it. */
  public String address() {
    String scheme = config.tls().isPresent() ? "https://" : "http://";
    return config
        .publicAddress()
        .map(address -> address.toString().replaceFirst("/+$", ""))
        .orElse(scheme + config.host() + ":" + port());
  }

  /** The link with which the first admin joins, once; empty where there is an account already. */
  public Optional<String> firstAdminLink() {
    return firstAdmin.map(token -> address() + "/join/" + token);
  }

  public LabelStore store() {
    return store;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      javalin.stop();
      webhooks.close();
      store.close();
    }
  }
}
