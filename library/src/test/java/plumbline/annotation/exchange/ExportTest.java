package plumbline.annotation.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.InputException;
import plumbline.annotation.MergeMethod;
import plumbline.annotation.MergedRanking;
import plumbline.annotation.RatingFiles;
import plumbline.annotation.RatingTable;
import plumbline.annotation.VoteFiles;
import plumbline.annotation.VoteTies;
import plumbline.annotation.VotedItem;
import plumbline.annotation.exchange.Export.Choice;
import plumbline.annotation.form.LabelledItem;
import plumbline.annotation.form.RatingTables;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.AddedItems;
import plumbline.annotation.store.CastVote;
import plumbline.annotation.store.NewItem;
import plumbline.annotation.store.ProjectSettings;
import plumbline.annotation.store.Role;
import plumbline.annotation.store.Votes.Selection;
import plumbline.data.Example;
import plumbline.data.Kind;
import plumbline.data.PreferencePair;
import plumbline.data.RankedResponses;
import plumbline.data.RatedResponse;
import plumbline.data.format.Faults;
import plumbline.data.format.Formats;
import plumbline.data.format.Importer;
import plumbline.data.format.RowFiles;

class ExportTest {
  private static final String QUESTIONS =
      """
      [{'type': 'pairwise', 'id': 'better', 'strengths': 3, 'both_bad': true},
       {'type': 'likert', 'id': 'rate', 'attributes': ['quality'], 'required': false},
       {'type': 'comment', 'id': 'note'},
       {'type': 'edit', 'id': 'fix', 'required': false},
       {'type': 'prompt', 'id': 'ask', 'required': false}]""";
  private static final String RANKING = "[{'type': 'ranking', 'id': 'order', 'partial': true}]";

  @TempDir private Path folder;

  private static String better(String response) {
    return "{'better': {'preferred': '" + response + "', 'strength': 2}}";
  }

  private Path write(ProjectVotes votes, Choice choice) throws IOException {
    Path file =
        folder.resolve(choice.shape().key() + (choice.shape().isList() ? ".json" : ".jsonl"));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Export.write(votes, choice, out);
    return Files.write(file, out.toByteArray());
  }

  private Path write(TestProject project, Shape shape) throws IOException {
    return write(project.votes(), Choice.of(shape));
  }

  private static Choice each(Shape shape) {
    return new Choice(
        shape, Optional.empty(), MergeMethod.BORDA, VoteTies.HALF, true, Optional.empty());
  }

  private static List<JsonNode> lines(Path file) throws IOException {
    return Files.readAllLines(file).stream().map(line -> TestProject.json(line)).toList();
  }

  private static List<Example> read(Path file, String format) {
    List<Example> examples = new ArrayList<>();
    new Importer(Optional.of(Formats.named(format)), Map.of(), Faults.STOP)
        .forEach(List.of(file), examples::add);
    return examples;
  }

  /** Two items, three people, everything that can happen to a vote. */
  private TestProject project() {
    TestProject project = new TestProject(folder, QUESTIONS, 3);
    project.item("i1", "Hi.", "No.");
    project.vote(
        "ann",
        "{'better': {'preferred': 'r1', 'strength': 3}, 'rate': {'r1': {'quality': 1}, 'r2':"
            + " {'quality': 0.25}}, 'note': 'hm', 'fix': {'response': 'r2', 'text': 'Hello.'},"
            + " 'ask': 'How are you?'}");
    CastVote first = project.vote("bob", better("r2"));
    project
        .store()
        .votes()
        .edit(
            first.id(),
            first.accountId(),
            TestProject.json(
                "{'better': {'verdict': 'tie'}, 'rate': {'r1': {'quality': 0.5}, 'r2': {'quality':"
                    + " 0.25}}}"),
            3,
            "edit");
    project.skip("eve", "too hard");
    project.vote("cy", "{'better': {'verdict': 'both_bad'}}");
    return project;
  }

