package plumbline.web.label;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import plumbline.annotation.form.Questions;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.AuditEntry;
import plumbline.annotation.store.LabelStore;
import plumbline.annotation.store.NewItem;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.ProjectSettings;
import plumbline.annotation.store.Response;
import plumbline.annotation.store.Role;
import plumbline.annotation.store.StoreConfig;
import plumbline.web.PasswordHash;

/** The app on a free port with a database of its own. */
final class LabelApp implements AutoCloseable {
  static final String PASSWORD = "correct horse battery";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String HASH = PasswordHash.hash(PASSWORD);

  private final LabelServer server;

  LabelApp(Path folder) {
    this(LabelServerConfig.of(StoreConfig.sqlite(folder), 0).withRequestsPerMinute(100_000));
  }

  LabelApp(LabelServerConfig config) {
    this.server = LabelServer.start(config);
  }

  LabelServer server() {
    return server;
  }

  LabelStore store() {
    return server.store();
  }

  String address() {
    return server.address();
  }

  Account account(String name, Role role) {
    return store().accounts().create(Actor.SYSTEM, name, role, "", HASH);
  }

  /** A client that is signed in. */
  Visit signedIn(String name) throws IOException, InterruptedException {
    Visit visit = new Visit(address());
    visit.get("/sign-in");
    visit.post("/sign-in", "name", name, "password", PASSWORD);
    return visit;
  }

  /** A project with questions as JSON and so many items of so many answers. */
  Project project(String slug, String questions, int items, int answers) {
    Project project =
        store().projects().create(Actor.SYSTEM, slug, "Project " + slug, settings(questions, 1));
    add(project, items, answers);
    return project;
  }

  static ProjectSettings settings(String questions, int overlap) {
    JsonNode asked = Questions.toJson(Questions.parse(json(questions), "questions"));
    ProjectSettings one = ProjectSettings.of(asked);
    return new ProjectSettings(
        asked, overlap, one.leaseMinutes(), one.goldShare(), one.reviewBelow(), one.blind());
  }

  void add(Project project, int items, int answers) {
    List<NewItem> rows =
        IntStream.rangeClosed(1, items)
            .mapToObj(i -> item("item-" + i, "Question number " + i + "?", answers))
            .toList();
    store().items().add(Actor.SYSTEM, project.id(), rows.iterator());
  }

  static NewItem item(String id, String prompt, int answers) {
    List<Response> responses =
        IntStream.rangeClosed(1, answers)
            .mapToObj(n -> new Response("secret-model-" + n, "model-" + n, "Answer text " + n))
            .toList();
    JsonNode message = JSON.createObjectNode().put("role", "user").put("content", prompt);
    return new NewItem(
        id,
        "",
        JSON.createArrayNode().add(message),
        responses,
        List.of(),
        Optional.empty(),
        JSON.createObjectNode());
  }

  static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new IllegalArgumentException(text, e);
    }
  }

  /** What the audit log says was done, newest first. */
  List<String> audited() {
    return store().audit().page(Long.MAX_VALUE, 1000).stream().map(AuditEntry::action).toList();
  }

  @Override
  public void close() {
    server.close();
  }
}
