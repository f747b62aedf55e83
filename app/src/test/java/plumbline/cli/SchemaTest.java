package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import plumbline.InputException;
import plumbline.annotation.exchange.ProjectFile;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.judge.Judges;
import plumbline.pipeline.Leaves;
import plumbline.pipeline.Pipeline;
import plumbline.pipeline.Schemas;
import plumbline.score.ScoreTree;

/** The schemas, read by somebody else's validator, refuse what the program refuses. */
class SchemaTest {
  private static final Path ROOT = Path.of(System.getProperty("plumbline.root"));
  private static final Pattern NAMED = Pattern.compile("^# yaml-language-server: \\$schema=(\\S+)");
  private static final Map<String, JsonSchema> SCHEMAS = new ConcurrentHashMap<>();

  /** Keys of a pipeline whose settings are laid over its stages. */
  private static final Set<String> LAID_OVER = Set.of("sizes", "short");

  private static final Set<String> SEEN = ConcurrentHashMap.newKeySet();

  /** What a schema can know: the kinds of errors that are about one key. */
  private static final Pattern OF_ONE_KEY =
      Pattern.compile(
          "unknown key|missing key|wanted (a number|a whole number|one of (?!\\[)|true or false|a"
              + " list)|a group of keys|unknown shaper|belongs to combine");

  private static JsonSchema schema(String name) {
    return SCHEMAS.computeIfAbsent(
        name,
        n ->
            JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(
                    Schemas.of(n),
                    SchemaValidatorsConfig.builder().preloadJsonSchema(false).build()));
  }

  private static Set<ValidationMessage> problems(String schema, ConfigTree tree) {
    return schema(schema).validate(tree.json());
  }

