package plumbline.annotation.store;

import java.util.Locale;

/** Whether people work on a project. */
public enum ProjectState {
  /** Items are handed out. */
  OPEN,
  /** Nothing new is handed out; what is held may still be answered. */
  PAUSED,
  /** Nothing is handed out or taken any more. */
  CLOSED;

  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  static ProjectState of(String key) {
    return valueOf(key.toUpperCase(Locale.ROOT));
  }
}
