package plumbline;

/**
 * The user's input is wrong: a file, a row, a configuration key, a command-line value.
 *
 * <p>The message is one line for people: where, what was found, what was wanted, and the nearest
 * fix. The command line prints it without a stack trace and exits with code 2.
 */
public final class InputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public InputException(String message) {
    super(message);
  }

  public InputException(String message, Throwable cause) {
    super(message, cause);
  }
}
