package plumbline.data.clinic;

import static plumbline.data.clinic.Patient.pick;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Answers complaints, well or badly. */
final class Doctor {
  /** Share of the facts that a reply without any care takes from another complaint. */
  private static final double MIXED_UP = 0.2;

  /** Share of the facts that a reply without any care leaves out. */
  private static final double LEFT_OUT = 0.55;

  private static final double CLOSING_SHARE = 0.15;
  private static final double QUESTION_LATE_SHARE = 0.3;

  private Doctor() {}

  /** A complete reply in one of its phrasings: the rules of the world applied to the complaint. */
  static String fullReply(Complaint complaint, SplittableRandom random) {
    return reply(complaint, 1, random);
  }

  /**
   * A reply of graded quality.
   *
   * @param care in [0, 1]: 1 says everything that fits and nothing else; the lower, the more is
   *     left out, taken from other complaints, filled with empty sentences, repeated, or rude
   */
  static String reply(Complaint complaint, double care, SplittableRandom random) {
    List<String> sentences = new ArrayList<>();
    sentences.add(cause(source(complaint, care, random), random));
    sentences.add(question(source(complaint, care, random), random));
    int advice = random.nextDouble() < QUESTION_LATE_SHARE ? 1 : 2;
    sentences.add(advice, advice(source(complaint, care, random), random));
    sentences.add(warning(source(complaint, care, random), random));
    for (int i = 0; i < sentences.size(); i++) {
      if (random.nextDouble() < LEFT_OUT * (1 - care)) {
        sentences.set(i, empty(sentences, i, random));
      }
    }
    if (random.nextDouble() < 0.4 * (1 - care)) {
      sentences.add(
          1 + random.nextInt(sentences.size()), empty(sentences, sentences.size(), random));
    }
    addManners(sentences, care, random);
    return String.join(" ", sentences);
  }

  /** A sentence that says nothing new: filler, or one said before position {@code at}. */
  private static String empty(List<String> sentences, int at, SplittableRandom random) {
    if (at > 0 && random.nextDouble() < 0.3) {
      return sentences.get(random.nextInt(at));
    }
    return pick(Phrases.FILLER, random);
  }

  private static void addManners(List<String> sentences, double care, SplittableRandom random) {
    if (random.nextDouble() < 0.4 + 0.6 * care) {
      sentences.add(0, pick(Phrases.OPENINGS, random));
    } else if (random.nextDouble() < 0.4) {
      sentences.add(random.nextInt(sentences.size() + 1), pick(Phrases.RUDE, random));
    }
    if (random.nextDouble() < CLOSING_SHARE) {
      sentences.add(pick(Phrases.CLOSINGS, random));
    }
  }

  /** The complaint itself, or a careless mix-up with another one. */
  private static Complaint source(Complaint complaint, double care, SplittableRandom random) {
    if (random.nextDouble() >= MIXED_UP * (1 - care)) {
      return complaint;
    }
    return new Complaint(
        other(Site.values(), complaint.site(), random),
        other(Trigger.values(), complaint.trigger(), random));
  }

  private static <E extends Enum<E>> E other(E[] constants, E right, SplittableRandom random) {
    List<E> others = new ArrayList<>(Arrays.asList(constants));
    others.remove(right);
    return pick(others, random);
  }

  static String cause(Complaint complaint, SplittableRandom random) {
    return fill(Phrases.CAUSE_FRAMES, complaint.trigger().causes, random);
  }

  static String question(Complaint complaint, SplittableRandom random) {
    return fill(Phrases.QUESTION_FRAMES, complaint.site().questions, random);
  }

  static String advice(Complaint complaint, SplittableRandom random) {
    return fill(Phrases.ADVICE_FRAMES, complaint.trigger().advice, random);
  }

  static String warning(Complaint complaint, SplittableRandom random) {
    return fill(Phrases.WARNING_FRAMES, complaint.site().warnings, random);
  }

  private static String fill(List<String> frames, List<String> facts, SplittableRandom random) {
    return pick(frames, random).replace(Phrases.GAP, pick(facts, random));
  }
}
