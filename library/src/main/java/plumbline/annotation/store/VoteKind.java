package plumbline.annotation.store;

import java.util.Locale;

/** What a row of votes says. */
public enum VoteKind {
  /** Answers. */
  VOTE,
  /** This person would rather not; others may. */
  SKIP,
  /** The item should not be used. */
  DISCARD,
  /** A reviewer's last word. */
  ADJUDICATION,
  /** What it supersedes is taken back. */
  UNDO;

  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  static VoteKind of(String key) {
    return valueOf(key.toUpperCase(Locale.ROOT));
  }
}
