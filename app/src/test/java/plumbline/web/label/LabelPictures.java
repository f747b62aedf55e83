package plumbline.web.label;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import plumbline.annotation.form.Questions;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.Lease;
import plumbline.annotation.store.NewItem;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.ProjectSettings;
import plumbline.annotation.store.Response;
import plumbline.annotation.store.Role;
import plumbline.cli.Chromium;

/** Makes the pictures of docs/labelling.md with {@code -Dplumbline.pictures=true}; no test. */
@EnabledIfSystemProperty(named = "plumbline.pictures", matches = "true")
class LabelPictures {
  private static final long MOST_BYTES = 400_000;

  private static final String GUIDELINES =
      """
      **Prefer the answer that helps the person most.**

      1. Is it *right*? A wrong dose outweighs everything else.
      2. Is it *complete*: does it answer what was asked?
      3. Is it *clear* for somebody without training?

      Length is no merit. Mark **both are bad** if neither should be shown.

      | Difference | Choose |
      | --- | --- |
      | one is wrong | much better |
      | one is clearer | slightly better |
      """;

  private static final String PROMPT =
      "My daughter (14 kg) has a fever of 38.9 °C. How much paracetamol may I give her, and how often?";

  private static final String GOOD =
      """
      At **15 mg per kg** a single dose for 14 kg is

      $$14\\text{ kg} \\times 15\\text{ mg/kg} = 210\\text{ mg}$$

      - every **6 hours**, at most 4 doses in 24 hours
      - measure with the syringe from the package
      - see a doctor if the fever lasts longer than 3 days, or at once if she is drowsy, has a stiff neck or will not drink
      """;

  private static final String PLAIN =
      "You can give children's paracetamol. Follow the instructions on the package. If you are"
          + " not sure, ask a doctor or a pharmacist. Make sure that she drinks enough and rests.";

  @TempDir private Path folder;

  @Test
  void areMade() throws Exception {
    Path images = Path.of(System.getProperty("plumbline.root"), "docs/images");
    Files.createDirectories(images);
    try (Chromium chromium = Chromium.start();
        LabelApp app = new LabelApp(folder)) {
      Project pairs = pairs(app);
      Project ranks = ranks(app);
      app.account("Ada", Role.ADMIN);
      Person ann = new Person(chromium, app.address(), 1360, "light").signIn("Ann");
      ann.open("/p/clinic/task");
      ann.press("2");
      ann.until("document.querySelector('#saved').textContent.includes('Draft')");
      shoot(ann, images.resolve("label-task.png"), 1360, 880);
      ann.open("/p/stories/task");
      ann.press("2", "1", "3", "5", "4", "3");
      ann.until("document.querySelector('#saved').textContent.includes('Draft')");
      ann.evaluate("window.scrollTo(0, 0)");
      shoot(ann, images.resolve("label-ranking.png"), 1360, 1180);
      Person phone = new Person(chromium, app.address(), 390, "dark").signIn("Bea");
      phone.open("/p/clinic/task");
      phone.press("5");
      phone.evaluate("window.scrollTo(0, 0)");
      shoot(phone, images.resolve("label-phone.png"), 390, 1000);
      Person rita = new Person(chromium, app.address(), 1360, "light").signIn("Rita");
      long item =
          app.store().reviews().queue(pairs.id(), 1).stream().findFirst().orElseThrow().id();
      rita.open("/p/clinic/review/" + item);
      shoot(rita, images.resolve("label-review.png"), 1360, 880);
      Person ada = new Person(chromium, app.address(), 1360, "light").signIn("Ada");
      ada.open("/p/clinic/admin");
      shoot(ada, images.resolve("label-admin.png"), 1360, 720);
      assertThat(ranks.slug()).isEqualTo("stories");
      for (Person person : List.of(ann, phone, rita, ada)) {
        assertThat(person.problems()).isEmpty();
      }
    }
  }

