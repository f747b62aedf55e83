package plumbline.web.label.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.Javalin;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import plumbline.annotation.exchange.TestProject;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.AuditEntry;
import plumbline.annotation.store.Role;

class LabelApiTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long LARGEST = 100_000;
  private static final String QUESTIONS =
      "[{'type': 'pairwise', 'id': 'better', 'strengths': 2}, {'type': 'comment', 'id': 'note'}]";

  @TempDir private Path folder;

  private final HttpClient client = HttpClient.newHttpClient();
  private TestProject project;
  private Javalin javalin;
  private String admin;
  private String reviewer;
  private String ann;
  private JsonNode document;

  private record Reply(int status, String text) {
    JsonNode json() {
      try {
        return JSON.readTree(text);
      } catch (IOException e) {
        throw new AssertionError(text, e);
      }
    }
  }

  @BeforeEach
  void start() throws Exception {
    project = new TestProject(folder, QUESTIONS, 2);
    project.item("i1", "Hi.", "No.");
    project.item("i2", "Yes.", "Nay.");
    admin = token("root", Role.ADMIN);
    reviewer = token("rev", Role.REVIEWER);
    ann = token("ann", Role.ANNOTATOR);
    javalin =
        Javalin.create(config -> LabelApi.add(config.routes, project.store(), LARGEST, false))
            .start("127.0.0.1", 0);
    document = send("GET", "/openapi.json", "", "").json();
  }

  @AfterEach
  void stop() {
    javalin.stop();
    project.close();
  }

  private String token(String name, Role role) {
    Account account = project.store().accounts().create(Actor.SYSTEM, name, role, "", "-");
    return project.store().apiTokens().create(Actor.SYSTEM, account.id(), "test", Optional.empty());
  }

  private Reply send(String method, String path, String token, String body, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + javalin.port() + LabelApi.ROOT + path))
            .method(method, HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')));
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    if (headers.length > 0) {
      request.headers(headers);
    }
    HttpResponse<String> response =
        client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    return new Reply(response.statusCode(), response.body());
  }

  /** A good answer that is what the document says. */
  private JsonNode good(String method, String path, String token, String body) throws Exception {
    Reply reply = send(method, path, token, body);
    assertThat(reply.status()).as(method + " " + path + ": " + reply.text()).isEqualTo(200);
    JsonNode schema = operation(method, path).at("/responses/200/content/application~1json/schema");
    assertThat(schema.isMissingNode()).isFalse();
    assertThat(new Schemas(document).faults(schema, reply.json())).as(reply.text()).isEmpty();
    return reply.json();
  }

  private JsonNode operation(String method, String path) {
    String plain = path.replaceFirst("\\?.*", "");
    for (Map.Entry<String, JsonNode> entry : document.get("paths").properties()) {
      String pattern = entry.getKey().replaceAll("\\{\\w+}", "[^/]+");
      JsonNode operation = entry.getValue().path(method.toLowerCase(Locale.ROOT));
      if (Pattern.matches(pattern, plain) && !operation.isMissingNode()) {
        return operation;
      }
    }
    throw new AssertionError("not in the document: " + method + " " + path);
  }

  private long next(String token) throws Exception {
    return good("POST", "/projects/talk/next", token, "").at("/task/lease").asLong();
  }

  private static String vote(String answers, String nonce) {
    return "{'answers': " + answers + ", 'seconds': 3.5, 'nonce': '" + nonce + "'}";
  }

  @Test
  void theDocumentHasEveryRouteAndNoOther() {
    List<String> documented = new ArrayList<>();
    document
        .get("paths")
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .fieldNames()
                    .forEachRemaining(
                        method ->
                            documented.add(
                                method.toUpperCase(Locale.ROOT)
                                    + " "
                                    + LabelApi.ROOT
                                    + path.getKey())));
    List<String> routes =
        javalin.unsafe.internalRouter.allHttpHandlers().stream()
            .map(parsed -> parsed.endpoint.method.name() + " " + parsed.endpoint.path)
            .toList();

    assertThat(documented).containsExactlyInAnyOrderElementsOf(routes).hasSizeGreaterThan(20);
  }

  @Test
  void theDocumentIsWholeOpenApi31() {
    assertThat(document.get("openapi").asText()).isEqualTo("3.1.0");
    assertThat(document.at("/info/title").asText()).isNotBlank();
    List<String> references = document.findValuesAsText("$ref");
    assertThat(references)
        .isNotEmpty()
        .allSatisfy(
            reference ->
                assertThat(new Schemas(document).resolve(reference).isObject())
                    .as(reference)
                    .isTrue());
    List<String> ids = document.get("paths").findValuesAsText("operationId");
    assertThat(ids).doesNotHaveDuplicates();
    document
        .get("paths")
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .forEach(
                        operation -> {
                          List<String> named = new ArrayList<>();
                          operation
                              .get("parameters")
                              .forEach(
                                  one -> {
                                    if (one.get("in").asText().equals("path")) {
                                      named.add("{" + one.get("name").asText() + "}");
                                      assertThat(one.get("required").asBoolean()).isTrue();
                                    }
                                  });
                          assertThat(
                                  Pattern.compile("\\{\\w+}")
                                      .matcher(path.getKey())
                                      .results()
                                      .map(found -> found.group()))
                              .containsExactlyElementsOf(named);
                          assertThat(operation.get("responses").size()).isEqualTo(2);
                        }));
  }

  @Test
  void everythingButTheDocumentWantsATokenAndARole() throws Exception {
    int tried = 0;
    for (Map.Entry<String, JsonNode> path : document.get("paths").properties()) {
      for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
        if (operation.getValue().get("security").isEmpty()) {
          assertThat(path.getKey()).isEqualTo("/openapi.json");
          continue;
        }
        String method = operation.getKey().toUpperCase(Locale.ROOT);
        String where = path.getKey().replace("{project}", "talk").replaceAll("\\{\\w+}", "1");
        assertThat(send(method, where, "", "").status()).as(where).isEqualTo(401);
        assertThat(send(method, where, "x".repeat(43), "").status()).as(where).isEqualTo(401);
        String role = operation.getValue().get("description").asText();
        if (!role.contains("annotator")) {
          assertThat(send(method, where, ann, "").status()).as(where).isEqualTo(403);
          tried++;
        }
      }
    }
    assertThat(tried).isGreaterThan(5);
    assertThat(project.store().audit().page(Long.MAX_VALUE, 500))
        .extracting(AuditEntry::action)
        .contains("refused.token", "refused.role");
  }

  @Test
  void aTaskIsHandedOutAnsweredEditedAndTakenBack() throws Exception {
    JsonNode task = good("POST", "/projects/talk/next", ann, "").get("task");
    assertThat(task.get("responses"))
        .extracting(one -> one.get("id").asText())
        .containsExactly("1", "2");
    assertThat(task.toString()).doesNotContain("m1").doesNotContain("r1");
    String first = task.at("/responses/0/content").asText();
    long lease = task.get("lease").asLong();
    assertThat(
            send(
                    "PUT",
                    "/leases/" + lease + "/draft",
                    ann,
                    "{'answers': {'better': {'preferred': '1'}}}")
                .status())
        .isEqualTo(204);
    assertThat(
            good("POST", "/projects/talk/next", ann, "")
                .at("/task/draft/better/preferred")
                .asText())
        .isEqualTo("1");

    JsonNode vote =
        good(
            "POST",
            "/leases/" + lease + "/vote",
            ann,
            vote("{'better': {'preferred': '1', 'strength': 2}}", "n1"));
    JsonNode again =
        good(
            "POST",
            "/leases/" + lease + "/vote",
            ann,
            vote("{'better': {'preferred': '1', 'strength': 2}}", "n1"));
    assertThat(again.get("vote")).isEqualTo(vote.get("vote"));
    assertThat(vote.at("/answers/better/preferred").asText()).isEqualTo("1");
    String pairs = send("GET", "/projects/talk/export?as=pairs", reviewer, "").text();
    assertThat(JSON.readTree(pairs).at("/chosen/0/content").asText()).isEqualTo(first);

    JsonNode edited =
        good(
            "POST",
            "/votes/" + vote.get("vote").asLong() + "/edit",
            ann,
            vote("{'better': {'verdict': 'tie'}}", "n2"));
    assertThat(edited.get("supersedes")).isEqualTo(vote.get("vote"));
    assertThat(good("GET", "/projects/talk/votes", ann, "").get("votes")).hasSize(1);
    JsonNode undone = good("POST", "/projects/talk/undo", ann, "");
    assertThat(undone.at("/task/draft/better/verdict").asText()).isEqualTo("tie");
    assertThat(send("POST", "/leases/" + undone.at("/task/lease") + "/release", ann, "").status())
        .isEqualTo(204);
  }

  @Test
  void tasksAreSkippedAndDiscardedWithAReasonUntilNothingIsLeft() throws Exception {
    good("POST", "/leases/" + next(ann) + "/skip", ann, "{'reason': 'too hard', 'nonce': 'a'}");
    good("POST", "/leases/" + next(ann) + "/discard", ann, "{'reason': 'spam', 'nonce': 'b'}");

    assertThat(good("POST", "/projects/talk/next", ann, "").get("task").isNull()).isTrue();
    assertThat(good("GET", "/projects/talk/progress/mine", ann, "").get("skips").asInt())
        .isEqualTo(1);
    assertThat(good("GET", "/projects/talk/progress", reviewer, "").at("/items/discarded").asInt())
        .isEqualTo(1);
    assertThat(send("POST", "/leases/1/skip", ann, "{'nonce': 'c'}").status()).isEqualTo(400);
  }

  @Test
  void wrongAnswersAreRefusedWithEveryFault() throws Exception {
    long lease = next(ann);

    Reply reply =
        send(
            "POST",
            "/leases/" + lease + "/vote",
            ann,
            vote("{'better': {'preferred': 'r1', 'strength': 3}, 'nte': 'x'}", "n"));

    assertThat(reply.status()).isEqualTo(422);
    assertThat(reply.json().at("/error/faults").toString())
        .contains("answers.better.preferred is 'r1', wanted one of 1, 2")
        .contains("answers.better.strength is 3, wanted a whole number from 1 to 2")
        .contains("did you mean 'note'?");
    JsonNode schema = document.at("/components/schemas/Error");
    assertThat(new Schemas(document).faults(schema, reply.json())).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "not json|400",
        "[1]|400",
        "{'answers': {}, 'answers': {}, 'nonce': 'n'}|400",
        "{'answers': {}, 'nonce': 'n', 'admin': true}|400",
        "{'answers': {'better': {'verdict': 'tie'}}, 'nonce': ''}|400",
        "{'answers': {'better': {'verdict': 'tie'}}, 'nonce': 'n', 'seconds': -1}|400",
        "{'answers': {'better': {'verdict': 'tie'}}, 'nonce': 'n', 'seconds': 1e300}|400",
        "{'answers': null, 'nonce': 'n'}|422",
        "{}|422",
      })
  void malformedBodiesAreRefused(String body, int status) throws Exception {
    long lease = next(ann);

    Reply reply = send("POST", "/leases/" + lease + "/vote", ann, body);

    assertThat(reply.status()).as(reply.text()).isEqualTo(status);
    assertThat(reply.json().at("/error/message").asText()).isNotBlank();
    assertThat(good("GET", "/projects/talk/votes", ann, "").get("votes")).isEmpty();
  }

  @Test
  void oversizedAndDeepBodiesAreRefused() throws Exception {
    long lease = next(ann);
    String huge = "{'answers': {'note': '" + "x".repeat(3 << 20) + "'}, 'nonce': 'n'}";
    String deep = "{'answers': " + "[".repeat(5000) + "]".repeat(5000) + ", 'nonce': 'n'}";

    assertThat(send("POST", "/leases/" + lease + "/vote", ann, huge).status()).isEqualTo(413);
    assertThat(send("POST", "/leases/" + lease + "/vote", ann, deep).status()).isEqualTo(400);
    assertThat(send("POST", "/projects/talk/items", admin, "x".repeat(200_000)).status())
        .isEqualTo(413);
  }

  @Test
  void whatIsSomebodyElsesIsNotThere() throws Exception {
    String bob = token("bob", Role.ANNOTATOR);
    long lease = next(ann);
    long vote =
        good("POST", "/leases/" + lease + "/vote", ann, vote("{'better': {'verdict': 'tie'}}", "n"))
            .get("vote")
            .asLong();

    assertThat(send("POST", "/leases/" + lease + "/vote", bob, vote("{}", "n")).status())
        .isEqualTo(404);
    assertThat(send("POST", "/votes/" + vote + "/edit", bob, vote("{}", "n")).status())
        .isEqualTo(404);
    assertThat(send("POST", "/leases/99999999999999999999/vote", ann, "{}").status())
        .isEqualTo(404);
    assertThat(send("GET", "/projects/nope", ann, "").status()).isEqualTo(404);
    assertThat(send("GET", "/projects/talk'%20OR%201=1--", ann, "").status()).isEqualTo(404);
    assertThat(send("GET", "/projects/talk/items/..%2F..%2Fetc%2Fpasswd", reviewer, "").status())
        .isIn(400, 404);
  }

  @Test
  void projectsAreMadeAndChanged() throws Exception {
    JsonNode made =
        good(
            "POST",
            "/projects",
            admin,
            "{'project': 'new', 'settings': {'questions': [{'type': 'comment', 'id': 'a'}]},"
                + " 'guidelines': 'Be kind.'}");
    assertThat(made.get("guidelines").asInt()).isEqualTo(1);
    good("PATCH", "/projects/new", admin, "{'state': 'paused', 'guidelines': 'Be kinder.'}");
    assertThat(good("GET", "/projects/new", admin, "").get("state").asText()).isEqualTo("paused");
    assertThat(good("GET", "/projects/new/guidelines", ann, "").get("markdown").asText())
        .isEqualTo("Be kinder.");
    assertThat(good("GET", "/projects/new/guidelines?version=1", ann, "").get("markdown").asText())
        .isEqualTo("Be kind.");
    assertThat(good("GET", "/projects", ann, "").get("projects")).hasSize(2);
    Reply again =
        send(
            "POST",
            "/projects",
            admin,
            "{'project': 'new', 'settings': {'questions': [{'type': 'comment', 'id': 'a'}]}}");
    assertThat(again.status()).isEqualTo(409);
    Reply wrong =
        send(
            "POST",
            "/projects",
            admin,
            "{'project': 'x', 'settings': {'questions': [{'type': 'coment', 'id': 'a'}]}}");
    assertThat(wrong.status()).isEqualTo(400);
    assertThat(wrong.text()).contains("did you mean 'comment'?");
  }

  @Test
  void itemsComeInAsRowsAndGoOut() throws Exception {
    String row =
        "{'id': 'ID', 'messages': [{'role': 'user', 'content': 'Hi'}], 'responses': [{'content':"
            + " 'a', 'model': 'm1'}, {'content': 'b', 'model': 'm2'}]}\n";
    String rows = row.replace("ID", "n1") + "{}\n" + row.replace("ID", "n2");

    JsonNode summary = good("POST", "/projects/talk/items", admin, rows);

    assertThat(summary.get("added").asInt()).isEqualTo(2);
    assertThat(summary.get("first_reject").asText()).startsWith("body.jsonl:2: ");
    assertThat(good("POST", "/projects/talk/items", admin, rows).get("already_there").asInt())
        .isEqualTo(2);
    Reply strict = send("POST", "/projects/talk/items?strict=true", admin, "{}\n");
    assertThat(strict.status()).isEqualTo(422);
    assertThat(strict.text()).doesNotContain("plumbline-import");
    assertThat(good("GET", "/projects/talk/items?limit=2&after=1", reviewer, "").get("items"))
        .hasSize(2);
    assertThat(good("GET", "/projects/talk/items/n1", reviewer, "").get("state").asText())
        .isEqualTo("open");
    assertThat(send("GET", "/projects/talk/items?state=lost", reviewer, "").status())
        .isEqualTo(400);
    assertThat(send("GET", "/projects/talk/export?as=items", reviewer, "").text().lines())
        .hasSize(4);
    assertThat(send("GET", "/projects/talk/export?as=ratings", reviewer, "").status())
        .isEqualTo(400);
    assertThat(send("GET", "/projects/talk/export?as=label-studio", reviewer, "").json().isArray())
        .isTrue();
    assertThat(send("GET", "/projects/talk/export?as=votes&question=nix", reviewer, "").text())
        .contains("there is no question 'nix'");
  }

  @Test
  void packedRowsAreNotUnpacked() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create(
                    "http://127.0.0.1:" + javalin.port() + LabelApi.ROOT + "/projects/talk/items"))
            .header("Authorization", "Bearer " + admin)
            .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[] {0x1f, (byte) 0x8b, 8, 0}))
            .build();

    assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
        .isEqualTo(415);
  }

  @Test
  void webhooksAreRegisteredWithASecretThatIsToldOnce() throws Exception {
    ObjectNode made =
        (ObjectNode)
            good(
                "POST",
                "/projects/talk/webhooks",
                admin,
                "{'url': 'https://93.184.216.34/hook', 'events': ['vote.created']}");
    assertThat(made.get("secret").asText()).hasSize(43);

    JsonNode list = good("GET", "/projects/talk/webhooks", admin, "");
    assertThat(list.toString()).doesNotContain(made.get("secret").asText());
    long lease = next(ann);
    good("POST", "/leases/" + lease + "/vote", ann, vote("{'better': {'verdict': 'tie'}}", "n"));
    assertThat(
            good("GET", "/projects/talk/deliveries", admin, "").at("/deliveries/0/event").asText())
        .isEqualTo("vote.created");
    String path = "/projects/talk/webhooks/" + made.get("webhook").asLong();
    assertThat(send("DELETE", path, admin, "").status()).isEqualTo(204);
    for (String url :
        List.of(
            "http://127.0.0.1:1/",
            "http://localhost/",
            "http://[::1]/",
            "http://169.254.169.254/",
            "file:///etc/passwd",
            "https://user:pw@example.org/",
            "nonsense")) {
      assertThat(send("POST", "/projects/talk/webhooks", admin, "{'url': '" + url + "'}").status())
          .as(url)
          .isEqualTo(400);
    }
    assertThat(
            send(
                    "POST",
                    "/projects/talk/webhooks",
                    admin,
                    "{'url': 'https://93.184.216.34/', 'events': ['vote']}")
                .status())
        .isEqualTo(400);
  }
}
