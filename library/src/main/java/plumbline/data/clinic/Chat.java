package plumbline.data.clinic;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import plumbline.data.Dialogue;
import plumbline.data.Message;
import plumbline.data.Prompt;

/** A visit as a chat window keeps it, before anything is cleaned or merged. */
final class Chat {
  private static final double NOTICE_SHARE = 0.3;
  private static final double PICTURE_SHARE = 0.02;

  /** How often a sentence is sent as a message of its own. */
  private static final double SENT_SHARE = 0.4;

  private Chat() {}

  static Dialogue of(Prompt prompt, String reply, SplittableRandom random) {
    List<Message> messages = new ArrayList<>();
    if (random.nextDouble() < NOTICE_SHARE) {
      messages.add(new Message(Message.SYSTEM, "A doctor has joined the chat."));
    }
    for (Message message : prompt.messages()) {
      send(message.role(), message.content(), random, messages);
    }
    if (random.nextDouble() < PICTURE_SHARE) {
      messages.add(Message.user("[picture]"));
    }
    send(Message.ASSISTANT, reply, random, messages);
    return new Dialogue(messages, prompt.meta());
  }

  /** Sentences, some sent at once and some together with those before. */
  private static void send(
      String role, String text, SplittableRandom random, List<Message> messages) {
    StringBuilder together = new StringBuilder();
    for (String sentence : text.split("(?<=[.?!])\\s+", 0)) {
      together.append(together.isEmpty() ? "" : " ").append(sentence);
      if (random.nextDouble() < SENT_SHARE) {
        messages.add(new Message(role, together.toString()));
        together.setLength(0);
      }
    }
    if (!together.isEmpty()) {
      messages.add(new Message(role, together.toString()));
    }
  }
}
