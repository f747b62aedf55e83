package plumbline.dpo;

import plumbline.config.Key;

/** The keys of one objective on pairs; several with weights are a mixture. */
public record ObjectiveConfig(
    @Key(
            def = "sigmoid",
            doc = "the loss of a pair",
            source = "Rafailov et al. 2023, arXiv:2305.18290, equation 7")
        PairObjective loss,
    @Key(def = "1.0", min = 0, doc = "weight in a mixture") double weight,
    @Key(
            def = "0.1",
            min = 0,
            doc = "weight of the divergence from the reference",
            unit = "score per nat",
            source = "Rafailov et al. 2023, arXiv:2305.18290; TRL (beta)")
        double beta,
    @Key(
            def = "0.0",
            min = 0,
            max = 0.5,
            doc = "share of labels assumed flipped (sigmoid, robust, exo, aot)",
            unit = "share",
            source = "Mitchell 2023; Chowdhury et al. 2024, arXiv:2403.00409")
        double labelSmoothing,
    @Key(
            def = "labels",
            doc =
                "whether the chosen response is better for sure, or as surely as sigmoid(strength)"
                    + " (sigmoid only)")
        Target target,
    @Key(
            def = "0.0",
            min = 0,
            doc = "reward by which chosen should lead (sigmoid only)",
            unit = "score",
            source = "Meng et al. 2024, arXiv:2405.14734")
        double margin,
    @Key(
            def = "0.0",
            min = 0,
            doc = "added to the margin per unit of strength (sigmoid only)",
            unit = "score per unit of strength")
        double marginPerStrength,
    @Key(
            def = "response",
            doc =
                "the divergence's gradient: a token's log-prob weighted by the whole response's"
                    + " log-ratio, unbiased, or by its own, as TRL does (nash_md only)")
        KlUnit klUnit) {

  /** By which log-ratio the divergence pulls at a token's log-prob. */
  public enum KlUnit {
    /** That of the whole response. */
    RESPONSE,
    /** The token's own. */
    TOKEN
  }

  /** What a pair's label says. */
  public enum Target {
    /** The chosen response is better. */
    LABELS,
    /** It is better with probability sigmoid(strength). */
    STRENGTH
  }

  public ObjectiveConfig {
    if (!(beta > 0)) {
      throw new IllegalArgumentException("beta is " + beta + ", wanted above 0");
    }
    if (loss == PairObjective.ROBUST && labelSmoothing >= 0.5) {
      throw new IllegalArgumentException(
          "label_smoothing is " + labelSmoothing + ", wanted below 0.5 for loss: robust");
    }
    if (loss == PairObjective.EXO && labelSmoothing == 0) {
      throw new IllegalArgumentException(
          "label_smoothing is 0, wanted above 0 for loss: exo (its authors take 0.001)");
    }
    boolean plain = target == Target.LABELS && margin == 0 && marginPerStrength == 0;
    if (loss != PairObjective.SIGMOID && !plain) {
      throw new IllegalArgumentException(
          "target, margin and margin_per_strength belong to loss: sigmoid");
    }
    if (loss != PairObjective.NASH_MD && klUnit != KlUnit.RESPONSE) {
      throw new IllegalArgumentException("kl_unit belongs to loss: nash_md");
    }
  }

  boolean wantsStrength() {
    return target == Target.STRENGTH || marginPerStrength > 0;
  }
}
