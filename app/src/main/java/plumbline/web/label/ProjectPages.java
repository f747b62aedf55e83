package plumbline.web.label;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import gg.jte.Content;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import plumbline.InputException;
import plumbline.annotation.form.Questions;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.PersonProgress;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.ProjectSettings;
import plumbline.annotation.store.Refusal;
import plumbline.annotation.store.Role;

/** The projects, and the beginning of one. */
final class ProjectPages {
  private static final Pattern SLUG = Pattern.compile("[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?");
  private static final int LONGEST_TITLE = 120;

  private final Site site;

  /** A project with how far it is for whoever looks. */
  record ProjectCard(Project project, int votes) {}

  record StartView(Project project, Optional<Content> guidelines, Optional<PersonProgress> mine) {}

  /** A version of the guidelines. */
  record GuidelinesView(Optional<Content> html, int version, int newest) {}

  /** What the form of a new project held. */
  record CreateView(String slug, String title, List<String> kinds, String wrong) {
    Map<String, String> known() {
      return KINDS;
    }
  }

  private static final Map<String, String> KINDS = kinds();

  ProjectPages(Site site) {
    this.site = site;
  }

  private static Map<String, String> kinds() {
    Map<String, String> kinds = new LinkedHashMap<>();
    kinds.put("pairwise", "Compare two answers, with how much better one is");
    kinds.put("ranking", "Rank two to eight answers");
    kinds.put("likert", "Rate each answer by attributes");
    kinds.put("edit", "Correct an answer");
    kinds.put("prompt", "Write a prompt");
    kinds.put("comment", "Comment freely");
    return kinds;
  }

  void list(Context context) {
    Account account = Visitor.of(context).as(Role.ANNOTATOR);
    List<Project> projects =
        account.role() == Role.ADMIN
            ? site.store().projects().list()
            : site.store().projects().forAccount(account.id());
    List<ProjectCard> cards =
        projects.stream()
            .map(
                project ->
                    new ProjectCard(
                        project, site.store().progress().votes(project.id(), account.id())))
            .toList();
    site.show(context, "projects", site.shell(context, "Projects", "projects"), cards);
  }

  void start(Context context) {
    Project project = site.project(context, Role.ANNOTATOR);
    Account account = Visitor.of(context).as(Role.ANNOTATOR);
    StartView view =
        new StartView(
            project,
            site.store()
                .projects()
                .newestGuidelines(project.id())
                .map(newest -> Markdown.content(newest.markdown())),
            site.store().progress().of(project.id(), account.id()));
    site.show(context, "start", site.shell(context, project, project.title(), "start"), view);
  }

  void guidelines(Context context) {
    Project project = site.project(context, Role.ANNOTATOR);
    int version = (int) PathIds.query(context, "version", project.guidelines());
    Optional<Content> html =
        site.store()
            .projects()
            .guidelines(project.id(), version)
            .map(found -> Markdown.content(found.markdown()));
    site.show(
        context,
        "guidelines",
        site.shell(context, project, "Guidelines", "guidelines"),
        new GuidelinesView(html, version, project.guidelines()));
  }

  // ---- new ones

  void createForm(Context context) {
    Visitor.of(context).as(Role.ADMIN);
    create(context, new CreateView("", "", List.of("pairwise", "comment"), ""));
  }

  private void create(Context context, CreateView view) {
    site.show(context, "newProject", site.shell(context, "New project", "projects"), view);
  }

  void create(Context context) {
    Visitor visitor = Visitor.of(context);
    visitor.as(Role.ADMIN);
    Fields fields = Fields.of(context);
    String slug = fields.text("slug").strip();
    String title = fields.text("title").strip();
    List<String> kinds = fields.texts("kind");
    String wrong = "";
    if (!SLUG.matcher(slug).matches()) {
      wrong = "The address has up to 40 small letters, digits and hyphens.";
    } else if (title.isEmpty() || title.length() > LONGEST_TITLE) {
      wrong = "The title has 1 to " + LONGEST_TITLE + " characters.";
    } else if (kinds.isEmpty() || !KINDS.keySet().containsAll(kinds)) {
      wrong = "Choose at least one thing that people are asked.";
    } else {
      try {
        ProjectSettings settings = ProjectSettings.of(questions(kinds));
        site.store().projects().create(visitor.actor(), slug, title, settings);
        site.go(context, "/p/" + slug + "/admin/settings", Notice.SAVED);
        return;
      } catch (Refusal | InputException e) {
        wrong = e.getMessage();
      }
    }
    context.status(HttpStatus.UNPROCESSABLE_CONTENT);
    create(context, new CreateView(slug, title, kinds, wrong));
  }

  private static ArrayNode questions(List<String> kinds) {
    ArrayNode asked = JsonNodeFactory.instance.arrayNode();
    KINDS.keySet().stream()
        .filter(kinds::contains)
        .forEach(kind -> asked.addObject().put("type", kind).put("id", kind));
    asked.forEach(
        one -> {
          if (one.path("type").asText().equals("pairwise")) {
            ((com.fasterxml.jackson.databind.node.ObjectNode) one).put("strengths", 3);
          }
        });
    return Questions.toJson(Questions.parse(asked, "questions"));
  }
}
