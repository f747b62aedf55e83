package plumbline.web.watch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.ruiyun.jvppeteer.cdp.entities.ScreenshotOptions;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import plumbline.InputException;
import plumbline.cli.Chromium;

class WatchServerTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  private final HttpClient http = HttpClient.newHttpClient();
  private WatchServer server;

  @BeforeEach
  void start() throws IOException {
    write(folder, "running", "", 0, false);
    write(folder.resolve("sft"), "ok", "", 30, false);
    write(folder.resolve("ppo"), "running", "", 60, true);
    server = WatchServer.start(folder, 0);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  /** A run as a training leaves it. */
  private static void write(Path run, String status, String warnings, int steps, boolean policy)
      throws IOException {
    Files.createDirectories(run);
    Files.writeString(
        run.resolve("run.json"),
        "{\"name\": \"%s\", \"kind\": \"%s\", \"status\": \"%s\", \"steps\": 100, \"warnings\": [%s]}"
            .formatted(policy ? "ppo" : "clinic", policy ? "ppo" : "sft", status, warnings));
    if (status.equals("running")) {
      // Nobody holds it: the process is taken to have died, which is said.
      Files.writeString(run.resolve("run.lock"), "");
    }
    if (steps > 0) {
      Files.writeString(run.resolve("metrics.jsonl"), rows(steps, policy));
    }
    if (policy) {
      Files.writeString(
          run.resolve("samples.jsonl"),
          "{\"step\":50,\"prompt\":\"user: My shoulder hurts.\",\"response\":\"Since when? <b>bold</b>\","
              + "\"scores\":{\"reward\":0.75},\"length\":5,\"ended\":true}\n");
    }
  }

  private static String rows(int steps, boolean policy) {
    StringBuilder rows = new StringBuilder();
    for (int step = 1; step <= steps; step++) {
      double noise = Math.sin(step * 12.9898) * 0.1;
      rows.append("{\"step\":%d,\"lr\":%s".formatted(step, 1e-3 * (1 - step / 100.0)));
      if (policy) {
        rows.append(
            ",\"reward/mean\":%s,\"reward/std\":%s,\"objective/kl\":%s,\"policy/entropy\":%s,\"response/length_mean\":%s,\"alarm/kl_explodes\":%d"
                .formatted(
                    Math.log1p(step) + noise,
                    1 / Math.sqrt(step) + noise * noise,
                    step * 0.05 + Math.abs(noise),
                    2 - step * 0.01,
                    20 + 10 * noise,
                    step > 55 ? 1 : 0));
      } else {
        rows.append(",\"loss/train\":%s".formatted(3 / Math.sqrt(step) + noise));
        rows.append(",\"loss/test\":%s".formatted(3.1 / Math.sqrt(step)));
      }
      rows.append("}\n");
    }
    return rows.toString();
  }

  private HttpResponse<String> get(String address) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(address)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private String root() {
    return "http://127.0.0.1:" + server.port() + "/";
  }

  @Test
  void onlyWhoHasTheLinkSeesTheRun() throws Exception {
    assertThat(get(server.link()).statusCode()).isEqualTo(200);
    assertThat(get(server.link() + "run").statusCode()).isEqualTo(200);
    for (String wrong : new String[] {"", "x/", "x/run", server.link().length() + "/run"}) {
      assertThat(get(root() + wrong).statusCode()).as(wrong).isEqualTo(404);
    }
  }

  @Test
  void nothingInlineIsAllowed() throws Exception {
    HttpResponse<String> page = get(server.link());
    assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
        .contains("script-src 'self'", "style-src 'self'", "connect-src 'self'")
        .doesNotContain("unsafe");
    assertThat(page.body()).doesNotContain("<style", "style=", "onclick", "{{");
    assertThat(page.headers().firstValue("Cache-Control")).contains("no-store");
  }

  @Test
  void theStateTellsStagesFiguresHealthAndSamples() throws Exception {
    JsonNode run = JSON.readTree(get(server.link() + "run").body());
    assertThat(run.path("title").asText()).isEqualTo("clinic");
    assertThat(run.path("shown").asText()).isEqualTo("sft");
    JsonNode ppo = JSON.readTree(get(server.link() + "run?stage=ppo").body());
    assertThat(ppo.path("shown").asText()).isEqualTo("ppo");
    assertThat(ppo.at("/figures/0/metrics/0").asText()).isEqualTo("reward/mean");
    assertThat(ppo.at("/figures/0/plot/lines/0/points")).hasSize(60);
    assertThat(ppo.at("/samples/0/response").asText()).startsWith("Since when?");
    assertThat(ppo.path("runs").findValuesAsText("name")).containsExactly(".", "ppo", "sft");
  }

  @Test
  void whoHasSeenTheNewestStateGetsNothingUntilTheRunGrows() throws Exception {
    String version =
        JSON.readTree(get(server.link() + "run?stage=ppo").body()).path("version").asText();
    String again = server.link() + "run?stage=ppo&seen=" + version;
    assertThat(get(again).statusCode()).isEqualTo(204);
    Files.writeString(folder.resolve("ppo/metrics.jsonl"), rows(61, true));
    assertThat(JSON.readTree(get(again).body()).at("/figures/0/plot/lines/0/points")).hasSize(61);
  }

  @Test
  void aPortThatIsTakenIsNamed() {
    org.assertj.core.api.Assertions.assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> WatchServer.start(folder, server.port()))
        .withMessageContaining("127.0.0.1:" + server.port() + ": cannot listen there");
  }

  private static final String DRAWN =
      "() => document.documentElement.dataset.drawn + '/' + document.querySelectorAll('figure').length";

  @ParameterizedTest
  @CsvSource({"1280, light", "1280, dark", "390, light"})
  void thePageDrawsTheCurvesAndFollowsTheRun(int width, String scheme) throws Exception {
    try (Chromium chromium = Chromium.start()) {
      Chromium.Opened page = chromium.visitor(width, scheme);
      page.page().goTo(server.link() + "#stage=ppo");
      await(page, "() => document.querySelectorAll('figure').length === 7");
      await(page, "() => document.querySelectorAll('.chart canvas').length === 7");
      assertThat(page.problems()).isEmpty();
      assertThat(page.evaluate(DRAWN).asText()).isEqualTo("7/7");
      assertThat(
              page.evaluate("() => document.querySelector('#health li.bad').textContent").asText())
          .contains("go on with --resume");
      assertThat(
              page.evaluate("() => document.querySelector('.response .text').textContent").asText())
          .isEqualTo("Since when? <b>bold</b>");
      assertThat(page.evaluate("() => document.documentElement.scrollWidth").asInt())
          .isEqualTo(width);

      String now = "() => document.querySelector('#figure-reward-mean .now').textContent";
      String before = page.evaluate(now).asText();
      Files.writeString(folder.resolve("ppo/metrics.jsonl"), rows(80, true));
      await(page, "() => document.getElementById('facts').textContent.includes('step 80 of 100')");
      assertThat(page.evaluate(now).asText()).isNotEqualTo(before);
      assertThat(page.evaluate("() => document.getElementById('progress').value").asInt())
          .isEqualTo(80);

      picture(page, "watch-" + width + "-" + scheme);
      page.evaluate("() => document.querySelector('[data-stage=sft]').click()");
      await(page, "() => document.querySelectorAll('figure').length === 2");
      assertThat(page.problems()).isEmpty();
    }
  }

  @Test
  void aServerThatStopsIsSaid() throws Exception {
    try (Chromium chromium = Chromium.start()) {
      Chromium.Opened page = chromium.visitor(1280, "light");
      page.page().goTo(server.link());
      await(page, "() => document.querySelectorAll('figure').length > 0");
      server.close();
      await(page, "() => !document.getElementById('lost').hidden");
    }
  }

  private static void await(Chromium.Opened page, String truth) throws Exception {
    for (int i = 0; i < 600 && !page.evaluate(truth).asBoolean(); i++) {
      Thread.sleep(50);
    }
    assertThat(page.evaluate(truth).asBoolean()).as(truth).isTrue();
  }

  /** Kept where a person can look at them. */
  private static void picture(Chromium.Opened page, String name) throws Exception {
    String pictures = System.getProperty("plumbline.pictures", "");
    if (!pictures.isEmpty()) {
      ScreenshotOptions options = new ScreenshotOptions();
      options.setPath(Files.createDirectories(Path.of(pictures)).resolve(name + ".png").toString());
      options.setFullPage(true);
      page.page().screenshot(options);
    }
  }
}
