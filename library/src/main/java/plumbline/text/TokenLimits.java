package plumbline.text;

import java.util.Objects;
import plumbline.InputException;

/**
 * How long a row may be.
 *
 * @param prompt most tokens of a prompt, template and generation prompt included; 1 or more
 * @param response most tokens of a response, end-of-turn token included; 1 or more
 * @param tooLong what happens to longer ones
 */
public record TokenLimits(int prompt, int response, TooLong tooLong) {
  public TokenLimits {
    Objects.requireNonNull(tooLong, "tooLong");
    if (prompt < 1 || response < 1) {
      throw new InputException(
          "the limits of prompt and response must be 1 token or more, found %d and %d"
              .formatted(prompt, response));
    }
  }
}
