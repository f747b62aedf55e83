package plumbline.data.clinic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.data.Demonstration;
import plumbline.data.Message;
import plumbline.data.Split;

class GoldTest {
  private static final Complaint KNEE = new Complaint(Site.KNEE, Trigger.LIFTING);
  private static final String HELLO = "I am sorry to hear that.";
  private static final String CAUSE = "This sounds like a strained muscle.";
  private static final String QUESTION = "Is it worse when you kneel down?";
  private static final String ADVICE = "Please put a warm pad on it.";
  private static final String WARNING = "Call us at once if the joint locks.";
  private static final String FULL = join(HELLO, CAUSE, QUESTION, ADVICE, WARNING);

  @Test
  void everyPhrasingOfAFullReplyIsPerfect() {
    SplittableRandom random = new SplittableRandom(1);
    for (Split split : Split.values()) {
      for (Complaint complaint : Complaint.of(split)) {
        for (int i = 0; i < 20; i++) {
          String reply = Doctor.fullReply(complaint, random);
          assertThat(Gold.quality(complaint, reply))
              .as("%s: %s", complaint, reply)
              .isEqualTo(new Quality(1, 1, 1, 1, 1, 0, 0, 1));
        }
      }
    }
  }

  @Test
  void eachPartIsWorthItsWeight() {
    assertQuality(join(HELLO, QUESTION, ADVICE, WARNING), new Quality(0, 1, 1, 1, 1, 0, 0, 0.75));
    assertQuality(join(HELLO, CAUSE, ADVICE, WARNING), new Quality(1, 0, 1, 1, 1, 0, 0, 0.8));
    assertQuality(join(HELLO, CAUSE, QUESTION, WARNING), new Quality(1, 1, 0, 1, 1, 0, 0, 0.75));
    assertQuality(join(HELLO, CAUSE, QUESTION, ADVICE), new Quality(1, 1, 1, 0, 1, 0, 0, 0.8));
    assertQuality(join(CAUSE, QUESTION, ADVICE, WARNING), new Quality(1, 1, 1, 1, 0, 0, 0, 0.9));
  }

  @Test
  void aWrongFactCostsMoreThanAMissingOne() {
    assertQuality(
        FULL.replace("strained muscle", "deep bruise"), new Quality(0, 1, 1, 1, 1, 0, 1, 0.6));
    assertQuality(
        FULL.replace("you kneel down", "you bend forward"), new Quality(1, 0, 1, 1, 1, 0, 1, 0.65));
    assertQuality(
        FULL.replace("put a warm pad on it", "stretch every hour"),
        new Quality(1, 1, 0, 1, 1, 0, 1, 0.6));
    assertQuality(
        FULL.replace("the joint locks", "your toes turn blue"),
        new Quality(1, 1, 1, 0, 1, 0, 1, 0.65));
  }

  @Test
  void rudenessFillerAndRepetitionCost() {
    assertQuality(join(FULL, "Do not waste my time."), new Quality(1, 1, 1, 1, -1, 0, 0, 0.8));
    assertQuality(
        join(FULL, "We see this kind of thing every day."),
        new Quality(1, 1, 1, 1, 1, 0.1, 0, 0.9));
    assertQuality(join(FULL, CAUSE), new Quality(1, 1, 1, 1, 1, 0.075, 0, 0.925));
    assertThat(total(join(FULL, "I think this is a pulled muscle."))).isLessThan(0.95);
    assertThat(total(join(FULL, FULL, FULL))).isLessThan(0.05);
  }

  @Test
  void sayingTheSameTwiceInOneSentenceIsRepetition() {
    String stutter = "This sounds like a strained muscle strained muscle strained muscle.";
    assertThat(Gold.quality(KNEE, stutter).rambling()).isEqualTo(4 / 80.0);
  }

  @Test
  void listingEverythingEarnsNothing() {
    String causes =
        Stream.of(Trigger.values())
            .map(t -> "This sounds like " + t.causes.get(0) + ".")
            .collect(Collectors.joining(" "));
    assertThat(total(causes)).isZero();
    assertThat(total(causes.replace('.', ','))).isZero();
    assertThat(total(join(FULL, causes))).isZero();

    String two = join(CAUSE, "This sounds like a deep bruise.");
    assertThat(total(join(HELLO, two, QUESTION, ADVICE, WARNING)))
        .as("a hedge between two causes is worse than none")
        .isLessThan(0.75);
    String signs =
        Stream.of(Site.values())
            .map(s -> "Call us at once if " + s.warnings.get(0) + ".")
            .collect(Collectors.joining(" "));
    assertThat(total(join(HELLO, CAUSE, QUESTION, ADVICE, signs))).isZero();
  }

  @Test
  void aFactNeedsItsForm() {
    assertThat(Gold.quality(KNEE, "This is not a strained muscle.").cause()).isZero();
    assertThat(Gold.quality(KNEE, "Never put a warm pad on it.").advice()).isZero();
    assertThat(Gold.quality(KNEE, "Is it a strained muscle?").cause()).isZero();
    assertThat(Gold.quality(KNEE, "Is it worse when you kneel down.").question()).isZero();
    assertThat(Gold.quality(KNEE, "Look if the joint locks.").warning()).isZero();
    assertThat(Gold.quality(KNEE, "At once the joint locks.").warning()).isZero();
    assertThat(Gold.quality(KNEE, "A muscle. It is strained.").cause()).isZero();
  }

