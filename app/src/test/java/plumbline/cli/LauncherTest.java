package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher in a checkout whose build and whose java are small scripts. */
class LauncherTest {
  private static final String BUILD =
      """
      #!/usr/bin/env bash
      echo "words of the build"
      echo "$*" >>builds
      if [ -f build-error ]; then cat build-error; exit 1; fi
      [ -f slow ] && sleep 1
      mkdir -p app/target library/target
      echo app >app/target/plumbline-app.jar
      echo library >library/target/plumbline.jar
      printf '%s' "$PWD/library/target/plumbline.jar:$PWD/other.jar" >app/target/classpath.txt
      """;
  private static final String JAVA =
      """
      #!/usr/bin/env bash
      if [ "$1" = -version ]; then
        echo "openjdk version \\"${JAVA_VERSION:-17.0.15}\\" 2025-04-15" >&2
        exit
      fi
      [ -f noted ] && echo "$*" >>noted
      for option in "$@"; do
        case "$option" in
          -XX:DumpLoadedClassList=*) [ -f keeps ] && echo class >"${option#*=}" ;;
          -XX:SharedClassListFile=*) list="${option#*=}" ;;
          -XX:SharedArchiveFile=*) [ -z "${list:-}" ] || cp "$list" "${option#*=}" ;;
        esac
      done
      printf '%s\\n' "$@"
      """;

  @TempDir Path folder;
  private Path checkout;
  private final Map<String, String> environment = new TreeMap<>();

