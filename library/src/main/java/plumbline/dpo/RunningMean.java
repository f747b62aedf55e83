package plumbline.dpo;

import com.fasterxml.jackson.databind.ObjectMapper;
import plumbline.train.Checkpoints;

/** The mean of all rewards so far, the threshold of binary classifier optimisation. */
final class RunningMean {
  private static final ObjectMapper JSON = new ObjectMapper();

  private double mean;
  private long count;

  double value() {
    return mean;
  }

  /** Adds {@code more} rewards with this mean; those of an update that is left out are none. */
  void add(double meanOfMore, long more) {
    if (!Double.isFinite(meanOfMore)) {
      return;
    }
    count += more;
    mean += (meanOfMore - mean) * more / count;
  }

  /** Is kept with a training's state. */
  void keptIn(Checkpoints checkpoints) {
    checkpoints
        .numbers(
            "reward_mean",
            () -> JSON.getNodeFactory().numberNode(mean),
            saved -> mean = saved.doubleValue())
        .numbers(
            "reward_count",
            () -> JSON.getNodeFactory().numberNode(count),
            saved -> count = saved.longValue());
  }
}
