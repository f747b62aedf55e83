package plumbline.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a person sees of what was written to a terminal: the few codes that are used, carried out.
 */
final class TerminalScreen {
  private static final Pattern PART =
      Pattern.compile("\u001b\\[(\\d*)([AJK])|\r?\n|\r|[^\u001b\r\n]+");

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  PrintStream stream() {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }

  /** The lines from top to bottom. */
  List<String> lines() {
    List<StringBuilder> lines = new ArrayList<>(List.of(new StringBuilder()));
    int row = 0;
    int column = 0;
    Matcher part = PART.matcher(bytes.toString(StandardCharsets.UTF_8));
    int end = 0;
    while (part.find()) {
      if (part.start() != end) {
        throw new AssertionError("an unknown code at " + end);
      }
      end = part.end();
      String text = part.group();
      if (part.group(2) != null) {
        switch (part.group(2)) {
          case "A" -> row -= Integer.parseInt(part.group(1));
          case "K" -> lines.get(row).setLength(Math.min(column, lines.get(row).length()));
          default -> {
            lines.get(row).setLength(Math.min(column, lines.get(row).length()));
            lines.subList(row + 1, lines.size()).clear();
          }
        }
      } else if (text.endsWith("\n")) {
        row++;
        column = 0;
        if (row == lines.size()) {
          lines.add(new StringBuilder());
        }
      } else if (text.equals("\r")) {
        column = 0;
      } else {
        StringBuilder line = lines.get(row);
        line.append(" ".repeat(Math.max(0, column - line.length())));
        line.replace(column, Math.min(line.length(), column + text.length()), text);
        column += text.length();
      }
    }
    return lines.stream().map(StringBuilder::toString).filter(line -> !line.isEmpty()).toList();
  }
}