  @BeforeEach
  void makeCheckout() throws IOException {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "this system has no /bin/bash");
    checkout = Files.createDirectories(folder.toRealPath().resolve("a checkout"));
    Path root = Path.of(System.getProperty("plumbline.root"));
    script(checkout.resolve("plumbline"), Files.readString(root.resolve("plumbline")));
    Path rules = root.resolve("app/src/main/dist/lib/launch.sh");
    write("app/src/main/dist/lib/launch.sh", Files.readString(rules));
    script(checkout.resolve("mvnw"), BUILD);
    script(folder.resolve("jdk/bin/java"), JAVA);
    for (String source :
        List.of("pom.xml", "library/pom.xml", "app/pom.xml", "other.jar", "app/src/main/A.java")) {
      write(source, "");
    }
    write("library/src/main/B.java", "");
    environment.put("JAVA_HOME", folder.resolve("jdk").toString());
    environment.put("HOME", folder.toString());
  }

  @Test
  void buildsOnceAndRuns() throws Exception {
    Captured first = launch("doctor", "two words");

    assertThat(first.code()).as(first.err()).isZero();
    assertThat(first.out()).endsWith("plumbline.cli.Main\ndoctor\ntwo words\n");
    assertThat(first.out()).doesNotContain("words of the build");
    assertThat(first.err()).hasLineCount(1).contains("building").contains("250 MB");
    Captured second = launch("doctor");
    assertThat(second.err()).isEmpty();
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void jvmThatKeepsNoClassesIsAskedOnce() throws Exception {
    write("noted", "");
    launch("--help");
    Captured second = launch("--help");

    assertThat(Files.readAllLines(checkout.resolve("noted")))
        .filteredOn(line -> line.contains("-Xshare:dump"))
        .hasSize(1);
    assertThat(second.out()).doesNotContain("SharedArchiveFile");
  }

  @Test
  void classesThatTheJvmKeepsAreUsed() throws Exception {
    write("keeps", "");
    assertThat(launch().out()).contains("-XX:SharedArchiveFile=");
    assertThat(launch().out()).contains("-XX:SharedArchiveFile=");
  }

  @Test
  void runsCopiesOfWhatWasBuilt() throws Exception {
    String classPath = classPath(launch());
    assertThat(classPath).doesNotContain("app/target").endsWith("/plumbline.jar:" + other());
    String appJar = classPath.substring(0, classPath.indexOf(':'));
    assertThat(appJar).endsWith("/plumbline-app.jar");
    assertThat(Path.of(appJar)).content().isEqualTo("app\n");
  }

  @Test
  void worksThroughLinksFromAnotherFolder() throws Exception {
    Path elsewhere = Files.createDirectories(folder.resolve("else where"));
    Files.createSymbolicLink(elsewhere.resolve("one"), checkout.resolve("plumbline"));
    Files.createSymbolicLink(elsewhere.resolve("two"), Path.of("one"));

    Captured captured = launch(elsewhere, elsewhere.resolve("two").toString(), "doctor");

    assertThat(captured.code()).as(captured.err()).isZero();
    assertThat(classPath(captured)).contains(other());
  }

  @Test
  void changedSourcesAreBuiltAgain() throws Exception {
    launch();
    int builds = 1;
    for (String source : List.of("pom.xml", "app/pom.xml", "app/src/main/New.java")) {
      write(source, "changed");
      FileTime later = FileTime.from(Instant.now().plus(Duration.ofSeconds(2)));
      Files.setLastModifiedTime(checkout.resolve(source), later);
      launch();
      assertThat(builds()).as(source).isEqualTo(++builds);
      Files.setLastModifiedTime(
          checkout.resolve(source), FileTime.from(Instant.now().minus(Duration.ofHours(1))));
      Files.setLastModifiedTime(
          checkout.resolve("app/src/main"),
          FileTime.from(Instant.now().minus(Duration.ofHours(1))));
    }
  }

  @Test
  void missingJarsAreBuiltAgain() throws Exception {
    String classPath = classPath(launch());
    Files.delete(Path.of(classPath.substring(0, classPath.indexOf(':'))));

    assertThat(launch().code()).isZero();
    assertThat(builds()).isEqualTo(2);
  }

  @Test
  void movedCheckoutIsBuiltAgain() throws Exception {
    launch();
    Path moved = checkout.resolveSibling("moved");
    Files.move(checkout, moved);
    checkout = moved;

    assertThat(classPath(launch())).doesNotContain("a checkout");
    assertThat(builds()).isEqualTo(2);
  }

  @Test
  void failedBuildShowsItsErrorsAndItsLog() throws Exception {
    write("build-error", "[INFO] fine\n[ERROR] A.java:[3,1] ';' expected\n");

    Captured captured = launch("doctor");

    assertThat(captured.code()).isEqualTo(1);
    assertThat(captured.out()).isEmpty();
    assertThat(captured.err())
        .contains("[ERROR] A.java:[3,1] ';' expected", "the build failed; its log is " + checkout)
        .doesNotContain("[INFO]", "Maven Central");
    Files.delete(checkout.resolve("build-error"));
    assertThat(launch().code()).isZero();
  }

  @Test
  void buildWithoutNetworkSaysWhatItNeeds() throws Exception {
    write("build-error", "[ERROR] repo.maven.apache.org: Unknown host\n");

    Captured captured = launch("doctor");

    assertThat(captured.code()).isEqualTo(1);
    assertThat(captured.err()).contains("the build needs Maven Central");
  }

  @Test
  void twoLaunchesBuildOnce() throws Exception {
    write("slow", "");
    Launch one = start(checkout, command("one"));
    Launch two = start(checkout, command("two"));

    assertThat(one.finish().out()).endsWith("one\n");
    assertThat(two.finish().out()).endsWith("two\n");
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void lockOfADeadProcessIsTakenOver() throws Exception {
    Launch dead = start(checkout, List.of("/bin/bash", "-c", "exit 0"));
    dead.finish();
    write("target/launcher/lock/pid", dead.process().pid() + "\n");

    assertThat(launch().code()).isZero();
  }

  @Test
  void oldOrMissingJavaIsRefused() throws Exception {
    environment.put("JAVA_VERSION", "11.0.2");
    Captured old = launch();
    assertThat(old.code()).isEqualTo(2);
    assertThat(old.err()).hasLineCount(1).contains("is version 11.0.2, wanted 17 or later");

    environment.put("JAVA_HOME", "/nowhere");
    Captured missing = launch();
    assertThat(missing.code()).isEqualTo(2);
    assertThat(missing.err()).hasLineCount(1).contains("JAVA_HOME is '/nowhere'");
  }

  @Test
  void memoryAndOptionsComeFromTheEnvironment() throws Exception {
    assertThat(launch().out().lines())
        .contains("-Xmx1g", "-Dorg.bytedeco.javacpp.maxPhysicalBytes=12g")
        .noneMatch(option -> option.contains("native-access"));

    environment.put("PLUMBLINE_HEAP", "300m");
    environment.put("PLUMBLINE_MEMORY", "2g");
    environment.put("PLUMBLINE_JAVA_OPTS", "-Da=1 -Db=2");
    environment.put("JAVA_VERSION", "25");
    assertThat(launch().out().lines())
        .contains(
            "-Xmx300m",
            "-Dorg.bytedeco.javacpp.maxPhysicalBytes=2g",
            "-Da=1",
            "-Db=2",
            "--enable-native-access=ALL-UNNAMED");
  }

  private record Launch(Process process, Path errors) {
    Captured finish() throws Exception {
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Captured(process.waitFor(), out, Files.readString(errors));
    }
  }

  private Captured launch(String... args) throws Exception {
    return start(checkout, command(args)).finish();
  }

  private Captured launch(Path from, String... command) throws Exception {
    return start(from, List.of(command)).finish();
  }

  private List<String> command(String... args) {
    List<String> command = new ArrayList<>(List.of(checkout.resolve("plumbline").toString()));
    command.addAll(List.of(args));
    return command;
  }

  private Launch start(Path from, List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(from.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("PLUMBLINE_"));
    builder.environment().putAll(environment);
    Path errors = Files.createTempFile(folder, "err", ".txt");
    return new Launch(builder.redirectError(errors.toFile()).start(), errors);
  }

  private int builds() throws IOException {
    return Files.readAllLines(checkout.resolve("builds")).size();
  }

  private String other() {
    return checkout.resolve("other.jar").toString();
  }

  private static String classPath(Captured captured) {
    List<String> lines = captured.out().lines().toList();
    return lines.get(lines.indexOf("-cp") + 1);
  }

  private void write(String file, String text) throws IOException {
    Path path = checkout.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private static void script(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
