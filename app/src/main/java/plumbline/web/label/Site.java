package plumbline.web.label;

import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import plumbline.annotation.form.Question;
import plumbline.annotation.form.Questions;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.LabelStore;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.Role;
import plumbline.web.Assets;

/** What the pages share: the store, the templates, the files of script and style. */
final class Site {
  static final String STATIC = "/static/";

  private static final String WEBJARS = "META-INF/resources/webjars/";

  private final LabelServerConfig config;
  private final LabelStore store;
  private final Assets assets =
      new Assets(
          STATIC,
          Map.of(
              "label.css",
              "plumbline/web/label/label.css",
              "label.js",
              "plumbline/web/label/label.js",
              "icon.svg",
              "plumbline/web/label/icon.svg",
              "htmx.js",
              WEBJARS + "htmx.org/2.0.10/dist/htmx.min.js",
              "sortable.js",
              WEBJARS + "sortablejs/1.15.6/Sortable.min.js",
              "katex.js",
              WEBJARS + "katex/0.18.11/dist/katex.min.js"));
  private final TemplateEngine templates =
      TemplateEngine.createPrecompiled(null, ContentType.Html, null, Site.class.getPackageName());

  Site(LabelServerConfig config, LabelStore store) {
    this.config = config;
    this.store = store;
  }

  LabelServerConfig config() {
    return config;
  }

  LabelStore store() {
    return store;
  }

  Assets assets() {
    return assets;
  }

  boolean tls() {
    return config.tls().isPresent();
  }

  /** The project that a path names, if the visitor has the role and may work on it. */
  Project project(Context context, Role role) {
    Account account = Visitor.of(context).as(role);
    return store
        .projects()
        .bySlug(context.pathParam("slug"))
        .filter(
            project ->
                account.role() == Role.ADMIN
                    || store.projects().mayWork(project.id(), account.id()))
        .orElseThrow(() -> Refused.notFound("project"));
  }

  List<Question> questions(Project project) {
    return Questions.parse(project.settings().questions(), "questions");
  }

  Shell shell(Context context, String title, String here) {
    return new Shell(title, assets, Visitor.of(context), "", "", here, "", notice(context));
  }

  Shell shell(Context context, Project project, String title, String here) {
    return new Shell(
        title,
        assets,
        Visitor.of(context),
        project.slug(),
        project.title(),
        here,
        "",
        notice(context));
  }

  private static String notice(Context context) {
    return Notice.of(context.queryParam("done")).map(Notice::text).orElse("");
  }

  void show(Context context, String template, Shell shell, Object view) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("shell", shell);
    values.put("view", view);
    StringOutput out = new StringOutput();
    templates.render(template + ".jte", values, out);
    context.html(out.toString());
  }

  void show(Context context, String template, Shell shell) {
    StringOutput out = new StringOutput();
    templates.render(template + ".jte", Map.of("shell", shell), out);
    context.html(out.toString());
  }

  /** Goes on with a page of this app, with GET. */
  void go(Context context, String path) {
    context.redirect(path, HttpStatus.SEE_OTHER);
  }

  void go(Context context, String path, Notice notice) {
    go(context, path + "?done=" + notice.key());
  }

  /** A whole address of this app, for links that leave it. */
  String link(Context context, String path) {
    return config
            .publicAddress()
            .map(URI::toString)
            .map(address -> address.replaceFirst("/+$", ""))
            .orElseGet(() -> (tls() ? "https://" : "http://") + context.host())
        + path;
  }
}