  @Test
  void votesCarryOrderGuidelinesTimeAndWhatTheySuperseded() throws Exception {
    try (TestProject project = project()) {
      JsonNode row = lines(write(project, Shape.VOTES)).get(0);

      assertThat(row.at("/responses/r1").asText()).isEqualTo("Hi.");
      assertThat(row.at("/model_of/r2").asText()).isEqualTo("m2");
      assertThat(row.get("votes")).hasSize(3);
      JsonNode vote = row.at("/votes/0");
      assertThat(vote.get("annotator").asText()).isEqualTo("ann");
      assertThat(vote.get("seconds").asDouble()).isEqualTo(12.5);
      assertThat(vote.get("guidelines").asInt()).isEqualTo(1);
      assertThat(vote.get("order")).hasSize(2);
      assertThat(vote.at("/ranks/r1").asDouble()).isEqualTo(1);
      assertThat(vote.at("/ratings/rate.quality/r2").asDouble()).isEqualTo(0.25);
      assertThat(row.get("history"))
          .extracting(one -> one.get("kind").asText() + " " + one.get("annotator").asText())
          .containsExactlyInAnyOrder("vote bob", "skip eve");
      JsonNode bobs = row.at("/history/0");
      assertThat(bobs.get("superseded_by").asLong())
          .isEqualTo(row.at("/votes/1").get("id").asLong());
      assertThat(row.at("/votes/1").get("supersedes").asLong()).isEqualTo(bobs.get("id").asLong());
    }
  }

  @Test
  void theVotesAreReadByMergeAndAgreement() throws Exception {
    try (TestProject project = project()) {
      project.item("i2", "Yes.", "Nay.");
      Path file = write(project, Shape.VOTES);

      List<VotedItem> items = VoteFiles.read(file);

      assertThat(items).hasSize(1);
      assertThat(items.get(0).votes()).hasSize(3);
      MergedRanking merged = MergeMethod.TIDEMAN.merge(items.get(0), VoteTies.HALF);
      assertThat(merged.ranking()).containsExactly("m1", "m2");
      assertThat(RatingFiles.read(file))
          .extracting(RatingTable::name)
          .containsExactlyInAnyOrder("rate.quality", "ranks");
      double[][] live =
          RatingTables.of(project.votes().questions(), project.votes().labelled()).stream()
              .filter(table -> table.name().equals("rate.quality"))
              .findFirst()
              .orElseThrow()
              .values();
      double[][] exported =
          RatingFiles.read(file).stream()
              .filter(table -> table.name().equals("rate.quality"))
              .findFirst()
              .orElseThrow()
              .values();
      assertThat(exported).isDeepEqualTo(live);
    }
  }

  @Test
  void pairsAreMergedOrOnePerPerson() throws Exception {
    try (TestProject project = project()) {
      List<PreferencePair> merged = RowFiles.readPairs(write(project, Shape.PAIRS)).rows();
      assertThat(merged).hasSize(1);
      assertThat(merged.get(0).chosen()).isEqualTo("Hi.");
      assertThat(merged.get(0).strength()).hasValue(1);
      assertThat(merged.get(0).meta()).containsEntry("lang", "en").containsEntry("votes", "3");

      List<PreferencePair> each =
          RowFiles.readPairs(write(project.votes(), each(Shape.PAIRS))).rows();
      assertThat(each).extracting(pair -> pair.meta().get("annotator")).containsExactly("ann");
    }
  }

  @Test
  void everyKindOfRowHasItsExport() throws Exception {
    try (TestProject project = project()) {
      List<RatedResponse> ratings = RowFiles.readRatings(write(project, Shape.RATINGS)).rows();
      assertThat(ratings)
          .extracting(row -> row.response() + row.labels())
          .containsExactly("Hi.{quality=0.75}", "No.{quality=0.25}");
      assertThat(RowFiles.readDemonstrations(write(project, Shape.DEMONSTRATIONS)).rows())
          .extracting(row -> row.prompt().question() + row.response())
          .containsExactly("Say i1.Hello.");
      assertThat(RowFiles.readPrompts(write(project, Shape.PROMPTS)).rows())
          .extracting(row -> row.question())
          .containsExactly("How are you?");
      assertThat(RowFiles.readRankings(write(project.votes(), each(Shape.RANKINGS))).rows())
          .extracting(RankedResponses::responses)
          .hasSize(3);
    }
  }