  @Test
  void caseSpaceAndPunctuationDoNotMatter() {
    assertThat(total(FULL.toUpperCase(Locale.ROOT))).isEqualTo(1);
    assertThat(total(FULL.replace(" ", " \n\t "))).isEqualTo(1);
    assertThat(total(FULL.replace(".", " !"))).isEqualTo(1);
    assertThat(total(FULL.substring(0, FULL.length() - 1))).isEqualTo(1);
  }

  @Test
  void unknownWordsAroundFactsAreRambling() {
    assertThat(Gold.quality(KNEE, join(FULL, "Zork blah, 42 qu\u00e9 \u4f60\u597d.")))
        .isEqualTo(new Quality(1, 1, 1, 1, 1, 5 / 80.0, 0, 0.9375));
    assertThat(Gold.quality(KNEE, FULL.replace("strained", "so so strained")).rambling())
        .isEqualTo(2 / 80.0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", " ", "\n\n", "...", "?!?", "\u0000\ufffd\ufffd", "<|im_end|>", "a", "hello"})
  void emptyAndGarbageRepliesScoreZero(String reply) {
    assertThat(total(reply)).isZero();
  }

  @Test
  void loneSurrogatesAndVeryLongTextAreAccepted() {
    assertThat(total("\ud83d \udc00 \ud83d\ude00")).isZero();
    assertThat(total("word ".repeat(5000))).isZero();
    assertThat(total(FULL + " word".repeat(5000))).isZero();
  }

  @Test
  void soupsOfTheWorldsWordsScoreLow() {
    TreeSet<String> vocabulary = new TreeSet<>();
    for (Demonstration row : new Clinic(1).demonstrations(Split.TRAIN, 1000)) {
      for (Message message : row.prompt().messages()) {
        vocabulary.addAll(List.of(message.content().split(" ")));
      }
      vocabulary.addAll(List.of(row.response().split(" ")));
    }
    List<String> words = List.copyOf(vocabulary);
    SplittableRandom random = new SplittableRandom(2);
    double sum = 0;
    for (int i = 0; i < 2000; i++) {
      List<String> soup = new ArrayList<>();
      int length = random.nextInt(80);
      while (soup.size() < length) {
        soup.add(Patient.pick(words, random));
      }
      double total = total(String.join(" ", soup));
      assertThat(total).isBetween(0.0, 1.0);
      sum += total;
    }
    assertThat(sum / 2000).isLessThan(0.01);
  }

  @Test
  void soupsOfWholeSentencesStayFarBelowGoodReplies() {
    List<String> sentences = new ArrayList<>(Phrases.FILLER);
    sentences.addAll(Phrases.RUDE);
    sentences.addAll(Phrases.OPENINGS);
    SplittableRandom random = new SplittableRandom(3);
    for (Complaint complaint : Complaint.of(Split.TRAIN)) {
      sentences.add(Doctor.cause(complaint, random));
      sentences.add(Doctor.question(complaint, random));
      sentences.add(Doctor.advice(complaint, random));
      sentences.add(Doctor.warning(complaint, random));
    }
    double sum = 0;
    for (int i = 0; i < 2000; i++) {
      List<String> soup = new ArrayList<>();
      while (soup.size() < 5) {
        soup.add(Patient.pick(sentences, random));
      }
      double total = total(String.join(" ", soup));
      assertThat(total).isBetween(0.0, 1.0);
      sum += total;
    }
    assertThat(sum / 2000).isLessThan(0.1);
  }

  @Test
  void fillerSaysNothing() {
    for (String filler : Phrases.FILLER) {
      Quality quality = Gold.quality(KNEE, filler);
      assertThat(quality.rambling()).isEqualTo(Sentence.words(filler).size() / 80.0);
      assertThat(quality.total()).isZero();
      assertThat(quality.invented()).isZero();
    }
  }

  @Test
  void noPhraseOfOneFactIsPartOfAnothers() {
    for (Trigger a : Trigger.values()) {
      for (Trigger b : Trigger.values()) {
        Quality quality =
            Gold.quality(
                new Complaint(Site.KNEE, a), join(b.causes.get(0) + ".", b.advice.get(0) + "."));
        assertThat(quality.cause()).isEqualTo(a == b ? 1 : 0);
        assertThat(quality.advice()).isEqualTo(a == b ? 1 : 0);
        assertThat(quality.invented()).isEqualTo(a == b ? 0 : 2);
      }
    }
    for (Site a : Site.values()) {
      for (Site b : Site.values()) {
        for (int i = 0; i < 2; i++) {
          String said =
              join(b.questions.get(i) + "?", "At once if " + b.warnings.get(i).trim() + ".");
          Quality quality = Gold.quality(new Complaint(a, Trigger.FALL), said);
          assertThat(quality.question()).isEqualTo(a == b ? 1 : 0);
          assertThat(quality.warning()).isEqualTo(a == b ? 1 : 0);
          assertThat(quality.invented()).isEqualTo(a == b ? 0 : 2);
        }
      }
    }
  }

  @Test
  void wordsBeyondTheLimitCostTwice() {
    String filler = " We see this kind of thing every day.".repeat(4);
    Quality quality = Gold.quality(KNEE, FULL + filler);
    int words = Sentence.words(FULL).size() + 32;
    assertThat(quality.rambling()).isCloseTo((32 + words - Gold.WORD_LIMIT) / 80.0, within(1e-12));
  }

  private static void assertQuality(String reply, Quality expected) {
    assertThat(Gold.quality(KNEE, reply)).isEqualTo(expected);
  }

  private static double total(String reply) {
    return Gold.quality(KNEE, reply).total();
  }

  private static String join(String... sentences) {
    return String.join(" ", sentences);
  }
}
