package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.judge.Judges;
import plumbline.pipeline.Leaves;
import plumbline.pipeline.Pipeline;
import plumbline.score.ScoreTree;

/**
 * Every block of the documentation: YAML binds, JSON parses, Java compiles. Commands are parsed by
 * {@link DocsTest} and run by {@link SnippetsRunTest} where what they read is there.
 */
class SnippetsTest {
  private static final Path ROOT = Path.of(System.getProperty("plumbline.root"));

  /** What else a shell may be asked for on a page. */
  private static final Pattern SHELL =
      Pattern.compile(
          "(\\./mvnw|cat|cp|curl|env|export|git|head|java|ls|mkdir|openssl|tar|tensorboard|unzip|wc)( .*)?|");

  /** What a stage wants besides the keys that a part of its configuration shows. */
  private static final Map<String, String> WANTED =
      Map.of(
          "ppo", "{model: m, data: d, score: {model: r}}",
          "online_dpo", "{model: m, data: d, score: {model: r}}",
          "collect",
              "{data: d, ours: a, strong: b, writers: {a: {model: m, strength: 1},"
                  + " b: {model: n, strength: 2}}, judges: [longer], proxy: {model: r}}");

  /** What stands around statements: the names that they use without saying where from. */
  private static final String AROUND =
      """
      import com.openai.client.*;
      import com.openai.client.okhttp.*;
      import java.nio.file.*;
      import java.util.*;
      import plumbline.config.*;
      import plumbline.data.*;
      import plumbline.model.*;
      import plumbline.ppo.*;
      import plumbline.score.*;
      import plumbline.train.*;

      final class Shown%d {
        static void shown(Path folder, Path file, Set<Head> heads, Set<Head> value)
            throws Exception {
      %s
        }
      }
      """;

  @TempDir Path classes;

  private static List<Snippets.Block> blocks() {
    return DocsTest.pages().flatMap(page -> Snippets.in(page).stream()).toList();
  }

  @TestFactory
  Stream<DynamicTest> everyBlockIsWhatItSays() {
    return blocks().stream()
        .map(
            block ->
                DynamicTest.dynamicTest(block.place() + " " + block.kind(), () -> check(block)));
  }

  private void check(Snippets.Block block) throws Exception {
    String[] kind = block.kind().split(" ");
    switch (kind[0]) {
      case "sh" -> shell(block);
      case "json" -> new ObjectMapper().readTree(block.text());
      case "yaml" -> assertThatCode(() -> yaml(block, kind)).doesNotThrowAnyException();
      case "java" -> compile(block);
      default -> assertThat(block.kind()).as("%s: kind of block", block.place()).isIn("", "text");
    }
  }

  /** Commands are parsed elsewhere; what is none is something that every system has. */
  private static void shell(Snippets.Block block) {
    if (block.page().endsWith("tutorial.md")) {
      return;
    }
    block
        .text()
        .replace("\\\n", " ")
        .replaceAll("'[^']*'", "quoted")
        .lines()
        .map(DocsTest::command)
        .filter(line -> !line.startsWith("./plumbline "))
        .forEach(line -> assertThat(line).as(block.place()).matches(SHELL));
  }

  private static void yaml(Snippets.Block block, String[] kind) {
    ConfigTree tree = Config.parse(block.text(), block.place());
    switch (kind.length > 1 ? kind[1] : "") {
      case "pipeline" -> Pipeline.of(tree);
      case "score" -> ScoreTree.check(tree, Leaves.ALL);
      case "judge" -> Judges.check(tree);
      case "stage" -> Pipeline.ofStage(kind[2], tree);
      case "part" -> part(tree, kind[2]);
      default -> throw new AssertionError("a YAML block needs a kind, 'yaml pipeline' for example");
    }
  }

  /** A part of a stage's keys, or of a pipeline's stages, with what else these want. */
  private static void part(ConfigTree part, String kind) {
    if (!kind.equals("pipeline")) {
      Pipeline.ofStage(kind, whole(part, kind));
      return;
    }
    for (String stage : part.keys()) {
      Pipeline.ofStage(stage, whole(part.get(stage), stage));
    }
  }

  private static ConfigTree whole(ConfigTree part, String kind) {
    ConfigTree wanted = Config.parse(WANTED.get(kind), "wanted");
    ConfigTree whole = part;
    for (String key : wanted.keys()) {
      if (!part.has(key)) {
        whole = whole.with(key + "=" + flow(WANTED.get(kind), key));
      }
    }
    return whole;
  }

  /** The value of a key as it is written in a flow mapping. */
  private static String flow(String mapping, String key) {
    Map<String, Object> values = new org.yaml.snakeyaml.Yaml().load(mapping);
    try {
      return new ObjectMapper().writeValueAsString(values.get(key));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  // ---- Java

  private void compile(Snippets.Block block) throws Exception {
    boolean whole = Pattern.compile("(?m)^package ").matcher(block.text()).find();
    String text = whole ? block.text() : AROUND.formatted(block.line(), block.text());
    StringWriter messages = new StringWriter();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<String> options =
        List.of(
            "-proc:none", "-d", classes.toString(), "-cp", System.getProperty("java.class.path"));
    boolean compiled =
        compiler
            .getTask(messages, null, null, options, null, List.of(source(block, text, whole)))
            .call();
    assertThat(compiled).as("%s: %s", block.place(), messages).isTrue();
  }

  private static JavaFileObject source(Snippets.Block block, String text, boolean whole) {
    String name =
        whole
            ? Snippets.matches(
                    text, "(?m)^(?:public )?(?:final )?(?:class|record|interface) (\\w+)")
                .map(found -> found.group(1))
                .findFirst()
                .orElseThrow()
            : "Shown" + block.line();
    return new SimpleJavaFileObject(
        URI.create("string:///" + name + ".java"), JavaFileObject.Kind.SOURCE) {
      @Override
      public CharSequence getCharContent(boolean ignoreEncodingErrors) {
        return text;
      }
    };
  }

  // ---- what is left

  @Test
  void whatIsOnlyShownIsCounted() {
    Map<String, Integer> counts = new TreeMap<>();
    List<String> shown = new ArrayList<>();
    for (Snippets.Block block : blocks()) {
      counts.merge(block.kind().isEmpty() ? "text" : block.kind(), 1, Integer::sum);
      if (block.kind().isEmpty()) {
        shown.add(block.place());
      }
    }
    System.err.printf("blocks of the documentation: %s%n", counts);
    System.err.printf("shown only (formulas, messages, layouts): %s%n", shown);
    assertThat(counts).containsKeys("sh", "java", "yaml pipeline", "yaml score", "json");
    assertThat(ROOT.resolve("docs")).isDirectory();
  }
}
