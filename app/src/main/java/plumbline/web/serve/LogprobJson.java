package plumbline.web.serve;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Log-probabilities in the two forms of OpenAI's interface. */
final class LogprobJson {
  /** What stands for minus infinity, which JSON has not. */
  private static final double LOWEST = -9999;

  private LogprobJson() {}

  /** A token of a chat. */
  static ObjectNode chat(SpokenToken token) {
    ObjectNode json = chat(token.text(), token.whole(), token.logprob().orElse(LOWEST));
    ArrayNode top = json.putArray("top_logprobs");
    token.top().forEach(other -> top.add(chat(other.text(), other.whole(), other.logprob())));
    return json;
  }

  private static ObjectNode chat(String text, boolean whole, double logprob) {
    ObjectNode json = Call.JSON.createObjectNode().put("token", text);
    json.put("logprob", finite(logprob));
    if (!whole) {
      return json.putNull("bytes");
    }
    ArrayNode bytes = json.putArray("bytes");
    for (byte one : text.getBytes(StandardCharsets.UTF_8)) {
      bytes.add(one & 0xff);
    }
    return json;
  }

  /**
   * Tokens of a completion.
   *
   * @param offset of the first one's text in characters
   */
  static ObjectNode completion(List<SpokenToken> tokens, int offset) {
    ObjectNode json = Call.JSON.createObjectNode();
    ArrayNode texts = json.putArray("tokens");
    ArrayNode logprobs = json.putArray("token_logprobs");
    ArrayNode tops = json.putArray("top_logprobs");
    ArrayNode offsets = json.putArray("text_offset");
    int place = offset;
    for (SpokenToken token : tokens) {
      texts.add(token.text());
      offsets.add(place);
      place += token.text().length();
      if (token.logprob().isEmpty()) {
        logprobs.addNull();
        tops.addNull();
      } else {
        double logprob = finite(token.logprob().getAsDouble());
        logprobs.add(logprob);
        ObjectNode top = tops.addObject();
        token.top().forEach(other -> putOnce(top, other.text(), finite(other.logprob())));
        putOnce(top, token.text(), logprob);
      }
    }
    return json;
  }

  /** Two tokens may have one text: the likelier one, which comes first, counts. */
  private static void putOnce(ObjectNode top, String text, double logprob) {
    if (!top.has(text)) {
      top.put(text, logprob);
    }
  }

  private static double finite(double logprob) {
    return Math.max(LOWEST, logprob);
  }
}
