package plumbline.model;

/**
 * How tokens are drawn from a model's logits. The steps apply in this order: repetition penalty,
 * temperature, top-k, top-p.
 *
 * @param temperature divides the logits; 0 takes the most likely token
 * @param topK only the k most likely tokens; 0 for all
 * @param topP only the most likely tokens whose probabilities together reach p (Holtzman et al.
 *     2020); 1 for all
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens that are in
 *     the row already (Keskar et al. 2019); 1 for none
 * @param maxNewTokens longest response in tokens, its end token included
 */
public record Sampling(
    double temperature, int topK, double topP, double repetitionPenalty, int maxNewTokens) {
  public Sampling {
    if (!(temperature >= 0)) {
      throw new IllegalArgumentException("temperature is " + temperature + ", wanted >= 0");
    }
    if (topK < 0) {
      throw new IllegalArgumentException("top_k is " + topK + ", wanted >= 0 (0 = all tokens)");
    }
    if (!(topP > 0 && topP <= 1)) {
      throw new IllegalArgumentException("top_p is " + topP + ", wanted in (0, 1]");
    }
    if (!(repetitionPenalty > 0)) {
      throw new IllegalArgumentException(
          "repetition_penalty is " + repetitionPenalty + ", wanted > 0 (1 = none)");
    }
    if (maxNewTokens < 1) {
      throw new IllegalArgumentException("max_new_tokens is " + maxNewTokens + ", wanted >= 1");
    }
  }

  /** The most likely token every time. */
  public static Sampling greedy(int maxNewTokens) {
    return new Sampling(0, 0, 1, 1, maxNewTokens);
  }

  /** The model's own distribution, untruncated. */
  public static Sampling full(int maxNewTokens) {
    return new Sampling(1, 0, 1, 1, maxNewTokens);
  }

  /** These choices for responses of another length. */
  public Sampling withMaxNewTokens(int tokens) {
    return new Sampling(temperature, topK, topP, repetitionPenalty, tokens);
  }

  /** What the logits are divided by when log-probs are recorded; 1 for greedy decoding. */
  public double logprobTemperature() {
    return temperature == 0 ? 1 : temperature;
  }

  /** Whether the distribution sampled from is the one that log-probs are recorded under. */
  public boolean isFull() {
    return temperature > 0 && topK == 0 && topP == 1 && repetitionPenalty == 1;
  }
}