  private static void shoot(Person person, Path file, int width, int height) throws Exception {
    person.resize(width, height);
    person.picture(file);
    assertThat(Files.size(file)).isBetween(10_000L, MOST_BYTES);
  }

  private static Project pairs(LabelApp app) {
    JsonNode asked =
        LabelApp.json(
            """
            [{"type": "pairwise", "id": "better", "strengths": 3, "both_bad": true}, {"type": "comment", "id": "why"}]""");
    ProjectSettings settings =
        new ProjectSettings(
            Questions.toJson(Questions.parse(asked, "q")), 3, 30, 0, OptionalDouble.of(0.6), true);
    Project project =
        app.store().projects().create(Actor.SYSTEM, "clinic", "Advice for parents", settings);
    app.store().projects().publishGuidelines(Actor.SYSTEM, project.id(), GUIDELINES);
    List<NewItem> items = new java.util.ArrayList<>();
    for (int i = 1; i <= 24; i++) {
      items.add(item("visit-" + i, "children", PROMPT, List.of(GOOD, PLAIN)));
    }
    app.store().items().add(Actor.SYSTEM, project.id(), items.iterator());
    String[] names = {"Ann", "Bea", "Carl"};
    for (int person = 0; person < names.length; person++) {
      Account account = app.account(names[person], Role.ANNOTATOR);
      vote(app, project, account, person);
    }
    app.account("Rita", Role.REVIEWER);
    return project;
  }

  private static void vote(LabelApp app, Project project, Account account, int person) {
    for (int i = 0; i < 14 - 2 * person; i++) {
      Lease lease = app.store().handOut().next(account.id(), project.id()).orElseThrow();
      ObjectNode answers = JsonNodeFactory.instance.objectNode();
      boolean odd = (i + person) % 5 == 0;
      String preferred = odd ? "r2" : "r1";
      answers
          .putObject("better")
          .put("preferred", preferred)
          .put("strength", 1 + (i * 7 + person) % 3);
      if (odd) {
        answers.put("why", "The dose should come from the package, not from a sum.");
      }
      app.store()
          .votes()
          .submit(lease.id(), account.id(), answers, 12 + (i * 13 + person * 5) % 30, "n" + i);
    }
  }

  private static Project ranks(LabelApp app) {
    JsonNode asked =
        LabelApp.json(
            """
            [{"type": "ranking", "id": "rank"}, {"type": "likert", "id": "rate", "attributes": ["creativity", "humour"]},
             {"type": "comment", "id": "why"}]""");
    Project project =
        app.store()
            .projects()
            .create(
                Actor.SYSTEM,
                "stories",
                "Short stories",
                ProjectSettings.of(Questions.toJson(Questions.parse(asked, "q"))));
    NewItem item =
        item(
            "s1",
            "stories",
            "Tell me a story of a plumber in three sentences.",
            List.of(
                "The tap had dripped for a year. Old Tomas listened, turned one screw a quarter"
                    + " round, and asked for nothing. “It was only lonely,” he said.",
                "A plumber came to a house. He repaired the sink. Then he went home.",
                "When the river moved into the cellar, everybody called the fire brigade. Ines"
                    + " called it by its name. It blushed, and left by the drain."));
    app.store().items().add(Actor.SYSTEM, project.id(), List.of(item).iterator());
    return project;
  }

  private static NewItem item(String id, String category, String prompt, List<String> answers) {
    List<Response> responses = new java.util.ArrayList<>();
    for (String answer : answers) {
      String number = Integer.toString(responses.size() + 1);
      String[] models = {"policy-dpo", "policy-sft", "policy-ppo"};
      responses.add(new Response("r" + number, models[responses.size()], answer));
    }
    NewItem plain = LabelApp.item(id, prompt, 0);
    return new NewItem(
        id,
        category,
        plain.context(),
        responses,
        List.of(),
        Optional.empty(),
        JsonNodeFactory.instance.objectNode());
  }
}
