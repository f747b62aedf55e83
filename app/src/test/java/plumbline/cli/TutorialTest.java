package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tutorial, word for word: every block of commands, in order, in an empty folder. */
class TutorialTest {
  private static final Path PAGE =
      Path.of(System.getProperty("plumbline.root"), "docs", "tutorial.md");

  /** The launcher without its build: the classes of this test. */
  private static final String LAUNCHER =
      """
      #!/bin/bash
      exec '%s' -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dfile.encoding=UTF-8 \\
        -cp '%s' plumbline.cli.Main "$@"
      """;

  @TempDir static Path folder;

  private static String said;

  @BeforeAll
  static void runEveryBlock() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "this system has no /bin/bash");
    Path launcher = folder.resolve("plumbline");
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    String classPath = System.getProperty("java.class.path");
    Files.writeString(launcher, LAUNCHER.formatted(java, classPath));
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
    List<String> blocks = Snippets.of(PAGE, "sh");
    assertThat(blocks).hasSizeGreaterThan(8);
    StringBuilder all = new StringBuilder();
    for (String block : blocks) {
      all.append(bash(block));
    }
    said = all.toString();
  }

  private static String bash(String block) throws IOException, InterruptedException {
    Path words = folder.resolve(".words");
    Process process =
        new ProcessBuilder("/bin/bash", "-e", "-u", "-o", "pipefail", "-c", block)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(words.toFile())
            .start();
    int code = process.waitFor();
    String text = Files.readString(words);
    assertThat(code).as(() -> block + "\n" + text).isZero();
    return text;
  }

  private static JsonNode json(String file) throws IOException {
    return new ObjectMapper().readTree(Files.readString(folder.resolve(file)));
  }

  @Test
  void whatCannotBeUsedIsCountedAndKept() throws IOException {
    assertThat(json("mine/pairs/import.json").get("rows_in").asInt()).isEqualTo(292);
    assertThat(json("mine/pairs/import.json").get("rejected").asInt()).isEqualTo(2);
    assertThat(folder.resolve("mine/pairs/rejects.jsonl")).content().hasLineCount(2);
    assertThat(folder.resolve("mine/clean/pairs.jsonl"))
        .content()
        .contains("[email]")
        .doesNotContain("ann@example.com");
  }

  @Test
  void theRewardModelAgreesWithThePeople() throws IOException {
    JsonNode accuracy = json("mine/reward/summary.json").get("accuracy");
    assertThat(accuracy.get("mean").asDouble()).isGreaterThan(0.8);
  }

  /** PPO surely, DPO by its mean: it has learned from a hundred pairs and no sample. */
  @Test
  void bothMethodsBeatTheirStart() {
    List<MatchResult> found =
        Snippets.matches(said, "wins ([\\d.]+)% of 24 prompts .* interval ([\\d.]+) to").toList();
    assertThat(found).as(said).hasSize(2);
    assertThat(Double.parseDouble(found.get(0).group(2))).as("lower end, PPO").isGreaterThan(50);
    assertThat(Double.parseDouble(found.get(1).group(1))).as("mean, DPO").isGreaterThan(50);
  }

  @Test
  void theCardSaysWhereThePolicyComesFrom() throws IOException {
    List<String> hashes =
        Files.readAllLines(folder.resolve("mine/ppo/model/README.md")).stream()
            .filter(line -> line.contains("mine/start/data/prompts.train.jsonl"))
            .collect(Collectors.toList());
    assertThat(hashes).isNotEmpty();
  }
}
