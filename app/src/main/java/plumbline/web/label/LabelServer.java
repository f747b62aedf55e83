package plumbline.web.label;

import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.config.SizeUnit;
import io.javalin.http.Context;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import plumbline.annotation.form.AnswerLikeness;
import plumbline.annotation.store.LabelStore;
import plumbline.web.Assets.Asset;
import plumbline.web.label.api.LabelApi;
import plumbline.web.label.api.WebhookSender;

/** The labelling app, running. */
public final class LabelServer implements AutoCloseable {
  private static final Duration FIRST_LINK = Duration.ofDays(1);
  private static final Duration WEBHOOKS = Duration.ofSeconds(2);

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
      config.listening().start(javalin);
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

  private static void configure(JavalinConfig javalin, Site site) {
    LabelServerConfig config = site.config();
    config.listening().configure(javalin);
    javalin.http.maxRequestSize = LabelServerConfig.LARGEST_FORM;
    javalin.jetty.multipartConfig.maxFileSize(config.largestUpload(), SizeUnit.BYTES);
    javalin.jetty.multipartConfig.maxTotalRequestSize(
        config.largestUpload() + LabelServerConfig.LARGEST_FORM, SizeUnit.BYTES);
    javalin.jetty.multipartConfig.maxInMemoryFileSize(1, SizeUnit.MB);
    Routes.add(javalin.routes, site);
    LabelApi.add(javalin.routes, site.store(), config.largestUpload(), config.privateWebhooks());
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
    return config
        .publicAddress()
        .map(address -> address.toString().replaceFirst("/+$", ""))
        .orElse(config.listening().address(port()));
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
