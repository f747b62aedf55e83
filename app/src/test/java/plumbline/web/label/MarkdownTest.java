package plumbline.web.label;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class MarkdownTest {
  /** All tags that Markdown may become. */
  private static final Pattern TAG =
      Pattern.compile(
          "</?(p|em|strong|code|pre|ul|ol|li|blockquote|h[1-6]|a|br|hr|span|table|thead|tbody|tr|th|td)"
              + "( (href|rel|target|title|class|tabindex|align|start)=\"[^\"<>]*\")* ?/?>");

  @Test
  void formulasAreKeptFromMarkdownAndPricesAreNoFormulas() {
    assertThat(Markdown.html("$a_1 * b_2 * c$ and \\(x<y\\)"))
        .contains("<span class=\"math\">a_1 * b_2 * c</span>")
        .contains("<span class=\"math\">x&lt;y</span>");
    assertThat(Markdown.html("$$\n\\frac{a}{b}\n$$"))
        .contains("<span class=\"math display\">\n\\frac{a}{b}\n</span>");
    assertThat(Markdown.html("It costs $5 or $6, not \\$7.")).doesNotContain("span");
    assertThat(Markdown.html("`$x$` and\n\n```\n$y$\n```")).doesNotContain("span");
  }

  @Test
  void htmlIsTextAndLinksLeadOnlyToTheWeb() {
    assertThat(Markdown.html("<b>x</b> <script>1</script>"))
        .contains("&lt;b&gt;")
        .doesNotContain("<script");
    assertThat(Markdown.html("[a](javascript:x) [b](data:text/html,x) [c](vbscript:x)"))
        .doesNotContain("javascript:")
        .doesNotContain("data:")
        .doesNotContain("vbscript:");
    assertThat(Markdown.html("[a](https://example.org \"t\")"))
        .contains("href=\"https://example.org\"")
        .contains("rel=\"noopener noreferrer nofollow\"");
    assertThat(Markdown.html("![a picture](https://example.org/x.png)"))
        .contains("<a href=\"https://example.org/x.png\"")
        .doesNotContain("<img");
    assertThat(Markdown.html("[a]($javascript:alert(1)//$)")).doesNotContain("javascript:");
  }

  @Test
  void nothingOfAHostileTextBecomesATagOfItsOwn() {
    List<String> parts =
        List.of(
            "<",
            ">",
            "\"",
            "'",
            "$",
            "$$",
            "\\(",
            "\\)",
            "`",
            "```",
            "[",
            "](",
            ")",
            "!",
            "*",
            "_",
            "javascript:",
            "onload=x",
            "<img src=x>",
            "\n",
            "\n\n",
            " ",
            "a",
            "\uE0000\uE001",
            "|",
            "|-|-|\n",
            "# ",
            "> ",
            "- ",
            "&lt;",
            "\\",
            "~~~",
            "http://x",
            "<http://y>",
            "\u0000");
    Random random = new Random(7);
    for (int i = 0; i < 3000; i++) {
      StringBuilder text = new StringBuilder();
      for (int j = 0; j < 30; j++) {
        text.append(parts.get(random.nextInt(parts.size())));
      }
      String html = Markdown.html(text.toString());
      String rest = TAG.matcher(html).replaceAll("");
      assertThat(rest).as(text.toString()).doesNotContain("<");
      assertThat(html).doesNotContain("href=\"javascript");
    }
  }

  @Test
  void deepAndLongTextsAreNoTrouble() {
    for (String deep : List.of(">", "- ", "[", "*a", "![", "$", "\\[", "`", "<", "(")) {
      assertThat(Markdown.html(deep.repeat(20_000))).isNotEmpty();
    }
  }
}
