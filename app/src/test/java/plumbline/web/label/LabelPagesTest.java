package plumbline.web.label;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.CastVote;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.Role;
import plumbline.annotation.store.VoteKind;
import plumbline.annotation.store.Votes;

/** The pages over HTTP as a browser without scripts uses them. */
class LabelPagesTest {
  static final String PAIRWISE =
      """
      [{"type": "pairwise", "id": "better", "strengths": 3, "both_bad": true}]""";

  static final String ALL =
      """
      [{"type": "ranking", "id": "rank"},
       {"type": "likert", "id": "rate", "attributes": ["quality", "humour"]},
       {"type": "likert", "id": "whole", "attributes": ["difficulty"], "of": "item"},
       {"type": "edit", "id": "fix"}, {"type": "prompt", "id": "ask"}, {"type": "comment", "id": "why"}]""";

  @TempDir private Path folder;
  private LabelApp app;

  @BeforeEach
  void start() {
    app = new LabelApp(folder);
  }

  @AfterEach
  void stop() {
    app.close();
  }

  @Test
  void theFirstLinkMakesAnAdminOnceAndPeopleJoinByTheirs() throws Exception {
    String link = app.server().firstAdminLink().orElseThrow();
    String path = link.substring(app.address().length());
    Visit admin = new Visit(app.address());
    assertThat(admin.get(path).body()).contains("invited as <strong>admin</strong>");
    assertThat(admin.post(path, "name", "Ada", "password", "short").statusCode()).isEqualTo(422);
    assertThat(admin.post(path, "name", "Ada", "password", LabelApp.PASSWORD).statusCode())
        .isEqualTo(303);
    assertThat(new Visit(app.address()).get(path).statusCode()).isEqualTo(404);

    assertThat(admin.get("/people").statusCode()).isEqualTo(200);
    String page = admin.post("/people/invite", "role", "annotator", "group", "night shift").body();
    String invitation = page.replaceFirst("(?s).*(/join/[\\w-]+).*", "$1");
    Visit person = new Visit(app.address());
    person.get(invitation);
    assertThat(person.post(invitation, "name", "ADA", "password", LabelApp.PASSWORD).body())
        .contains("This name is taken");
    assertThat(person.post(invitation, "name", "Bert", "password", LabelApp.PASSWORD).statusCode())
        .isEqualTo(303);
    Account bert = app.store().accounts().byName("bert").orElseThrow();
    assertThat(bert.role()).isEqualTo(Role.ANNOTATOR);
    assertThat(bert.group()).isEqualTo("night shift");
    assertThat(person.get("/people").statusCode()).isEqualTo(403);
  }

  @Test
  void aVoteWithoutScriptIsStoredInTermsOfTheResponses() throws Exception {
    Account ann = app.account("ann", Role.ANNOTATOR);
    Project project = app.project("pairs", PAIRWISE, 2, 2);
    Visit visit = app.signedIn("ann");

    String page = visit.get("/p/pairs/task").body();
    assertThat(page).doesNotContain("secret-model").doesNotContain("model-1");
    HttpResponse<String> stored = vote(visit, page, "/p/pairs/task", "q.better", "2:3");

    assertThat(stored.statusCode()).isEqualTo(303);
    CastVote vote = only(history(ann, project));
    assertThat(vote.answers().path("better").path("preferred").asText())
        .isEqualTo(vote.shown().get(1));
    assertThat(vote.answers().path("better").path("strength").asInt()).isEqualTo(3);
    assertThat(page.indexOf("Answer text " + vote.shown().get(0).replaceAll("\\D", "")))
        .isLessThan(page.indexOf("Answer text " + vote.shown().get(1).replaceAll("\\D", "")));
  }

  @Test
  void aFormSentTwiceIsStoredOnce() throws Exception {
    Account ann = app.account("ann", Role.ANNOTATOR);
    Project project = app.project("pairs", PAIRWISE, 2, 2);
    Visit visit = app.signedIn("ann");
    String page = visit.get("/p/pairs/task").body();

    assertThat(vote(visit, page, "/p/pairs/task", "q.better", "tie").statusCode()).isEqualTo(303);
    assertThat(vote(visit, page, "/p/pairs/task", "q.better", "tie").statusCode()).isEqualTo(303);

    assertThat(history(ann, project)).hasSize(1);
  }

