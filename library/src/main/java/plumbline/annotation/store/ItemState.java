package plumbline.annotation.store;

import java.util.Locale;

/** How far an item is. */
public enum ItemState {
  /** Votes are missing. */
  OPEN,
  /** Every set has its votes. */
  DONE,
  /** Somebody found that it should not be used. */
  DISCARDED,
  /** It has its votes and they agree too little. */
  REVIEW,
  /** A reviewer has given the last word. */
  ADJUDICATED;

  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  static ItemState of(String key) {
    return valueOf(key.toUpperCase(Locale.ROOT));
  }
}
