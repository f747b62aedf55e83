package plumbline.web.label;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import plumbline.annotation.form.Question;
import plumbline.annotation.form.Question.Comment;
import plumbline.annotation.form.Question.Edit;
import plumbline.annotation.form.Question.Likert;
import plumbline.annotation.form.Question.Pairwise;
import plumbline.annotation.form.Question.Ranking;

/** A question as its part of the form shows it. */
sealed interface QuestionView {
  String text();

  boolean required();

  /**
   * One of several to choose.
   *
   * @param key the key that chooses it
   * @param slot which answer it puts ahead; 0 for none
   */
  record Choice(String value, String label, String key, int slot, boolean checked) {}

  /**
   * A comparison.
   *
   * @param sides the degrees from one answer to the other
   * @param between what puts neither ahead
   */
  record Choices(
      String text, boolean required, String name, List<Choice> sides, List<Choice> between)
      implements QuestionView {}

  /** One answer of a ranking. */
  record RankLine(String name, int slot, String letter, String begin, String place) {}

  record Ranks(String text, boolean required, boolean ties, boolean partial, List<RankLine> lines)
      implements QuestionView {
    List<String> places() {
      return IntStream.rangeClosed(1, lines.size()).mapToObj(Integer::toString).toList();
    }
  }

  /** One attribute of a rating. */
  record Scale(String name, String attribute, String step) {}

  /**
   * The attributes of one answer.
   *
   * @param letter empty for the item as a whole
   */
  record Rated(String letter, List<Scale> scales) {}

  record Scales(String text, boolean required, List<Rated> rated) implements QuestionView {
    List<String> steps() {
      return IntStream.rangeClosed(1, Likert.STEPS).mapToObj(Integer::toString).toList();
    }
  }

  record Words(String text, boolean required, String name, String value, boolean brief)
      implements QuestionView {}

  /** An answer to correct. */
  record Correction(
      String text,
      boolean required,
      String name,
      String slotName,
      String slot,
      String value,
      List<Slot> slots)
      implements QuestionView {}

  /** The questions with what was answered so far. */
  static List<QuestionView> of(
      List<Question> questions, TaskForm form, List<Slot> slots, Fields values) {
    return questions.stream().map(question -> of(question, form, slots, values)).toList();
  }

  private static QuestionView of(
      Question question, TaskForm form, List<Slot> slots, Fields values) {
    String text = question.text();
    boolean required = question.required();
    String name = TaskForm.name(question);
    if (question instanceof Pairwise pairwise) {
      String chosen = values.text(name);
      return new Choices(text, required, name, sides(pairwise, chosen), between(pairwise, chosen));
    } else if (question instanceof Ranking ranking) {
      List<RankLine> lines = slots.stream().map(slot -> line(ranking, slot, values)).toList();
      return new Ranks(text, required, ranking.ties(), ranking.partial(), lines);
    } else if (question instanceof Likert likert) {
      List<Rated> rated =
          form.rated(likert).mapToObj(slot -> rated(likert, slot, slots, values)).toList();
      return new Scales(text, required, rated);
    } else if (question instanceof Edit) {
      return correction(question, slots, values);
    }
    return new Words(text, required, name, values.words(name), question instanceof Comment);
  }

  private static List<Choice> sides(Pairwise question, String chosen) {
    List<Choice> sides = new ArrayList<>();
    int most = question.strengths();
    for (int place = 1; place <= 2 * most; place++) {
      int slot = place <= most ? 1 : 2;
      int strength = slot == 1 ? most + 1 - place : place - most;
      String value = slot + ":" + strength;
      String label = Slot.letter(slot) + " is " + degree(strength, most) + "better";
      sides.add(new Choice(value, label, Integer.toString(place), slot, value.equals(chosen)));
    }
    return sides;
  }

  /** How much better, in words: of three degrees slightly better, better and much better. */
  static String degree(int strength, int most) {
    if (most == 1 || strength == 2) {
      return "";
    }
    return switch (strength) {
      case 1 -> "slightly ";
      case 3 -> "much ";
      default -> "far ";
    };
  }

  private static List<Choice> between(Pairwise question, String chosen) {
    List<Choice> between = new ArrayList<>();
    if (question.tie()) {
      between.add(new Choice("tie", "As good as each other", "t", 0, chosen.equals("tie")));
    }
    if (question.bothBad()) {
      boolean bad = chosen.equals("both_bad");
      between.add(new Choice("both_bad", "Both are bad", "b", 0, bad));
    }
    return between;
  }

  private static RankLine line(Ranking question, Slot slot, Fields values) {
    String name = TaskForm.name(question, slot.number());
    return new RankLine(name, slot.number(), slot.letter(), slot.begin(), values.text(name));
  }

  private static Rated rated(Likert question, int slot, List<Slot> slots, Fields values) {
    List<Scale> scales = new ArrayList<>();
    for (int i = 0; i < question.attributes().size(); i++) {
      String name = TaskForm.name(question, slot, i);
      scales.add(new Scale(name, question.attributes().get(i), values.text(name)));
    }
    return new Rated(slot == 0 ? "" : slots.get(slot - 1).letter(), scales);
  }

  private static Correction correction(Question question, List<Slot> slots, Fields values) {
    String name = TaskForm.name(question);
    String slotName = TaskForm.slotName(question);
    boolean begun = !values.text(slotName).isEmpty();
    String slot = begun ? values.text(slotName) : "1";
    String value = begun ? values.words(name) : slots.get(0).source();
    return new Correction(question.text(), question.required(), name, slotName, slot, value, slots);
  }
}
