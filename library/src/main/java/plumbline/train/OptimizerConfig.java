package plumbline.train;

import java.util.OptionalDouble;
import plumbline.config.Key;

/** The keys of AdamW and its learning rate. */
public record OptimizerConfig(
    @Key(def = "1e-3", min = 0, doc = "highest learning rate") double lr,
    @Key(
            def = "cosine",
            doc = "how the learning rate goes on after the warm-up",
            source = "Loshchilov and Hutter 2017, arXiv:1608.03983")
        LearningRate schedule,
    @Key(
            def = "0.05",
            min = 0,
            max = 1,
            doc = "share of the steps in which the rate rises from 0",
            unit = "share")
        double warmupRatio,
    @Key(
            def = "0.9",
            min = 0,
            max = 1,
            doc = "decay of the gradient's running mean",
            source = "Kingma and Ba 2015, arXiv:1412.6980")
        double beta1,
    @Key(
            def = "0.95",
            min = 0,
            max = 1,
            doc = "decay of the squared gradient's running mean",
            source = "Brown et al. 2020, arXiv:2005.14165")
        double beta2,
    @Key(
            def = "1e-8",
            min = 0,
            doc = "added to the root of the squared gradient",
            source = "Kingma and Ba 2015, arXiv:1412.6980")
        double epsilon,
    @Key(
            def = "0.0",
            min = 0,
            doc = "decoupled weight decay",
            source = "Transformers (weight_decay); Loshchilov and Hutter 2019, arXiv:1711.05101")
        double weightDecay,
    @Key(
            def = "1.0",
            min = 0,
            doc = "longest gradient; longer ones are scaled down",
            source = "Transformers (max_grad_norm)")
        double maxGradNorm,
    @Key(
            def = "",
            doc =
                "a gradient longer than this, before it is scaled down, has exploded and is treated"
                    + " as one that is not finite; without it none is")
        OptionalDouble explodedGradNorm,
    @Key(
            def = "stop",
            doc =
                "what becomes of an update whose numbers are not finite: training stops there, or"
                    + " skips it; its rows are written to nonfinite/ either way")
        OnNonfinite onNonfinite,
    @Key(def = "10", min = 0, doc = "most updates skipped before training stops", unit = "updates")
        int maxSkipped,
    @Key(
            def = "false",
            doc =
                "a micro-batch that does not fit the memory is computed in halves, as all that"
                    + " follow: the same result to rounding")
        boolean halveMicroBatches,
    @Key(
            def = "false",
            doc =
                "whether each of several processes keeps only its share of the optimizer's state; the"
                    + " weights are the same",
            source = "Rajbhandari et al. 2020, arXiv:1910.02054 (stage 1)")
        boolean shard) {

  /** What becomes of an update whose numbers are not finite. */
  public enum OnNonfinite {
    STOP,
    SKIP
  }

  public OptimizerConfig {
    requireOpen("beta1", beta1 < 1, beta1, "below 1");
    requireOpen("beta2", beta2 < 1, beta2, "below 1");
    requireOpen("epsilon", epsilon > 0, epsilon, "above 0: a gradient of 0 is divided by it");
    requireOpen("max_grad_norm", maxGradNorm > 0, maxGradNorm, "above 0");
  }

  private static void requireOpen(String key, boolean holds, double found, String wanted) {
    if (!holds) {
      throw new IllegalArgumentException(key + " is " + found + ", wanted " + wanted);
    }
  }
}
