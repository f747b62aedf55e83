package plumbline.web.label;

import com.fasterxml.jackson.databind.JsonNode;
import gg.jte.Content;
import java.util.ArrayList;
import java.util.List;
import plumbline.annotation.store.Item;

/** What stands before the answers: the conversation so far. */
record ItemView(String category, List<MessageView> messages) {
  /** One message of the conversation. */
  record MessageView(String role, Content html) {
    /** What people call a role. */
    String name() {
      return switch (role) {
        case "user" -> "Person";
        case "assistant" -> "Assistant";
        case "system" -> "Instruction to the assistant";
        default -> role;
      };
    }

    String style() {
      return role.equals("user") || role.equals("assistant") ? role : "other";
    }
  }

  static ItemView of(Item item) {
    List<MessageView> messages = new ArrayList<>();
    for (JsonNode message : item.context()) {
      String content = message.path("content").asText();
      messages.add(new MessageView(message.path("role").asText(), Markdown.content(content)));
    }
    return new ItemView(item.category(), messages);
  }

  /** The first words of the last message of a person, or else of the last one. */
  static String title(Item item) {
    String title = item.externalId();
    for (JsonNode message : item.context()) {
      if (!message.path("role").asText().equals("assistant")) {
        title = Slot.begin(message.path("content").asText());
      }
    }
    return title;
  }
}
