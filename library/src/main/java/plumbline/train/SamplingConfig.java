package plumbline.train;

import java.util.Locale;
import java.util.Optional;
import plumbline.config.Key;
import plumbline.model.Sampling;
import plumbline.model.Transformer;
import plumbline.model.WeightFormat;

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
        int maxNewTokens,
    @Key(
            def = "",
            doc =
                "what the weights of the copy that samples are kept in: float32, bfloat16 or int8;"
                    + " without it in the precision of --dtype")
        Optional<WeightFormat> weights) {

  public SamplingConfig {
    sampling(temperature, topK, topP, repetitionPenalty, maxNewTokens);
    if (weights.filter(format -> !format.samples()).isPresent()) {
      throw new IllegalArgumentException(
          "weights is "
              + weights.get().name().toLowerCase(Locale.ROOT)
              + ", wanted float32, bfloat16 or int8");
    }
  }

  /** The model's own distribution. */
  public static SamplingConfig full(int maxNewTokens) {
    return new SamplingConfig(1, 0, 1, 1, maxNewTokens, Optional.empty());
  }

  public Sampling sampling() {
    return sampling(temperature, topK, topP, repetitionPenalty, maxNewTokens);
  }

  /** A copy of a model to sample from; its owner closes it before the model. */
  public Transformer copyOf(Transformer model) {
    return model.forSampling(weights);
  }

  /** Whether the copy that samples is rounded more than the model that is trained. */
  public boolean isRounded() {
    return weights.filter(format -> format != WeightFormat.ofEngine()).isPresent();
  }

  private static Sampling sampling(
      double temperature, int topK, double topP, double repetitionPenalty, int maxNewTokens) {
    return new Sampling(temperature, topK, topP, repetitionPenalty, maxNewTokens);
  }
}
