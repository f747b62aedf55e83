package plumbline.data.clinic;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One sentence as the gold quality reads it: lower-case words without punctuation.
 *
 * @param words letters and digits, lower case
 * @param asks whether it ends in a question mark
 */
record Sentence(List<String> words, boolean asks) {
  Sentence {
    words = List.copyOf(words);
  }

  /** Splits any text at full stops, question and exclamation marks; sentences without words go. */
  static List<Sentence> of(String text) {
    List<Sentence> sentences = new ArrayList<>();
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    String lower = text.toLowerCase(Locale.ROOT) + "\n.";
    lower
        .codePoints()
        .forEach(
            c -> {
              if (Character.isLetterOrDigit(c)) {
                word.appendCodePoint(c);
                return;
              }
              if (!word.isEmpty()) {
                words.add(word.toString());
                word.setLength(0);
              }
              if ((c == '.' || c == '?' || c == '!') && !words.isEmpty()) {
                sentences.add(new Sentence(words, c == '?'));
                words.clear();
              }
            });
    return sentences;
  }

  /** The words of a phrase, whatever its punctuation. */
  static List<String> words(String phrase) {
    List<String> words = new ArrayList<>();
    of(phrase).forEach(s -> words.addAll(s.words));
    return List.copyOf(words);
  }

  /** Where {@code phrase} first occurs as consecutive words, or -1. */
  int indexOf(List<String> phrase) {
    for (int at = 0; at + phrase.size() <= words.size(); at++) {
      if (words.subList(at, at + phrase.size()).equals(phrase)) {
        return at;
      }
    }
    return -1;
  }
}
