package plumbline.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportBrowserTest {
  @TempDir private Path folder;

  @Test
  void everyCurveIsDrawnWithoutAConsoleError() throws Exception {
    Path chromium = Chromium.require();
    Path page = Report.write(RunFixture.pipeline(folder.resolve("run")));

    Chromium.Visit visit = Chromium.open(chromium, page, folder);

    int places = count(visit.dom(), "data-curve=\"\\d+\"");
    assertThat(places).isGreaterThan(25);
    assertThat(visit.dom()).contains("data-charts=\"" + places + "\"");
    assertThat(count(visit.dom(), "<svg[^>]*viewBox=\"0 0 \\d+ 190\"")).isEqualTo(places);
    assertThat(visit.dom()).doesNotContain("data-error");
    assertThat(visit.log()).doesNotContain("CONSOLE");
  }

  @Test
  void hostileTextStaysText() throws Exception {
    Path chromium = Chromium.require();
    Path run = RunFixture.pipeline(folder.resolve("run"));
    String attack = "</script><script>document.title='broken out'</script>";
    RunFixture.write(
        run.resolve("ppo/metrics.jsonl"),
        "{\"step\": 1, \"" + attack + "\": 1, \"<!--<script>\": 2}\n");
    RunFixture.write(
        run.resolve("evaluate/samples.jsonl"),
        "{\"prompt\": \"" + attack + "\", \"before\": {\"response\": \"<img src=x>\"}}\n");

    Chromium.Visit visit = Chromium.open(chromium, Report.write(run), folder);

    assertThat(visit.dom()).contains("<title>clinic-quickstart · Plumbline report</title>");
    assertThat(visit.dom())
        .doesNotContain("<img src=x")
        .contains("data-charts=")
        .doesNotContain("data-error");
    assertThat(visit.log()).doesNotContain("CONSOLE");
  }

  private static int count(String text, String pattern) {
    return (int) Pattern.compile(pattern).matcher(text).results().count();
  }
}
