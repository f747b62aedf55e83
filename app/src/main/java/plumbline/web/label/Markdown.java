package plumbline.web.label;

import gg.jte.Content;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Heading;
import org.commonmark.node.Image;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.DefaultUrlSanitizer;
import org.commonmark.renderer.html.HtmlRenderer;

/**
 * Text of strangers as HTML that can do nothing: HTML in it is shown as text, links go only to web
 * and mail addresses, pictures are links, formulas are text in spans that the browser sets.
 */
final class Markdown {
  private static final int DEEPEST_BLOCKS = 60;
  private static final int DEEPEST_INLINES = 60;

  /** Headings of a text stand below those of the page. */
  private static final int HEADINGS_DOWN = 3;

  private static final Parser PARSER =
      Parser.builder()
          .extensions(List.of(TablesExtension.create()))
          .maxOpenBlockParsers(DEEPEST_BLOCKS)
          .maxInlineNesting(DEEPEST_INLINES)
          .build();

  private static final HtmlRenderer RENDERER =
      HtmlRenderer.builder()
          .extensions(List.of(TablesExtension.create()))
          .escapeHtml(true)
          .sanitizeUrls(true)
          .urlSanitizer(new DefaultUrlSanitizer(List.of("http", "https", "mailto")))
          .softbreak("<br>\n")
          .attributeProviderFactory(context -> Markdown::attributes)
          .build();

  private Markdown() {}

  /** Markdown as content of a page. */
  static Content content(String text) {
    String html = html(text);
    return output -> output.writeContent(html);
  }

  static String html(String text) {
    MathText math = MathText.of(text);
    Node document = PARSER.parse(math.withPlaces());
    document.accept(new Tamed());
    return math.fill(RENDERER.render(document));
  }

  private static void attributes(Node node, String tag, Map<String, String> attributes) {
    if (node instanceof Link) {
      attributes.keySet().retainAll(Set.of("href", "title"));
      attributes.put("rel", "noopener noreferrer nofollow");
      attributes.put("target", "_blank");
    } else if (tag.equals("pre")) {
      attributes.put("tabindex", "0");
    }
  }

  private static final class Tamed extends AbstractVisitor {
    @Override
    public void visit(Heading heading) {
      heading.setLevel(Math.min(6, heading.getLevel() + HEADINGS_DOWN));
      visitChildren(heading);
    }

    @Override
    public void visit(Image image) {
      Link link = new Link(image.getDestination(), image.getTitle());
      while (image.getFirstChild() != null) {
        link.appendChild(image.getFirstChild());
      }
      image.insertAfter(link);
      image.unlink();
      visitChildren(link);
    }
  }
}
