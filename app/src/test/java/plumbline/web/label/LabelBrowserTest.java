package plumbline.web.label;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.CastVote;
import plumbline.annotation.store.NewItem;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.Role;
import plumbline.annotation.store.VoteKind;
import plumbline.annotation.store.Votes;
import plumbline.cli.Chromium;

/** The labelling app in a real browser, by keyboard. */
class LabelBrowserTest {
  @TempDir private static Path folder;

  private static Chromium chromium;
  private static LabelApp app;

  @BeforeAll
  static void openABrowser() throws Exception {
    chromium = Chromium.start();
    app = new LabelApp(folder);
    app.account("ada", Role.ADMIN);
  }

  @AfterAll
  static void close() throws Exception {
    if (app != null) {
      app.close();
    }
    if (chromium != null) {
      chromium.close();
    }
  }

  private static Person person(String name) throws Exception {
    app.account(name, Role.ANNOTATOR);
    return new Person(chromium, app.address(), 1280, "light").signIn(name);
  }

  private static List<CastVote> votes(String name, Project project) {
    Account account = app.store().accounts().byName(name).orElseThrow();
    return app.store()
        .votes()
        .history(account.id(), project.id(), Votes.Selection.CURRENT, Long.MAX_VALUE, 50);
  }

  @Test
  void somebodyInvitedJoinsAndVotesInEveryKindOfQuestionByKeyboardOnly() throws Exception {
    Project pairs = app.project("join-pairs", LabelPagesTest.PAIRWISE, 2, 2);
    Project all = app.project("join-all", LabelPagesTest.ALL, 1, 3);
    String token =
        app.store().invitations().create(Actor.SYSTEM, Role.ANNOTATOR, "", Duration.ofDays(1));
    Person person = new Person(chromium, app.address(), 1280, "light");

    person.open("/join/" + token);
    person.type("keys only");
    person.press("Tab");
    person.type(LabelApp.PASSWORD);
    person.leadsOn("Enter");
    assertThat(person.path()).isEqualTo("/");

    person.open("/p/join-pairs/task");
    person.press("6");
    person.leadsOn("Enter");
    person.press("KeyB");
    person.leadsOn("Enter");
    List<CastVote> cast = votes("keys only", pairs);
    assertThat(cast.get(1).answers().path("better").path("preferred").asText())
        .isEqualTo(cast.get(1).shown().get(1));
    assertThat(cast.get(1).answers().path("better").path("strength").asInt()).isEqualTo(3);
    assertThat(cast.get(0).answers().path("better").path("verdict").asText()).isEqualTo("both_bad");

    person.open("/p/join-all/task");
    person.press("2", "1", "2");
    person.press("5", "1", "4", "2", "3", "3", "2");
    person.press("Tab");
    person.type("It is better so, isn't it?");
    person.press("Escape", "ArrowDown");
    person.type("Why is the sky blue?");
    person.press("Escape", "ArrowDown");
    person.type("No more.");
    person.evaluate("window.before = true");
    person.hold("Control", "Enter");
    person.until("window.before === undefined");
    CastVote vote = votes("keys only", all).get(0);
    List<String> shown = vote.shown();
    JsonNode answers = vote.answers();
    assertThat(answers.path("rank").get(0).get(0).asText()).isEqualTo(shown.get(1));
    assertThat(answers.path("rank").get(1)).hasSize(2);
    assertThat(answers.path("rate").path(shown.get(0)).path("quality").asDouble()).isEqualTo(1);
    assertThat(answers.path("rate").path(shown.get(1)).path("humour").asDouble()).isEqualTo(0.25);
    assertThat(answers.path("whole").path("difficulty").asDouble()).isEqualTo(0.25);
    assertThat(answers.path("fix").path("text").asText()).contains("It is better so, isn't it?");
    assertThat(answers.path("ask").asText()).isEqualTo("Why is the sky blue?");
    assertThat(answers.path("why").asText()).isEqualTo("No more.");
    assertThat(person.problems()).isEmpty();
  }

  @Test
  void skippingAndTakingBackNeedOneKeyEach() throws Exception {
    Project project = app.project("keys", LabelPagesTest.PAIRWISE, 3, 2);
    Person person = person("skipper");
    person.open("/p/keys/task");

    person.press("s");
    person.leadsOn("Enter");
    CastVote skip = votes("skipper", project).get(0);
    assertThat(skip.kind()).isEqualTo(VoteKind.SKIP);
    assertThat(skip.reason()).isEqualTo("I do not know enough about this");

    person.press("t");
    person.leadsOn("Enter");
    assertThat(votes("skipper", project)).hasSize(2);
    person.leadsOn("u");
    assertThat(votes("skipper", project)).hasSize(1);
    assertThat(person.evaluate("document.querySelector('input:checked').value").asText())
        .isEqualTo("tie");

    person.press("?");
    assertThat(person.evaluate("document.querySelector('#help').open").asBoolean()).isTrue();
    person.press("Escape");
    assertThat(person.problems()).isEmpty();
  }

