package plumbline.web.label;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.HttpCookie;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.AuditEntry;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.Role;
import plumbline.annotation.store.StoreConfig;
import plumbline.web.Tokens;

/** Others' forms, sessions, tasks and secrets: all of it is refused and logged. */
class LabelAccessAttackTest extends AttackedApp {
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