  @Test
  void everyKindOfQuestionIsReadAndComesBackForAChange() throws Exception {
    Account ann = app.account("ann", Role.ANNOTATOR);
    Project project = app.project("all", ALL, 1, 3);
    Visit visit = app.signedIn("ann");
    String page = visit.get("/p/all/task").body();
    String[] answers = {
      "q.rank.1",
      "2",
      "q.rank.2",
      "1",
      "q.rank.3",
      "2",
      "q.rate.1.0",
      "5",
      "q.rate.1.1",
      "1",
      "q.rate.2.0",
      "4",
      "q.rate.2.1",
      "2",
      "q.rate.3.0",
      "3",
      "q.rate.3.1",
      "3",
      "q.whole.0.0",
      "2",
      "q.fix.slot",
      "2",
      "q.fix",
      "A better\r\nanswer",
      "q.ask",
      "Why?",
      "q.why",
      "Because <b>"
    };

    assertThat(vote(visit, page, "/p/all/task", answers).statusCode()).isEqualTo(303);

    CastVote vote = only(history(ann, project));
    List<String> shown = vote.shown();
    JsonNode given = vote.answers();
    assertThat(given.path("rank"))
        .isEqualTo(
            LabelApp.json(
                "[[\"%s\"], [\"%s\", \"%s\"]]"
                    .formatted(shown.get(1), shown.get(0), shown.get(2))));
    assertThat(given.path("rate").path(shown.get(1)).path("quality").asDouble()).isEqualTo(0.75);
    assertThat(given.path("whole").path("difficulty").asDouble()).isEqualTo(0.25);
    assertThat(given.path("fix").path("text").asText()).isEqualTo("A better\nanswer");
    assertThat(given.path("fix").path("response").asText()).isEqualTo(shown.get(1));
    assertThat(given.path("ask").asText()).isEqualTo("Why?");

    String change = visit.get("/p/all/history/" + vote.id()).body();
    for (String checked : List.of("q.rate.1.0\" value=\"5", "q.whole.0.0\" value=\"2")) {
      assertThat(change).containsPattern(checked + "\"[^>]* checked");
    }
    answers[1] = "1";
    assertThat(vote(visit, change, "/p/all/history/" + vote.id(), answers).statusCode())
        .isEqualTo(303);
    CastVote changed = history(ann, project).get(0);
    assertThat(changed.supersedes()).hasValue(vote.id());
    assertThat(changed.answers().path("rank").get(0)).hasSize(2);
  }

  @Test
  void anIncompleteFormComesBackWithWhatWasTypedAndWhatIsMissing() throws Exception {
    app.account("ann", Role.ANNOTATOR);
    app.project("all", ALL, 1, 3);
    Visit visit = app.signedIn("ann");
    String page = visit.get("/p/all/task").body();

    HttpResponse<String> back = vote(visit, page, "/p/all/task", "q.ask", "Why \"this\"?");

    assertThat(back.statusCode()).isEqualTo(422);
    assertThat(back.body())
        .contains("“Rank the answers, the best one first.” needs an answer.")
        .contains("Why \"this\"?</textarea>")
        .doesNotContain("secret-model");
  }

  @Test
  void skippingUndoingAndDraftsWork() throws Exception {
    Account ann = app.account("ann", Role.ANNOTATOR);
    Project project = app.project("pairs", PAIRWISE, 3, 2);
    Visit visit = app.signedIn("ann");
    String first = visit.get("/p/pairs/task").body();
    String lease = Visit.hidden(first, "lease");

    assertThat(
            visit
                .post("/p/pairs/task/draft", "lease", lease, "q.better", "1:2", "other", "x")
                .body())
        .contains("Draft kept");
    String again = visit.get("/p/pairs/task").body();
    assertThat(again).containsPattern("value=\"1:2\"[^>]* checked");

    assertThat(
            visit
                .post(
                    "/p/pairs/skip",
                    "lease",
                    lease,
                    "nonce",
                    "skip-1",
                    "reason",
                    "I cannot decide",
                    "words",
                    "no")
                .statusCode())
        .isEqualTo(303);
    CastVote skip = only(history(ann, project));
    assertThat(skip.kind()).isEqualTo(VoteKind.SKIP);
    assertThat(skip.reason()).isEqualTo("I cannot decide: no");

    String second = visit.get("/p/pairs/task").body();
    assertThat(Visit.hidden(second, "lease")).isNotEqualTo(lease);
    vote(visit, second, "/p/pairs/task", "q.better", "tie");
    assertThat(visit.post("/p/pairs/undo").statusCode()).isEqualTo(303);
    String taken = visit.get("/p/pairs/task").body();
    assertThat(Visit.hidden(taken, "lease")).isEqualTo(Visit.hidden(second, "lease"));
    assertThat(taken).containsPattern("value=\"tie\"[^>]* checked");
  }

