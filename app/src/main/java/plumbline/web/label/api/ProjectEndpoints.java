package plumbline.web.label.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import plumbline.annotation.form.Questions;
import plumbline.annotation.store.Guidelines;
import plumbline.annotation.store.PersonProgress;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.ProjectSettings;
import plumbline.annotation.store.ProjectState;
import plumbline.annotation.store.Role;

/** Projects: what is asked, how far it is. */
final class ProjectEndpoints {
  private static final int LONGEST_TITLE = 200;
  private static final int LONGEST_GUIDELINES = 200_000;

  List<Endpoint> all() {
    return List.of(
        Endpoint.of(
            HandlerType.GET,
            "/projects",
            Role.ANNOTATOR,
            "The projects that the account may work on.",
            "Projects",
            ProjectEndpoints::list),
        Endpoint.of(
                HandlerType.POST,
                "/projects",
                Role.ADMIN,
                "Makes a project.",
                "Project",
                ProjectEndpoints::create)
            .taking("NewProject"),
        Endpoint.of(
            HandlerType.GET,
            "/projects/{project}",
            Role.ANNOTATOR,
            "A project with its questions.",
            "Project",
            call -> ApiJson.project(call.project())),
        Endpoint.of(
                HandlerType.PATCH,
                "/projects/{project}",
                Role.ADMIN,
                "Changes a project; what is not there stays. Other guidelines are a new version.",
                "Project",
                ProjectEndpoints::change)
            .taking("ProjectChange"),
        Endpoint.of(
                HandlerType.GET,
                "/projects/{project}/guidelines",
                Role.ANNOTATOR,
                "The guidelines, the newest by default.",
                "Guidelines",
                ProjectEndpoints::guidelines)
            .with("version", "integer", "counted from 1"),
        Endpoint.of(
            HandlerType.GET,
            "/projects/{project}/progress",
            Role.REVIEWER,
            "How far the project and its people are.",
            "Progress",
            call -> ApiJson.progress(call.store().progress().of(call.project().id()))),
        Endpoint.of(
            HandlerType.GET,
            "/projects/{project}/progress/mine",
            Role.ANNOTATOR,
            "What this account has done.",
            "PersonProgress",
            ProjectEndpoints::mine));
  }

  private static Object list(Call call) {
    List<Project> projects =
        call.may(Role.ADMIN)
            ? call.store().projects().list()
            : call.store().projects().forAccount(call.who().id());
    ObjectNode body = Call.JSON.createObjectNode();
    return body.set("projects", ApiJson.list(projects.stream().map(ApiJson::project).toList()));
  }

  private static Object create(Call call) throws IOException {
    ObjectNode body = call.body(Set.of("project", "title", "settings", "guidelines"));
    String slug = Call.text(body, "project", LONGEST_TITLE);
    String title = body.has("title") ? Call.text(body, "title", LONGEST_TITLE) : slug;
    Project made =
        call.store().projects().create(call.actor(), slug, title, settings(body.path("settings")));
    if (body.has("guidelines")) {
      String text = Call.text(body, "guidelines", LONGEST_GUIDELINES);
      call.store().projects().publishGuidelines(call.actor(), made.id(), text);
    }
    return ApiJson.project(call.store().projects().byId(made.id()).orElseThrow());
  }

  private static ProjectSettings settings(JsonNode json) {
    ProjectSettings settings = ProjectSettings.parse(json);
    Questions.parse(settings.questions(), "settings.questions");
    return settings;
  }

  private static Object change(Call call) throws IOException {
    Project project = call.project();
    ObjectNode body = call.body(Set.of("title", "state", "settings", "guidelines"));
    var projects = call.store().projects();
    if (body.has("settings")) {
      projects.updateSettings(call.actor(), project.id(), settings(body.get("settings")));
    }
    if (body.has("title")) {
      projects.setTitle(call.actor(), project.id(), Call.text(body, "title", LONGEST_TITLE));
    }
    if (body.has("guidelines")) {
      String text = Call.text(body, "guidelines", LONGEST_GUIDELINES);
      projects.publishGuidelines(call.actor(), project.id(), text);
    }
    if (body.has("state")) {
      projects.setState(call.actor(), project.id(), state(Call.text(body, "state", 20)));
    }
    return ApiJson.project(projects.byId(project.id()).orElseThrow());
  }

  private static ProjectState state(String key) {
    return Arrays.stream(ProjectState.values())
        .filter(state -> state.key().equals(key.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(() -> ApiRefusal.malformed("'state' is wanted as open, paused or closed"));
  }

  private static Object guidelines(Call call) {
    Project project = call.project();
    int version = (int) Math.min(Integer.MAX_VALUE, call.number("version", project.guidelines()));
    Guidelines found =
        call.store().projects().guidelines(project.id(), version).orElseThrow(ApiRefusal::notFound);
    ObjectNode json = Call.JSON.createObjectNode().put("version", found.version());
    return json.put("markdown", found.markdown()).put("created", found.created().toString());
  }

  private static Object mine(Call call) {
    Project project = call.project();
    PersonProgress progress =
        call.store().progress().of(project.id(), call.who().id()).orElseThrow(ApiRefusal::notFound);
    return ApiJson.person(progress);
  }
}
