package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The distribution's launchers, and the files that name what is in it. */
class DistributionTest {
  private static final Path ROOT = Path.of(System.getProperty("plumbline.root"));
  private static final Path DIST = ROOT.resolve("app/src/main/dist");
  private static final Pattern VARIABLE = Pattern.compile("PLUMBLINE_\\w+");

  @TempDir Path folder;

  @Test
  void theLauncherRunsWhatIsInLibThroughALink() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "this system has no /bin/bash");
    Path home = folder.toRealPath().resolve("plumbline 1.0");
    Files.createDirectories(home.resolve("lib"));
    Files.createDirectories(home.resolve("bin"));
    Files.copy(DIST.resolve("lib/launch.sh"), home.resolve("lib/launch.sh"));
    script(home.resolve("bin/plumbline"), Files.readString(DIST.resolve("bin/plumbline")));
    script(
        folder.resolve("jdk/bin/java"),
        """
        #!/usr/bin/env bash
        if [ "$1" = -version ]; then echo 'openjdk version "17.0.1"' >&2; exit; fi
        printf '%s\\n' "$MALLOC_MMAP_THRESHOLD_" "$@"
        """);
    Path link = Files.createSymbolicLink(folder.resolve("p"), home.resolve("bin/plumbline"));

    ProcessBuilder builder = new ProcessBuilder(link.toString(), "score", "two words");
    builder.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
    builder.environment().put("PLUMBLINE_HEAP", "3g");
    builder.environment().put("PLUMBLINE_CLASSPATH", "own.jar");
    builder.environment().remove("MALLOC_MMAP_THRESHOLD_");
    Process process = builder.redirectErrorStream(true).start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).as(out).isZero();
    List<String> lines = out.lines().toList();
    assertThat(lines).startsWith("8388608").contains("-Xmx3g");
    assertThat(lines).endsWith(home + "/lib/*:own.jar", "plumbline.cli.Main", "score", "two words");
  }

  @Test
  void bothLaunchersGiveJavaTheSameOptionsAndTakeTheSameVariables() throws IOException {
    String unix = Files.readString(DIST.resolve("lib/launch.sh"));
    String windows = Files.readString(DIST.resolve("bin/plumbline.bat"));

    List<String> options =
        Pattern.compile("-XX:\\S+|-Dfile[^\\s\"]+|-Dorg[^\\s\"=]+|--enable\\S+?(?=[\\s)\"])")
            .matcher(
                unix.substring(
                    unix.indexOf("options=("), unix.indexOf("share_classes \"$classpath\"")))
            .results()
            .map(option -> option.group())
            .toList();
    assertThat(options).hasSizeGreaterThan(4);
    assertThat(windows).contains(options);
    assertThat(windows).contains("-Xmx%PLUMBLINE_HEAP%", "PLUMBLINE_HEAP=1g", "12g");
    assertThat(unix).contains("PLUMBLINE_HEAP:-1g", "PLUMBLINE_MEMORY:-12g");
    assertThat(windows.lines().count())
        .isEqualTo(windows.chars().filter(letter -> letter == '\r').count());
    for (String launcher : List.of("bin/plumbline", "bin/plumbline.bat")) {
      assertThat(variables(Files.readString(DIST.resolve(launcher))))
          .as(launcher)
          .containsAll(variables(unix));
    }
    assertThat(variables(Files.readString(ROOT.resolve("plumbline")))).containsAll(variables(unix));
  }

  private static List<String> variables(String text) {
    return VARIABLE.matcher(text).results().map(found -> found.group()).distinct().toList();
  }

  @Test
  void theContainerfileAndTheDocumentationNameTheDistributionThatIsBuilt() throws IOException {
    Matcher version =
        Pattern.compile("<version>(.*?)</version>")
            .matcher(Files.readString(ROOT.resolve("pom.xml")));
    assertThat(version.find()).isTrue();
    String name = "plumbline-" + version.group(1);
    String assembly = Files.readString(ROOT.resolve("app/src/main/assembly/distribution.xml"));
    assertThat(assembly)
        .contains("<id>${native.platform}</id>", "<baseDirectory>plumbline-${project.version}<");
    assertThat(Files.readString(ROOT.resolve("app/pom.xml")))
        .contains("<finalName>plumbline-${project.version}</finalName>");

    assertThat(Files.readString(ROOT.resolve("Containerfile")))
        .contains("app/target/" + name + "-linux-x86_64.tar.gz", "/opt/" + name + "/bin/plumbline");
    assertThat(Files.readString(ROOT.resolve("docs/installation.md")))
        .contains(name + "-linux-x86_64.tar.gz", name + "/bin/plumbline doctor");
    assertThat(Files.readString(ROOT.resolve("examples/java/pom.xml")))
        .contains("<plumbline.version>" + version.group(1) + "<");
    for (Map.Entry<String, String> file :
        Map.of("bin/plumbline", "bin", "lib/launch.sh", "lib").entrySet()) {
      assertThat(DIST.resolve(file.getKey())).exists();
      assertThat(assembly).contains("<directory>src/main/dist/" + file.getValue() + "</directory>");
    }
  }

  private static void script(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
