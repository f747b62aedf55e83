package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.data.Split;
import plumbline.data.clinic.Clinic;
import plumbline.data.format.RowFiles;
import plumbline.judge.StandInEndpoint;

/** The pictures of a collection in a real browser. */
class FunnelReportBrowserTest {
  /** The texts of a figure, and those of them that are not wholly within its picture. */
  private static final String TEXTS =
      """
      () => [...document.querySelectorAll("[data-figure]")].map(place => {
        const box = place.querySelector("svg").getBoundingClientRect();
        const texts = [...place.querySelectorAll("svg text")];
        const isCut = text => {
          const of = text.getBoundingClientRect();
          return of.left < box.left - 1 || of.right > box.right + 1 || of.top < box.top - 1 || of.bottom > box.bottom + 1;
        };
        return {name: place.getAttribute("aria-label"), texts: texts.map(t => t.textContent),
          cut: texts.filter(isCut).map(t => t.textContent)};
      })
      """;

  @TempDir private Path folder;

  private JsonNode collect() throws IOException {
    Files.createDirectories(folder.resolve("data"));
    RowFiles.write(
        folder.resolve("data/prompts.train.jsonl"), new Clinic(1).prompts(Split.TRAIN, 60));
    try (StandInEndpoint endpoint = StandInEndpoint.sound()) {
      String remote = "endpoint: '" + endpoint.address() + "', model: judge-1, max_tokens: 64";
      Path config = folder.resolve("funnel.yaml");
      Files.writeString(
          config,
          """
          out: '%s'
          data: '%s'
          category: trigger
          writers:
            weak: {strength: 1, samples: 2, remote: {temperature: 0.5, %s}}
            strong: {strength: 2, samples: 2, remote: {temperature: 1, %s}}
          ours: weak
          strong: strong
          proxy: {length: words, target: 20, per: 10}
          judges: [{%s}]
          funnel: {prompts: 50, pairing: {pairs_per_prompt: 3}}
          people: {overlap: 2, simulated: {ann: {flip: 0.3}, ben: {}, cleo: {temperature: 0.5}}}
          """
              .formatted(folder.resolve("run"), folder.resolve("data"), remote, remote, remote));
      Captured run = Captured.plumbline("collect", config.toString(), "--json", "-q");
      assertThat(run.code()).as(run.err()).isZero();
      return new ObjectMapper().readTree(run.out());
    }
  }

  @Test
  void theFlowsAndTheMatrixAreDrawnWithTheirCountsAndNoNameIsCutOff() throws Exception {
    try (Chromium chromium = Chromium.start()) {
      JsonNode summary = collect();
      for (int width : new int[] {1280, 390}) {
        Chromium.Opened opened = chromium.open(folder.resolve("run/report.html"), width, "light");
        assertThat(opened.problems()).isEmpty();
        JsonNode figures = opened.evaluate(TEXTS);
        JsonNode flows = named(figures, "Where the candidate pairs went");
        JsonNode matrix = named(figures, "Pairs by the judges' ratings");

        assertThat(texts(flows)).containsAll(names(summary.get("steps")));
        assertThat(texts(matrix)).containsAll(cells(summary.get("matrix")));
        for (JsonNode figure : List.of(flows, matrix)) {
          assertThat(figure.get("cut")).as("cut off in " + figure.get("name")).isEmpty();
        }
      }
    }
  }

  private static JsonNode named(JsonNode figures, String title) {
    for (JsonNode figure : figures) {
      if (figure.get("name").asText().startsWith(title)) {
        return figure;
      }
    }
    throw new AssertionError("no figure '" + title + "' in " + figures);
  }

  private static List<String> texts(JsonNode figure) {
    List<String> texts = new ArrayList<>();
    figure.get("texts").forEach(text -> texts.add(text.asText()));
    return texts;
  }

  private static List<String> names(JsonNode steps) {
    List<String> names = new ArrayList<>();
    for (JsonNode step : steps) {
      if (step.get("out").asLong() > 0) {
        names.add("after " + step.get("name").asText() + number(step.get("out")));
      }
      step.get("reasons")
          .properties()
          .forEach(reason -> names.add("lost: " + reason.getKey() + number(reason.getValue())));
    }
    return names;
  }

  private static String number(JsonNode count) {
    return String.format(Locale.ENGLISH, " %,d", count.asLong());
  }

  private static List<String> cells(JsonNode matrix) {
    List<String> cells = new ArrayList<>();
    matrix.forEach(row -> row.forEach(cell -> cells.add(cell.asText())));
    return cells;
  }
}
