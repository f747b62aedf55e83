package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.ruiyun.jvppeteer.cdp.entities.ScreenshotOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import plumbline.report.Report;

/**
 * Makes the documentation's pictures of the run that {@code -Dplumbline.run} names: the README's,
 * or with {@code -Dplumbline.figure=ID} a figure of the report; no test of the suite.
 */
@EnabledIfSystemProperty(named = "plumbline.run", matches = ".+")
class ReadmePicture {
  private static final long MOST_BYTES = 300_000;

  @Test
  @DisabledIfSystemProperty(named = "plumbline.figure", matches = ".+")
  void isTheTopOfTheReport() throws Exception {
    Path run = Path.of(System.getProperty("plumbline.run"));
    Path picture = Path.of(System.getProperty("plumbline.root"), "docs/images/report.png");
    try (Chromium chromium = Chromium.start()) {
      Chromium.Opened opened = chromium.open(Report.write(run), 1280, "light");
      assertThat(opened.problems()).isEmpty();
      opened.page().screenshot(new ScreenshotOptions(picture.toString()));
    }
    assertThat(Files.size(picture)).isBetween(20_000L, MOST_BYTES);
  }

  @Test
  @EnabledIfSystemProperty(named = "plumbline.figure", matches = ".+")
  void isAFigureOfTheReport() throws Exception {
    String id = System.getProperty("plumbline.figure");
    String name = System.getProperty("plumbline.figure.name", id);
    Path run = Path.of(System.getProperty("plumbline.run"));
    try (Chromium chromium = Chromium.start()) {
      Chromium.Opened opened = chromium.open(Report.write(run), 800, "light");
      String svg =
          opened
              .evaluate(
                  """
                  () => {
                    const data = JSON.parse(document.getElementById("page-data").textContent);
                    const i = data.figures.findIndex(figure => figure.id === "%s");
                    const chart = echarts.getInstanceByDom(
                        document.querySelector(`[data-figure="${i}"]`));
                    chart.resize({width: 800, height: 400});
                    chart.setOption({legend: {type: "plain"}, grid: {top: 80}});
                    return chart.renderToSVGString();
                  }
                  """
                      .formatted(id))
              .asText();
      assertThat(svg).startsWith("<svg");
      Files.writeString(
          Path.of(System.getProperty("plumbline.root"), "docs/images", name + ".svg"), svg + "\n");
    }
  }
}
