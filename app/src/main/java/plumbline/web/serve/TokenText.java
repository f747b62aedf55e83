package plumbline.web.serve;

import java.util.Arrays;
import plumbline.text.Tokenizer;

/**
 * The text of tokens as they come. A tokenizer may write a word otherwise at the beginning of a
 * text than later, and a character may need several tokens: so each token is decoded together with
 * a few before it, and what it adds is given out once its characters are whole.
 */
final class TokenText {
  private static final char BROKEN = '\uFFFD';
  private static final int TOKENS_BEFORE = 5;

  private final Tokenizer tokenizer;
  private int[] ids;
  private int count;

  /** Tokens from here on are decoded again with each new one. */
  private int from;

  /** Tokens before here have been given out. */
  private int given;

  /**
   * Begins behind some tokens.
   *
   * @param before those whose text has been given out already; none begins a text
   */
  TokenText(Tokenizer tokenizer, int[] before) {
    this.tokenizer = tokenizer;
    int kept = Math.min(TOKENS_BEFORE, before.length);
    this.ids = Arrays.copyOf(Arrays.copyOfRange(before, before.length - kept, before.length), 64);
    this.count = kept;
    this.given = kept;
  }

  /** What a token adds to the text: nothing while a character is not whole. */
  String next(int id) {
    add(id);
    String text = pending();
    if (text.isEmpty() || text.charAt(text.length() - 1) == BROKEN) {
      return "";
    }
    from = given;
    given = count;
    return text;
  }

  /** What is left at the end: characters that never became whole. */
  String rest() {
    String text = pending();
    given = count;
    return text;
  }

  /** Whether characters have begun that are not whole yet. */
  boolean isPending() {
    return given < count;
  }

  /** What another token would add in the place of the next one. */
  String instead(int id) {
    add(id);
    String text = pending();
    count--;
    return text;
  }

  private void add(int id) {
    if (count == ids.length) {
      ids = Arrays.copyOf(ids, 2 * count);
    }
    ids[count] = id;
    count++;
  }

  private String pending() {
    String before = decode(given);
    String all = decode(count);
    return all.startsWith(before)
        ? all.substring(before.length())
        : all.substring(Math.min(before.length(), all.length()));
  }

  private String decode(int to) {
    return to == from ? "" : tokenizer.decode(Arrays.copyOfRange(ids, from, to), true);
  }
}
