package plumbline.web.serve;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import plumbline.data.Message;
import plumbline.data.Prompt;

/** A conversation as OpenAI's clients send it. */
final class Messages {
  private static final Set<String> ROLES =
      Set.of(Message.SYSTEM, Message.USER, Message.ASSISTANT, "developer");

  private Messages() {}

  /** The parameter {@code messages}: plain text by system, user and assistant. */
  static Prompt of(Call call) {
    JsonNode node =
        call.value("messages")
            .orElseThrow(() -> ApiError.parameter("messages", "'messages' is missing."));
    if (!node.isArray() || node.isEmpty()) {
      throw Call.wrong("messages", node.toString(), "a list of at least one message");
    }
    List<Message> messages = new ArrayList<>();
    for (JsonNode message : node) {
      messages.add(message("messages[" + messages.size() + "]", message));
    }
    return new Prompt(messages, Map.of());
  }

  private static Message message(String place, JsonNode message) {
    if (!message.isObject()) {
      throw Call.wrong(place, message.toString(), "an object with role and content");
    }
    Call.refuseOthers(message, List.of("role", "content"), place + ".");
    String role = message.path("role").asText("");
    if (!ROLES.contains(role)) {
      throw Call.wrong(place + ".role", "'" + role + "'", "system, user or assistant");
    }
    String name = role.equals("developer") ? Message.SYSTEM : role;
    return new Message(name, content(place + ".content", message.path("content")));
  }

  private static String content(String place, JsonNode content) {
    if (content.isTextual()) {
      return content.textValue();
    }
    if (!content.isArray()) {
      throw Call.wrong(place, content.toString(), "a text or a list of text parts");
    }
    StringBuilder text = new StringBuilder();
    for (JsonNode part : content) {
      if (!part.path("type").asText("").equals("text") || !part.path("text").isTextual()) {
        throw Call.wrong(
            place,
            part.toString(),
            "parts of the type 'text': models here read no" + " pictures and hear nothing");
      }
      text.append(part.path("text").textValue());
    }
    return text.toString();
  }
}
