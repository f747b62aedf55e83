package plumbline.annotation.form;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;
import plumbline.annotation.MergeMethod;
import plumbline.annotation.RatingTable;
import plumbline.annotation.Vote;
import plumbline.annotation.VoteTies;
import plumbline.annotation.VotedItem;
import plumbline.annotation.form.Answer.Edited;
import plumbline.annotation.form.Answer.Order;
import plumbline.annotation.form.Answer.Preference;
import plumbline.annotation.form.Answer.Ratings;
import plumbline.annotation.form.Answer.Text;
import plumbline.annotation.store.Response;
import plumbline.data.Message;
import plumbline.data.Prompt;
import plumbline.data.RankedResponses;

class LabelledItemTest {
  private static final Question BETTER = new Question.Pairwise("q", "?", true, 3, true, true);
  private static final Question ORDER = new Question.Ranking("q", "?", true, true, true);
  private static final Question RATE =
      new Question.Likert("q", "?", true, List.of("quality"), Question.Likert.Of.RESPONSE);
  private static final Prompt PROMPT =
      new Prompt(List.of(Message.user("Say hi.")), Map.of("category", "talk"));
  private static final List<Response> THREE =
      List.of(
          new Response("r1", "m1", "Hi."),
          new Response("r2", "m2", "No."),
          new Response("r3", "m3", "Hm."));

  private static LabelledItem item(int responses, Answer... answers) {
    List<Ballot> votes = new ArrayList<>();
    List<String> shown =
        new ArrayList<>(THREE.subList(0, responses).stream().map(Response::id).toList());
    for (Answer answer : answers) {
      votes.add(new Ballot("a" + votes.size(), shown, Map.of("q", answer)));
      java.util.Collections.reverse(shown);
    }
    return new LabelledItem("i1", PROMPT, THREE.subList(0, responses), votes);
  }

  private static Preference better(String response, int strength) {
    return new Preference(Optional.of(response), strength, false);
  }

  private static Preference neither(boolean bothBad) {
    return new Preference(Optional.empty(), 0, bothBad);
  }

  @Test
  void everyPreferenceGivesAPairWithItsStrengthAndWhoGaveIt() {
    LabelledItem item = item(2, better("r2", 3), better("r1", 1), neither(false), neither(true));

    assertThat(item.pairs(BETTER))
        .extracting(pair -> pair.chosen() + pair.rejected() + pair.strength().getAsDouble())
        .containsExactly("No.Hi.3.0", "Hi.No.1.0");
    assertThat(item.pairs(BETTER).get(0).meta())
        .isEqualTo(
            Map.of(
                "category",
                "talk",
                "item",
                "i1",
                "question",
                "q",
                "annotator",
                "a0",
                "models",
                "m2,m1"));
  }

  @Test
  void theMergedPairHasTheMeanStrengthOfAllVotes() {
    LabelledItem item = item(2, better("r2", 3), better("r2", 2), better("r1", 1), neither(true));

    assertThat(item.mergedPairs(BETTER, MergeMethod.TIDEMAN, VoteTies.HALF))
        .singleElement()
        .satisfies(
            pair -> {
              assertThat(pair.chosen()).isEqualTo("No.");
              assertThat(pair.strength()).isEqualTo(OptionalDouble.of(1));
              assertThat(pair.meta()).containsEntry("votes", "4").doesNotContainKey("annotator");
            });
  }

  @Test
  void votesThatCancelOutGiveNoPair() {
    LabelledItem item = item(2, better("r2", 1), better("r1", 1));

    assertThat(item.mergedPairs(BETTER, MergeMethod.TIDEMAN, VoteTies.HALF)).isEmpty();
    assertThat(item.merged(BETTER, MergeMethod.BORDA, VoteTies.HALF).orElseThrow().ties())
        .containsExactly(1);
  }