  @Test
  void aPageLoadedAnewInMidTaskKeepsWhatWasTyped() throws Exception {
    app.project("drafts", LabelPagesTest.ALL, 2, 2);
    Person person = person("drafter");
    person.open("/p/drafts/task");
    person.press("2", "1", "4");
    person.until("document.querySelector('#saved').textContent.includes('Draft kept')");

    person.reload();
    String first = "document.querySelector('[name=\"q.rank.1\"]').value";
    assertThat(person.evaluate(first).asText()).isEqualTo("2");
    assertThat(
            person
                .evaluate("document.querySelector('[name=\"q.rate.1.0\"]:checked').value")
                .asText())
        .isEqualTo("4");
    assertThat(person.evaluate("document.querySelector('.reads').textContent").asText())
        .isEqualTo("B  >  A");
    assertThat(person.problems()).isEmpty();
  }

  @Test
  void rankingsAreMovedByShiftAndArrows() throws Exception {
    Project project = app.project("moves", "[{\"type\": \"ranking\", \"id\": \"rank\"}]", 1, 3);
    Person person = person("mover");
    person.open("/p/moves/task");
    person.evaluate("document.querySelectorAll('.ranks select')[2].focus()");
    person.hold("Shift", "ArrowUp");
    person.hold("Shift", "ArrowUp");
    assertThat(person.evaluate("document.querySelector('.reads').textContent").asText())
        .isEqualTo("C  >  A  >  B");
    person.leadsOn("Enter");

    CastVote vote = votes("mover", project).get(0);
    assertThat(vote.answers().path("rank").get(0).get(0).asText()).isEqualTo(vote.shown().get(2));
    assertThat(person.problems()).isEmpty();
  }

  @Test
  void twoAnnotatorsAtOnceNeverHoldTheSameItem() throws Exception {
    Project project = app.project("both", LabelPagesTest.PAIRWISE, 4, 2);
    Person one = person("first of two");
    Person two = person("second of two");
    Set<String> seen = new java.util.HashSet<>();
    for (int i = 0; i < 2; i++) {
      one.open("/p/both/task");
      two.open("/p/both/task");
      seen.add(one.evaluate("document.querySelector('.dialogue .text').innerText").asText());
      seen.add(two.evaluate("document.querySelector('.dialogue .text').innerText").asText());
      one.press("1");
      two.press("6");
      one.leadsOn("Enter");
      two.leadsOn("Enter");
    }
    assertThat(seen).hasSize(4);
    assertThat(one.text()).contains("nothing left for you");
    assertThat(votes("first of two", project)).hasSize(2);
    assertThat(votes("second of two", project)).hasSize(2);
    assertThat(one.problems()).isEmpty();
    assertThat(two.problems()).isEmpty();
  }

  @Test
  void scriptsInPromptsAndAnswersAreShownAsText() throws Exception {
    String attack =
        "<script>document.title='broken'</script><img src=x onerror=\"document.title='broken'\">"
            + " [click](javascript:document.title='broken') $\\href{javascript:alert(1)}{x}$";
    Project project = app.project("hostile", LabelPagesTest.PAIRWISE, 0, 2);
    NewItem item = LabelApp.item("h", attack, 2);
    app.store().items().add(Actor.SYSTEM, project.id(), List.of(item).iterator());
    app.store().projects().publishGuidelines(Actor.SYSTEM, project.id(), attack);
    Person person = person("victim");
    person.open("/p/hostile/task");

    assertThat(person.evaluate("document.title").asText()).doesNotContain("broken");
    assertThat(person.evaluate("document.querySelectorAll('main img, main script').length").asInt())
        .isZero();
    assertThat(
            person.evaluate("document.querySelectorAll('a[href^=\"javascript\"]').length").asInt())
        .isZero();
    assertThat(person.text()).contains("<script>document.title='broken'</script>");
    assertThat(person.problems()).isEmpty();
  }

  @Test
  void formulasAreSetAndCodeIsKept() throws Exception {
    Project project = app.project("formulas", LabelPagesTest.PAIRWISE, 0, 2);
    NewItem item =
        LabelApp.item("f", "Is $x^2 \\ge 0$?\n\n```java\nint x = 1 < 2 ? 1 : 2; // $y$\n```", 2);
    app.store().items().add(Actor.SYSTEM, project.id(), List.of(item).iterator());
    Person person = person("reader");
    person.open("/p/formulas/task");

    assertThat(person.evaluate("document.querySelectorAll('.dialogue math msup').length").asInt())
        .isEqualTo(1);
    assertThat(person.evaluate("document.querySelector('.dialogue pre').innerText").asText())
        .contains("1 < 2 ? 1 : 2; // $y$");
    assertThat(person.problems()).isEmpty();
  }

