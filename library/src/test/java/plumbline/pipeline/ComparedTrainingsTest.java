package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.data.exhibit.Figure;
import plumbline.data.exhibit.Table;
import plumbline.eval.Interval;

class ComparedTrainingsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  /** A training of 40 updates up to a divergence, whose monitor gains {@code gain} per sqrt(KL). */
  private Path training(String name, double farthest, double gain) throws IOException {
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      double kl = farthest * i / 36;
      rows.append(
          "{\"step\": %d, \"objective/kl\": %s, \"monitor/mean\": %s, \"reward/raw\": %s}\n"
              .formatted(i + 1, kl, 0.5 + gain * Math.sqrt(kl), Math.sqrt(kl)));
    }
    Path run = Files.createDirectory(folder.resolve(name));
    Files.writeString(run.resolve("metrics.jsonl"), rows);
    return run;
  }

  private ComparedTrainings several() throws IOException {
    ComparedTrainings courses = new ComparedTrainings();
    courses.add("far", training("far", 9, 0.1));
    courses.add("near", training("near", 2.5, 0.2));
    courses.add("middle", training("middle", 5, 0.1));
    courses.add("at the start", training("none", 0, 1));
    courses.add("never trained", folder.resolve("nothing"));
    courses.addChosen("bestofn", 1.25, new Interval(0.7, 0.6, 0.8));
    return courses;
  }

  @Test
  void methodsAreComparedAtDivergencesThatTwoReached() throws IOException {
    ObjectNode summary = JSON.createObjectNode();
    several().into(summary);
    assertThat(summary.get("at_kl").findValues("kl"))
        .extracting(JsonNode::asDouble)
        .containsExactly(0.25, 0.5, 1.0, 1.25, 2.0, 4.0);
    JsonNode methods = summary.at("/at_kl/4/methods");
    assertThat(methods.propertyStream().map(e -> e.getKey()))
        .containsExactly("far", "near", "middle");
    assertThat(summary.at("/at_kl/5/methods").propertyStream().map(e -> e.getKey()))
        .containsExactly("far", "middle");
    assertThat(methods.at("/far/monitor/mean").asDouble())
        .isCloseTo(0.5 + 0.1 * Math.sqrt(2), within(1e-6));
    assertThat(methods.at("/near/monitor/mean").asDouble())
        .isCloseTo(0.5 + 0.2 * Math.sqrt(2), within(1e-6));
    assertThat(methods.at("/near/reward/mean").asDouble()).isCloseTo(Math.sqrt(2), within(1e-6));
  }

  @Test
  void bestOfNStandsAtItsBoundAlone() throws IOException {
    Table table = several().tables().get(0);
    assertThat(table.columns())
        .containsExactly(
            "method",
            "at 0.250 nats",
            "at 0.500 nats",
            "at 1.00 nats",
            "at 1.25 nats",
            "at 2.00 nats",
            "at 4.00 nats");
    assertThat(table.rows().get(1).toString()).startsWith("[Words[text=near]").contains("mean=NaN");
    List<?> row = table.rows().get(3);
    assertThat(row.toString()).contains("bestofn", "mean=0.7");
    assertThat(row.stream().filter(cell -> cell.toString().contains("mean=NaN"))).hasSize(5);
  }

  @Test
  void everyCourseIsDrawn() throws IOException {
    assertThat(several().figures())
        .extracting(Figure::id)
        .containsExactly("monitor-over-distance", "reward-over-distance", "kl-by-update");
  }

  @Test
  void withoutTrainingsThereIsNothingToShow() {
    ComparedTrainings none = new ComparedTrainings();
    none.addChosen("bestofn", 1.25, new Interval(0.7, 0.6, 0.8));
    ObjectNode summary = JSON.createObjectNode();
    none.into(summary);
    assertThat(summary.isEmpty()).isTrue();
    assertThat(none.tables()).isEmpty();
    assertThat(none.figures()).isEmpty();
  }
}
