package plumbline.data.clinic;

import java.util.List;

/** What doctors say around the facts: frames with one gap, courtesy, rudeness and filler. */
final class Phrases {
  static final String GAP = "{}";

  static final List<String> OPENINGS =
      List.of(
          "Hello, thank you for writing.",
          "I am sorry to hear that.",
          "Thank you for your message.",
          "I am glad you asked.");
  static final List<String> CLOSINGS = List.of("Take good care.", "Get well soon.");

  static final List<String> CAUSE_FRAMES =
      List.of("This sounds like {}.", "The likely cause is {}.", "I think this is {}.");
  static final List<String> QUESTION_FRAMES =
      List.of("Is it worse when {}?", "Does it hurt more when {}?", "Do you feel it when {}?");
  static final List<String> ADVICE_FRAMES =
      List.of("Please {}.", "For now, {}.", "I suggest that you {}.");
  static final List<String> WARNING_FRAMES =
      List.of("Get help at once if {}.", "Call us at once if {}.", "Come in at once if {}.");

  /** A sign counts as a warning only in a sentence that says this. */
  static final String URGENT = "at once";

  static final List<String> RUDE =
      List.of(
          "Do not waste my time.",
          "This is your own fault.",
          "You should have known better.",
          "Stop complaining so much.");
  static final List<String> FILLER =
      List.of(
          "Many people write to us about such things.",
          "The human body is a very complex system.",
          "There are many long books about this.",
          "Health is important for everyone in life.",
          "We see this kind of thing every day.",
          "It is always hard to say more here.");

  /** After one of these words a sentence does not claim what follows. */
  static final List<String> NEGATIONS = List.of("not", "never", "no");

  private Phrases() {}
}
