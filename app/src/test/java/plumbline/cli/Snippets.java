package plumbline.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The fenced blocks of the documentation's pages. */
final class Snippets {
  private static final Pattern BLOCK =
      Pattern.compile("^```(?<kind>[^\n]*)\n(?<text>.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);

  private Snippets() {}

  /**
   * A block.
   *
   * @param kind what stands behind its opening fence, {@code yaml pipeline} for example
   * @param line of its opening fence, from 1
   */
  record Block(Path page, int line, String kind, String text) {
    String place() {
      return page.getFileName() + ":" + line;
    }
  }

  /** Every block of a page in its order. */
  static List<Block> in(Path page) {
    String text = read(page);
    return BLOCK
        .matcher(text)
        .results()
        .map(
            block ->
                new Block(
                    page,
                    1
                        + (int)
                            text.substring(0, block.start()).chars().filter(c -> c == '\n').count(),
                    block.group(1),
                    block.group(2)))
        .toList();
  }

  /** The texts of a page's blocks of one kind. */
  static List<String> of(Path page, String kind) {
    return in(page).stream().filter(b -> b.kind().equals(kind)).map(Block::text).toList();
  }

  static Stream<MatchResult> matches(String text, String pattern) {
    return Pattern.compile(pattern).matcher(text).results();
  }

  static String read(Path page) {
    try {
      return Files.readString(page);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
