package plumbline.rewardmodel;

import plumbline.config.Key;

/** The keys of what a reward model learns from comparisons. */
public record PreferenceConfig(
    @Key(
            def = "pairs",
            doc = "pairs, or rankings of K responses: all their pairs at once",
            source =
                "all pairs of a ranking at once: Ouyang et al. 2022, arXiv:2203.02155, equation 1")
        Rows rows,
    @Key(
            def = "0.0",
            min = 0,
            max = 0.5,
            doc = "share of labels assumed flipped",
            unit = "share",
            source = "Wang et al. 2024, arXiv:2401.06080")
        double labelSmoothing,
    @Key(
            def = "0.0",
            min = 0,
            doc = "weight of (chosen + rejected)^2, which keeps the mean score near 0",
            source =
                "Eisenstein et al. 2023, arXiv:2312.09244; TRL recommends 0.01"
                    + " (center_rewards_coefficient)")
        double centring,
    @Key(
            def = "0.0",
            min = 0,
            doc = "weight of (chosen^2 + rejected^2) / 2, which keeps scores small")
        double scoreL2,
    @Key(
            def = "none",
            doc = "how far apart scores should be: strength_scale times the strength",
            source = "Touvron et al. 2023, arXiv:2307.09288, equation 2")
        Use margin,
    @Key(
            def = "none",
            doc = "probability of the choice: sigmoid(strength_scale times the strength); else 1")
        Use target,
    @Key(
            def = "1.0",
            min = 0,
            doc = "what a pair's strength is multiplied by",
            unit = "score per unit of strength")
        double strengthScale,
    @Key(def = "1.0", min = 0, doc = "weight of this loss beside the absolute one") double weight) {
  /** Kinds of comparisons. */
  public enum Rows {
    /** Two responses. */
    PAIRS,
    /** Several responses, best first. */
    RANKINGS
  }

  /** Whether something is taken from the strength of a pair. */
  public enum Use {
    /** Nothing is. */
    NONE,
    /** It is. */
    STRENGTH
  }

  public PreferenceConfig {
    if (margin == Use.STRENGTH && target == Use.STRENGTH) {
      throw new IllegalArgumentException(
          "margin and target are both strength, which would count it twice; set one of them to"
              + " none");
    }
    if (rows == Rows.RANKINGS && (margin == Use.STRENGTH || target == Use.STRENGTH)) {
      throw new IllegalArgumentException(
          "rankings have no strength; leave margin and target out, or set rows: pairs");
    }
  }

  boolean usesStrength() {
    return margin == Use.STRENGTH || target == Use.STRENGTH;
  }
}
