package plumbline.train;

import plumbline.config.Key;
import plumbline.model.Sampling;

/** The keys of sampling. */
public record SamplingConfig(
    @Key(
            def = "1.0",
            min = 0,
            doc = "divides the logits; 0 takes the most likely token",
            source = "TRL's GRPO (temperature); its PPO takes 0.7")
        double temperature,
    @Key(def = "0", min = 0, doc = "only the k most likely tokens; 0 for all", unit = "tokens")
        int topK,
    @Key(
            def = "1.0",
            min = 0,
            max = 1,
            doc = "only the likeliest tokens that reach p; 1 for all",
            unit = "probability",
            source = "Holtzman et al. 2020, arXiv:1904.09751")
        double topP,
    @Key(
            def = "1.0",
            min = 0.01,
            doc = "penalty of tokens already in the row; 1 for none",
            source = "Keskar et al. 2019, arXiv:1909.05858")
        double repetitionPenalty,
    @Key(
            def = "64",
            min = 1,
            doc = "longest response in tokens, its end token included",
            unit = "tokens")
        int maxNewTokens) {

  public SamplingConfig {
    sampling(temperature, topK, topP, repetitionPenalty, maxNewTokens);
  }

  public Sampling sampling() {
    return sampling(temperature, topK, topP, repetitionPenalty, maxNewTokens);
  }

  private static Sampling sampling(
      double temperature, int topK, double topP, double repetitionPenalty, int maxNewTokens) {
    return new Sampling(temperature, topK, topP, repetitionPenalty, maxNewTokens);
  }
}
