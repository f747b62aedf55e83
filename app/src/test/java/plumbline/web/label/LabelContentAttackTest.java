package plumbline.web.label;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import plumbline.Mutation;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.NewItem;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.Role;

/** Scripts, SQL and broken bodies: all of it is text or refused. */
class LabelContentAttackTest extends AttackedApp {
  private static final String SCRIPT =
      "\"'><script>alert(1)</script><img src=x onerror=alert(2)> [x](javascript:alert(3))"
          + " [y]($javascript:alert(4)//$) $<img src=x onerror=alert(5)>$ <svg/onload=alert(6)>";

  private static final List<String> SQL =
      List.of(
          "'; DROP TABLE accounts; --", "' OR '1'='1", "1 OR 1=1", "\\'; SELECT 1; --", "%27--");

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
    assertThat(vote(visit, page, SCRIPT).statusCode()).isEqualTo(303);
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
      assertThat(vote(visit, page, sql).statusCode()).isEqualTo(303);
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

  /** Damaged forms, as many as {@code plumbline.fuzz} says. */
  @Test
  void damagedFormsAreTakenOrRefused() throws Exception {
    app.account("ann", Role.ANNOTATOR);
    app.project("p", LabelPagesTest.ALL, 400, 3);
    Visit visit = app.signedIn("ann");
    Map<Integer, Integer> answers = new TreeMap<>();
    String hidden = "";
    for (int seed = 0; seed < Integer.getInteger("plumbline.fuzz", 300); seed++) {
      if (seed % 50 == 0) {
        String page = visit.get("/p/p/task").body();
        hidden =
            Visit.form(
                "lease",
                Visit.hidden(page, "lease"),
                "nonce",
                Visit.hidden(page, "nonce"),
                "q.rank.1",
                "1",
                "q.ask",
                "why",
                "seconds",
                "3");
      }
      byte[] form = new Mutation(seed).ofBytes(hidden.getBytes(StandardCharsets.UTF_8));
      String body = "_csrf=" + visit.csrf() + "&" + new String(form, StandardCharsets.ISO_8859_1);
      int status = visit.postRaw("/p/p/task", body).statusCode();
      assertThat(status).as("seed %d: %s", seed, body).isLessThan(500);
      answers.merge(status, 1, Integer::sum);
    }
    System.err.println("fuzz of forms of label: " + answers);
    assertThat(visit.get("/p/p/task").statusCode()).isEqualTo(200);
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

  /** Answers every type of question, with the same words wherever words are asked. */
  private static HttpResponse<String> vote(Visit visit, String page, String text) throws Exception {
    return LabelPagesTest.vote(
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
        text,
        "q.ask",
        text,
        "q.why",
        text);
  }
}
