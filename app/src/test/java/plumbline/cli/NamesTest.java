package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import plumbline.pipeline.Pipeline;

/** What the pages for users of other tools name on our side is there. */
class NamesTest {
  private static final Path DOCS = Path.of(System.getProperty("plumbline.root"), "docs");

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> namesOfCounterpartsExist() {
    return Stream.of("coming-from-trl.md", "coming-from-openrlhf.md").flatMap(this::tables);
  }

  private Stream<DynamicTest> tables(String page) {
    List<MatchResult> tables =
        Snippets.matches(
                Snippets.read(DOCS.resolve(page)),
                "(?s)<!-- names (\\w+) ?(\\w*) -->\n(.*?)<!-- end -->")
            .toList();
    assertThat(tables).as(page).hasSizeGreaterThan(5);
    return tables.stream()
        .flatMap(
            table ->
                table.group(3).lines().skip(2).flatMap(row -> tests(page, table, row).stream()));
  }

  private List<DynamicTest> tests(String page, MatchResult table, String row) {
    List<String> cells = Arrays.stream(row.split("(?<!\\\\) \\| |^\\| | \\|$")).skip(1).toList();
    assertThat(cells).as(row).hasSizeGreaterThan(1);
    return cells.stream()
        .skip(1)
        .flatMap(cell -> Snippets.matches(cell, "`([^`]+)`"))
        .map(name -> name.group(1))
        .map(
            name ->
                DynamicTest.dynamicTest(
                    page + ": " + name,
                    () -> check(table.group(1), table.group(2), name, cells.get(0))))
        .toList();
  }

  private void check(String what, String kind, String name, String theirs) throws IOException {
    switch (what) {
      case "keys" -> key(kind, name);
      case "commands" -> command(name);
      case "classes" ->
          assertThatCode(() -> Class.forName(name, false, getClass().getClassLoader()))
              .doesNotThrowAnyException();
      case "metrics" ->
          assertThat(section(Snippets.read(DOCS.resolve("design.md")), "Metric names"))
              .contains("`" + name + "`");
      case "rows" -> row(theirs.replace("`", ""), name);
      default -> throw new AssertionError("no check for names of " + what);
    }
  }

  /** A key of the stage, with one of its values or without; else another stage, or its key. */
  private static void key(String kind, String name) {
    String key = name.replaceFirst(":.*", "");
    String value = name.contains(": ") && !name.contains("{") ? name.replaceFirst(".*: ", "") : "";
    String row = "(?m)^\\| `" + Pattern.quote(key) + "` .*" + Pattern.quote(value);
    if (keys(Pipeline.keyTables().get(kind)).contains(key) && value.isEmpty()) {
      return;
    }
    if (Pipeline.keyTables().values().stream().noneMatch(t -> found(t, row))
        && Pipeline.keyTables().values().stream().noneMatch(t -> t.contains("`" + name + "`"))
        && !Pipeline.keyTables().containsKey(name)) {
      command(name);
    }
  }

  private static boolean found(String table, String pattern) {
    return Snippets.matches(table, pattern).findAny().isPresent();
  }

  private static Set<String> keys(String table) {
    return Snippets.matches(table, "(?m)^\\| `([^`]+)`")
        .map(key -> key.group(1))
        .collect(Collectors.toSet());
  }

  /** A command with what it needs, so that its name and the shown options are parsed. */
  private static void command(String words) {
    String[] start = words.split(" ", -1);
    var spec = Main.commandLine(System.err, System.err);
    int depth = 0;
    while (depth < start.length && spec.getSubcommands().containsKey(start[depth])) {
      spec = spec.getSubcommands().get(start[depth++]);
    }
    assertThat(depth).as("'%s' is no command and no key", words).isPositive();
    if (start[0].equals("train")) {
      assertThat(start[1])
          .isIn(Arrays.stream(TrainCommand.Method.values()).map(Enum::name).toList());
      return;
    }
    for (int i = depth; i < start.length; i++) {
      if (start[i].startsWith("--")) {
        assertThat(spec.getCommandSpec().findOption(start[i])).as(words).isNotNull();
      }
    }
  }

  private void row(String json, String file) throws IOException {
    Path rows = folder.resolve("rows" + json.hashCode() + ".jsonl");
    Files.writeString(rows, json + "\n");
    Path out = folder.resolve("out" + json.hashCode());
    Captured done = Captured.plumbline("data", "import", rows.toString(), "--out", out.toString());
    assertThat(done.code()).as(done.err()).isZero();
    assertThat(out.resolve(file)).as(json).isNotEmptyFile();
  }

  private static String section(String page, String title) {
    return Arrays.stream(page.split("(?m)^## "))
        .filter(part -> part.startsWith(title + "\n"))
        .findFirst()
        .orElseThrow();
  }
}
