package plumbline.annotation.store;

/** The store does not do what was asked; the message is for the person who asked. */
public final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Reason {
    /** It is not there, or not this account's: the two look alike. */
    NOT_FOUND,
    /** The lease ran out and others took the place; the answer is kept as a draft. */
    PLACE_TAKEN,
    /** The lease was answered, or the row superseded, already. */
    ANSWERED,
    /** The project takes no answers, or the item has a last word. */
    CLOSED,
    /** There is nothing of the kind to take back. */
    NOTHING_TO_UNDO,
    /** A name or a link is taken. */
    TAKEN
  }

  private final Reason reason;

  public Refusal(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
