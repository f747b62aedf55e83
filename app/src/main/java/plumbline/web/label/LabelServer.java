package plumbline.web.label;

import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.config.SizeUnit;
import io.javalin.http.Context;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import plumbline.annotation.form.AnswerLikeness;
import plumbline.annotation.store.LabelStore;
import plumbline.web.Assets.Asset;

/** The labelling app, running. */
public final class LabelServer implements AutoCloseable {
  private static final Duration FIRST_LINK = Duration.ofDays(1);
  private static final int IDLE_MILLIS = 30_000;
  private static final int LARGEST_HEADERS = 16 << 10;

  private final LabelStore store;
  private final Javalin javalin;
  private final LabelServerConfig config;
  private final Optional<String> firstAdmin;

  private LabelServer(
      LabelServerConfig config, LabelStore store, Javalin javalin, Optional<String> firstAdmin) {
    this.config = config;
    this.store = store;
    this.javalin = javalin;
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
      javalin.start();
      Optional<String> firstAdmin = store.invitations().firstAdmin(FIRST_LINK);
      return new LabelServer(config, store, javalin, firstAdmin);
    } catch (RuntimeException e) {
      store.close();
      throw e;
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
    javalin.stop();
    store.close();
  }
}
