package plumbline.web.label;

import com.fasterxml.jackson.databind.JsonNode;
import com.ruiyun.jvppeteer.cdp.entities.ScreenshotOptions;
import com.ruiyun.jvppeteer.cdp.entities.Viewport;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import plumbline.cli.Chromium;

/** Somebody with a browser and a keyboard. */
final class Person {
  private static final int MOST_WAITS = 300;
  private static final int WAIT_MILLIS = 50;

  private final String address;
  private final Chromium.Opened opened;

  Person(Chromium chromium, String address, int width, String scheme) throws Exception {
    this.address = address;
    this.opened = chromium.visitor(width, scheme);
  }

  Person signIn(String name) throws Exception {
    open("/sign-in");
    type(name);
    press("Tab");
    type(LabelApp.PASSWORD);
    press("Enter");
    until("document.querySelector('.who') !== null");
    return this;
  }

  void open(String path) throws Exception {
    opened.page().goTo(path.startsWith("http") ? path : address + path);
    ready();
  }

  void reload() throws Exception {
    opened.page().reload();
    ready();
  }

  private void ready() throws Exception {
    until("document.readyState === 'complete'");
  }

  /** Keys by their names, one after the other. */
  void press(String... keys) throws Exception {
    for (String key : keys) {
      opened.page().keyboard().press(key);
    }
  }

  void hold(String held, String key) throws Exception {
    opened.page().keyboard().down(held, new com.ruiyun.jvppeteer.cdp.entities.KeyDownOptions());
    press(key);
    opened.page().keyboard().up(held);
  }

  void type(String text) throws Exception {
    opened.page().keyboard().type(text);
  }

  /** Presses keys that lead to another page, and waits for it. */
  void leadsOn(String... keys) throws Exception {
    evaluate("window.before = true");
    press(keys);
    until("window.before === undefined && document.readyState === 'complete'");
  }

  JsonNode evaluate(String expression) throws Exception {
    return opened.evaluate("() => (" + expression + ")");
  }

  /** What a function gives, perhaps later. */
  JsonNode later(String function) throws Exception {
    return opened.evaluate(function);
  }

  /** Waits until an expression is true; a page that is just changing counts as not yet. */
  void until(String expression) throws Exception {
    for (int i = 0; i < MOST_WAITS; i++) {
      if (holds(expression)) {
        return;
      }
      Thread.sleep(WAIT_MILLIS);
    }
    throw new AssertionError("never: " + expression + " on " + path() + "\n" + text());
  }

  private boolean holds(String expression) {
    try {
      return Boolean.TRUE.equals(opened.page().evaluate("() => (" + expression + ") === true"));
    } catch (Exception changing) {
      return false;
    }
  }

  String text() throws Exception {
    return evaluate("document.body.innerText").asText();
  }

  String path() throws Exception {
    return evaluate("location.pathname").asText();
  }

  List<String> problems() {
    return opened.problems();
  }

  void resize(int width, int height) throws Exception {
    opened.page().setViewport(new Viewport(width, height));
  }

  void picture(Path file) throws Exception {
    opened.page().screenshot(new ScreenshotOptions(file.toString()));
  }

  /** What axe-core finds that is serious or worse. */
  List<String> barriers() throws Exception {
    try (InputStream in = Person.class.getResourceAsStream("/axe.min.js")) {
      String axe = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      opened.page().evaluate("() => {" + axe + "; return true; }");
    }
    JsonNode found = opened.evaluate("async () => (await axe.run()).violations");
    List<String> barriers = new ArrayList<>();
    for (JsonNode violation : found) {
      if (List.of("serious", "critical").contains(violation.path("impact").asText())) {
        barriers.add(
            violation.path("id").asText() + ": " + violation.path("nodes").findValues("html"));
      }
    }
    return barriers;
  }
}