  @Test
  void aReviewerHasTheLastWordAndSeesWhoWroteWhat() throws Exception {
    app.account("ann", Role.ANNOTATOR);
    app.account("rita", Role.REVIEWER);
    app.project("pairs", PAIRWISE, 1, 2);
    Visit visit = app.signedIn("ann");
    String page = visit.get("/p/pairs/task").body();
    vote(visit, page, "/p/pairs/task", "q.better", "both_bad");
    assertThat(visit.get("/p/pairs/review").statusCode()).isEqualTo(403);

    Visit reviewer = app.signedIn("rita");
    String list = reviewer.get("/p/pairs/review?state=done").body();
    String item = list.replaceFirst("(?s).*(/p/pairs/review/\\d+)\".*", "$1");
    assertThat(reviewer.get(item).body()).contains("Both bad", "ann", "model-1", "model-2");
    assertThat(reviewer.post(item, "q.better", "1:1", "why", "It is right").statusCode())
        .isEqualTo(303);

    assertThat(reviewer.get("/p/pairs/review?state=adjudicated").body()).contains(item);
  }

  @Test
  void anAdminMakesAProjectImportsAndSeesProgress() throws Exception {
    app.account("ada", Role.ADMIN);
    Visit visit = app.signedIn("ada");
    visit.get("/new");
    assertThat(visit.post("/new", "slug", "talk", "title", "Talk", "kind", "pairwise").statusCode())
        .isEqualTo(303);
    visit.get("/p/talk/admin/data");
    String rows =
        """
        {"id": "t1", "messages": [{"role": "user", "content": "Hi"}], "responses": [{"content": "A"}, {"content": "B"}]}
        {"id": "t2", "messages": [{"role": "user", "content": "Ho"}], "responses": [{"content": "A"}]}
        """;
    HttpResponse<String> imported =
        visit.upload("/p/talk/admin/import", "items.jsonl", rows.getBytes(StandardCharsets.UTF_8));
    assertThat(imported.statusCode()).isEqualTo(200);
    assertThat(imported.body()).contains("1 items added", "1 rows left out");

    assertThat(
            visit.post("/p/talk/admin/guidelines", "markdown", "# Be *fair*\n\n$x^2$").statusCode())
        .isEqualTo(303);
    assertThat(visit.get("/p/talk/task").body())
        .contains("<em>fair</em>", "<span class=\"math\">x^2</span>", "version 1");
    String settings = visit.get("/p/talk/admin/settings").body();
    assertThat(settings).contains("strengths");
    assertThat(
            visit
                .post(
                    "/p/talk/admin/settings",
                    "title",
                    "Talk",
                    "state",
                    "open",
                    "overlap",
                    "0",
                    "questions",
                    PAIRWISE)
                .body())
        .contains("overlap: is 0, wanted at least 1");
    for (String page :
        List.of(
            "/",
            "/p/talk",
            "/p/talk/admin",
            "/p/talk/admin/people",
            "/p/talk/admin/webhooks",
            "/p/talk/guidelines",
            "/p/talk/history",
            "/people",
            "/audit",
            "/account")) {
      assertThat(visit.get(page).statusCode()).as(page).isEqualTo(200);
    }
  }

  static HttpResponse<String> vote(Visit visit, String page, String path, String... answers)
      throws Exception {
    String hidden =
        Visit.form(
            "_csrf", visit.csrf(),
            "lease", Visit.hidden(page, "lease"),
            "nonce", Visit.hidden(page, "nonce"));
    return visit.postRaw(path, hidden + "&" + Visit.form(answers));
  }

  private List<CastVote> history(Account account, Project project) {
    return app.store()
        .votes()
        .history(account.id(), project.id(), Votes.Selection.CURRENT, Long.MAX_VALUE, 9);
  }

  private static CastVote only(List<CastVote> votes) {
    assertThat(votes).hasSize(1);
    return votes.get(0);
  }
}
