package plumbline.train;

import plumbline.config.Key;
import plumbline.text.TokenLimits;
import plumbline.text.TooLong;

/** The keys that say how long rows may be. */
public record LengthConfig(
    @Key(def = "192", min = 1, doc = "longest prompt in tokens, the template's tokens included")
        int maxPromptTokens,
    @Key(def = "64", min = 1, doc = "longest response in tokens, its end token included")
        int maxResponseTokens,
    @Key(def = "error", doc = "what happens to longer rows") TooLong tooLong) {

  public TokenLimits limits() {
    return new TokenLimits(maxPromptTokens, maxResponseTokens, tooLong);
  }

  /** The most tokens that a row can have. */
  public int maxTokens() {
    return maxPromptTokens + maxResponseTokens;
  }
}
