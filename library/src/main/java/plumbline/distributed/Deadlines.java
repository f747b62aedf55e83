package plumbline.distributed;

import java.time.Duration;
import java.util.Map;
import plumbline.InputException;

/**
 * How long ranks wait for each other.
 *
 * @param exchange that every rank comes to a meeting or an exchange, above 0
 * @param sign that a rank gives a sign of life, above 0
 */
public record Deadlines(Duration exchange, Duration sign) {
  /** Seconds of {@link #exchange}. */
  public static final String EXCHANGE = "PLUMBLINE_EXCHANGE_SECONDS";

  /** Seconds of {@link #sign}. */
  public static final String SIGN = "PLUMBLINE_SIGN_SECONDS";

  /** What holds where nobody says otherwise. */
  public static final Deadlines USUAL =
      new Deadlines(Duration.ofSeconds(600), Duration.ofSeconds(30));

  /**
   * What the environment says, {@link #USUAL} where it says nothing.
   *
   * @throws InputException naming a variable that is no number above 0
   */
  public static Deadlines of(Map<String, String> environment) {
    return new Deadlines(
        seconds(environment, EXCHANGE, USUAL.exchange), seconds(environment, SIGN, USUAL.sign));
  }

  private static Duration seconds(Map<String, String> environment, String name, Duration usual) {
    String text = environment.get(name);
    if (text == null) {
      return usual;
    }
    try {
      double seconds = Double.parseDouble(text);
      if (seconds > 0 && seconds < 1e7) {
        return Duration.ofMillis(Math.max(1, Math.round(seconds * 1000)));
      }
    } catch (NumberFormatException e) {
      // Said below, as for a number that is out of range.
    }
    throw new InputException("the variable " + name + " is '" + text + "', wanted seconds above 0");
  }

  /** As messages name it. */
  static String words(Duration time) {
    return time.toMillis() % 1000 == 0
        ? time.toSeconds() + " s"
        : "%.1f s".formatted(time.toMillis() / 1e3);
  }
}
