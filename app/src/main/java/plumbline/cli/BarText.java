package plumbline.cli;

import java.util.List;
import java.util.Locale;
import plumbline.data.stats.Figure;

/** Figures as bars of characters. */
final class BarText {
  private static final int WIDTH = 40;
  private static final int LABEL = 28;

  private BarText() {}

  static void say(List<Figure> figures, Console console) {
    figures.forEach(figure -> say(figure, console));
  }

  private static void say(Figure figure, Console console) {
    console.say("");
    console.say(figure.group() + ": " + figure.title() + " (" + figure.meaning() + ")");
    double most = figure.bars().stream().mapToDouble(Figure.Bar::value).max().orElse(0);
    int label = figure.bars().stream().mapToInt(bar -> shown(bar).length()).max().orElse(0);
    for (Figure.Bar bar : figure.bars()) {
      int length = most > 0 ? (int) Math.round(WIDTH * bar.value() / most) : 0;
      // What is there is never drawn as nothing.
      int seen = bar.value() > 0 ? Math.max(1, length) : 0;
      console.say(
          String.format(
              Locale.ROOT,
              "  %-" + label + "s %s %s",
              shown(bar),
              "#".repeat(seen) + " ".repeat(WIDTH - seen),
              number(bar.value())));
    }
  }

  /** A text without what could steer a terminal. */
  static String harmless(String text) {
    return text.replaceAll("[\\p{Cntrl}\\x80-\\x9f]", "\uFFFD");
  }

  /** As {@link #harmless}, of a text that may have several lines. */
  static String harmlessLines(String text) {
    return text.replaceAll("[\\p{Cntrl}\\x80-\\x9f&&[^\n\t]]", "\uFFFD");
  }

  private static String shown(Figure.Bar bar) {
    String label = harmless(bar.label());
    return label.length() > LABEL
        ? label.substring(0, LABEL - 1) + "\u2026"
        : label.isEmpty() ? "-" : label;
  }

  private static String number(double value) {
    return value == Math.rint(value)
        ? Long.toString((long) value)
        : String.format(Locale.ROOT, "%.1f", value);
  }
}
