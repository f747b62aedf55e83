package plumbline.web.label;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What a page says has just been done; addresses name it, so that nobody can write the text. */
enum Notice {
  SAVED("Saved."),
  VOTED("Stored. Here is the next one."),
  SKIPPED("Skipped. Here is another one."),
  DISCARDED("Reported as not usable. Here is another one."),
  UNDONE("Taken back. Answer it again, or leave it."),
  EDITED("Changed. The earlier answer is kept beside it."),
  DECIDED("Decided."),
  REOPENED("Open again: people are asked once more."),
  PUBLISHED("Published. Votes from now on name this version."),
  REVOKED("Revoked."),
  SIGNED_OUT("You are signed out."),
  EVERYWHERE("Signed out everywhere."),
  WELCOME("Welcome."),
  PASSWORD("The password is changed, and every other session is signed out.");

  private final String text;

  Notice(String text) {
    this.text = text;
  }

  String text() {
    return text;
  }

  String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Optional<Notice> of(String key) {
    return Stream.of(values()).filter(notice -> notice.key().equals(key)).findFirst();
  }
}
