package plumbline.web.label;

import java.util.ArrayList;
import java.util.List;

/**
 * Formulas taken out of a text before it is read as Markdown, which would spoil them: {@code $..$},
 * {@code $$..$$}, {@code \(..\)} and {@code \[..\]} outside code. Characters of Unicode's private
 * use stand in their places.
 */
final class MathText {
  private static final char OPEN = '\uE000';
  private static final char CLOSE = '\uE001';
  private static final int LONGEST = 4000;

  /** A formula in TeX. */
  record Formula(String tex, boolean display) {}

  private final String text;
  private final StringBuilder out = new StringBuilder();
  private final List<Formula> formulas = new ArrayList<>();
  private int at;

  private MathText(String text) {
    this.text = text;
  }

  /** The text with placeholders. */
  static MathText of(String text) {
    MathText math = new MathText(text.replaceAll("[\\uE000\\uE001]", "\uFFFD"));
    while (math.at < math.text.length()) {
      math.step();
    }
    return math;
  }

  String withPlaces() {
    return out.toString();
  }

  /**
   * The HTML that was made of {@link #withPlaces}, with the formulas as escaped text in spans.
   * Those in an address or another attribute are lost: the address was checked without them.
   */
  String fill(String html) {
    StringBuilder filled = new StringBuilder();
    int from = 0;
    for (int open = html.indexOf(OPEN); open >= 0; open = html.indexOf(OPEN, from)) {
      int close = html.indexOf(CLOSE, open);
      boolean inTag = html.lastIndexOf('<', open) > html.lastIndexOf('>', open);
      String number = html.substring(open + 1, close);
      filled.append(html, from, open).append(inTag ? "\uFFFD" : span(number));
      from = close + 1;
    }
    return filled.append(html, from, html.length()).toString();
  }

  private String span(String number) {
    Formula formula = formulas.get(Integer.parseInt(number));
    String kind = formula.display ? "math display" : "math";
    return "<span class=\"" + kind + "\">" + escaped(formula.tex) + "</span>";
  }

  static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }

  private void step() {
    char c = text.charAt(at);
    if (c == '`' || (c == '~' && text.startsWith("~~~", at))) {
      code(c);
    } else if (text.startsWith("$$", at)) {
      formula("$$", "$$", true);
    } else if (text.startsWith("\\[", at)) {
      formula("\\[", "\\]", true);
    } else if (text.startsWith("\\(", at)) {
      formula("\\(", "\\)", false);
    } else if (c == '\\') {
      copy(Math.min(2, text.length() - at));
    } else if (c == '$') {
      dollar();
    } else {
      copy(1);
    }
  }

  private void copy(int characters) {
    out.append(text, at, at + characters);
    at += characters;
  }

  /** Everything to the run of as many marks, or only the marks where there is none. */
  private void code(char mark) {
    int run = run(mark, at);
    int from = at + run;
    while (from < text.length()) {
      int next = text.indexOf(mark, from);
      if (next < 0) {
        break;
      }
      int length = run(mark, next);
      if (length == run || (run >= 3 && length > run)) {
        copy(next + length - at);
        return;
      }
      from = next + length;
    }
    copy(run >= 3 ? text.length() - at : run);
  }

  private int run(char mark, int from) {
    int to = from;
    while (to < text.length() && text.charAt(to) == mark) {
      to++;
    }
    return to - from;
  }

  private void formula(String open, String close, boolean display) {
    int from = at + open.length();
    String near = text.substring(from, Math.min(text.length(), from + LONGEST));
    int length = near.indexOf(close);
    if (length <= 0 || near.substring(0, length).contains("\n\n")) {
      copy(open.length());
    } else {
      add(near.substring(0, length), display);
      at = from + length + close.length();
    }
  }

  /** A single dollar opens a formula only where it is no price: {@code $5 and $6} stay. */
  private void dollar() {
    int from = at + 1;
    int end = text.indexOf('\n', from);
    String line = text.substring(from, Math.min(end < 0 ? text.length() : end, from + LONGEST));
    int length = line.indexOf('$');
    boolean closed = length > 0 && !line.isBlank() && !Character.isWhitespace(line.charAt(0));
    if (closed && !Character.isWhitespace(line.charAt(length - 1)) && !digit(line, length + 1)) {
      add(line.substring(0, length), false);
      at = from + length + 1;
    } else {
      copy(1);
    }
  }

  private static boolean digit(String line, int index) {
    return index < line.length() && Character.isDigit(line.charAt(index));
  }

  private void add(String tex, boolean display) {
    out.append(OPEN).append(formulas.size()).append(CLOSE);
    formulas.add(new Formula(tex, display));
  }
}
