package plumbline.annotation.exchange;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import plumbline.InputException;
import plumbline.annotation.form.Question;
import plumbline.annotation.form.Questions;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.Guidelines;
import plumbline.annotation.store.LabelStore;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.ProjectSettings;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.config.Key;

/**
 * A labelling project as a file.
 *
 * @param project its name in addresses
 * @param questions each {@code {type, id, ..}}
 */
public record ProjectFile(
    @Key(doc = "name in addresses: small letters, digits and hyphens") String project,
    @Key(def = "", doc = "name for people; default: `project`") String title,
    @Key(doc = "Markdown that is shown beside the task") Optional<String> guidelines,
    @Key(doc = "the same as a file, beside this one") Optional<Path> guidelinesFile,
    @Key(form = "questions", doc = "what is asked, see below") ConfigTree questions,
    @Key(min = 1, doc = "votes wanted of every item; default: 1") OptionalInt overlap,
    @Key(min = 1, doc = "minutes that an item is held for a person; default: 30")
        OptionalInt leaseMinutes,
    @Key(min = 0, max = 1, doc = "how often an item with a known answer is mixed in; default: 0")
        OptionalDouble goldShare,
    @Key(min = 0, max = 1, doc = "items whose votes agree less go to review; default: none do")
        OptionalDouble reviewBelow,
    @Key(doc = "whether models' names stay hidden until review; default: true")
        Optional<Boolean> blind) {
  public ProjectFile {
    if (guidelines.isPresent() && guidelinesFile.isPresent()) {
      throw new IllegalArgumentException("both guidelines and guidelines_file are there");
    }
    Questions.bind(questions);
  }

  /**
   * Reads a file.
   *
   * @throws InputException if it cannot be read or a key is wrong; names file and line
   */
  public static ProjectFile read(Path file) {
    ProjectFile read = Config.read(file).bind(ProjectFile.class);
    return read.guidelinesFile().isEmpty()
        ? read
        : read.with(text(file.resolveSibling(read.guidelinesFile().get())));
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read, wanted the guidelines as Markdown", e);
    }
  }

  private ProjectFile with(String text) {
    return new ProjectFile(
        project,
        title,
        Optional.of(text),
        Optional.empty(),
        questions,
        overlap,
        leaseMinutes,
        goldShare,
        reviewBelow,
        blind);
  }

  /** What is asked. */
  public List<Question> asked() {
    return Questions.bind(questions);
  }

  /** What the store keeps; what is not said has the store's defaults. */
  public ProjectSettings settings() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.set("questions", Questions.toJson(asked()));
    overlap.ifPresent(value -> json.put("overlap", value));
    leaseMinutes.ifPresent(value -> json.put("lease_minutes", value));
    goldShare.ifPresent(value -> json.put("gold_share", value));
    reviewBelow.ifPresent(value -> json.put("review_below", value));
    blind.ifPresent(value -> json.put("blind", value));
    return ProjectSettings.parse(json);
  }

  /**
   * Makes the project, or brings the one of this name up to date. Guidelines that have changed are
   * a new version.
   */
  public Project applyTo(LabelStore store, Actor actor) {
    String name = title.isEmpty() ? project : title;
    Project made =
        store
            .projects()
            .bySlug(project)
            .orElseGet(() -> store.projects().create(actor, project, name, settings()));
    if (!made.title().equals(name)) {
      store.projects().setTitle(actor, made.id(), name);
    }
    if (!made.settings().equals(settings())) {
      store.projects().updateSettings(actor, made.id(), settings());
    }
    Optional<String> newest =
        store.projects().newestGuidelines(made.id()).map(Guidelines::markdown);
    guidelines
        .filter(text -> !newest.equals(Optional.of(text)))
        .ifPresent(text -> store.projects().publishGuidelines(actor, made.id(), text));
    return store.projects().byId(made.id()).orElseThrow();
  }
}
