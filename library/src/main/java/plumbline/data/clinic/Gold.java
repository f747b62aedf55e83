package plumbline.data.clinic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads a reply and says how good it is, from its words alone.
 *
 * <p>The reply is cut into sentences. A fact (cause, question, advice, warning, courtesy, rudeness)
 * is said where one of its phrases occurs as consecutive words of one sentence. A question must end
 * in a question mark; a warning sign must follow "if" in a sentence that says "at once"; a cause or
 * advice after a negation is not said. Saying a right and a wrong fact of one kind earns nothing
 * for that kind. Every word that belongs to neither a fact said for the first time nor the frame
 * around it is rambling: filler, repetition and unknown words alike, and so is every word beyond
 * {@value #WORD_LIMIT}.
 */
final class Gold {
  static final int WORD_LIMIT = 50;

  private enum Kind {
    CAUSE,
    QUESTION,
    ADVICE,
    WARNING,
    OPENING,
    CLOSING,
    RUDE
  }

  /** A fact of the world: of triggers (cause, advice), sites (question, warning), or manners. */
  private record Fact(Kind kind, String of) {}

  private record Saying(Fact fact, List<String> phrase) {}

  private static final List<Saying> SAYINGS = sayings();
  private static final List<List<String>> FRAMES = frames();
  private static final List<String> URGENT = Sentence.words(Phrases.URGENT);

  private Gold() {}

  static Quality quality(Complaint complaint, String reply) {
    Set<Fact> said = new HashSet<>();
    int words = 0;
    int rambling = 0;
    for (Sentence sentence : Sentence.of(reply)) {
      words += sentence.words().size();
      rambling += read(sentence, said);
    }
    rambling += Math.max(0, words - WORD_LIMIT);

    Set<Kind> right = EnumSet.noneOf(Kind.class);
    Set<Kind> wrong = EnumSet.noneOf(Kind.class);
    int invented = 0;
    for (Fact fact : said) {
      if (fits(fact, complaint)) {
        right.add(fact.kind);
      } else {
        wrong.add(fact.kind);
        invented++;
      }
    }
    boolean courteous = right.contains(Kind.OPENING) || right.contains(Kind.CLOSING);
    right.removeAll(wrong);
    return Quality.of(
        right.contains(Kind.CAUSE),
        right.contains(Kind.QUESTION),
        right.contains(Kind.ADVICE),
        right.contains(Kind.WARNING),
        right.contains(Kind.RUDE) ? -1 : courteous ? 1 : 0,
        rambling,
        invented);
  }

  /** Adds what the sentence says to {@code said}; returns how many of its words say nothing new. */
  private static int read(Sentence sentence, Set<Fact> said) {
    boolean[] covered = new boolean[sentence.words().size()];
    boolean news = false;
    for (Saying saying : SAYINGS) {
      int at = sentence.indexOf(saying.phrase);
      if (at >= 0 && counts(saying.fact.kind, sentence, at) && said.add(saying.fact)) {
        news = true;
        Arrays.fill(covered, at, at + saying.phrase.size(), true);
      }
    }
    if (!news) {
      return covered.length;
    }
    for (List<String> frame : FRAMES) {
      int at = sentence.indexOf(frame);
      if (at >= 0) {
        Arrays.fill(covered, at, at + frame.size(), true);
      }
    }
    int stray = 0;
    for (boolean isCovered : covered) {
      stray += isCovered ? 0 : 1;
    }
    return stray;
  }

  private static boolean counts(Kind kind, Sentence sentence, int at) {
    return switch (kind) {
      case QUESTION -> sentence.asks();
      case WARNING -> sentence.indexOf(URGENT) >= 0;
      case CAUSE, ADVICE ->
          !sentence.asks()
              && sentence.words().subList(0, at).stream().noneMatch(Phrases.NEGATIONS::contains);
      case OPENING, CLOSING, RUDE -> true;
    };
  }

  private static boolean fits(Fact fact, Complaint complaint) {
    return switch (fact.kind) {
      case CAUSE, ADVICE -> fact.of.equals(complaint.trigger().name());
      case QUESTION, WARNING -> fact.of.equals(complaint.site().name());
      case OPENING, CLOSING, RUDE -> true;
    };
  }

  private static List<Saying> sayings() {
    List<Saying> sayings = new ArrayList<>();
    for (Trigger trigger : Trigger.values()) {
      for (String cause : trigger.causes) {
        add(sayings, Kind.CAUSE, trigger.name(), cause.replaceFirst("^an? ", ""));
      }
      for (String advice : trigger.advice) {
        add(sayings, Kind.ADVICE, trigger.name(), advice);
      }
    }
    for (Site site : Site.values()) {
      for (String question : site.questions) {
        add(sayings, Kind.QUESTION, site.name(), question);
      }
      for (String warning : site.warnings) {
        add(sayings, Kind.WARNING, site.name(), "if " + warning);
      }
    }
    Phrases.OPENINGS.forEach(p -> add(sayings, Kind.OPENING, "", p));
    Phrases.CLOSINGS.forEach(p -> add(sayings, Kind.CLOSING, "", p));
    // Rudeness is a fact per phrase: a second rude sentence is not a repetition.
    Phrases.RUDE.forEach(p -> add(sayings, Kind.RUDE, p, p));
    return List.copyOf(sayings);
  }

  private static void add(List<Saying> sayings, Kind kind, String of, String phrase) {
    sayings.add(new Saying(new Fact(kind, of), Sentence.words(phrase)));
  }

  /** The words before the gap of every frame; with the articles that may follow them. */
  private static List<List<String>> frames() {
    List<List<String>> frames = new ArrayList<>();
    for (String frame : Phrases.CAUSE_FRAMES) {
      String before = frame.substring(0, frame.indexOf(Phrases.GAP));
      frames.add(Sentence.words(before + " a"));
      frames.add(Sentence.words(before + " an"));
    }
    for (List<String> group :
        List.of(
            Phrases.CAUSE_FRAMES,
            Phrases.QUESTION_FRAMES,
            Phrases.ADVICE_FRAMES,
            Phrases.WARNING_FRAMES)) {
      group.forEach(f -> frames.add(Sentence.words(f.substring(0, f.indexOf(Phrases.GAP)))));
    }
    return List.copyOf(frames);
  }
}
