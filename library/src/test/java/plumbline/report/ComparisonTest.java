package plumbline.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Estimate;
import plumbline.data.exhibit.Exhibits;
import plumbline.data.exhibit.Items;
import plumbline.data.exhibit.Table;

class ComparisonTest {
  @TempDir private Path folder;

  @Test
  void runsStandInColumnsAndTheirCurvesInOnePicture() {
    Path first = RunFixture.pipeline(folder.resolve("first"));
    Path second = RunFixture.pipeline(folder.resolve("second"));

    Map<String, Table> tables = tables(first, second);

    Table measures = tables.get("measures");
    assertThat(measures.columns()).containsExactly("Measure", first.toString(), second.toString());
    assertThat(measures.rows())
        .anySatisfy(
            row -> {
              assertThat(row.get(0)).isEqualTo(Cell.words("Aligned: Gold quality"));
              assertThat(((Estimate) row.get(2)).low()).isEqualTo(0.561);
            });
    assertThat(tables).containsKeys("runs", "ppo.end", "commands").doesNotContainKey("differences");
    assertThat(Report.render(List.of(first, second)))
        .contains("No two of the runs hold numbers for the same items")
        .contains("{\"id\":\"ppo.reward-mean\",\"title\":\"Mean reward\"")
        .contains("\"name\":\"" + first + "\"", "\"name\":\"" + second + "\"");
  }

  @Test
  void differencesArePairedOverTheItemsThatBothHave() {
    Path first = RunFixture.pipeline(folder.resolve("first"));
    Path second = RunFixture.pipeline(folder.resolve("second"));
    Map<String, Double> one = new TreeMap<>(Map.of("only-here", 9.0));
    Map<String, Double> two = new TreeMap<>(Map.of("only-there", -9.0, "broken", Double.NaN));
    for (int i = 0; i < 40; i++) {
      one.put("p" + i, i / 40.0);
      two.put("p" + i, i / 40.0 + 0.1 + 0.01 * (i % 3));
    }
    one.put("broken", 0.5);
    exhibit(first, one);
    exhibit(second, two);

    Table differences = tables(first, second).get("differences");

    assertThat(differences.rows()).hasSize(1);
    List<Cell> row = differences.rows().get(0);
    Estimate difference = (Estimate) row.get(3);
    assertThat(difference.mean()).isCloseTo(0.1 + 0.01 * 39 / 40, within(1e-9));
    assertThat(difference.excludes(0)).isTrue();
    assertThat(row.get(4)).isEqualTo(Cell.number(40));
    assertThat(row.get(0)).isEqualTo(Cell.words(second + ", Aligned: Gold quality"));
  }

  @Test
  void numbersOfTheSameTableAreAveragedRowByRow() {
    Path first = RunFixture.pipeline(folder.resolve("first"));
    Path second = RunFixture.pipeline(folder.resolve("second"));
    table(first, List.of(row("a", 0.25, "x"), row("b", 3, "x"), row("only here", 1, "x")));
    table(second, List.of(row("b", 5, "x"), row("a", 0.75, "x"), row("c", Double.NaN, "x")));

    Table means = tables(first, second).get("evaluate.mine");

    assertThat(means.rows()).hasSize(2);
    assertThat(means.rows().get(0).get(0)).isEqualTo(Cell.words("a"));
    Estimate a = (Estimate) means.rows().get(0).get(1);
    assertThat(a.mean()).isEqualTo(0.5);
    assertThat(a.std()).isCloseTo(0.25 * Math.sqrt(2), within(1e-12));
    assertThat(((Estimate) means.rows().get(1).get(1)).mean()).isEqualTo(4);
  }

  private static List<Cell> row(String name, double number, String words) {
    return List.of(Cell.words(name), Cell.number(number), Cell.words(words));
  }

  private static void table(Path run, List<List<Cell>> rows) {
    Table mine = Table.of("mine", "Mine", List.of("", "number", "words"), rows);
    new Exhibits(List.of(mine), List.of(), List.of()).write(run.resolve("evaluate"));
  }

  @Test
  void aClaimIsCountedOverTheRunsThatGoThePublicationsWay() throws IOException {
    Path first = claiming("first", "same direction", 0.7);
    Path second = claiming("second", "no difference seen", 0.5);
    Path third = claiming("third", "same direction", 0.9);

    List<Cell> row = tables(first, second, third).get("claims").rows().get(0);
    assertThat(row.get(row.size() - 1)).isEqualTo(Cell.words("2 of 3"));
    JsonNode claim = Report.claims(List.of(first, second, third)).get(0);

    assertThat(claim.get("same").asInt()).isEqualTo(2);
    assertThat(claim.at("/publication").asText()).isEqualTo("66 of 100");
    assertThat(claim.get("runs").get(second.toString()).get("verdict").asText())
        .isEqualTo("no difference seen");
    assertThat(claim.get("runs").get(third.toString()).at("/ours/value").asDouble()).isEqualTo(0.9);
  }

  private Path claiming(String name, String verdict, double value) throws IOException {
    Path run = RunFixture.pipeline(folder.resolve(name));
    ObjectNode summary = JsonLines.MAPPER.createObjectNode();
    ObjectNode claim = summary.putArray("claims").addObject();
    claim.put("id", "better").put("publication", "66 of 100").put("verdict", verdict);
    claim.putObject("ours").put("value", value).put("low", value - 0.1).put("high", value + 0.1);
    Files.writeString(run.resolve("summary.json"), summary.toString());
    return run;
  }

  private static void exhibit(Path run, Map<String, Double> values) {
    new Exhibits(List.of(), List.of(), List.of(new Items("gold", "policy", values)))
        .write(run.resolve("evaluate"));
  }

  private static Map<String, Table> tables(Path... runs) {
    Map<String, Table> byId = new TreeMap<>();
    new Comparison(List.of(runs)).tables().forEach(table -> byId.put(table.id(), table));
    return byId;
  }
}
