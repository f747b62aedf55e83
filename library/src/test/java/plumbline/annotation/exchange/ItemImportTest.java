package plumbline.annotation.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import plumbline.InputException;
import plumbline.annotation.exchange.ItemImport.Choice;
import plumbline.annotation.form.Question;
import plumbline.annotation.store.AddedItems;
import plumbline.annotation.store.NewItem;
import plumbline.annotation.store.Response;
import plumbline.data.Kind;
import plumbline.data.Message;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;
import plumbline.data.RankedResponses;
import plumbline.data.RatedResponse;
import plumbline.data.format.Format;
import plumbline.data.format.Formats;
import plumbline.data.format.RowFiles;

class ItemImportTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<Question> PAIRWISE =
      List.of(new Question.Pairwise("better", "?", true, 1, true, false));
  private static final List<Question> RANKING =
      List.of(new Question.Ranking("order", "?", true, true, false));
  private static final List<Question> COMMENT = List.of(new Question.Comment("note", "?", false));
  private static final Prompt PROMPT =
      new Prompt(List.of(Message.user("Say hi.")), Map.of("category", "talk", "lang", "en"));

  @TempDir private Path folder;

  private final List<NewItem> added = new ArrayList<>();

  private Path file(String name, String... lines) throws IOException {
    return Files.writeString(folder.resolve(name), String.join("\n", lines).replace('\'', '"'));
  }

  private ObjectNode run(Path file, List<Question> questions, Choice choice) {
    Optional<Path> rejects = Optional.of(folder.resolve("rejects.jsonl"));
    return ItemImport.run(
        file,
        questions,
        choice,
        rejects,
        items -> {
          added.addAll(items);
          return new AddedItems(items.size(), List.of());
        });
  }

  @Test
  void rowsOfItemsAreTakenAsTheyAre() throws Exception {
    String row =
        "{'id': 't1', 'category': 'talk', 'messages': [{'role': 'user', 'content': 'Hi'}],"
            + " 'responses': [{'id': 'a', 'model': 'm1', 'content': 'x'},"
            + " {'id': 'b', 'content': 'y'}], 'sets': [{'group': 'g', 'responses': ['b', 'a']}],"
            + " 'gold': {'better': {'preferred': 'b'}}, 'meta': {'score': 1.5}}";

    ObjectNode summary = run(file("t.jsonl", row), PAIRWISE, Choice.ALL);

    assertThat(summary.get("added").asInt()).isEqualTo(1);
    assertThat(summary.get("format").asText()).isEqualTo("items");
    NewItem item = added.get(0);
    assertThat(item.externalId()).isEqualTo("t1");
    assertThat(item.responses())
        .containsExactly(new Response("a", "m1", "x"), new Response("b", "", "y"));
    assertThat(item.sets().get(0).responseIds()).containsExactly("b", "a");
    assertThat(item.gold().orElseThrow().path("better").path("preferred").asText()).isEqualTo("b");
    assertThat(item.meta().get("score").asDouble()).isEqualTo(1.5);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "not json|not JSON",
        "[1]|not a JSON object",
        "{'id': 'x', 'id': 'y'}|a key stands twice",
        "{'id': 'x', 'responses': []}|no 'messages'",
        "{'id': ['x'], 'messages': [{'role': 'u', 'content': 'h'}], 'responses': [RS]}|'id' is not a text",
        "{'id': 'a\\u0000b', 'messages': [{'role': 'u', 'content': 'h'}], 'responses': [RS]}|'id' is not 1 to 200 characters on one line",
        "{'id': ' ', 'messages': [{'role': 'u', 'content': 'h'}], 'responses': [RS]}|'id' is not 1 to 200 characters on one line",
        "{'id': 'x', 'messages': [], 'responses': [RS]}|'messages' has not 1 to 400",
        "{'id': 'x', 'messages': [{'role': 'u'}], 'responses': [RS]}|'messages[0].content' is not a text",
        "{'id': 'x', 'messages': [{'role': 'u', 'content': 'h'}], 'responses': ['a', 'b']}|'responses[0]' is not {",
        "{'id': 'x', 'messages': [{'role': 'u', 'content': 'h'}], 'responses': [{'content': ' '}, {'content': 'y'}]}|'responses[0].content' is empty",
        "{'id': 'x', 'messages': [{'role': 'u', 'content': 'h'}], 'responses': [{'content': 'y'}]}|question 'better' (pairwise) wants 2 responses, found 1",
        "{'id': 'x', 'messages': [{'role': 'u', 'content': 'h'}], 'responses': [{'id': 'a', 'content': 'x'}, {'id': 'a', 'content': 'y'}]}|two responses have the id 'a'",
        "{'id': 'x', 'messages': [{'role': 'u', 'content': 'h'}], 'responses': [RS], 'gold': {'better': {'preferred': 'r9'}}}|'gold' has no right answer (found: gold.better.preferred is 'r9', wanted one of r1, r2)",
        "{'id': 'x', 'messages': [{'role': 'u', 'content': 'h'}], 'responses': [RS], 'gold': {'other': 1}}|'gold' has no right answer (found: gold.other is no question",
        "{'id': 'x', 'messages': [{'role': 'u', 'content': 'h'}], 'responses': [RS], 'sets': [{'group': '', 'responses': ['r1', '../r2']}]}|wanted different ones of",
        "{'id': 'x', 'messages': [{'role': 'u', 'content': 'h'}], 'responses': [RS], 'meta': [1]}|'meta' is not an object",
        "{'id': 'x', 'messages': [{'role': 'u', 'content': 'h'}], 'responses': [RS], 'modell': 1}|unknown field 'modell'",
      })
  void aRowThatCannotBeUsedIsNamedWithItsLineAndKept(String row, String reason) throws Exception {
    String two = "{'content': 'x'}, {'content': 'y'}";
    String good =
        "{'id': '../../etc/passwd', 'messages': [{'role': 'user', 'content': '<script>'}],"
            + " 'responses': ["
            + two
            + "]}";
    Path file = file("t.jsonl", good, row.replace("RS", two), "");

    ObjectNode summary = run(file, PAIRWISE, Choice.ALL);

    assertThat(summary.get("rejected").asInt()).isEqualTo(1);
    assertThat(summary.get("first_reject").asText()).startsWith(file + ":2: ").contains(reason);
    assertThat(Files.readAllLines(folder.resolve("rejects.jsonl")))
        .singleElement()
        .satisfies(line -> assertThat(JSON.readTree(line).get("line").asInt()).isEqualTo(2));
    assertThat(added).extracting(NewItem::externalId).containsExactly("../../etc/passwd");
  }

  @Test
  void aStrictImportWithAFaultAddsNothing() throws Exception {
    String good =
        "{'id': 'x', 'messages': [{'role': 'u', 'content': 'h'}], 'responses': [{'content': 'x'},"
            + " {'content': 'y'}]}";
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 1200; i++) {
      lines.add(good.replace("'x', 'm", "'" + i + "', 'm"));
    }
    Path whole = file("whole.jsonl", lines.toArray(String[]::new));
    lines.add("{}");
    Path broken = file("broken.jsonl", lines.toArray(String[]::new));
    Choice strict = new Choice(Optional.empty(), Optional.empty(), true, false);

    assertThatThrownBy(() -> run(broken, PAIRWISE, strict))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("broken.jsonl:1201: ");
    assertThat(added).isEmpty();
    run(whole, PAIRWISE, strict);
    assertThat(added).hasSize(1200);
  }

  @Test
  void aFileWithoutAUsefulRowIsRefused() throws Exception {
    Path file = file("t.jsonl", "{'prompt': 'Hi', 'completion': 'x'}");

    assertThatThrownBy(() -> run(file, PAIRWISE, Choice.ALL))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("none of its rows can be used")
        .hasMessageContaining("wants 2 responses, found 1");
  }

  @Test
  void whatPairsAndRankingsPreferBecomesGoldOnDemandAndNeverShowsInTheOrder() throws Exception {
    List<PreferencePair> pairs = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      pairs.add(new PreferencePair(PROMPT, "good " + i, "bad " + i, OptionalDouble.empty()));
    }
    Path file = folder.resolve("pairs.jsonl");
    RowFiles.write(file, pairs);
    Choice gold = new Choice(Optional.empty(), Optional.empty(), false, true);

    run(file, PAIRWISE, gold);

    assertThat(added).hasSize(40);
    for (NewItem item : added) {
      String right = item.gold().orElseThrow().path("better").path("preferred").asText();
      assertThat(item.responses())
          .filteredOn(response -> response.id().equals(right))
          .singleElement()
          .satisfies(response -> assertThat(response.content()).startsWith("good"));
    }
    assertThat(added)
        .extracting(item -> item.responses().get(0).content().charAt(0))
        .contains('g', 'b');
    assertThat(added.get(0).category()).isEqualTo("talk");
    assertThat(added.get(0).meta().get("lang").asText()).isEqualTo("en");
  }

  @Test
  void rankingsBecomeItemsWithTiesInTheirGold() throws Exception {
    Path file = folder.resolve("rankings.jsonl");
    RowFiles.write(file, List.of(new RankedResponses(PROMPT, List.of("a", "b", "c"), Set.of(1))));
    Choice gold = new Choice(Optional.empty(), Optional.of(Kind.RANKINGS), false, true);

    run(file, RANKING, gold);

    NewItem item = added.get(0);
    assertThat(item.responses()).hasSize(3);
    assertThat(item.gold().orElseThrow().path("order"))
        .extracting(JsonNode::size)
        .containsExactly(2, 1);
  }

  @Test
  void ratedResponsesToOnePromptAreOneItemWhereSeveralAreWanted() throws Exception {
    Path file = folder.resolve("ratings.jsonl");
    Prompt other = Prompt.of("Say no.");
    RowFiles.write(
        file,
        List.of(
            new RatedResponse(PROMPT, "a", Map.of("quality", 1.0)),
            new RatedResponse(PROMPT, "b", Map.of("quality", 0.0)),
            new RatedResponse(other, "c", Map.of("quality", 0.5))));

    ObjectNode summary = run(file, RANKING, Choice.ALL);

    assertThat(added).singleElement().satisfies(item -> assertThat(item.responses()).hasSize(2));
    assertThat(summary.get("rejected").asInt()).isEqualTo(1);
    added.clear();
    run(file, COMMENT, Choice.ALL);
    assertThat(added).hasSize(3);
  }

  @Test
  void theSameRowIsTheSameItemEveryTime() throws Exception {
    Path file = folder.resolve("pairs.jsonl");
    RowFiles.write(
        file,
        List.of(
            new PreferencePair(PROMPT, "a", "b"),
            new PreferencePair(PROMPT, "b", "a"),
            new PreferencePair(PROMPT, "a", "c")));

    run(file, PAIRWISE, Choice.ALL);

    assertThat(added).extracting(NewItem::externalId).hasSize(3);
    assertThat(added.get(0).externalId()).isEqualTo(added.get(1).externalId());
  }

  /** Every example of every known format: what it gives fits some question. */
  @Test
  void rowsOfEveryKnownFormatBecomeItems() throws Exception {
    for (Format format : Formats.all()) {
      if (format.name().equals("fastchat-reviews")) {
        // Its rows mean something only beside files of questions and answers.
        continue;
      }
      String ending = format.examples().get(0).startsWith("{") ? ".jsonl" : ".txt";
      Path file =
          Files.writeString(
              folder.resolve(format.name() + ending), String.join("\n", format.examples()));
      Choice choice = new Choice(Optional.of(format), Optional.empty(), false, false);
      added.clear();

      ObjectNode summary = run(file, COMMENT, choice);

      assertThat(summary.get("items").asInt()).as(format.name()).isPositive();
      assertThat(added)
          .as(format.name())
          .allSatisfy(item -> assertThat(item.context()).isNotEmpty());
    }
  }
}
