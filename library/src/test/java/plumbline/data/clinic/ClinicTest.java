package plumbline.data.clinic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.data.Demonstration;
import plumbline.data.Message;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;
import plumbline.data.RankedResponses;
import plumbline.data.RatedResponse;
import plumbline.data.Split;

class ClinicTest {
  private static final Annotator NOISY = new Annotator(0.2, 0.1, 0.2);

  @Test
  void sameSeedGivesTheSameRowsAndAnotherSeedOthers() {
    assertThat(everything(new Clinic(7), 40)).isEqualTo(everything(new Clinic(7), 40));
    assertThat(new Clinic(7).demonstrations(Split.TRAIN, 40))
        .isNotEqualTo(new Clinic(8).demonstrations(Split.TRAIN, 40));
  }

  @Test
  void rowsDoNotDependOnHowManyAreAsked() {
    Clinic clinic = new Clinic(3);
    for (Split split : Split.values()) {
      assertThat(clinic.demonstrations(split, 50).subList(0, 20))
          .isEqualTo(clinic.demonstrations(split, 20));
      assertThat(clinic.prompts(split, 50).subList(0, 20)).isEqualTo(clinic.prompts(split, 20));
      assertThat(clinic.pairs(split, 50, NOISY).subList(0, 20))
          .isEqualTo(clinic.pairs(split, 20, NOISY));
      assertThat(clinic.rankings(split, 50, 4, NOISY).subList(0, 20))
          .isEqualTo(clinic.rankings(split, 20, 4, NOISY));
      assertThat(clinic.ratings(split, 50, NOISY).subList(0, 20))
          .isEqualTo(clinic.ratings(split, 20, NOISY));
    }
  }

