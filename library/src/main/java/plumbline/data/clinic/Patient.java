package plumbline.data.clinic;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import plumbline.data.Message;

/** Tells a complaint in many ways, in one turn or after a short exchange. */
final class Patient {
  private static final List<String> HELLO = List.of("", "", "Hello doctor. ", "Good morning. ");
  private static final List<String> DURATIONS =
      List.of("for two days", "for three days", "for a week", "since yesterday", "since Monday");
  private static final List<String> VERBS = List.of("hurts", "aches", "is sore", "feels bad");
  private static final List<String> REQUESTS =
      List.of("What should I do?", "Is it serious?", "Please help me.", "What could it be?");

  /** Site, verb, clause (Clause at a sentence's start), duration, request. */
  private static final List<String> TELLINGS =
      List.of(
          "My {site} {verb} {clause}. {request}",
          "{Clause} my {site} {verb}. {request}",
          "I have had pain in my {site} {duration}. It started {clause}.",
          "I feel pain in my {site} {clause}. It has been like this {duration}.",
          "I am worried about my {site}. It {verb} {clause}. {request}",
          "I need your advice. My {site} {verb} {clause}.",
          "Could you help me? I noticed pain in my {site} {clause}.",
          "My {site} has been sore {duration}. I noticed it {clause}. {request}");

  /** Two user turns around the assistant's question: the first names the site, the second why. */
  private static final List<List<String>> EXCHANGES =
      List.of(
          List.of(
              "{hello}My {site} {verb}.",
              "I am sorry to hear that. When did it start?",
              "It started {clause}. {request}"),
          List.of(
              "{hello}I have had pain in my {site} {duration}.",
              "Thank you. Did you notice a reason?",
              "I noticed it {clause}. {request}"),
          List.of(
              "{hello}I need your advice.",
              "Of course. What is the matter?",
              "My {site} {verb} {clause}. {request}"));

  private static final double EXCHANGE_SHARE = 0.2;

  private Patient() {}

  /** One user message, or user, assistant, user. */
  static List<Message> tell(Complaint complaint, SplittableRandom random) {
    if (random.nextDouble() >= EXCHANGE_SHARE) {
      String telling = "{hello}" + pick(TELLINGS, random);
      return List.of(Message.user(fill(telling, complaint, random)));
    }
    List<Message> messages = new ArrayList<>();
    for (String turn : pick(EXCHANGES, random)) {
      String content = fill(turn, complaint, random);
      messages.add(messages.size() == 1 ? Message.assistant(content) : Message.user(content));
    }
    return messages;
  }

  private static String fill(String template, Complaint complaint, SplittableRandom random) {
    String clause = pick(complaint.trigger().clauses, random);
    return template
        .replace("{hello}", pick(HELLO, random))
        .replace("{site}", pick(complaint.site().nouns, random))
        .replace("{verb}", pick(VERBS, random))
        .replace("{clause}", clause)
        .replace("{Clause}", clause.substring(0, 1).toUpperCase(Locale.ROOT) + clause.substring(1))
        .replace("{duration}", pick(DURATIONS, random))
        .replace("{request}", pick(REQUESTS, random));
  }

  static <T> T pick(List<T> list, SplittableRandom random) {
    return list.get(random.nextInt(list.size()));
  }
}
