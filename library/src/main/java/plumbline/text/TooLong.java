package plumbline.text;

/** What happens to a row that is longer than the limits. */
public enum TooLong {
  /** The row is refused with an error that names it. */
  ERROR,

  /** The row is left out; the caller counts it. */
  DROP,

  /**
   * A prompt loses its oldest messages, and if its last user message alone is too long, that
   * message's beginning; a response loses its end and has no end-of-turn token.
   */
  TRUNCATE
}
