package plumbline.annotation.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import plumbline.annotation.form.AnswerLikeness;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.CastVote;
import plumbline.annotation.store.LabelStore;
import plumbline.annotation.store.Lease;
import plumbline.annotation.store.NewItem;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.ProjectSettings;
import plumbline.annotation.store.Response;
import plumbline.annotation.store.Role;
import plumbline.annotation.store.StoreConfig;

/** A project in a database of its own, with people who answer. */
public final class TestProject implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final LabelStore store;
  private Project project;
  private int nonce;

  public TestProject(Path folder, String questions, int overlap) {
    store = LabelStore.open(StoreConfig.sqlite(folder).withAnswers(new AnswerLikeness()));
    ProjectSettings settings =
        ProjectSettings.parse(json("{'questions': " + questions + ", 'overlap': " + overlap + "}"));
    project = store.projects().create(Actor.SYSTEM, "talk", "Talk", settings);
    store.projects().publishGuidelines(Actor.SYSTEM, project.id(), "Be kind.");
  }

  /** JSON with single quotes. */
  public static JsonNode json(String text) {
    try {
      return JSON.readTree(text.replace('\'', '"'));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public LabelStore store() {
    return store;
  }

  public Project project() {
    return store.projects().byId(project.id()).orElseThrow();
  }

  /** Adds an item with responses {@code r1}, {@code r2}, .. of models {@code m1}, {@code m2}, .. */
  public void item(String id, String... responses) {
    List<Response> all = new ArrayList<>();
    for (String text : responses) {
      int number = all.size() + 1;
      all.add(new Response("r" + number, "m" + number, text));
    }
    NewItem item =
        new NewItem(
            id,
            "talk",
            json("[{'role': 'user', 'content': 'Say " + id + ".'}]"),
            all,
            List.of(),
            Optional.empty(),
            json("{'lang': 'en'}"));
    store.items().add(Actor.SYSTEM, project.id(), List.of(item).iterator());
  }

  public Account person(String name) {
    return store
        .accounts()
        .byName(name)
        .orElseGet(() -> store.accounts().create(Actor.SYSTEM, name, Role.ANNOTATOR, "", "-"));
  }

  /** The next item's answers by a person, the same whatever the item. */
  public CastVote vote(String name, String answers) {
    Account account = person(name);
    Lease lease = store.handOut().next(account.id(), project.id()).orElseThrow();
    return store.votes().submit(lease.id(), account.id(), json(answers), 12.5, "n" + nonce++);
  }

  public CastVote skip(String name, String reason) {
    Account account = person(name);
    Lease lease = store.handOut().next(account.id(), project.id()).orElseThrow();
    return store.votes().skip(lease.id(), account.id(), reason, 1, "n" + nonce++);
  }

  public ProjectVotes votes() {
    return ProjectVotes.now(store, project());
  }

  @Override
  public void close() {
    store.close();
  }
}
