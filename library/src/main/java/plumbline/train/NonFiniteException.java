package plumbline.train;

/** Training has met numbers that are not finite, or exploded, and was told to stop there. */
public final class NonFiniteException extends ArithmeticException {
  private static final long serialVersionUID = 1L;

  public NonFiniteException(String message) {
    super(message);
  }
}
