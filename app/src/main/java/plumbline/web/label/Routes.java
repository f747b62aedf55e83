package plumbline.web.label;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.javalin.http.HttpStatus;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import plumbline.InputException;
import plumbline.annotation.store.Refusal;

/** Every address of the app, and what its errors look like. */
final class Routes {
  private static final Logger LOG = LoggerFactory.getLogger(Routes.class);

  private static final Map<Refusal.Reason, HttpStatus> STATUS =
      Map.of(
          Refusal.Reason.NOT_FOUND, HttpStatus.NOT_FOUND,
          Refusal.Reason.PLACE_TAKEN, HttpStatus.CONFLICT,
          Refusal.Reason.ANSWERED, HttpStatus.CONFLICT,
          Refusal.Reason.CLOSED, HttpStatus.CONFLICT,
          Refusal.Reason.NOTHING_TO_UNDO, HttpStatus.CONFLICT,
          Refusal.Reason.TAKEN, HttpStatus.CONFLICT);

  private final RoutesConfig routes;
  private final Site site;
  private final Guard guard;

  private Routes(RoutesConfig routes, Site site) {
    this.routes = routes;
    this.site = site;
    this.guard = new Guard(site);
  }

  static void add(RoutesConfig routes, Site site) {
    Routes all = new Routes(routes, site);
    routes.before(all.guard::check);
    routes.get("/health", context -> context.result("ok"));
    routes.get(Site.STATIC + "{hash}/{name}", context -> LabelServer.asset(context, site));
    all.people();
    all.work();
    all.review();
    all.admin();
    all.errors();
  }

  private void people() {
    SignInPages signIn = new SignInPages(site, guard);
    routes.get("/sign-in", signIn::form);
    routes.post("/sign-in", signIn::signIn);
    routes.post("/sign-out", signIn::signOut);
    routes.get("/join/{invitation}", signIn::joinForm);
    routes.post("/join/{invitation}", signIn::join);
    AccountPages account = new AccountPages(site, guard);
    routes.get("/account", account::show);
    routes.post("/account/password", account::password);
    routes.post("/account/sessions", account::signOutEverywhere);
    routes.post("/account/tokens", account::createToken);
    routes.post("/account/tokens/{id}/revoke", account::revokeToken);
    PeoplePages people = new PeoplePages(site);
    routes.get("/people", people::show);
    routes.post("/people/invite", people::invite);
    routes.post("/people/invitations/{id}/revoke", people::revokeInvitation);
    routes.post("/people/{id}", people::change);
    routes.post("/people/{id}/sessions", people::signOutEverywhere);
    routes.post("/people/{id}/password", people::newPassword);
    routes.get("/audit", people::audit);
  }

  private void work() {
    ProjectPages projects = new ProjectPages(site);
    routes.get("/", projects::list);
    routes.get("/new", projects::createForm);
    routes.post("/new", projects::create);
    routes.get("/p/{slug}", projects::start);
    routes.get("/p/{slug}/guidelines", projects::guidelines);
    TaskPages tasks = new TaskPages(site);
    routes.get("/p/{slug}/task", tasks::show);
    routes.post("/p/{slug}/task", tasks::submit);
    routes.post("/p/{slug}/task/draft", tasks::draft);
    routes.post("/p/{slug}/skip", context -> tasks.leave(context, true));
    routes.post("/p/{slug}/discard", context -> tasks.leave(context, false));
    routes.post("/p/{slug}/undo", tasks::undo);
    HistoryPages history = new HistoryPages(site);
    routes.get("/p/{slug}/history", history::list);
    routes.get("/p/{slug}/history/{vote}", history::show);
    routes.post("/p/{slug}/history/{vote}", history::edit);
  }

  private void review() {
    ReviewPages review = new ReviewPages(site);
    routes.get("/p/{slug}/review", review::queue);
    routes.get("/p/{slug}/review/{item}", review::show);
    routes.post("/p/{slug}/review/{item}", review::decide);
    routes.post("/p/{slug}/review/{item}/discard", review::discard);
    routes.post("/p/{slug}/review/{item}/reopen", review::reopen);
  }

  private void admin() {
    AdminPages admin = new AdminPages(site);
    routes.get("/p/{slug}/admin", admin::progress);
    routes.get("/p/{slug}/admin/settings", admin::settings);
    routes.post("/p/{slug}/admin/settings", admin::saveSettings);
    routes.get("/p/{slug}/admin/guidelines", admin::guidelines);
    routes.post("/p/{slug}/admin/guidelines", admin::publish);
    routes.get("/p/{slug}/admin/people", admin::members);
    routes.post("/p/{slug}/admin/people", admin::saveMembers);
    routes.get("/p/{slug}/admin/webhooks", admin::webhooks);
    routes.post("/p/{slug}/admin/webhooks", admin::addWebhook);
    routes.post("/p/{slug}/admin/webhooks/{id}/stop", admin::stopWebhook);
    DataPages data = new DataPages(site);
    routes.get("/p/{slug}/admin/data", data::show);
    routes.post("/p/{slug}/admin/import", data::take);
    routes.get("/p/{slug}/admin/export", data::export);
  }

  // ---- errors

  private void errors() {
    routes.exception(Refused.class, (e, context) -> refused(e, context));
    routes.exception(
        Refusal.class,
        (e, context) -> {
          HttpStatus status = STATUS.getOrDefault(e.reason(), HttpStatus.CONFLICT);
          String why = e.reason().name().toLowerCase(java.util.Locale.ROOT);
          refuse(context, status, why, e.getMessage());
        });
    routes.exception(
        InputException.class,
        (e, context) -> refuse(context, HttpStatus.BAD_REQUEST, "input", e.getMessage()));
    routes.exception(
        HttpResponseException.class,
        (e, context) -> {
          HttpStatus status = HttpStatus.forStatus(e.getStatus());
          refuse(context, status, why(status), said(status));
        });
    routes.exception(
        Exception.class,
        (e, context) -> {
          LOG.error("{} {} failed", context.method(), context.endpoint().path, e);
          context.status(HttpStatus.INTERNAL_SERVER_ERROR);
          page(context, "Something went wrong here. It is in the server's log.");
        });
  }

  private void refused(Refused refused, Context context) {
    if (refused.status() == HttpStatus.UNAUTHORIZED
        && context.method().name().equals("GET")
        && !context.path().startsWith("/api/")) {
      site.go(context, "/sign-in");
      return;
    }
    refuse(context, refused.status(), refused.why(), refused.getMessage());
  }

  private void refuse(Context context, HttpStatus status, String why, String message) {
    guard.logRefusal(context, why, status.getCode());
    context.status(status);
    page(context, message);
  }

  private void page(Context context, String message) {
    if (context.path().startsWith("/api/") || context.header("HX-Request") != null) {
      context.contentType("text/plain; charset=utf-8").result(message);
      return;
    }
    String title = context.status().getCode() >= 500 ? "An error" : "That did not work";
    Shell shell = site.shell(context, title, "").sized("narrow");
    site.show(context, "error", shell, message);
  }

  private static String why(HttpStatus status) {
    return status == HttpStatus.NOT_FOUND ? "not_found" : "http_" + status.getCode();
  }

  private static String said(HttpStatus status) {
    return switch (status.getCode()) {
      case 404 -> "There is no such page, or it is not yours.";
      case 405 -> "This address does not take that.";
      case 413 -> "That is too large.";
      default -> "This could not be understood.";
    };
  }
}
