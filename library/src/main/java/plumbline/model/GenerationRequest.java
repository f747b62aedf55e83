package plumbline.model;

/**
 * A response that is asked for.
 *
 * @param prompt int[P], at least one token
 * @param seed of its random choices: same seed, same response, whatever is generated beside it
 * @param endToken id of the token that ends the response; -1 for none
 * @param logprobTemperature what the logits are divided by before log-probabilities are taken
 * @param topLogprobs how many of the most likely tokens are named at each place; 0 for none
 * @param promptLogprobs whether the log-probabilities of the prompt's own tokens are wanted
 */
public record GenerationRequest(
    int[] prompt,
    Sampling sampling,
    long seed,
    int endToken,
    double logprobTemperature,
    int topLogprobs,
    boolean promptLogprobs) {
  public GenerationRequest {
    if (prompt.length == 0) {
      throw new IllegalArgumentException("the prompt has no token");
    }
    if (topLogprobs < 0) {
      throw new IllegalArgumentException("top_logprobs is " + topLogprobs + ", wanted >= 0");
    }
    if (!(logprobTemperature > 0)) {
      throw new IllegalArgumentException(
          "the temperature of log-probs is " + logprobTemperature + ", wanted > 0");
    }
  }

  /** A response with log-probabilities under the distribution that it is drawn from. */
  public static GenerationRequest of(int[] prompt, Sampling sampling, long seed, int endToken) {
    return new GenerationRequest(
        prompt, sampling, seed, endToken, sampling.logprobTemperature(), 0, false);
  }

  /** What else takes the same steps from logits to a token. */
  Style style() {
    return new Style(sampling.withMaxNewTokens(1), logprobTemperature);
  }

  /** Rows of one style are drawn together. */
  record Style(Sampling sampling, double logprobTemperature) {
    /** Whether tokens are drawn from the distribution that their log-probabilities are of. */
    boolean isFull() {
      return sampling.isFull() && sampling.temperature() == logprobTemperature;
    }
  }
}