  @Test
  void trainAndTestComplaintsAreDisjointAndEverySiteAndTriggerIsTrained() {
    Set<String> train = ids(new Clinic(1).prompts(Split.TRAIN, 2000));
    Set<String> test = ids(new Clinic(2).prompts(Split.TEST, 2000));

    assertThat(train).hasSize(41).doesNotContainAnyElementsOf(test);
    assertThat(test).hasSize(12);
    for (Site site : Site.values()) {
      assertThat(train.stream().filter(id -> id.startsWith(Complaint.name(site) + "-")))
          .as("%s", site)
          .hasSizeGreaterThanOrEqualTo(3);
    }
    for (Trigger trigger : Trigger.values()) {
      assertThat(train.stream().filter(id -> id.endsWith("-" + Complaint.name(trigger))))
          .as("%s", trigger)
          .hasSizeGreaterThanOrEqualTo(3);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void demonstrationsLeaveRoomToImprove(long seed) {
    double[] gold =
        new Clinic(seed)
            .demonstrations(Split.TRAIN, 2000).stream()
                .mapToDouble(d -> Clinic.quality(d.prompt(), d.response()))
                .toArray();
    double mean = mean(gold);
    double variance = 0;
    for (double g : gold) {
      variance += (g - mean) * (g - mean) / gold.length;
    }
    assertThat(mean).isBetween(0.45, 0.55);
    assertThat(Math.sqrt(variance)).isBetween(0.2, 0.4);
  }

  @Test
  void theMoreCareTheBetterTheReplies() {
    assertThat(new Clinic(4, 0.1, 0.85).demonstrations(Split.TRAIN, 50))
        .isEqualTo(new Clinic(4).demonstrations(Split.TRAIN, 50));
    assertThat(meanGold(new Clinic(4, 0, 0.2))).isLessThan(0.4);
    assertThat(meanGold(new Clinic(4, 0.95, 1))).isGreaterThan(0.9);
    assertThatThrownBy(() -> new Clinic(4, 0.6, 0.5)).hasMessageContaining("from 0.6 to 0.5");
  }

  private static double meanGold(Clinic clinic) {
    return mean(
        clinic.demonstrations(Split.TRAIN, 300).stream()
            .mapToDouble(d -> Clinic.quality(d.prompt(), d.response()))
            .toArray());
  }

  @Test
  void lengthHardlyTellsGoodRepliesFromBadOnes() {
    List<PreferencePair> pairs = new Clinic(5).pairs(Split.TRAIN, 3000, Annotator.CLEAN);
    double shorterChosen =
        pairs.stream().filter(p -> words(p.chosen()) < words(p.rejected())).count();
    double longerChosen =
        pairs.stream().filter(p -> words(p.chosen()) > words(p.rejected())).count();

    assertThat(shorterChosen / (shorterChosen + longerChosen)).isBetween(0.45, 0.6);
  }

  @Test
  void textStaysShortAndItsVocabularySmall() {
    Set<String> vocabulary = new TreeSet<>();
    for (Split split : Split.values()) {
      for (Demonstration row : new Clinic(11).demonstrations(split, 4000)) {
        int asked = 0;
        for (Message message : row.prompt().messages()) {
          vocabulary.addAll(Sentence.words(message.content()));
          asked += words(message.content());
        }
        assertThat(asked).isLessThanOrEqualTo(36);
        vocabulary.addAll(Sentence.words(row.response()));
        assertThat(words(row.response())).isLessThanOrEqualTo(60);
        assertThat(words(Clinic.bestReply(row.prompt()))).isLessThanOrEqualTo(45);
      }
    }
    assertThat(vocabulary).hasSizeBetween(250, 400);
  }

  @Test
  void someDialoguesHaveAHistoryAndAllEndWithThePatient() {
    List<Prompt> prompts = new Clinic(4).prompts(Split.TEST, 1000);
    long withHistory = prompts.stream().filter(p -> p.messages().size() == 3).count();

    assertThat(withHistory / 1000.0).isCloseTo(0.2, within(0.05));
    for (Prompt prompt : prompts) {
      List<Message> messages = prompt.messages();
      assertThat(messages.get(messages.size() - 1).role()).isEqualTo(Message.USER);
    }
  }

  @ParameterizedTest
  @EnumSource(Split.class)
  void thePatientsWordsTellTheComplaint(Split split) {
    for (Prompt prompt : new Clinic(6).prompts(split, 1000)) {
      String told =
          prompt.messages().stream()
              .filter(m -> m.role().equals(Message.USER))
              .map(Message::content)
              .collect(Collectors.joining(" "));

      assertThat(Oracle.site(told)).isEqualTo(prompt.meta().get("site"));
      assertThat(Oracle.trigger(told)).isEqualTo(prompt.meta().get("trigger"));
    }
  }

  @Test
  void rulesLearntPerSiteAndPerTriggerAnswerUnseenComplaints() {
    Oracle oracle = new Oracle(new Clinic(9).demonstrations(Split.TRAIN, 3000));
    for (Prompt prompt : new Clinic(9).prompts(Split.TEST, 300)) {
      assertThat(Clinic.quality(prompt, oracle.answer(prompt))).isEqualTo(1);
    }
  }

  @Test
  void theBestReplyIsPerfectForEveryPrompt() {
    for (Split split : Split.values()) {
      for (Prompt prompt : new Clinic(12).prompts(split, 1000)) {
        assertThat(Clinic.quality(prompt, Clinic.bestReply(prompt))).isEqualTo(1);
      }
    }
  }

  @Test
  void cleanPairsAreInOrderAndApart() {
    for (PreferencePair pair : new Clinic(1).pairs(Split.TEST, 1000, Annotator.CLEAN)) {
      double difference =
          Clinic.quality(pair.prompt(), pair.chosen())
              - Clinic.quality(pair.prompt(), pair.rejected());
      assertThat(difference).isGreaterThanOrEqualTo(Clinic.CLEAN_PAIR_GAP - 1e-9);
    }
  }

  @Test
  void noisyPairsAreWrongMoreOftenThanNotAtAllAndLessOftenThanHalf() {
    List<PreferencePair> pairs = new Clinic(1).pairs(Split.TRAIN, 4000, new Annotator(0, 0.25, 0));
    long wrong =
        pairs.stream()
            .filter(
                p ->
                    Clinic.quality(p.prompt(), p.chosen())
                        < Clinic.quality(p.prompt(), p.rejected()))
            .count();
    long equal =
        pairs.stream()
            .filter(
                p ->
                    Clinic.quality(p.prompt(), p.chosen())
                        == Clinic.quality(p.prompt(), p.rejected()))
            .count();

    assertThat((double) wrong / (4000 - equal)).isCloseTo(0.25, within(0.03));
    assertThat(pairs).noneMatch(p -> p.chosen().equals(p.rejected()));
  }

  @Test
  void cleanRankingsFallInGoldAndMarkTheirTies() {
    boolean sawTie = false;
    for (RankedResponses row : new Clinic(2).rankings(Split.TRAIN, 500, 5, Annotator.CLEAN)) {
      assertThat(new HashSet<>(row.responses())).hasSize(5);
      for (int i = 1; i < 5; i++) {
        double better = Clinic.quality(row.prompt(), row.responses().get(i - 1));
        double worse = Clinic.quality(row.prompt(), row.responses().get(i));
        assertThat(better).isGreaterThanOrEqualTo(worse);
        assertThat(row.ties().contains(i)).isEqualTo(better == worse);
        sawTie |= better == worse;
      }
    }
    assertThat(sawTie).isTrue();
  }

  @Test
  void ratingsFollowGold() {
    for (RatedResponse row : new Clinic(2).ratings(Split.TEST, 500, Annotator.CLEAN)) {
      assertThat(row.labels().get(Clinic.RATING_LABEL))
          .isCloseTo(Clinic.quality(row.prompt(), row.response()), within(0.125 + 1e-9));
    }
  }

  @Test
  void rowsSayWhereTheyComeFromAndNeverTheirGold() {
    for (Prompt prompt : new Clinic(2).prompts(Split.TEST, 50)) {
      Map<String, String> meta = prompt.meta();
      assertThat(meta)
          .containsOnlyKeys("world", "complaint", "site", "trigger", "split", "source")
          .containsEntry("world", "clinic")
          .containsEntry("complaint", meta.get("site") + "-" + meta.get("trigger"))
          .containsEntry("split", "test");
    }
  }

  @Test
  void aPromptOfAnotherWorldIsRefusedWithTheMissingKey() {
    assertThatThrownBy(() -> Clinic.quality(Prompt.of("My knee hurts."), "Hello."))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "prompt meta has no 'world'; the clinic's gold quality needs 'world', 'site' and"
                + " 'trigger'");
    Map<String, String> meta = Map.of("world", "clinic", "site", "knee");
    assertThatThrownBy(
            () -> Clinic.quality(new Prompt(List.of(Message.user("Help")), meta), "Hello."))
        .hasMessageContaining("prompt meta has no 'trigger'");
    Map<String, String> elsewhere = Map.of("world", "clinic", "site", "moon", "trigger", "fall");
    assertThatThrownBy(
            () -> Clinic.quality(new Prompt(List.of(Message.user("Help")), elsewhere), "Hello."))
        .hasMessage("prompt meta 'site' is 'moon', unknown here");
  }

  @Test
  void impossibleSizesAreRefused() {
    Clinic clinic = new Clinic(1);
    assertThatThrownBy(() -> clinic.prompts(Split.TRAIN, -1))
        .hasMessage("the number of rows is -1, wanted 0 or more");
    assertThatThrownBy(() -> clinic.rankings(Split.TRAIN, 3, 1, NOISY))
        .hasMessage("a ranking needs k >= 2 replies, k is 1");
    assertThat(clinic.prompts(Split.TRAIN, 0)).isEmpty();
  }

  /** Knows only what training rows say about sites and triggers one at a time. */
  private record Oracle(Map<String, String> bySite, Map<String, String> byTrigger) {
    Oracle(List<Demonstration> rows) {
      this(learn(rows, "site"), learn(rows, "trigger"));
    }

    /** One perfect reply per value of a meta key. */
    private static Map<String, String> learn(List<Demonstration> rows, String key) {
      return rows.stream()
          .filter(d -> Clinic.quality(d.prompt(), d.response()) == 1)
          .collect(
              Collectors.toMap(d -> d.prompt().meta().get(key), d -> d.response(), (a, b) -> a));
    }

    /** Question and warning from a reply about the same site, the rest from the same trigger. */
    String answer(Prompt prompt) {
      List<String> said = new ArrayList<>(List.of("I am sorry to hear that."));
      List<String> trigger = sentences(byTrigger.get(prompt.meta().get("trigger")));
      List<String> site = sentences(bySite.get(prompt.meta().get("site")));
      trigger.stream().filter(s -> !ofSite(s) && !manners(s)).forEach(said::add);
      site.stream().filter(Oracle::ofSite).forEach(said::add);
      return String.join(" ", said);
    }

    private static List<String> sentences(String reply) {
      return List.of(reply.split("(?<=[.?]) "));
    }

    private static boolean ofSite(String sentence) {
      return sentence.endsWith("?") || sentence.contains("at once");
    }

    private static boolean manners(String sentence) {
      return Phrases.OPENINGS.contains(sentence) || Phrases.CLOSINGS.contains(sentence);
    }

    static String site(String told) {
      for (Site site : Site.values()) {
        if (site.nouns.stream().anyMatch(n -> told.contains("y " + n))) {
          return Complaint.name(site);
        }
      }
      return "none in: " + told;
    }

    static String trigger(String told) {
      for (Trigger trigger : Trigger.values()) {
        if (trigger.clauses.stream().anyMatch(c -> told.contains(c.substring(1)))) {
          return Complaint.name(trigger);
        }
      }
      return "none in: " + told;
    }
  }

  private static List<Object> everything(Clinic clinic, int n) {
    List<Object> rows = new ArrayList<>();
    for (Split split : Split.values()) {
      rows.addAll(clinic.demonstrations(split, n));
      rows.addAll(clinic.prompts(split, n));
      rows.addAll(clinic.pairs(split, n, NOISY));
      rows.addAll(clinic.rankings(split, n, 3, NOISY));
      rows.addAll(clinic.ratings(split, n, NOISY));
    }
    return rows;
  }

  private static Set<String> ids(List<Prompt> prompts) {
    return prompts.stream().map(p -> p.meta().get("complaint")).collect(Collectors.toSet());
  }

  private static int words(String text) {
    return text.split("\\s+").length;
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }
}
