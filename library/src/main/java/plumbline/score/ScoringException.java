package plumbline.score;

/**
 * A reward cannot be computed, or a response not be had: a server or a class fails too often.
 * Nothing that the user wrote need be wrong.
 *
 * <p>The message is one line for people.
 */
public final class ScoringException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ScoringException(String message) {
    super(message);
  }

  public ScoringException(String message, Throwable cause) {
    super(message, cause);
  }
}