  @Test
  void mergedRowsHaveEveryQuestion() throws Exception {
    try (TestProject project = project()) {
      JsonNode merged = lines(write(project, Shape.MERGED)).get(0).get("merged");

      assertThat(merged.at("/better/ranking").toString()).isEqualTo("[\"r1\",\"r2\"]");
      assertThat(merged.at("/better/strength").asDouble()).isEqualTo(1);
      assertThat(merged.at("/rate/r1/quality").asDouble()).isEqualTo(0.75);
      assertThat(merged.at("/note/ann").asText()).isEqualTo("hm");
      assertThat(merged.at("/fix/ann").asText()).isEqualTo("Hello.");
      assertThat(merged.at("/ask/ann").asText()).isEqualTo("How are you?");
    }
  }

  @Test
  void trlReadsTheFirstKindThatTheQuestionsGiveOrTheOneChosen() throws Exception {
    try (TestProject project = project()) {
      assertThat(read(write(project, Shape.TRL), "trl"))
          .singleElement()
          .satisfies(row -> assertThat(row.kind()).isEqualTo(Kind.PAIRS));
      Choice ratings =
          new Choice(
              Shape.TRL,
              Optional.empty(),
              MergeMethod.TIDEMAN,
              VoteTies.HALF,
              false,
              Optional.of(Kind.RATINGS));
      assertThat(read(write(project.votes(), ratings), "trl"))
          .extracting(Example::kind)
          .containsOnly(Kind.RATINGS)
          .hasSize(2);
    }
  }

  @Test
  void argillaReadsEverybodysAnswers() throws Exception {
    try (TestProject project = project()) {
      List<Example> rows = read(write(project, Shape.ARGILLA), "argilla");

      assertThat(rows).filteredOn(row -> row.kind() == Kind.PAIRS).hasSize(1);
      assertThat(rows)
          .filteredOn(row -> row.kind() == Kind.RATINGS)
          .extracting(
              row -> ((RatedResponse) row).response() + ((RatedResponse) row).labels().values())
          .containsExactlyInAnyOrder("Hi.[1.0]", "No.[0.25]", "Hi.[0.5]", "No.[0.25]");
      assertThat(rows)
          .filteredOn(row -> row.kind() == Kind.RANKINGS)
          .allSatisfy(row -> assertThat(((RankedResponses) row).ties()).containsExactly(1));
    }
  }

  @Test
  void labelStudioReadsEverybodysAnswers() throws Exception {
    try (TestProject project = project()) {
      List<Example> rows = read(write(project, Shape.LABEL_STUDIO), "label-studio");

      assertThat(rows)
          .filteredOn(row -> row.kind() == Kind.PAIRS)
          .singleElement()
          .satisfies(
              row -> {
                assertThat(((PreferencePair) row).chosen()).isEqualTo("Hi.");
                assertThat(row.meta())
                    .containsEntry("annotator", "ann")
                    .containsEntry("note", "hm");
              });
      assertThat(rows)
          .filteredOn(row -> row.kind() == Kind.RATINGS)
          .extracting(
              row -> ((RatedResponse) row).response() + ((RatedResponse) row).labels().values())
          .containsExactlyInAnyOrder("Hi.[1.0]", "No.[0.25]", "Hi.[0.5]", "No.[0.25]");
    }
  }

  @Test
  void rankingsWithTiesSurviveEveryTool() throws Exception {
    try (TestProject project = new TestProject(folder, RANKING, 2)) {
      project.item("i1", "a", "b", "c");
      project.vote("ann", "{'order': [['r3'], ['r1', 'r2']]}");
      project.vote("bob", "{'order': [['r3', 'r2', 'r1']]}");
      for (Shape shape : List.of(Shape.ARGILLA, Shape.LABEL_STUDIO)) {
        List<Example> rows = read(write(project, shape), shape.key());
        assertThat(rows).as(shape.key()).hasSize(2);
        RankedResponses first = (RankedResponses) rows.get(0);
        assertThat(first.responses()).as(shape.key()).startsWith("c");
        assertThat(first.ties()).as(shape.key()).containsExactly(2);
        assertThat(((RankedResponses) rows.get(1)).ties())
            .as(shape.key())
            .containsExactlyInAnyOrder(1, 2);
      }
      assertThat(read(write(project, Shape.OASST), "oasst"))
          .filteredOn(row -> row.kind() == Kind.RANKINGS)
          .singleElement()
          .satisfies(row -> assertThat(((RankedResponses) row).responses()).startsWith("c"));
      assertThat(read(write(project, Shape.VOTES), "ranking-votes")).hasSize(2);
    }
  }

