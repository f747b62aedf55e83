package plumbline.data.exhibit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ExhibitsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void everyKindOfFigureSurvivesItsFile() throws Exception {
    List<Figure> figures = new ArrayList<>();
    for (Plot plot : ExamplePlots.all()) {
      figures.add(
          Figure.of("f" + figures.size(), "Title", plot)
              .under("Part")
              .noted("how to read it")
              .from(new Source(12, "95% Wilson", "3", "plumbline eval")));
    }
    Table without = ExamplePlots.table();
    Table counted = without.from(Source.of(-1, "95%, each as its stage has it"));
    Exhibits written = new Exhibits(List.of(without, counted), figures, List.of());

    List<String> problems = new ArrayList<>();
    Exhibits read = Exhibits.of(JSON.readTree(written.json().toString()), problems::add);

    assertThat(problems).isEmpty();
    assertThat(read).isEqualTo(written);
    assertThat(ExamplePlots.all())
        .hasSize(Plot.class.getPermittedSubclasses().length)
        .allSatisfy(
            plot -> assertThat(plot.rows()).allMatch(row -> row.size() == plot.columns().size()));
  }

  @Test
  void whatIsWrongIsLeftOutAndToldWithItsPlace() throws Exception {
    JsonNode json =
        JSON.readTree(
            """
            {"tables": [{"id": "a b", "columns": [], "rows": []},
                        {"id": "t", "columns": ["x"], "rows": [[1], [1, 2]]},
                        {"id": "good", "columns": ["x", "y"], "rows": [["a", null]]}],
             "figures": [{"type": "heat", "id": "f"},
                         {"type": "curve", "id": "f", "lins": []},
                         {"type": "curve", "id": "f", "lines": [{"points": [[1]]}]},
                         {"type": "bars", "id": "f", "bars": [{"name": "x", "value": "much"}]}]}
            """);

    List<String> problems = new ArrayList<>();
    Exhibits read = Exhibits.of(json, problems::add);

    assertThat(read.figures()).isEmpty();
    assertThat(read.tables()).extracting(Table::id).containsExactly("good");
    assertThat(read.tables().get(0).rows().get(0).get(1)).isEqualTo(Estimate.missing());
    assertThat(problems).hasSize(6);
    assertThat(problems.get(0)).startsWith("report.json: tables[0]: id is 'a b'");
    assertThat(problems.get(1)).contains("rows[1] has 2 cells but there are 1 columns");
    assertThat(problems.get(2)).contains("figures[0]: there is no type 'heat'; known are [curve,");
    assertThat(problems.get(3)).contains("figures[1]").contains("lins");
    assertThat(problems.get(4)).contains("wanted [x, y] or [x, y, low, high]");
    assertThat(problems.get(5)).contains("\"much\" is no number");
  }

  @Test
  void histogramsCountEveryValueOnce() {
    Random random = new Random(4);
    for (int round = 0; round < 50; round++) {
      double[] a = random.doubles(1 + random.nextInt(40), -3, 9).toArray();
      double[] b = random.doubles(1 + random.nextInt(40), 2, 5).toArray();
      Plot.Histogram drawn = Plot.Histogram.of("x", Map.of("a", a, "b", b), 1 + round % 12);
      assertThat(sum(drawn, "a")).isEqualTo(a.length);
      assertThat(sum(drawn, "b")).isEqualTo(b.length);
    }
    assertThat(sum(Plot.Histogram.of("x", Map.of("same", new double[] {2, 2, 2}), 5), "same"))
        .isEqualTo(3);
  }

  private static long sum(Plot.Histogram histogram, String name) {
    return histogram.series().stream()
        .filter(group -> group.name().equals(name))
        .flatMap(group -> group.counts().stream())
        .mapToLong(Long::longValue)
        .sum();
  }

  @Test
  void boxesHaveTukeysWhiskers() {
    Plot.Spread box = Plot.Spread.of("x", new double[] {30, 1, 2, 3, 4, 5, 6, 7, 8});
    assertThat(box.q1()).isEqualTo(3);
    assertThat(box.median()).isEqualTo(5);
    assertThat(box.q3()).isEqualTo(7);
    assertThat(box.high()).isEqualTo(8);
    assertThat(box.low()).isEqualTo(1);
    assertThat(box.outliers()).containsExactly(30.0);
    assertThat(box.mean()).isCloseTo(66 / 9.0, within(1e-12));
    assertThat(Plot.Spread.of("one", new double[] {2}).low()).isEqualTo(2);
  }
}
