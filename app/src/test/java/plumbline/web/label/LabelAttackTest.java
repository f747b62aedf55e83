package plumbline.web.label;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.HttpCookie;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.AuditEntry;
import plumbline.annotation.store.CastVote;
import plumbline.annotation.store.NewItem;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.Role;
import plumbline.annotation.store.StoreConfig;
import plumbline.annotation.store.Votes;
import plumbline.web.Tokens;

/** What people with bad intentions send; all of it is refused, and all of it is logged. */
class LabelAttackTest {
  private static final String SCRIPT =
      "\"'><script>alert(1)</script><img src=x onerror=alert(2)> [x](javascript:alert(3))"
          + " [y]($javascript:alert(4)//$) $<img src=x onerror=alert(5)>$ <svg/onload=alert(6)>";

  private static final List<String> SQL =
      List.of(
          "'; DROP TABLE accounts; --", "' OR '1'='1", "1 OR 1=1", "\\'; SELECT 1; --", "%27--");

  @TempDir private Path folder;
  private final MovingClock clock = new MovingClock();
  private LabelApp app;

  /** A clock that tests set. */
  private static final class MovingClock extends Clock {
    private Duration ahead = Duration.ZERO;

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return Instant.now().plus(ahead);
    }
  }

  @BeforeEach
  void start() {
    StoreConfig store = StoreConfig.sqlite(folder).withClock(clock);
    app =
        new LabelApp(
            LabelServerConfig.of(store, 0)
                .withRequestsPerMinute(100_000)
                .withLargestUpload(100_000));
  }

  @AfterEach
  void stop() {
    app.close();
  }

  private void assertRefused(String why) {
    assertThat(app.audited()).contains("refused." + why);
  }

  private List<CastVote> votes(Account account, Project project) {
    return app.store()
        .votes()
        .history(account.id(), project.id(), Votes.Selection.ALL, Long.MAX_VALUE, 50);
  }

  // ---- scripts

  @Test
  void storedScriptsAreShownAsText() throws Exception {
    app.account("ada", Role.ADMIN);
    Project project = app.project("p", LabelPagesTest.ALL, 0, 3);
    NewItem plain = LabelApp.item("x", SCRIPT, 0);
    NewItem hostile =
        new NewItem(
            "id " + SCRIPT,
            SCRIPT,
            plain.context(),
            List.of(
                new plumbline.annotation.store.Response("a", SCRIPT, SCRIPT),
                new plumbline.annotation.store.Response("b", "m", SCRIPT + "\n\n```\n" + SCRIPT)),
            List.of(),
            java.util.Optional.empty(),
            plain.meta());
    app.store().items().add(Actor.SYSTEM, project.id(), List.of(hostile).iterator());
    app.store().projects().setTitle(Actor.SYSTEM, project.id(), SCRIPT);
    app.store().projects().publishGuidelines(Actor.SYSTEM, project.id(), SCRIPT);
    Visit visit = app.signedIn("ada");
    String page = visit.get("/p/p/task").body();
    assertThat(
            LabelPagesTest.vote(
                    visit,
                    page,
                    "/p/p/task",
                    "q.rank.1",
                    "1",
                    "q.rank.2",
                    "2",
                    "q.rate.1.0",
                    "1",
                    "q.rate.1.1",
                    "1",
                    "q.rate.2.0",
                    "1",
                    "q.rate.2.1",
                    "1",
                    "q.whole.0.0",
                    "1",
                    "q.fix.slot",
                    "1",
                    "q.fix",
                    SCRIPT,
                    "q.ask",
                    SCRIPT,
                    "q.why",
                    SCRIPT)
                .statusCode())
        .isEqualTo(303);
    visit.get("/people");
    visit.post("/people/invite", "role", "annotator", "group", "\"><script>alert(1)</script>");
    visit.post("/account/tokens", "label", "\"><script>alert(1)</script>");

    assertHarmless(page);
    long item = votes(app.store().accounts().byName("ada").orElseThrow(), project).get(0).itemId();
    long vote = votes(app.store().accounts().byName("ada").orElseThrow(), project).get(0).id();
    for (String path :
        List.of(
            "/",
            "/p/p",
            "/p/p/task",
            "/p/p/guidelines",
            "/p/p/history",
            "/p/p/history/" + vote,
            "/p/p/review?state=done",
            "/p/p/review/" + item,
            "/p/p/admin",
            "/p/p/admin/settings",
            "/p/p/admin/guidelines",
            "/p/p/admin/data",
            "/people",
            "/audit",
            "/account")) {
      HttpResponse<String> response = visit.get(path);
      assertThat(response.statusCode()).as(path).isEqualTo(200);
      assertHarmless(response.body());
    }
  }

  @Test
  void reflectedScriptsAreShownAsTextOrNotAtAll() throws Exception {
    app.account("ada", Role.ADMIN);
    app.project("p", LabelPagesTest.PAIRWISE, 1, 2);
    Visit visit = app.signedIn("ada");
    String script = Visit.encoded(SCRIPT);
    for (String path :
        List.of(
            "/?done=" + script,
            "/p/" + script,
            "/p/p/review?state=" + script,
            "/p/p/history?before=" + script,
            "/p/p/history/" + script,
            "/join/" + script,
            "/p/p/guidelines?version=" + script,
            "/p/p/admin/export?as=" + script,
            "/p/p/admin/export?method=" + script,
            "/" + script)) {
      assertHarmless(visit.get(path).body());
    }
    Visit stranger = new Visit(app.address());
    stranger.get("/sign-in");
    assertHarmless(stranger.post("/sign-in", "name", SCRIPT, "password", "x").body());
    String name = "<script>alert(1)</script>";
    assertHarmless(stranger.post("/sign-in", "name", name, "password", "x").body());
    visit.get("/new");
    assertHarmless(visit.post("/new", "slug", name, "title", SCRIPT, "kind", name).body());
    visit.get("/p/p/admin/settings");
    assertHarmless(visit.post("/p/p/admin/settings", "title", SCRIPT, "questions", SCRIPT).body());
    assertRefused("not_found");
  }

  private static void assertHarmless(String page) {
    assertThat(page)
        .doesNotContain("<script>")
        .doesNotContain("<img")
        .doesNotContain("<svg")
        .doesNotContainIgnoringCase("href=\"javascript")
        .doesNotContain("plumbline.web");
  }

  @Test
  void everyAnswerForbidsInlineScriptsFramesAndSniffing() throws Exception {
    Visit visit = new Visit(app.address());
    for (String path : List.of("/sign-in", "/nothing", "/health", "/api/v1/nothing")) {
      HttpResponse<String> response = visit.get(path);
      String policy = response.headers().firstValue("Content-Security-Policy").orElse("");
      assertThat(policy)
          .as(path)
          .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
          .doesNotContain("unsafe");
      assertThat(response.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
      assertThat(response.headers().firstValue("Server")).isEmpty();
    }
    assertThat(visit.get("/sign-in").body()).doesNotContainPattern("<script(?![^>]*\\ssrc=)");
    assertThat(visit.get("/sign-in").body()).doesNotContainPattern("\\son\\w+=|\\sstyle=");
  }

  // ---- forms of other sites

  @Test
  void formsWithoutTheSessionsTokenChangeNothing() throws Exception {
    Account ann = app.account("ann", Role.ANNOTATOR);
    app.account("bob", Role.ANNOTATOR);
    Project project = app.project("p", LabelPagesTest.PAIRWISE, 3, 2);
    Visit visit = app.signedIn("ann");
    Visit other = app.signedIn("bob");
    other.get("/p/p/task");
    String page = visit.get("/p/p/task").body();
    String form =
        Visit.form(
            "lease",
            Visit.hidden(page, "lease"),
            "nonce",
            Visit.hidden(page, "nonce"),
            "q.better",
            "tie");

    assertThat(visit.postRaw("/p/p/task", form).statusCode()).isEqualTo(403);
    assertThat(visit.postRaw("/p/p/task", form + "&_csrf=").statusCode()).isEqualTo(403);
    assertThat(visit.postRaw("/p/p/task", form + "&_csrf=" + other.csrf()).statusCode())
        .isEqualTo(403);
    assertThat(visit.postRaw("/sign-out", "").statusCode()).isEqualTo(403);
    assertThat(votes(ann, project)).isEmpty();
    assertRefused("csrf");

    visit.get("/p/p/task");
    String right = form + "&_csrf=" + Visit.encoded(visit.csrf());
    assertThat(visit.postRaw("/p/p/task", right, "Origin", "https://evil.example").statusCode())
        .isEqualTo(403);
    assertThat(visit.postRaw("/p/p/task", right, "Origin", "null").statusCode()).isEqualTo(403);
    assertThat(visit.postRaw("/p/p/task", right, "Sec-Fetch-Site", "cross-site").statusCode())
        .isEqualTo(403);
    assertThat(visit.postRaw("/p/p/task", right, "Sec-Fetch-Site", "same-site").statusCode())
        .isEqualTo(403);
    assertThat(votes(ann, project)).isEmpty();
    assertRefused("origin");
    assertThat(visit.postRaw("/p/p/task", right, "Origin", app.address()).statusCode())
        .isEqualTo(303);
    assertThat(votes(ann, project)).hasSize(1);
  }

  // ---- sessions

  @Test
  void aSessionThatSomebodyElseChoseIsNotTakenOver() throws Exception {
    app.account("ann", Role.ANNOTATOR);
    String chosen = Tokens.random();
    Visit visit = new Visit(app.address());
    visit.put(new HttpCookie("plumbline", chosen));
    visit.get("/sign-in");
    HttpResponse<String> signedIn =
        visit.post("/sign-in", "name", "ann", "password", LabelApp.PASSWORD);
    assertThat(signedIn.statusCode()).isEqualTo(303);
    assertThat(setCookie(signedIn)).startsWith("plumbline=").doesNotContain(chosen);
    Visit attacker = new Visit(app.address());
    attacker.put(new HttpCookie("plumbline", chosen));
    assertThat(attacker.get("/").statusCode()).isEqualTo(303);
  }

  @Test
  void forgedAndEndedSessionsAreNobodys() throws Exception {
    app.account("ann", Role.ANNOTATOR);
    for (String forged : List.of(Tokens.random(), "x", "' OR '1'='1", "a".repeat(5000))) {
      Visit visit = new Visit(app.address());
      visit.put(new HttpCookie("plumbline", forged.replaceAll("[ ';]", "")));
      assertThat(visit.get("/account").statusCode()).isEqualTo(303);
    }
    assertThat(app.audited()).filteredOn("refused.session"::equals).hasSize(4);
    Visit visit = app.signedIn("ann");
    String session = visit.cookie("plumbline").orElseThrow().getValue();
    visit.get("/account");
    assertThat(visit.post("/account/sessions").statusCode()).isEqualTo(303);
    Visit thief = new Visit(app.address());
    thief.put(new HttpCookie("plumbline", session));
    assertThat(thief.get("/account").statusCode()).isEqualTo(303);
    assertThat(thief.get("/join/" + Tokens.random()).statusCode()).isEqualTo(404);
    assertRefused("invitation");
    assertThat(
            thief
                .send(
                    java.net.http.HttpRequest.newBuilder(
                            java.net.URI.create(app.address() + "/account"))
                        .header("Authorization", "Bearer " + Tokens.random())
                        .build())
                .statusCode())
        .isEqualTo(303);
  }

  @Test
  void cookiesCannotBeReadByScriptsNorSentByOtherSites() throws Exception {
    app.account("ann", Role.ANNOTATOR);
    Visit visit = new Visit(app.address());
    String visitCookie = setCookie(visit.get("/sign-in"));
    String session =
        setCookie(visit.post("/sign-in", "name", "ann", "password", LabelApp.PASSWORD));
    assertThat(visitCookie).contains("HttpOnly").contains("SameSite=Lax");
    assertThat(session).startsWith("plumbline=").contains("HttpOnly").contains("SameSite=Lax");
  }

  private static String setCookie(HttpResponse<String> response) {
    return response.headers().allValues("Set-Cookie").get(0);
  }

  @Test
  void tooManyWrongPasswordsLockTheNameForAWhileAndNothingTellsWhetherItIsThere() throws Exception {
    app.account("ann", Role.ANNOTATOR);
    Visit visit = new Visit(app.address());
    visit.get("/sign-in");
    HttpResponse<String> wrong = visit.post("/sign-in", "name", "ann", "password", "wrong");
    HttpResponse<String> unknown = visit.post("/sign-in", "name", "nob", "password", "wrong");
    assertThat(wrong.statusCode()).isEqualTo(401);
    assertThat(unknown.statusCode()).isEqualTo(401);
    assertThat(unknown.body().replace("nob", "ann")).isEqualTo(wrong.body());

    for (int i = 1; i < SignInPages.TRIES_OF_NAME; i++) {
      visit.post("/sign-in", "name", "Ann", "password", "wrong");
    }
    HttpResponse<String> locked =
        visit.post("/sign-in", "name", "ann", "password", LabelApp.PASSWORD);
    assertThat(locked.statusCode()).isEqualTo(401);
    assertThat(locked.body()).isEqualTo(wrong.body());
    assertRefused("sign_in");

    clock.ahead = Duration.ofMinutes(16);
    assertThat(visit.post("/sign-in", "name", "ann", "password", LabelApp.PASSWORD).statusCode())
        .isEqualTo(303);
  }

  @Test
  void whoAsksTooOftenWaits() throws Exception {
    Files.createDirectories(folder.resolve("small"));
    try (LabelApp small =
        new LabelApp(
            LabelServerConfig.of(StoreConfig.sqlite(folder.resolve("small")), 0)
                .withRequestsPerMinute(60))) {
      Visit visit = new Visit(small.address());
      int refused = 0;
      for (int i = 0; i < 100; i++) {
        refused += visit.get("/sign-in").statusCode() == 429 ? 1 : 0;
      }
      assertThat(refused).isBetween(20, 45);
      assertThat(small.audited()).contains("refused.rate");
    }
  }

  // ---- what is another's

  @Test
  void anothersTasksAnswersAndProjectsAreNotThere() throws Exception {
    Account ann = app.account("ann", Role.ANNOTATOR);
    Account bob = app.account("bob", Role.ANNOTATOR);
    Project project = app.project("p", LabelPagesTest.PAIRWISE, 5, 2);
    Project secret = app.project("secret", LabelPagesTest.PAIRWISE, 5, 2);
    app.store().projects().setMembers(Actor.SYSTEM, secret.id(), List.of(bob.id()));
    Visit annVisit = app.signedIn("ann");
    Visit bobVisit = app.signedIn("bob");
    String bobs = bobVisit.get("/p/secret/task").body();
    LabelPagesTest.vote(bobVisit, bobs, "/p/secret/task", "q.better", "tie");
    long vote = votes(bob, secret).get(0).id();
    String lease = Visit.hidden(bobVisit.get("/p/secret/task").body(), "lease");
    annVisit.get("/p/p/task");

    String[] forged = {"lease", lease, "nonce", "n", "q.better", "tie", "reason", "x"};
    for (String path : List.of("/p/p/task", "/p/p/task/draft", "/p/p/skip", "/p/p/discard")) {
      assertThat(annVisit.post(path, forged).statusCode()).as(path).isEqualTo(404);
    }
    for (String path :
        List.of("/p/secret/task", "/p/secret/history", "/p/secret", "/p/p/history/" + vote)) {
      assertThat(annVisit.get(path).statusCode()).as(path).isEqualTo(404);
    }
    assertThat(annVisit.post("/p/secret/history/" + vote, "q.better", "tie").statusCode())
        .isEqualTo(404);
    assertThat(annVisit.post("/p/p/history/" + vote, "q.better", "tie").statusCode())
        .isEqualTo(404);
    for (String path :
        List.of(
            "/people",
            "/audit",
            "/new",
            "/p/p/admin",
            "/p/p/admin/settings",
            "/p/p/review",
            "/p/p/admin/export",
            "/p/p/review/1")) {
      assertThat(annVisit.get(path).statusCode()).as(path).isEqualTo(403);
    }
    for (String path :
        List.of(
            "/people/" + ann.id(),
            "/people/invite",
            "/p/p/admin/settings",
            "/p/p/admin/people",
            "/p/p/review/1",
            "/people/" + bob.id() + "/password")) {
      assertThat(annVisit.post(path, "role", "admin", "active", "on", "nonce", "x").statusCode())
          .as(path)
          .isEqualTo(403);
    }
    assertThat(app.store().accounts().byId(ann.id()).orElseThrow().role())
        .isEqualTo(Role.ANNOTATOR);
    assertThat(votes(ann, project)).isEmpty();
    assertThat(votes(ann, secret)).isEmpty();
    assertThat(votes(bob, secret)).hasSize(1);
    assertRefused("not_found");
    assertRefused("project");
    assertRefused("vote");
    assertRefused("role");
  }

  // ---- SQL

  @Test
  void sqlIsTextInEveryField() throws Exception {
    app.account("ada", Role.ADMIN);
    app.project("p", LabelPagesTest.ALL, 30, 2);
    Visit visit = app.signedIn("ada");
    for (String sql : SQL) {
      String raw = Visit.encoded(sql).replace("+", "%20");
      for (String path :
          List.of(
              "/p/" + raw,
              "/join/" + raw,
              "/p/p/history?before=" + raw,
              "/p/p/history/" + raw,
              "/p/p/review?state=" + raw,
              "/p/p/review?state=open&after=" + raw,
              "/p/p/review/" + raw,
              "/audit?before=" + raw,
              "/p/p/guidelines?version=" + raw,
              "/p/p/admin/export?as=" + raw)) {
        assertThat(visit.get(path).statusCode()).as(path).isLessThan(500);
      }
      String page = visit.get("/p/p/task").body();
      assertThat(
              LabelPagesTest.vote(
                      visit,
                      page,
                      "/p/p/task",
                      "q.rank.1",
                      "1",
                      "q.rank.2",
                      "2",
                      "q.rate.1.0",
                      "1",
                      "q.rate.1.1",
                      "1",
                      "q.rate.2.0",
                      "1",
                      "q.rate.2.1",
                      "1",
                      "q.whole.0.0",
                      "1",
                      "q.fix.slot",
                      "1",
                      "q.fix",
                      sql,
                      "q.ask",
                      sql,
                      "q.why",
                      sql)
                  .statusCode())
          .isEqualTo(303);
      for (String path :
          List.of(
              "/p/p/task",
              "/p/p/task/draft",
              "/p/p/skip",
              "/p/p/discard",
              "/new",
              "/p/p/admin/settings",
              "/p/p/admin/guidelines",
              "/p/p/admin/people",
              "/p/p/admin/webhooks",
              "/people/invite",
              "/people/1",
              "/account/tokens",
              "/account/password",
              "/p/p/review/1",
              "/p/p/admin/webhooks/" + raw + "/stop",
              "/account/tokens/" + raw + "/revoke",
              "/people/" + raw)) {
        visit.get("/account");
        int status =
            visit
                .post(
                    path,
                    "lease",
                    sql,
                    "nonce",
                    sql,
                    "reason",
                    sql,
                    "words",
                    sql,
                    "slug",
                    sql,
                    "title",
                    sql,
                    "kind",
                    sql,
                    "markdown",
                    sql,
                    "member",
                    sql,
                    "url",
                    sql,
                    "event",
                    sql,
                    "role",
                    sql,
                    "group",
                    sql,
                    "label",
                    sql,
                    "old",
                    sql,
                    "new",
                    sql,
                    "why",
                    sql,
                    "questions",
                    sql,
                    "q.rank.1",
                    sql,
                    "state",
                    sql,
                    "overlap",
                    sql)
                .statusCode();
        assertThat(status).as(path).isLessThan(500);
      }
      Visit stranger = new Visit(app.address());
      stranger.get("/sign-in");
      assertThat(stranger.post("/sign-in", "name", sql, "password", sql).statusCode())
          .isEqualTo(401);
    }
    assertThat(app.store().accounts().list()).hasSize(1);
    assertThat(visit.get("/p/p/history").body()).contains("DROP TABLE accounts");
    assertThat(app.store().projects().list()).hasSize(1);
  }

  // ---- bodies

  @Test
  void oversizedBodiesAreRefused() throws Exception {
    app.account("ada", Role.ADMIN);
    app.project("p", LabelPagesTest.PAIRWISE, 2, 2);
    Visit visit = app.signedIn("ada");
    visit.get("/p/p/admin/guidelines");
    String huge = "a".repeat(3 << 20);
    assertThat(visit.post("/p/p/admin/guidelines", "markdown", huge).statusCode()).isEqualTo(413);
    assertThat(visit.post("/sign-in", "name", huge).statusCode()).isEqualTo(413);
    byte[] upload = new byte[4 << 20];
    assertThat(visit.upload("/p/p/admin/import", "a.jsonl", upload).statusCode()).isEqualTo(413);
    assertThat(visit.upload("/p/p/admin/import", "a.jsonl", new byte[200_000]).statusCode())
        .isBetween(400, 413);
    assertThat(visit.get("/" + "a".repeat(20_000)).statusCode()).isBetween(400, 499);
    assertRefused("too_large");
    assertThat(app.store().projects().bySlug("p").orElseThrow().guidelines()).isZero();
  }

  @Test
  void malformedBodiesAreRefused() throws Exception {
    Account ann = app.account("ann", Role.ANNOTATOR);
    Project project = app.project("p", LabelPagesTest.ALL, 2, 3);
    Visit visit = app.signedIn("ann");
    String page = visit.get("/p/p/task").body();
    String hidden =
        Visit.form(
            "_csrf",
            visit.csrf(),
            "lease",
            Visit.hidden(page, "lease"),
            "nonce",
            Visit.hidden(page, "nonce"));
    for (String body :
        List.of(
            "&q.rank.1=x",
            "&q.rank.1=-1",
            "&q.rank.1=99999999999999",
            "&q.rate.1.0=6",
            "&q.rate.1.0=1e9",
            "&q.fix=a&q.fix.slot=9",
            "&q.fix=a&q.fix.slot=0",
            "&q.ask=%00",
            "&q.ask=%zz",
            "&%",
            "&q.rank.1=%F0%28%8C%28",
            "&seconds=abc")) {
      assertThat(visit.postRaw("/p/p/task", hidden + body).statusCode())
          .as(body)
          .isBetween(400, 499);
    }
    assertThat(visit.postRaw("/p/p/task", hidden.replaceAll("lease=\\d+", "lease=")).statusCode())
        .isEqualTo(400);
    assertThat(visit.postRaw("/p/p/task", "{\"_csrf\": 1}", "X-Other", "json").statusCode())
        .isEqualTo(403);
    StringBuilder many = new StringBuilder(hidden);
    for (int i = 0; i < 2000; i++) {
      many.append("&f").append(i).append("=1");
    }
    assertThat(visit.postRaw("/p/p/task", many.toString()).statusCode()).isBetween(400, 413);
    assertThat(visit.upload("/p/p/task", "a.jsonl", new byte[10]).statusCode()).isEqualTo(403);
    assertThat(votes(ann, project)).isEmpty();
    assertRefused("malformed");
  }

  @Test
  void filesWhoseNamesSayWhereTheyLieAreRefused() throws Exception {
    app.account("ada", Role.ADMIN);
    Project project = app.project("p", LabelPagesTest.PAIRWISE, 0, 2);
    Visit visit = app.signedIn("ada");
    visit.get("/p/p/admin/data");
    byte[] row =
        "{\"id\": \"t\", \"messages\": [], \"responses\": [{\"content\": \"A\"}, {\"content\": \"B\"}]}"
            .getBytes(StandardCharsets.UTF_8);
    for (String name :
        List.of("../../evil.jsonl", "/etc/evil.jsonl", "..%2fevil.jsonl", "a/../evil.jsonl")) {
      assertThat(visit.upload("/p/p/admin/import", name, row).statusCode()).as(name).isEqualTo(400);
    }
    assertRefused("file_name");
    for (String name : List.of("evil.sh", "evil", "evil.jsonl.exe")) {
      assertThat(visit.upload("/p/p/admin/import", name, row).statusCode()).as(name).isEqualTo(400);
    }
    for (String path :
        List.of(
            "/static/../../etc/passwd",
            "/static/x/..%2f..%2fetc%2fpasswd",
            "/static/%2e%2e/label.js",
            "/p/..%2f..%2fetc/task",
            "/static/x/label.js")) {
      HttpResponse<String> response = visit.get(path);
      assertThat(response.statusCode()).as(path).isBetween(303, 404);
      assertThat(response.body()).as(path).doesNotContain("root:");
    }
    HttpResponse<String> broken =
        visit.upload("/p/p/admin/import", "a.jsonl", "{\"no\n".getBytes(StandardCharsets.UTF_8));
    assertThat(broken.statusCode()).isEqualTo(422);
    assertThat(broken.body()).doesNotContain("/tmp").doesNotContain("Exception");
    assertThat(app.store().items().countByState(project.id()).values()).containsOnly(0);
  }

  // ---- secrets

  @Test
  void noSecretIsInTheAuditLog() throws Exception {
    String link = app.server().firstAdminLink().orElseThrow();
    String token = link.substring(link.lastIndexOf('/') + 1);
    Visit visit = new Visit(app.address());
    visit.get("/join/" + token);
    visit.post("/join/" + token, "name", "ada", "password", LabelApp.PASSWORD);
    visit.get("/join/" + token);
    visit.get("/account");
    String fresh = visit.post("/account/tokens", "label", "script").body();
    String api = fresh.replaceFirst("(?s).*class=\"secret\">([^<]+)<.*", "$1");
    String session = visit.cookie("plumbline").orElseThrow().getValue();
    visit.post("/sign-out");
    visit.get("/sign-in");
    visit.post("/sign-in", "name", "ada", "password", "not the right one");

    String log =
        String.join(
            "\n",
            app.store().audit().page(Long.MAX_VALUE, 1000).stream()
                .map(AuditEntry::toString)
                .toList());
    assertThat(log)
        .contains("refused.sign_in", "refused.invitation")
        .doesNotContain(token)
        .doesNotContain(api)
        .doesNotContain(session)
        .doesNotContain(LabelApp.PASSWORD)
        .doesNotContain("not the right one");
  }
}
