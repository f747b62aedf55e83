package plumbline.annotation.store;

import java.util.Locale;

/** What an account may do; each may do what those after it may. */
public enum Role {
  /** Everything: projects, people, imports, exports. */
  ADMIN,
  /** Reads all votes of a project and gives the last word on its items. */
  REVIEWER,
  /** Answers what is handed out. */
  ANNOTATOR;

  /** As in the database, in JSON and on the command line. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Role of(String key) {
    return valueOf(key.toUpperCase(Locale.ROOT));
  }
}
