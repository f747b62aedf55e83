package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** Every page, command and method has its place in the documentation, and links lead somewhere. */
class DocsCompleteTest {
  private static final Path DOCS = Path.of(System.getProperty("plumbline.root"), "docs");
  private static final String LINK = "\\]\\((?!https?:|mailto:)([^)#\\s]*)(?:#([^)\\s]*))?\\)";

  /** Methods that have a page of their own. */
  private static final Map<TrainCommand.Method, String> PAGES =
      Map.of(TrainCommand.Method.sft, "sft.md", TrainCommand.Method.reward, "reward-model.md");

  static Stream<Path> pages() {
    Path root = DOCS.getParent();
    return Stream.concat(
        DocsTest.pages(), Stream.of(root.resolve("CONTRIBUTING.md"), root.resolve("CHANGELOG.md")));
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyLinkLeadsToAFileAndAHeading(Path page) {
    for (MatchResult link : Snippets.matches(prose(page), LINK).toList()) {
      Path target = link.group(1).isEmpty() ? page : page.resolveSibling(link.group(1));
      assertThat(target).as("%s links to %s", page.getFileName(), link.group()).exists();
      if (link.group(2) != null) {
        assertThat(anchors(target))
            .as("%s links to %s", page.getFileName(), link.group())
            .contains(link.group(2));
      }
    }
  }

  /** A page without its blocks of code, whose brackets are no links. */
  private static String prose(Path page) {
    return Snippets.read(page).replaceAll("(?ms)^```.*?^```$", "").replaceAll("`[^`\n]*`", "code");
  }

  /** What a page's headings are called in addresses: GitHub's way. */
  private static Set<String> anchors(Path page) {
    String text = Snippets.read(page).replaceAll("(?ms)^```.*?^```$", "");
    return Snippets.matches(text, "(?m)^#+ (.*)$")
        .map(heading -> heading.group(1).strip().toLowerCase(Locale.ROOT))
        .map(heading -> heading.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
        .collect(Collectors.toSet());
  }

  @Test
  void theIndexNamesEveryPage() throws IOException {
    String index = Snippets.read(DOCS.resolve("README.md"));
    try (Stream<Path> files = Files.list(DOCS)) {
      List<String> missing =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith(".md") && !name.equals("README.md"))
              .filter(name -> !index.contains("](" + name + ")"))
              .sorted()
              .toList();
      assertThat(missing).as("pages that docs/README.md does not name").isEmpty();
    }
  }

  @Test
  void everyCommandHasASectionWithAnExample() {
    Map<String, String> missing = new TreeMap<>();
    String all =
        Snippets.read(DOCS.resolve("commands.md")) + "\n" + Snippets.read(DOCS.resolve("data.md"));
    for (String command : commands("", Main.commandLine(System.err, System.err))) {
      if (!all.contains("\n## " + command + "\n") && !all.contains("\n### " + command + "\n")) {
        missing.put(command, "no heading in commands.md or data.md");
      } else if (DocsTest.shownCommands()
          .noneMatch(line -> line.startsWith("./plumbline " + command))) {
        missing.put(command, "no example");
      }
    }
    assertThat(missing).isEmpty();
  }

  /** Names of the commands that do something; those of data stand on one page under their own. */
  private static List<String> commands(String prefix, CommandLine parent) {
    return parent.getSubcommands().entrySet().stream()
        .flatMap(
            entry ->
                entry.getValue().getSubcommands().isEmpty()
                    ? Stream.of(prefix + entry.getKey())
                    : commands(prefix + entry.getKey() + " ", entry.getValue()).stream())
        .toList();
  }

  @ParameterizedTest
  @EnumSource(TrainCommand.Method.class)
  void everyMethodIsExplainedWithFormulaPaperAndWhatToWatch(TrainCommand.Method method) {
    String section =
        PAGES.containsKey(method)
            ? Snippets.read(DOCS.resolve(PAGES.get(method)))
            : Stream.of("policy-methods.md", "preference-methods.md")
                .map(page -> section(Snippets.read(DOCS.resolve(page)), method.name()))
                .filter(text -> !text.isEmpty())
                .findFirst()
                .orElse("");
    assertThat(section).as("section of %s", method).contains("```\n");
    assertThat(section)
        .as("paper of %s", method)
        .containsPattern("arXiv:\\d{4}\\.\\d{5}|\\(20\\d\\d\\)");
    assertThat(section)
        .as("when to use %s, what to watch", method)
        .contains("Watch")
        .containsPattern("\\bWhe(n|re)|\\bAs `|First of all|For |Both |From |simplest");
  }

  private static String section(String page, String title) {
    return Arrays.stream(page.split("(?m)^## "))
        .filter(part -> part.startsWith(title + "\n"))
        .findFirst()
        .orElse("");
  }
}
