package plumbline.web.watch;

import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import io.javalin.http.NotFoundResponse;
import io.javalin.util.JavalinBindException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.InputException;
import plumbline.report.LiveCurves;
import plumbline.web.Assets;
import plumbline.web.SecurityHeaders;
import plumbline.web.Tokens;

/**
 * Shows a run's curves, health and samples in the browser while it trains: one page that asks again
 * every two seconds.
 *
 * <p>Listens to this machine only, and answers only under an address that holds a secret.
 */
public final class WatchServer implements AutoCloseable {
  private static final String HOST = "127.0.0.1";
  private static final String STATIC = "/static/";
  private static final String RESOURCES = "plumbline/web/watch/";

  private static final List<String> FILES =
      List.of("icon.svg", "report.css", "watch.css", "echarts.js", "plots.js", "watch.js");
  private static final Assets ASSETS = new Assets(STATIC, resources());

  private final Javalin javalin;
  private final String token;

  private WatchServer(Javalin javalin, String token) {
    this.javalin = javalin;
    this.token = token;
  }

  /**
   * Watches the run in a folder.
   *
   * @param port 0 for any that is free
   * @throws InputException if the port is taken
   */
  public static WatchServer start(Path run, int port) {
    String token = Tokens.random();
    LiveRun live = new LiveRun(run);
    Javalin javalin = Javalin.create(config -> configure(config, token, live));
    try {
      javalin.start(HOST, port);
    } catch (JavalinBindException e) {
      throw new InputException(
          HOST + ":" + port + ": cannot listen there; is the port taken? --port 0 takes a free one",
          e);
    }
    return new WatchServer(javalin, token);
  }

  private static void configure(JavalinConfig javalin, String token, LiveRun live) {
    javalin.startup.showJavalinBanner = false;
    javalin.startup.showOldJavalinVersionWarning = false;
    javalin.http.generateEtags = false;
    javalin.routes.before(context -> SecurityHeaders.of(false).forEach(context::header));
    javalin.routes.get(STATIC + "{hash}/{name}", WatchServer::asset);
    javalin.routes.get(
        "/{token}/",
        context -> {
          check(context, token);
          context.html(page());
        });
    javalin.routes.get(
        "/{token}/run",
        context -> {
          check(context, token);
          answer(context, live);
        });
  }

  /** A wrong secret is as if there were nothing. */
  private static void check(Context context, String token) {
    if (!Tokens.same(context.pathParam("token"), token)) {
      throw new NotFoundResponse();
    }
  }

  private static void asset(Context context) {
    Assets.Asset asset =
        ASSETS
            .find(context.pathParam("hash"), context.pathParam("name"))
            .orElseThrow(NotFoundResponse::new);
    context.header("Cache-Control", "public, max-age=31536000, immutable");
    context.contentType(asset.type()).result(asset.content());
  }

  /** Nothing where the browser has the newest state already. */
  private static void answer(Context context, LiveRun live) throws IOException {
    LiveRun.Snapshot snapshot = live.snapshot(Optional.ofNullable(context.queryParam("stage")));
    if (snapshot.version().equals(context.queryParam("seen"))) {
      context.status(HttpStatus.NO_CONTENT);
    } else {
      context.contentType("application/json").result(snapshot.json());
    }
  }

  private static Map<String, String> resources() {
    Map<String, String> resources = new LinkedHashMap<>(LiveCurves.resources());
    resources.put("icon.svg", "plumbline/web/label/icon.svg");
    resources.put("watch.css", RESOURCES + "watch.css");
    resources.put("watch.js", RESOURCES + "watch.js");
    return resources;
  }

  private static String page() {
    try (InputStream in =
        WatchServer.class.getClassLoader().getResourceAsStream(RESOURCES + "watch.html")) {
      String page = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (String file : FILES) {
        page = page.replace("{{" + file + "}}", ASSETS.address(file));
      }
      return page;
    } catch (IOException e) {
      throw new IllegalStateException("watch.html cannot be read", e);
    }
  }

  public int port() {
    return javalin.port();
  }

  /** Where the page is; whoever has it may look. */
  public String link() {
    return "http://" + HOST + ":" + port() + "/" + token + "/";
  }

  @Override
  public void close() {
    javalin.stop();
  }
}
