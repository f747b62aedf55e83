package plumbline.text;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * GPT-2's way from text to symbols: words by a fixed pattern, then one printable character for each
 * of the 256 bytes of UTF-8, so that no text is unknown and no symbol is a space (Radford et al.
 * 2019, section 2.2).
 */
final class ByteAlphabet {
  private static final char[] SYMBOL_OF_BYTE = new char[256];

  /** Spaces as Unicode has them: Java's own {@code \s} knows only ASCII. */
  private static final Pattern WORD =
      Pattern.compile(
          "'s|'t|'re|'ve|'m|'ll|'d"
              + "| ?\\p{L}+| ?\\p{N}+| ?[^\\p{IsWhite_Space}\\p{L}\\p{N}]+"
              + "|\\p{IsWhite_Space}+(?!\\P{IsWhite_Space})|\\p{IsWhite_Space}+");

  static {
    char next = 256;
    for (int b = 0; b < 256; b++) {
      boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b != 0xAD);
      SYMBOL_OF_BYTE[b] = printable ? (char) b : next++;
    }
  }

  private ByteAlphabet() {}

  /** The 256 symbols in the order of their code points. */
  static List<String> symbols() {
    return IntStream.range(0, 256)
        .map(b -> SYMBOL_OF_BYTE[b])
        .sorted()
        .mapToObj(Character::toString)
        .toList();
  }

  /** The words of a text, whose concatenation is the text. */
  static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    Matcher matcher = WORD.matcher(text);
    while (matcher.find()) {
      words.add(matcher.group());
    }
    return words;
  }

  /** One symbol for each byte of the word's UTF-8 form. */
  static String spell(String word) {
    byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
    char[] symbols = new char[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      symbols[i] = SYMBOL_OF_BYTE[bytes[i] & 0xFF];
    }
    return new String(symbols);
  }
}
