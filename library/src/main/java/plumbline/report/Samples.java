package plumbline.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** What the models really wrote. */
final class Samples {
  private Samples() {}

  /** Rows of an evaluation: prompt, then the responses before and after next to each other. */
  static String pairs(List<JsonNode> rows) {
    StringBuilder html = new StringBuilder();
    for (int i = 0; i < rows.size(); i++) {
      JsonNode row = rows.get(i);
      html.append(open(i + 1, "", row.path("prompt")))
          .append("<div class=\"sides\">")
          .append(response("SFT", "before", row.path("before")))
          .append(response("Aligned", "after", row.path("after")))
          .append("</div></article>\n");
    }
    return html.toString();
  }

  /** Rows of a training: prompt, response, scores. */
  static String singles(List<JsonNode> rows) {
    StringBuilder html = new StringBuilder();
    for (int i = 0; i < rows.size(); i++) {
      JsonNode row = rows.get(i);
      String step = row.path("step").isNumber() ? "step " + row.path("step").asText() : "";
      html.append(open(i + 1, step, row.path("prompt")))
          .append(response("Response", "after", row))
          .append("</article>\n");
    }
    return html.toString();
  }

  private static String open(int number, String place, JsonNode prompt) {
    return "<article class=\"sample\"><h4>"
        + number
        + (place.isEmpty() ? "" : " · " + Html.escape(place))
        + "</h4><div class=\"prompt\">"
        + dialogue(prompt)
        + "</div>";
  }

  /** A prompt is a text or a list of messages. */
  private static String dialogue(JsonNode prompt) {
    if (!prompt.isArray()) {
      return text(prompt);
    }
    StringBuilder html = new StringBuilder();
    for (JsonNode message : prompt) {
      html.append("<b>")
          .append(Html.escape(message.path("role").asText("?")))
          .append("</b> ")
          .append(text(message.path("content")))
          .append('\n');
    }
    return html.toString();
  }

  private static String response(String title, String style, JsonNode side) {
    StringBuilder html = new StringBuilder("<div class=\"response " + style + "\"><h5>");
    html.append("<i class=\"dot ").append(style).append("\"></i>").append(title);
    side.path("scores")
        .properties()
        .forEach(
            score ->
                html.append("<span class=\"chip\">")
                    .append(Html.escape(score.getKey()))
                    .append(' ')
                    .append(Numbers.plain(score.getValue().asDouble(Double.NaN)))
                    .append("</span>"));
    if (side.path("length").isNumber()) {
      html.append("<span class=\"chip\">")
          .append(side.path("length").asLong())
          .append(" tokens</span>");
    }
    if (side.path("ended").isBoolean() && !side.path("ended").asBoolean()) {
      html.append("<span class=\"chip warn\">cut at the length limit</span>");
    }
    return html.append("</h5><div class=\"text\">")
        .append(text(side.path("response")))
        .append("</div></div>")
        .toString();
  }

  private static String text(JsonNode node) {
    if (node.isMissingNode() || node.isNull()) {
      return "<span class=\"missing\">not recorded</span>";
    }
    String words = Html.words(node);
    return words.isBlank() ? "<span class=\"missing\">empty</span>" : Html.escape(words.strip());
  }
}
