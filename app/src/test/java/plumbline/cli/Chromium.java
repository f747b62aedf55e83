package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.ruiyun.jvppeteer.api.core.Browser;
import com.ruiyun.jvppeteer.api.core.Page;
import com.ruiyun.jvppeteer.api.events.PageEvents;
import com.ruiyun.jvppeteer.cdp.core.Puppeteer;
import com.ruiyun.jvppeteer.cdp.entities.ConsoleMessage;
import com.ruiyun.jvppeteer.cdp.entities.LaunchOptions;
import com.ruiyun.jvppeteer.cdp.entities.MediaFeature;
import com.ruiyun.jvppeteer.cdp.entities.Viewport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** A browser without a window, where the machine has one. */
public final class Chromium implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A page that is open, with what went wrong on it. */
  public record Opened(Page page, List<String> problems) {
    /** What a script's function returns, as JSON; the client itself loses what is in arrays. */
    public JsonNode evaluate(String function) throws Exception {
      Object json = page.evaluate("async () => JSON.stringify(await (" + function + ")() ?? null)");
      assertThat(json).as(function).isInstanceOf(String.class);
      return JSON.readTree((String) json);
    }

    public int count(String selector) throws Exception {
      return evaluate("() => document.querySelectorAll('" + selector + "').length").asInt();
    }
  }

  private final Browser browser;

  private Chromium(Browser browser) {
    this.browser = browser;
  }

  /** Skips the test, saying so, where there is no Chromium; fails it on a build server. */
  public static Chromium start() throws Exception {
    Optional<Path> found = find();
    if (found.isEmpty()) {
      String reason = "no chromium or chrome on the PATH: pages are not opened in a browser";
      if ("true".equals(System.getenv("CI"))) {
        Assertions.fail(reason);
      }
      System.out.println("SKIPPED: " + reason);
      Assumptions.abort(reason);
    }
    LaunchOptions options =
        LaunchOptions.builder()
            .executablePath(found.orElseThrow().toString())
            .headless(true)
            .args(
                List.of(
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-quic",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync"))
            .build();
    return new Chromium(Puppeteer.launch(options));
  }

  private static Optional<Path> find() {
    String path = System.getenv().getOrDefault("PATH", "");
    return Stream.of("chromium", "chromium-browser", "google-chrome", "chrome")
        .flatMap(name -> Stream.of(path.split(":")).map(folder -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * Opens a file at a width in pixels.
   *
   * @param scheme light or dark
   */
  Opened open(Path file, int width, String scheme) throws Exception {
    Opened opened = opened(browser.newPage(), width, scheme);
    opened.page().goTo(file.toUri().toString());
    return opened;
  }

  /** A page of a visitor of their own, who shares no cookies with others; empty so far. */
  public Opened visitor(int width, String scheme) throws Exception {
    return opened(browser.createBrowserContext().newPage(), width, scheme);
  }

  private static Opened opened(Page page, int width, String scheme) throws Exception {
    List<String> problems = new CopyOnWriteArrayList<>();
    Consumer<ConsoleMessage> console = message -> problems.add("console: " + message.text());
    Consumer<Object> error = thrown -> problems.add("error: " + thrown);
    page.on(PageEvents.Console, console);
    page.on(PageEvents.PageError, error);
    page.setViewport(new Viewport(width, 900));
    page.emulateMediaFeatures(List.of(new MediaFeature("prefers-color-scheme", scheme)));
    return new Opened(page, problems);
  }

  @Override
  public void close() throws Exception {
    browser.close();
  }
}
