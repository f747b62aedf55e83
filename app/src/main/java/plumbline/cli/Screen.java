package plumbline.cli;

import java.io.PrintStream;
import java.util.List;

/**
 * The last lines of a terminal, drawn over again and again; what is said meanwhile goes above them.
 */
final class Screen {
  private static final String UP = "\u001b[%dA";
  private static final String CLEAR_BELOW = "\u001b[J";
  private static final String CLEAR_LINE = "\u001b[K";

  private final PrintStream out;
  private List<String> drawn = List.of();

  Screen(PrintStream out) {
    this.out = out;
  }

  /** How wide the launcher says that the terminal is, and how high. */
  static Dashboard dashboard() {
    return new Dashboard(
        Math.max(40, Integer.getInteger("plumbline.columns", 80)),
        Math.max(10, Integer.getInteger("plumbline.rows", 24)));
  }

  /** Draws these lines where the last ones were; each must fit into the terminal's width. */
  synchronized void draw(List<String> lines) {
    StringBuilder text = new StringBuilder(back());
    lines.forEach(line -> text.append(line).append(CLEAR_LINE).append('\n'));
    out.print(text.append(CLEAR_BELOW));
    out.flush();
    drawn = List.copyOf(lines);
  }

  /** Says something that stays, above. */
  synchronized void say(String line) {
    out.print(back() + CLEAR_BELOW + line + System.lineSeparator());
    List<String> lines = drawn;
    drawn = List.of();
    draw(lines);
  }

  private String back() {
    return drawn.isEmpty() ? "" : UP.formatted(drawn.size());
  }
}