  @Test
  void itemsGoOutAndComeBackAsTheyWere() throws Exception {
    try (TestProject project = project()) {
      Path file = write(project, Shape.ITEMS);
      List<NewItem> back = new ArrayList<>();

      ItemImport.run(
          file,
          project.votes().questions(),
          ItemImport.Choice.ALL,
          Optional.empty(),
          items -> {
            back.addAll(items);
            return new AddedItems(items.size(), List.of());
          });

      assertThat(back)
          .singleElement()
          .satisfies(
              item -> {
                assertThat(item.externalId()).isEqualTo("i1");
                assertThat(item.responses())
                    .extracting(one -> one.model())
                    .containsExactly("m1", "m2");
                assertThat(item.category()).isEqualTo("talk");
              });
    }
  }

  @Test
  void anExportIsWhatStoodWhenItBegan() throws Exception {
    try (TestProject project = project()) {
      ProjectVotes before = project.votes();
      CastVote ann =
          project
              .store()
              .votes()
              .history(
                  project.person("ann").id(),
                  project.project().id(),
                  Selection.CURRENT,
                  Long.MAX_VALUE,
                  1)
              .get(0);
      project
          .store()
          .votes()
          .edit(
              ann.id(),
              ann.accountId(),
              TestProject.json("{'better': {'preferred': 'r2'}, 'note': 'changed'}"),
              1,
              "later");

      ByteArrayOutputStream out = new ByteArrayOutputStream();
      Export.write(before, Choice.of(Shape.VOTES), out);

      assertThat(out.toString(StandardCharsets.UTF_8)).doesNotContain("changed");
      ByteArrayOutputStream later = new ByteArrayOutputStream();
      Export.write(project.votes(), Choice.of(Shape.VOTES), later);
      assertThat(later.toString(StandardCharsets.UTF_8)).contains("changed");
    }
  }

  @Test
  void votesThatDoNotFitChangedQuestionsAreLeftOutAndCounted() throws Exception {
    try (TestProject project = project()) {
      var settings =
          ProjectSettings.parse(
              TestProject.json(
                  "{'questions': [{'type': 'pairwise', 'id': 'better', 'tie': false}]}"));
      project.store().projects().updateSettings(Actor.SYSTEM, project.project().id(), settings);

      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ObjectNode summary = Export.write(project.votes(), Choice.of(Shape.PAIRS), out);

      assertThat(summary.get("unreadable_votes").asInt()).isEqualTo(3);
      assertThat(summary.get("rows").asInt()).isZero();
    }
  }

  @Test
  void adjudicationIsTheLastWord() throws Exception {
    try (TestProject project = project()) {
      var item = project.store().items().byExternalId(project.project().id(), "i1").orElseThrow();
      var boss = project.store().accounts().create(Actor.SYSTEM, "boss", Role.REVIEWER, "", "-");
      project
          .store()
          .reviews()
          .adjudicate(Actor.of(boss, ""), item.id(), TestProject.json(better("r2")), "clear");

      List<LabelledItem> labelled = project.votes().labelled();

      assertThat(labelled)
          .singleElement()
          .satisfies(
              one -> {
                assertThat(one.votes()).hasSize(1);
                assertThat(one.prompt().meta()).containsEntry("adjudicated", "true");
              });
      assertThat(RowFiles.readPairs(write(project, Shape.PAIRS)).rows())
          .extracting(PreferencePair::chosen)
          .containsExactly("No.");
    }
  }

  @Test
  void whatNoQuestionGivesIsRefused() throws Exception {
    try (TestProject project = new TestProject(folder, RANKING, 1)) {
      ProjectVotes votes = project.votes();
      assertThatThrownBy(
              () -> Export.write(votes, Choice.of(Shape.RATINGS), new ByteArrayOutputStream()))
          .isInstanceOf(InputException.class)
          .hasMessage("no question gives ratings; asked: order ranking");
      Choice other =
          new Choice(
              Shape.PAIRS,
              Optional.of("ordr"),
              MergeMethod.TIDEMAN,
              VoteTies.HALF,
              false,
              Optional.empty());
      assertThatThrownBy(() -> Export.check(votes.questions(), other))
          .isInstanceOf(InputException.class)
          .hasMessage("there is no question 'ordr'; did you mean 'order'?");
      assertThatThrownBy(() -> Shape.of("label_studio"))
          .hasMessageContaining("did you mean 'label-studio'?");
    }
  }
}
