package plumbline.web.label;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import plumbline.InputException;
import plumbline.annotation.form.Questions;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.DeliveryLog;
import plumbline.annotation.store.Guidelines;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.ProjectProgress;
import plumbline.annotation.store.ProjectSettings;
import plumbline.annotation.store.ProjectState;
import plumbline.annotation.store.Role;
import plumbline.annotation.store.Webhook;
import plumbline.annotation.store.Webhooks;
import plumbline.web.Tokens;
import plumbline.web.label.api.WebhookAddress;

/** A project as its admins see it. */
final class AdminPages {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LONGEST_TITLE = 120;
  private static final int LONGEST_GUIDELINES = 200_000;
  private static final int DELIVERIES = 20;

  private final Site site;

  record ProgressView(ProjectProgress progress, Project project) {
    /** A share in percent. */
    static String percent(OptionalDouble share) {
      return share.isPresent() ? Math.round(share.getAsDouble() * 100) + "%" : "–";
    }

    static String seconds(OptionalDouble seconds) {
      if (seconds.isEmpty()) {
        return "–";
      }
      double value = seconds.getAsDouble();
      return value < 100
          ? String.format(Locale.ROOT, "%.1f s", value)
          : String.format(Locale.ROOT, "%.1f min", value / 60);
    }
  }

  /** What the form of settings held. */
  record SettingsView(
      String title,
      String state,
      String overlap,
      String leaseMinutes,
      String goldShare,
      String reviewBelow,
      boolean blind,
      String questions,
      String wrong) {}

  record EditGuidelinesView(String markdown, int version, List<Guidelines> versions) {}

  record MembersView(List<Account> accounts, List<Long> members) {}

  /**
   * @param secret of the webhook that was just added, shown once; empty
   */
  record WebhooksView(
      List<Webhook> webhooks, List<DeliveryLog> log, List<String> events, String secret) {}

  AdminPages(Site site) {
    this.site = site;
  }

  private Shell shell(Context context, Project project, String title, String here) {
    return site.shell(context, project, title, "admin/" + here);
  }

  void progress(Context context) {
    Project project = site.project(context, Role.ADMIN);
    ProgressView view = new ProgressView(site.store().progress().of(project.id()), project);
    site.show(context, "adminProgress", shell(context, project, "Progress", "progress"), view);
  }

  // ---- settings

  void settings(Context context) {
    Project project = site.project(context, Role.ADMIN);
    ProjectSettings settings = project.settings();
    OptionalDouble below = settings.reviewBelow();
    show(
        context,
        project,
        new SettingsView(
            project.title(),
            project.state().key(),
            Integer.toString(settings.overlap()),
            Integer.toString(settings.leaseMinutes()),
            Double.toString(settings.goldShare()),
            below.isPresent() ? Double.toString(below.getAsDouble()) : "",
            settings.blind(),
            settings.questions().toPrettyString(),
            ""));
  }

  private void show(Context context, Project project, SettingsView view) {
    site.show(context, "adminSettings", shell(context, project, "Settings", "settings"), view);
  }

  void saveSettings(Context context) {
    Project project = site.project(context, Role.ADMIN);
    Fields fields = Fields.of(context);
    try {
      save(Visitor.of(context).actor(), project, fields);
      site.go(context, "/p/" + project.slug() + "/admin/settings", Notice.SAVED);
    } catch (InputException e) {
      context.status(HttpStatus.UNPROCESSABLE_CONTENT);
      show(
          context,
          project,
          new SettingsView(
              fields.text("title"),
              fields.text("state"),
              fields.text("overlap"),
              fields.text("lease_minutes"),
              fields.text("gold_share"),
              fields.text("review_below"),
              fields.on("blind"),
              fields.words("questions"),
              e.getMessage()));
    }
  }

  private void save(Actor actor, Project project, Fields fields) {
    String title = fields.text("title").strip();
    if (title.isEmpty() || title.length() > LONGEST_TITLE) {
      throw new InputException("The title has 1 to " + LONGEST_TITLE + " characters.");
    }
    ProjectState state =
        Stream.of(ProjectState.values())
            .filter(one -> one.key().equals(fields.text("state")))
            .findFirst()
            .orElseThrow(() -> new InputException("The state is open, paused or closed."));
    ProjectSettings settings = settings(fields);
    if (!settings.equals(project.settings())) {
      site.store().projects().updateSettings(actor, project.id(), settings);
    }
    if (!title.equals(project.title())) {
      site.store().projects().setTitle(actor, project.id(), title);
    }
    if (state != project.state()) {
      site.store().projects().setState(actor, project.id(), state);
    }
  }