  static List<Path> examples() {
    try (Stream<Path> files = Files.walk(ROOT.resolve("examples"))) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The name of the schema that a file's first line names; without one it is a pipeline. */
  private static String named(Path file) {
    Matcher line = NAMED.matcher(read(file));
    if (!line.find()) {
      return "pipeline";
    }
    Path path = file.resolveSibling(line.group(1)).normalize();
    assertThat(path.getParent()).isEqualTo(ROOT.resolve("schema").normalize());
    String name = path.getFileName().toString().replace(".schema.json", "");
    assertThat(Schemas.fileName(name)).isEqualTo(path.getFileName().toString());
    return name;
  }

  @ParameterizedTest
  @MethodSource("examples")
  void everyExampleIsValidByTheSchemaThatItNames(Path file) {
    assertThat(problems(named(file), Config.read(file))).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("examples")
  void wrongKeysAndValuesInExamplesAreRefusedWhereTheyAreInTheProgram(Path file) {
    String name = named(file);
    ConfigTree whole = Config.read(file);
    if (name.equals("label")) {
      assertAgree(name, whole, tree -> tree.bind(ProjectFile.class));
    } else if (name.equals("pipeline")) {
      stages(whole)
          .forEach(stage -> assertAgree(name, alone(whole, stage), SchemaTest::checkPipeline));
    } else {
      assertAgree(
          name,
          whole,
          tree -> {
            Pipeline.ofStage(name, tree);
            checkTrees(tree);
          });
    }
  }

  private static List<String> stages(ConfigTree pipeline) {
    return pipeline.keys().stream()
        .filter(key -> pipeline.get(key).isMap() && !LAID_OVER.contains(key))
        .toList();
  }

  /** A pipeline of one of its stages: what is wrong in one does not hang on the others. */
  private static ConfigTree alone(ConfigTree pipeline, String stage) {
    ConfigTree alone = pipeline;
    for (String key : pipeline.keys()) {
      if (!key.equals(stage) && (pipeline.get(key).isMap() || LAID_OVER.contains(key))) {
        alone = alone.without(key);
      }
    }
    return alone;
  }

  private static void checkPipeline(ConfigTree tree) {
    Pipeline.of(tree);
    stages(tree).forEach(key -> checkTrees(tree.get(key)));
  }

  /** What a plan checks of a stage before it runs, as far as no file is needed. */
  private static void checkTrees(ConfigTree stage) {
    for (String key : List.of("score", "monitor", "gold", "proxy")) {
      stage.find(key).ifPresent(tree -> ScoreTree.check(tree, Leaves.ALL));
    }
    stage
        .find("models")
        .filter(ConfigTree::isMap)
        .ifPresent(all -> all.keys().forEach(name -> checkModel(all.get(name))));
    stage.find("judge").filter(ConfigTree::isMap).ifPresent(SchemaTest::checkJudge);
    stage
        .find("judges")
        .filter(ConfigTree::isMap)
        .ifPresent(all -> all.keys().forEach(name -> checkJudge(given(all.get(name)))));
    stage
        .find("judges")
        .filter(ConfigTree::isList)
        .ifPresent(all -> all.items().forEach(judge -> checkJudge(given(judge))));
  }

  private static void checkJudge(ConfigTree judge) {
    Judges.check(judge);
    judge.find("score").ifPresent(score -> ScoreTree.check(score, Leaves.ALL));
  }

  private static void checkModel(ConfigTree model) {
    if (model.isMap() && !model.has("endpoint") && !model.has("responses")) {
      ScoreTree.check(model, Leaves.ALL);
    } else if (!model.isMap()) {
      model.text();
    }
  }

  private static ConfigTree given(ConfigTree judge) {
    return judge.isMap() ? judge : Judges.tree(judge.text());
  }

  static Stream<String> scoreTrees() {
    return Pattern.compile("```yaml score\n(.*?)```", Pattern.DOTALL)
        .matcher(read(ROOT.resolve("docs/reward-trees.md")))
        .results()
        .map(block -> block.group(1))
        .toList()
        .stream();
  }

  @ParameterizedTest
  @MethodSource("scoreTrees")
  void wrongKeysAndValuesInRewardTreesAreRefusedWhereTheyAreInTheProgram(String yaml) {
    ConfigTree tree = Config.parse(yaml, "reward-trees.md");

    assertThat(problems("score", tree)).isEmpty();
    assertAgree("score", tree, wrong -> ScoreTree.check(wrong, Leaves.ALL));
  }

  static Stream<String> judges() {
    return Stream.of(
        "{endpoint: 'https://example.com/v1', model: m, key_env: KEY, temperature: 0.5}",
        "{model: runs/sft, name: own}",
        "{score: {gold: clinic}, stars: [0.1, 0.2, 0.3, 0.4], margin: 0.1}",
        "{simulated: clinic, noise: 0.1}",
        "{rule: longer}");
  }

  @ParameterizedTest
  @MethodSource("judges")
  void wrongKeysAndValuesInJudgesAreRefusedWhereTheyAreInTheProgram(String yaml) {
    ConfigTree tree = Config.parse(yaml, "judge.yaml");

    assertThat(problems("judge", tree)).isEmpty();
    assertAgree("judge", tree, SchemaTest::checkJudge);
  }

  @Test
  void theShownPipelinesAreValid() {
    List<String> shown = new ArrayList<>();
    DocsTest.pages()
        .forEach(
            page ->
                Pattern.compile("```yaml pipeline\n(.*?)```", Pattern.DOTALL)
                    .matcher(read(page))
                    .results()
                    .forEach(block -> shown.add(block.group(1))));
    assertThat(shown).hasSizeGreaterThan(5);
    for (String yaml : shown) {
      assertThat(problems("pipeline", Config.parse(yaml, "shown"))).as(yaml).isEmpty();
    }
  }

  @Test
  void aMethodsDefaultsAreThoseThatItChooses() {
    JsonNode grpo = Config.parse(Schemas.of("grpo"), "grpo").json();
    JsonNode keys = grpo.get("properties");

    assertThat(keys.get("samples_per_prompt").get("default").asInt()).isEqualTo(8);
    assertThat(keys.get("kl").get("properties").get("place").get("default").asText())
        .isEqualTo("loss");
    JsonNode ipo = Config.parse(Schemas.of("ipo"), "ipo").json().get("properties");
    assertThat(ipo.get("objectives").at("/items/properties/loss/default").asText())
        .isEqualTo("ipo");
  }

  @Test
  void aSweepMayGiveAKeyItsValue() {
    String stage = "evaluate: {data: d, score: {gold: clinic}, before: r%s}";
    ConfigTree without = Config.parse(stage.formatted(""), "x");
    ConfigTree swept = Config.parse(stage.formatted(", sweep: {after: [a, b]}"), "x");

    assertThat(problems("pipeline", without)).isNotEmpty();
    assertThat(problems("pipeline", swept)).isEmpty();
  }

  @Test
  void theCommandListsPrintsAndWritesThem(@TempDir Path folder) throws IOException {
    Captured list = Captured.plumbline("schema");
    assertThat(list.out().lines()).contains("pipeline", "ppo", "simpo", "score", "judge", "label");

    Captured one = Captured.plumbline("schema", "ppo");
    assertThat(one.out()).isEqualTo(Schemas.of("ppo"));

    assertThat(Captured.plumbline("schema", "--out", folder.toString()).code()).isZero();
    for (String name : Schemas.names()) {
      assertThat(folder.resolve(name + ".schema.json")).content().isEqualTo(Schemas.of(name));
    }
    Captured wrong = Captured.plumbline("schema", "pp");
    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.err()).contains("there is no schema 'pp'; did you mean 'ppo'?");
  }

  /** What is wrong after each of many small changes is wrong for the schema and the program. */
  private static void assertAgree(String schema, ConfigTree right, Consumer<ConfigTree> bind) {
    List<String> paths = new ArrayList<>();
    addPaths(right, "", paths);
    for (String path : paths) {
      if (!SEEN.add(schema + " " + path.replaceFirst("^[^.]+[.](?=.)", ""))) {
        continue; // another example or stage has the same key
      }
      for (Optional<String> value :
          List.of(
              Optional.<String>empty(),
              Optional.of("wrong"),
              Optional.of("-123456.5"),
              Optional.of("true"),
              Optional.of("[1]"),
              Optional.of("{a: 1}"),
              Optional.of("'7'"))) {
        ConfigTree changed =
            value.isPresent()
                ? right.with(path + "=" + value.get())
                : right.with(path + "x=1"); // a key that nobody knows
        Optional<String> refusal = refusal(bind, changed);
        Set<ValidationMessage> problems = problems(schema, changed);
        String what = path + " " + value.orElse("(unknown key)") + ": " + refusal + problems;
        if (refusal.isEmpty()) {
          assertThat(problems).as(what).isEmpty();
        } else if (OF_ONE_KEY.matcher(refusal.get()).find()) {
          assertThat(problems).as(what).isNotEmpty();
        }
      }
    }
  }

  private static Optional<String> refusal(Consumer<ConfigTree> bind, ConfigTree tree) {
    try {
      bind.accept(tree);
      return Optional.empty();
    } catch (InputException e) {
      return Optional.of(e.getMessage());
    }
  }

  private static void addPaths(ConfigTree tree, String path, List<String> paths) {
    if (!path.isEmpty() && !path.matches(".*\\d")) {
      paths.add(path);
    }
    String before = path.isEmpty() ? "" : path + ".";
    if (tree.isMap()) {
      tree.keys().stream()
          .filter(key -> !key.contains("."))
          .forEach(key -> addPaths(tree.get(key), before + key, paths));
    } else if (tree.isList()) {
      List<ConfigTree> items = tree.items();
      for (int i = 0; i < items.size(); i++) {
        addPaths(items.get(i), before + i, paths);
      }
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
