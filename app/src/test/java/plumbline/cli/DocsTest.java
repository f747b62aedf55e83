package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import plumbline.annotation.exchange.ProjectFile;
import plumbline.annotation.form.Questions;
import plumbline.config.Config;
import plumbline.data.clean.CleanConfig;
import plumbline.data.clean.SplitConfig;
import plumbline.data.format.Format;
import plumbline.data.format.Formats;
import plumbline.dpo.DpoPreset;
import plumbline.judge.Judges;
import plumbline.judge.LocalJudge;
import plumbline.judge.RemoteConfig;
import plumbline.judge.RuleJudge;
import plumbline.judge.SimulatedJudge;
import plumbline.pipeline.Leaves;
import plumbline.pipeline.Pipeline;
import plumbline.ppo.Alarm;
import plumbline.ppo.Preset;
import plumbline.score.ScoreTree;

/** What the documentation shows is what the program takes. */
class DocsTest {
  private static final Path ROOT = Path.of(System.getProperty("plumbline.root"));
  private static final Pattern SHELL = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);
  private static final Pattern YAML = Pattern.compile("```yaml pipeline\n(.*?)```", Pattern.DOTALL);
  private static final Pattern SCORE = Pattern.compile("```yaml score\n(.*?)```", Pattern.DOTALL);
  private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|'([^']*)'|(\\S+)");
  private static final Pattern TABLE =
      Pattern.compile("<!-- table (\\S+) -->\n(.*?)<!-- end -->", Pattern.DOTALL);
  private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:|#)([^)#]+)(#[^)]*)?\\)");

  @ParameterizedTest
  @MethodSource("shownCommands")
  void everyShownCommandParses(String line) {
    List<String> words = words(line);

    assertThatCode(() -> tree().parseArgs(words.subList(1, words.size()).toArray(String[]::new)))
        .as(line)
        .doesNotThrowAnyException();
  }

  @Test
  void theDocumentationShowsEveryCommand() {
    List<String> shown =
        shownCommands().map(line -> words(line).get(1)).distinct().sorted().toList();

    assertThat(shown).containsAll(tree().getSubcommands().keySet());
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyShownPipelineIsAccepted(Path page) {
    Matcher block = YAML.matcher(read(page));
    while (block.find()) {
      String yaml = block.group(1);
      assertThatCode(() -> Pipeline.of(Config.parse(yaml, page.getFileName().toString())))
          .as(yaml)
          .doesNotThrowAnyException();
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyLinkLeadsSomewhere(Path page) {
    Matcher link = LINK.matcher(read(page));
    while (link.find()) {
      assertThat(page.resolveSibling(link.group(1))).exists();
    }
  }

  @Test
  void pipelineTablesAreThoseOfTheProgram() throws IOException {
    assertTables("docs/pipeline.md", Pipeline.keyTables());
  }

  @ParameterizedTest
  @CsvSource({
    "docs/sft.md, sft",
    "docs/reward-model.md, reward",
    "docs/ppo.md, ppo",
    "docs/kto.md, kto",
    "docs/online-dpo.md, online_dpo"
  })
  void tablesOfTheMethodsAreThoseOfTheProgram(String page, String kind) throws IOException {
    assertTables(page, Map.of(kind, Pipeline.keyTables().get(kind)));
  }

  @Test
  void tablesOfRewardTreesAreThoseOfTheProgram() throws IOException {
    assertTables("docs/reward-trees.md", ScoreTree.keyTables(Leaves.ALL));
  }

  @Test
  void everyPartOfRewardTreesHasAnExampleThatIsAccepted() {
    String page = read(ROOT.resolve("docs/reward-trees.md"));
    List<String> examples =
        SCORE.matcher(page).results().map(block -> block.group(1)).collect(Collectors.toList());
    for (String yaml : examples) {
      assertThatCode(() -> ScoreTree.check(Config.parse(yaml, "reward-trees.md"), Leaves.ALL))
          .as(yaml)
          .doesNotThrowAnyException();
    }
    String all = String.join("\n", examples);
    for (String part : ScoreTree.keyTables(Leaves.ALL).keySet()) {
      String name = part.replaceFirst("^\\w+-", "");
      String shown = part.startsWith("node-") ? "combine: " + name : "[\\[{ ]" + name + "[:\\]]";
      assertThat(all).as(part).containsPattern(shown);
    }
  }

  @Test
  void theShownRuleIsTheOneThatTheExampleNames() {
    assertThat(read(ROOT.resolve("docs/reward-trees.md")))
        .contains(
            "```java\n"
                + read(ROOT.resolve("app/src/test/java/com/example/Politeness.java"))
                + "```\n");
  }

  @Test
  void tablesOfPreferenceMethodsAreThoseOfTheProgram() throws IOException {
    assertTables(
        "docs/dpo.md",
        Map.of(
            "dpo",
            Pipeline.keyTables().get("dpo"),
            "methods",
            DpoPreset.methodTable(),
            "like",
            DpoPreset.likeTable()));
  }

  @Test
  void tablesOfPolicyMethodsAreThoseOfTheProgram() throws IOException {
    assertTables(
        "docs/policy-methods.md",
        Map.of("methods", Preset.methodTable(), "like", Preset.likeTable()));
  }

  @Test
  void theTableOfAlarmsIsThatOfTheProgram() throws IOException {
    assertTables("docs/watching.md", Map.of("alarms", Alarm.table()));
  }

  @Test
  void commandTablesAreThoseOfTheHelp() throws IOException {
    Map<String, String> tables = new LinkedHashMap<>();
    tables.put("every-command", common());
    leaves().forEach((name, spec) -> tables.put(name, options(spec)));
    tables.keySet().removeIf(name -> name.startsWith("data-"));
    assertTables("docs/commands.md", tables);
  }

  @Test
  void tablesOfDataAreThoseOfTheProgram() throws IOException {
    Map<String, String> tables = new LinkedHashMap<>();
    leaves().forEach((name, spec) -> tables.put(name, options(spec)));
    tables.keySet().removeIf(name -> !name.startsWith("data-"));
    tables.put("formats", formats());
    tables.put("clean", Config.table(CleanConfig.class));
    tables.put("split", Config.table(SplitConfig.class));
    assertTables("docs/data.md", tables);
  }

  @Test
  void tablesOfJudgesAreThoseOfTheProgram() throws IOException {
    Map<String, String> tables = new LinkedHashMap<>();
    tables.put("remote", Config.table(RemoteConfig.class));
    tables.put("local", Config.table(LocalJudge.Keys.class));
    tables.put("score", Config.table(Judges.ScoreKeys.class));
    tables.put("simulated", Config.table(SimulatedJudge.Keys.class));
    tables.put("rule", Config.table(RuleJudge.Keys.class));
    assertTables("docs/judges.md", tables);
  }

  @Test
  void tablesOfLabellingProjectsAreThoseOfTheProgram() throws IOException {
    Map<String, String> tables = new LinkedHashMap<>();
    tables.put("project", Config.table(ProjectFile.class));
    for (String type : List.of("pairwise", "ranking", "likert")) {
      tables.put(type, Questions.keyTables().get(type));
    }
    assertTables("docs/labelling.md", tables);
  }

  private static String formats() {
    StringBuilder table =
        new StringBuilder("| format | holds | options | written | a row |\n")
            .append("| --- | --- | --- | --- | --- |\n");
    for (Format format : Formats.all()) {
      String options =
          format.options().stream()
              .map(o -> "`%s=%s`".formatted(o.name(), String.join("\\|", o.values())))
              .collect(Collectors.joining(" "));
      table.append(
          "| `%s` | %s | %s | %s | `%s` |\n"
              .formatted(
                  format.name(),
                  format.description(),
                  options,
                  format.writer().isPresent() ? "yes" : "",
                  format.examples().get(0).replace("|", "\\|").replace("\n", " ")));
    }
    return table.toString();
  }

  /** The commands that do something, {@code data-import} and so on where they are nested. */
  private static Map<String, CommandSpec> leaves() {
    Map<String, CommandSpec> leaves = new LinkedHashMap<>();
    addLeaves("", tree(), leaves);
    return leaves;
  }

  private static void addLeaves(
      String prefix, CommandLine parent, Map<String, CommandSpec> leaves) {
    parent
        .getSubcommands()
        .forEach(
            (name, command) -> {
              if (command.getSubcommands().isEmpty()) {
                leaves.put(prefix + name, command.getCommandSpec());
              } else {
                addLeaves(prefix + name + "-", command, leaves);
              }
            });
  }

  /** The page holds exactly these tables; if not, a page that does is put beside the classes. */
  private static void assertTables(String page, Map<String, String> tables) throws IOException {
    String text = read(ROOT.resolve(page));
    List<String> found = TABLE.matcher(text).results().map(table -> table.group(1)).toList();
    assertThat(found).as(page).containsExactlyInAnyOrderElementsOf(tables.keySet());
    String right =
        TABLE
            .matcher(text)
            .replaceAll(
                table ->
                    Matcher.quoteReplacement(
                        "<!-- table %s -->\n%s<!-- end -->"
                            .formatted(table.group(1), tables.get(table.group(1)))));
    Path corrected = ROOT.resolve("app/target").resolve(page);
    if (!right.equals(text)) {
      Files.createDirectories(corrected.getParent());
      Files.writeString(corrected, right);
    }
    assertThat(text)
        .as("tables of %s; to bring them up to date: cp app/target/%s %s", page, page, page)
        .isEqualTo(right);
  }

  private static String options(CommandSpec spec) {
    StringBuilder table = new StringBuilder("| option | meaning |\n| --- | --- |\n");
    for (PositionalParamSpec parameter : spec.positionalParameters()) {
      table.append(row(parameter.paramLabel(), parameter.description()));
    }
    List<String> common = commonOptions().stream().map(OptionSpec::longestName).toList();
    for (OptionSpec option : spec.options()) {
      if (!common.contains(option.longestName())) {
        table.append(row(written(option), option.description()));
      }
    }
    return table.toString();
  }

  private static String common() {
    StringBuilder table = new StringBuilder("| option | meaning |\n| --- | --- |\n");
    commonOptions().forEach(option -> table.append(row(written(option), option.description())));
    return table.toString();
  }

  /** The options that every command has. */
  private static List<OptionSpec> commonOptions() {
    CommandSpec doctor = tree().getSubcommands().get("doctor").getCommandSpec();
    return doctor.options().stream()
        .filter(
            option ->
                leaves().values().stream()
                    .allMatch(spec -> spec.findOption(option.longestName()) != null))
        .toList();
  }

  private static String written(OptionSpec option) {
    String names = String.join(", ", option.names());
    return option.arity().max() == 0 ? names : names + " " + option.paramLabel();
  }

  private static String row(String name, String[] description) {
    String text = String.join(" ", description).replace("|", "\\|");
    return "| `%s` | %s |\n".formatted(name, text);
  }

  private static CommandLine tree() {
    PrintStream nowhere =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    return Main.commandLine(nowhere, nowhere);
  }

  static Stream<String> shownCommands() {
    List<String> commands = new ArrayList<>();
    for (Path page : pages().toList()) {
      Matcher block = SHELL.matcher(read(page));
      while (block.find()) {
        block
            .group(1)
            .replace("\\\n", " ")
            .lines()
            .map(DocsTest::command)
            .filter(line -> line.startsWith("./plumbline"))
            .forEach(commands::add);
      }
    }
    assertThat(commands).isNotEmpty();
    return commands.stream();
  }

  /** A line of a shell without its comment and the variables set before its command. */
  static String command(String line) {
    return line.replaceFirst("(^|\\s)#.*$", "")
        .strip()
        .replaceFirst("^([A-Z_]+=(\\$\\([^)]*\\)|\\S+) )+", "");
  }

  static Stream<Path> pages() {
    try (Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
      return Stream.concat(Stream.of(ROOT.resolve("README.md")), docs)
          .filter(page -> page.toString().endsWith(".md"))
          .sorted()
          .toList()
          .stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<String> words(String line) {
    return WORD.matcher(line)
        .results()
        .map(
            word ->
                Stream.of(word.group(1), word.group(2), word.group(3))
                    .filter(java.util.Objects::nonNull)
                    .findFirst()
                    .orElseThrow())
        .toList();
  }

  private static String read(Path page) {
    try {
      return Files.readString(page);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