  private static ProjectSettings settings(Fields fields) {
    double below = fields.number("review_below", Double.NaN);
    return new ProjectSettings(
        Questions.toJson(Questions.parse(json(fields.words("questions")), "questions")),
        (int) fields.number("overlap", 1),
        (int) fields.number("lease_minutes", 30),
        fields.number("gold_share", 0),
        Double.isNaN(below) ? OptionalDouble.empty() : OptionalDouble.of(below),
        fields.on("blind"));
  }

  private static JsonNode json(String text) {
    try {
      JsonNode json = JSON.readTree(text);
      if (json == null || !json.isArray()) {
        throw new InputException("questions: wanted a JSON list");
      }
      return json;
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
      throw new InputException(
          "questions, line " + line + ": no JSON (" + e.getOriginalMessage() + ")", e);
    }
  }

  // ---- guidelines

  void guidelines(Context context) {
    Project project = site.project(context, Role.ADMIN);
    List<Guidelines> versions =
        Stream.iterate(project.guidelines(), version -> version > 0, version -> version - 1)
            .limit(20)
            .map(version -> site.store().projects().guidelines(project.id(), version))
            .flatMap(Optional::stream)
            .toList();
    String markdown = versions.isEmpty() ? "" : versions.get(0).markdown();
    site.show(
        context,
        "adminGuidelines",
        shell(context, project, "Guidelines", "guidelines"),
        new EditGuidelinesView(markdown, project.guidelines(), versions));
  }

  void publish(Context context) {
    Project project = site.project(context, Role.ADMIN);
    String markdown = Fields.of(context).words("markdown");
    if (markdown.isBlank() || markdown.length() > LONGEST_GUIDELINES) {
      throw Refused.malformed("Guidelines have 1 to " + LONGEST_GUIDELINES + " characters.");
    }
    Actor actor = Visitor.of(context).actor();
    site.store().projects().publishGuidelines(actor, project.id(), markdown);
    site.go(context, "/p/" + project.slug() + "/admin/guidelines", Notice.PUBLISHED);
  }

  // ---- people

  void members(Context context) {
    Project project = site.project(context, Role.ADMIN);
    MembersView view =
        new MembersView(
            site.store().accounts().list().stream().filter(Account::active).toList(),
            site.store().projects().members(project.id()));
    site.show(context, "adminPeople", shell(context, project, "People", "people"), view);
  }

  void saveMembers(Context context) {
    Project project = site.project(context, Role.ADMIN);
    List<Long> known = site.store().accounts().list().stream().map(Account::id).toList();
    List<Long> chosen =
        Fields.of(context).texts("member").stream()
            .flatMap(text -> Fields.whole(text).stream().boxed())
            .filter(known::contains)
            .toList();
    site.store().projects().setMembers(Visitor.of(context).actor(), project.id(), chosen);
    site.go(context, "/p/" + project.slug() + "/admin/people", Notice.SAVED);
  }

  // ---- webhooks

  void webhooks(Context context) {
    webhooks(context, site.project(context, Role.ADMIN), "");
  }

  private void webhooks(Context context, Project project, String secret) {
    WebhooksView view =
        new WebhooksView(
            site.store().webhooks().list(project.id()),
            site.store().webhooks().log(project.id(), DELIVERIES),
            Webhooks.EVENTS,
            secret);
    site.show(context, "adminWebhooks", shell(context, project, "Webhooks", "webhooks"), view);
  }

  void addWebhook(Context context) {
    Project project = site.project(context, Role.ADMIN);
    Fields fields = Fields.of(context);
    String url = fields.text("url").strip();
    List<String> events = fields.texts("event");
    WebhookAddress.check(url, site.config().privateWebhooks());
    if (events.isEmpty() || !Webhooks.EVENTS.containsAll(events)) {
      throw Refused.malformed("Choose at least one event.");
    }
    String secret = Tokens.random();
    Actor actor = Visitor.of(context).actor();
    site.store().webhooks().register(actor, project.id(), url, secret, events);
    webhooks(context, project, secret);
  }

  void stopWebhook(Context context) {
    Project project = site.project(context, Role.ADMIN);
    long id = PathIds.of(context, "id");
    site.store().webhooks().deactivate(Visitor.of(context).actor(), project.id(), id);
    site.go(context, "/p/" + project.slug() + "/admin/webhooks", Notice.SAVED);
  }
}
