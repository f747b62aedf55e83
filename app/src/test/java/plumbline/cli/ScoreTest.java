package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScoreTest {
  private static final String ROW = "{\"prompt\": \"the cat\", \"completion\": \"%s\"}\n";
  private static final String PAIR =
      "{\"prompt\": \"the cat\", \"chosen\": \"%s\", \"rejected\": \"%s\"}\n";

  @TempDir private static Path shared;
  private static Path model;

  @TempDir private Path folder;

  @BeforeAll
  static void makeModel() {
    model = TinyModel.reward(shared.resolve("reward"));
  }

  @Test
  void aRowsScoreDoesNotDependOnItsNeighbours() throws IOException {
    double alone = score(ROW.formatted("sat on")).at("/scores/0").asDouble();
    JsonNode both = score(ROW.formatted("sat on") + ROW.formatted("the dog on the mat, the log"));

    assertThat(both.get("rows").asInt()).isEqualTo(2);
    assertThat(both.at("/scores/0").asDouble()).isCloseTo(alone, within(1e-6));
  }

  @Test
  void pairsAreScoredAsTheirCompletionsAre() throws IOException {
    JsonNode rows = score(ROW.formatted("a mat") + ROW.formatted("a log"));
    double a = rows.at("/scores/0").asDouble();
    double b = rows.at("/scores/1").asDouble();

    JsonNode pairs = score(PAIR.formatted("a mat", "a log"));

    assertThat(pairs.at("/chosen/0").asDouble()).isCloseTo(a, within(1e-6));
    assertThat(pairs.at("/rejected/0").asDouble()).isCloseTo(b, within(1e-6));
    assertThat(pairs.at("/accuracy/mean").asDouble()).isEqualTo(a > b ? 1 : 0);
  }

  @Test
  void accuracyCountsThePairsTheRightWayRoundAndHasAWidth() throws IOException {
    String one = PAIR.formatted("a mat", "a log");
    double accuracy = score(one).at("/accuracy/mean").asDouble();

    JsonNode balanced = score((one + PAIR.formatted("a log", "a mat")).repeat(4));

    assertThat(accuracy).isIn(0.0, 1.0);
    assertThat(balanced.get("rows").asInt()).isEqualTo(8);
    assertThat(balanced.at("/accuracy/mean").asDouble()).isEqualTo(0.5);
    assertThat(balanced.at("/accuracy/low").asDouble()).isBetween(0.0, 0.45);
    assertThat(balanced.at("/accuracy/high").asDouble()).isBetween(0.55, 1.0);
  }

  @Test
  void standardisedScoresUseTheModelsOwnReference() throws IOException {
    double raw = score(ROW.formatted("sat on")).at("/scores/0").asDouble();

    double scaled =
        score(ROW.formatted("sat on"), "--scale", "standardise").at("/scores/0").asDouble();

    assertThat(scaled).isCloseTo((raw - 0.5) / 2, within(1e-9));
  }

  @Test
  void conversationsThatAreCutAreCounted() throws IOException {
    JsonNode result = score(ROW.formatted("zq ".repeat(200)) + ROW.formatted("short"));

    assertThat(result.get("truncated").asInt()).isEqualTo(1);
  }

  @Test
  void aLanguageModelIsRefused() throws IOException {
    Path language = TinyModel.language(folder.resolve("language"));
    Path file = Files.writeString(folder.resolve("rows.jsonl"), ROW.formatted("a"));

    Captured refused = Captured.plumbline("score", language.toString(), "--file", file.toString());

    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err()).hasLineCount(1).contains("plumbline train reward");
  }

  @Test
  void aBrokenRowIsNamedWithItsLine() throws IOException {
    assertThat(run(ROW.formatted("a") + "{\"prompt\"").err())
        .hasLineCount(1)
        .contains("rows.jsonl:2: not JSON");
    assertThat(run("{\"text\": \"a\"}\n").err())
        .hasLineCount(1)
        .contains("rows.jsonl:1: no 'prompt'");
    assertThat(run("").err()).hasLineCount(1).contains("rows.jsonl: is empty");
    assertThat(run(PAIR.formatted("a", "a")).err()).contains("none of its 1 rows can be scored");
  }

  private JsonNode score(String rows, String... options) throws IOException {
    Captured captured = run(rows, options);
    assertThat(captured.code()).as(captured.err()).isZero();
    return captured.json();
  }

  private Captured run(String rows, String... options) throws IOException {
    Path file = Files.writeString(folder.resolve("rows.jsonl"), rows);
    java.util.List<String> args =
        new java.util.ArrayList<>(
            java.util.List.of("score", model.toString(), "--file", file.toString(), "--json"));
    args.addAll(java.util.List.of(options));
    return Captured.plumbline(args.toArray(String[]::new));
  }
}