  @Test
  void ranksAreInTheOrderThatWasShownAndTiesShareAPlace() {
    LabelledItem item =
        item(
            3,
            new Order(List.of(List.of("r3", "r1"), List.of("r2"))),
            new Order(List.of(List.of("r2"))));

    VotedItem voted = item.voted(ORDER).orElseThrow();

    Map<String, Double> first = new LinkedHashMap<>();
    first.put("r1", 1.0);
    first.put("r2", 3.0);
    first.put("r3", 1.0);
    assertThat(voted.votes().get(0)).isEqualTo(new Vote("a0", first, 1));
    assertThat(voted.votes().get(0).ranks().keySet()).containsExactly("r1", "r2", "r3");
    assertThat(item.votes().get(1).shown()).containsExactly("r3", "r2", "r1");
    assertThat(voted.votes().get(1).ranks()).isEqualTo(Map.of("r2", 1.0));
    assertThat(item.votedByModel(ORDER).orElseThrow().shown()).containsExactly("m1", "m2", "m3");
  }

  @Test
  void aRankingKeepsItsTiesAndLeavesOutWhatWasLeftOut() {
    LabelledItem item =
        item(
            3,
            new Order(List.of(List.of("r2"), List.of("r3", "r1"))),
            new Order(List.of(List.of("r2"))));

    assertThat(item.rankings(ORDER))
        .extracting(RankedResponses::responses, RankedResponses::ties)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(List.of("No.", "Hi.", "Hm."), Set.of(2)));
    assertThat(item.pairs(ORDER))
        .extracting(pair -> pair.chosen() + pair.rejected())
        .containsExactly("No.Hi.", "No.Hm.");
  }

  @Test
  void twoResponsesOfOneModelAreNoCandidatesAmongModels() {
    List<Response> same = List.of(new Response("r1", "m", "Hi."), new Response("r2", "m", "No."));
    Ballot vote = new Ballot("a", List.of("r1", "r2"), Map.of("q", better("r1", 1)));
    LabelledItem item = new LabelledItem("i", PROMPT, same, List.of(vote));

    assertThat(item.votedByModel(BETTER)).isEmpty();
    assertThat(item.voted(BETTER)).isPresent();
  }

  @Test
  void ratingsAreKeptByPersonAndAveragedWhenMerged() {
    LabelledItem item =
        item(
            2,
            new Ratings(Map.of("r1", Map.of("quality", 1.0), "r2", Map.of("quality", 0.25))),
            new Ratings(Map.of("r1", Map.of("quality", 0.5))));

    assertThat(item.ratings(RATE)).hasSize(3);
    assertThat(item.mergedRatings(RATE))
        .extracting(row -> row.response() + row.labels() + row.meta().get("models"))
        .containsExactly("Hi.{quality=0.75}m1", "No.{quality=0.25}m2");
  }

  @Test
  void correctionsAreDemonstrationsAndWrittenPromptsArePrompts() {
    Question fix = new Question.Edit("q", "?", true);
    Question ask = new Question.Writing("q", "?", true);
    Question note = new Question.Comment("q", "?", true);

    assertThat(item(1, new Edited("r1", "Hello.")).demonstrations(fix))
        .singleElement()
        .satisfies(
            row -> {
              assertThat(row.response()).isEqualTo("Hello.");
              assertThat(row.prompt().messages()).isEqualTo(PROMPT.messages());
            });
    LabelledItem written = item(0, new Text("How are you?"));
    assertThat(written.prompts(ask)).extracting(Prompt::question).containsExactly("How are you?");
    assertThat(written.prompts(note)).isEmpty();
    assertThat(written.comments(note)).isEqualTo(Map.of("a0", "How are you?"));
  }

  @Test
  void agreementHasATablePerQuestionAndAttribute() {
    LabelledItem pair = item(2, better("r2", 3), better("r1", 1), neither(false));
    LabelledItem order = item(3, new Order(List.of(List.of("r2"), List.of("r3"))));
    LabelledItem rated = item(1, new Ratings(Map.of("r1", Map.of("quality", 0.5))));

    assertThat(RatingTables.of(List.of(BETTER), List.of(pair)))
        .extracting(RatingTable::name, table -> List.of(table.values()[0]))
        .hasSize(1);
    assertThat(RatingTables.of(List.of(BETTER), List.of(pair)).get(0).values()[0])
        .containsExactly(-3, 1, 0);
    assertThat(RatingTables.of(List.of(ORDER), List.of(order)).get(0).values())
        .isEqualTo(new double[][] {{3}, {1}, {2}});
    assertThat(RatingTables.of(List.of(RATE), List.of(rated)))
        .extracting(RatingTable::name)
        .containsExactly("q.quality");
    assertThat(RatingTables.of(List.of(BETTER, ORDER, RATE), List.of())).isEmpty();
  }
}
