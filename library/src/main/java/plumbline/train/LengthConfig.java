package plumbline.train;

import java.util.Arrays;
import plumbline.config.Key;
import plumbline.data.Prompt;
import plumbline.text.DialogueEncoder;
import plumbline.text.TokenLimits;
import plumbline.text.TooLong;

/** The keys that say how long rows may be. */
public record LengthConfig(
    @Key(
            def = "192",
            min = 1,
            doc = "longest prompt in tokens, the template's tokens included",
            unit = "tokens")
        int maxPromptTokens,
    @Key(
            def = "64",
            min = 1,
            doc = "longest response in tokens, its end token included",
            unit = "tokens")
        int maxResponseTokens,
    @Key(def = "error", doc = "what happens to longer rows") TooLong tooLong) {

  public TokenLimits limits() {
    return new TokenLimits(maxPromptTokens, maxResponseTokens, tooLong);
  }

  /** Whether a row is too long and will be cut: shortened, neither refused nor dropped. */
  public boolean cuts(DialogueEncoder text, Prompt prompt, String... responses) {
    return tooLong == TooLong.TRUNCATE
        && (text.prompt(prompt).length > maxPromptTokens
            || Arrays.stream(responses)
                .anyMatch(response -> text.response(response).length > maxResponseTokens));
  }

  /** Tells a run how many of its rows, {@code what} they are, did not fit. */
  public static void report(RunDirectory run, String what, int rows, int dropped, int cut) {
    String were = " of " + rows + " " + what + " are longer than the limits and were ";
    if (dropped > 0) {
      run.warn(dropped + were + "dropped");
    }
    if (cut > 0) {
      run.warn(cut + were + "cut");
    }
  }

  /** The most tokens that a row can have. */
  public int maxTokens() {
    return maxPromptTokens + maxResponseTokens;
  }
}
