package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs of {@code examples/java} compile without a warning, run, and are shown. */
class JavaExamplesTest {
  private static final Path ROOT = Path.of(System.getProperty("plumbline.root"));
  private static final Path SOURCES = ROOT.resolve("examples/java/src/main/java/com/example");

  @TempDir Path folder;

  @BeforeEach
  void compile() throws IOException {
    List<String> words = new ArrayList<>(List.of("-Xlint:all,-path,-classfile,-processing"));
    words.addAll(List.of("-Werror", "-proc:none", "--release", "17"));
    words.addAll(List.of("-cp", System.getProperty("java.class.path")));
    words.addAll(List.of("-d", folder.resolve("classes").toString()));
    sources().forEach(source -> words.add(source.toString()));
    ByteArrayOutputStream told = new ByteArrayOutputStream();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    int code = compiler.run(null, told, told, words.toArray(String[]::new));
    assertThat(code).as(told.toString(StandardCharsets.UTF_8)).isZero();
  }

  @Test
  void eachDoesWhatItSays() throws Exception {
    String runs = folder.resolve("runs").toString();
    String data = runs + "/data";
    String start = runs + "/start";

    assertThat(run("TrainRewardModel", runs)).containsPattern("pairs: 0\\.\\d+");
    assertThat(run("ScorePairs", runs + "/reward")).containsPattern("-?\\d\\.\\d{3} and -?\\d\\.");
    assertThat(run("PpoWithOwnReward", start, data, runs + "/ppo")).contains("the new policy");
    assertThat(Files.readString(Path.of(runs, "ppo", "config.yaml")))
        .contains("com.example.PpoWithOwnReward$Curious");
    assertThat(run("JudgeTwoModels", start, runs + "/ppo", data, runs + "/judged"))
        .contains("\"after\"");
    assertThat(run("EmbedLabellingApp", runs + "/label"))
        .contains("labelling app: http://127.0.0.1:", "the first admin: http");
  }

  @Test
  void theDocumentationShowsThem() throws IOException {
    String page = Files.readString(ROOT.resolve("docs/library.md"));
    for (Path source : sources()) {
      assertThat(page).contains("```java\n" + Files.readString(source) + "```");
    }
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.list(SOURCES)) {
      return files.sorted().toList();
    }
  }

  /** What a program prints. */
  private String run(String name, String... args) throws Exception {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    PrintStream out = System.out;
    InputStream in = System.in;
    URL[] classes = {folder.resolve("classes").toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(classes, before)) {
      thread.setContextClassLoader(loader);
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      System.setIn(new ByteArrayInputStream(new byte[] {'\n'}));
      loader
          .loadClass("com.example." + name)
          .getMethod("main", String[].class)
          .invoke(null, (Object) args);
    } finally {
      System.setOut(out);
      System.setIn(in);
      thread.setContextClassLoader(before);
    }
    return printed.toString(StandardCharsets.UTF_8);
  }
}