  @Test
  void anAdminInvitesAndExportsWhilePeopleWork() throws Exception {
    app.project("exports", LabelPagesTest.PAIRWISE, 2, 2);
    Person ada = new Person(chromium, app.address(), 1280, "light").signIn("ada");
    ada.open("/people");
    ada.evaluate("document.querySelector('form[action$=invite] button').focus()");
    ada.leadsOn("Enter");
    String link = ada.evaluate("document.querySelector('.secret').textContent").asText();
    Person person = new Person(chromium, app.address(), 1280, "light");
    person.open(link);
    person.type("worker");
    person.press("Tab");
    person.type(LabelApp.PASSWORD);
    person.leadsOn("Enter");
    person.open("/p/exports/task");
    person.press("1");
    person.leadsOn("Enter");

    ada.open("/p/exports/admin/data");
    for (String shape : List.of("votes", "pairs", "trl", "oasst", "argilla", "label-studio")) {
      ada.evaluate("document.querySelector('select[name=as]').value = '" + shape + "'");
      JsonNode file = ada.later(FETCH_EXPORT);
      assertThat(file.path("status").asInt()).as(shape).isEqualTo(200);
      assertThat(file.path("name").asText()).contains("exports-" + shape);
      assertThat(file.path("text").asText()).as(shape).contains("Answer text 1");
    }
    ada.evaluate("document.querySelector('select[name=as]').value = 'votes'");
    assertThat(ada.later(FETCH_EXPORT).path("text").asText()).contains("worker");
    ada.open("/audit");
    assertThat(ada.text()).contains("project.export");
    assertThat(ada.problems()).isEmpty();
    assertThat(person.problems()).isEmpty();
  }

  private static final String FETCH_EXPORT =
      """
      async () => {
        const form = document.querySelector('form[action$=export]');
        const answer = await fetch(form.action + '?' + new URLSearchParams(new FormData(form)));
        return {status: answer.status, name: answer.headers.get('Content-Disposition'), text: await answer.text()};
      }
      """;

  @ParameterizedTest
  @CsvSource({"1280, light", "1280, dark", "320, light"})
  void noPageHasABarrierAnErrorOrIsWiderThanTheScreen(int width, String scheme) throws Exception {
    String slug = "pages-" + width + "-" + scheme;
    Project project = app.project(slug, LabelPagesTest.ALL, 3, 3);
    app.project(slug + "-pairs", LabelPagesTest.PAIRWISE, 3, 2);
    app.store().projects().publishGuidelines(Actor.SYSTEM, project.id(), "# Be fair\n\n- $x$");
    app.store()
        .webhooks()
        .register(
            Actor.SYSTEM, project.id(), "https://example.org/hook", "x", List.of("vote.created"));
    Person visitor = new Person(chromium, app.address(), width, scheme);
    List<String> wrong = new ArrayList<>();
    visit(visitor, width, wrong, "/sign-in");
    Person ada = new Person(chromium, app.address(), width, scheme).signIn("ada");
    ada.open("/p/" + slug + "-pairs/task");
    ada.press("1");
    ada.leadsOn("Enter");
    for (String path :
        List.of(
            "/",
            "/new",
            "/people",
            "/audit",
            "/account",
            "/p/" + slug,
            "/p/" + slug + "/task",
            "/p/" + slug + "-pairs/task",
            "/p/" + slug + "-pairs/history",
            "/p/" + slug + "/guidelines",
            "/p/" + slug + "/review",
            "/p/" + slug + "-pairs/review?state=done",
            "/p/" + slug + "/review/" + first(project),
            "/p/" + slug + "-pairs/admin",
            "/p/" + slug + "/admin/data",
            "/p/" + slug + "/admin/settings",
            "/p/" + slug + "/admin/guidelines",
            "/p/" + slug + "/admin/people",
            "/p/" + slug + "/admin/webhooks")) {
      visit(ada, width, wrong, path);
    }
    assertThat(wrong).isEmpty();
    assertThat(visitor.problems()).isEmpty();
    assertThat(ada.problems()).isEmpty();
  }

  private static long first(Project project) {
    return app.store().items().page(project.id(), java.util.Optional.empty(), 0, 1).get(0).id();
  }

  private static final String WIDEST =
      "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right >"
          + " innerWidth && !e.closest('.scroll')).map(e => e.outerHTML.slice(0, 90)).slice(0, 4)";

  private static void visit(Person person, int width, List<String> wrong, String path)
      throws Exception {
    person.open(path);
    int wide = person.evaluate("document.documentElement.scrollWidth").asInt();
    if (wide > width) {
      wrong.add(path + " is " + wide + " wide: " + person.evaluate(WIDEST));
    }
    person.barriers().forEach(barrier -> wrong.add(path + " " + barrier));
  }
}
