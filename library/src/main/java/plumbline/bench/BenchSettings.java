package plumbline.bench;

import java.util.Optional;
import plumbline.model.WeightFormat;

/**
 * How workloads are measured.
 *
 * @param ragged whether lengths differ: from 1/8 to 15/8 of the workload's own, which is their mean
 * @param tiny whether models and rows are tiny, to see that everything runs
 * @param warmup repeats that are not counted, at least 1
 * @param repeats that are counted, at least 1
 * @param rollouts how the weights of models that only sample are kept; without it in the engine's
 *     precision
 */
public record BenchSettings(
    boolean ragged, boolean tiny, int warmup, int repeats, Optional<WeightFormat> rollouts) {
  public BenchSettings {
    if (warmup < 1 || repeats < 1) {
      throw new IllegalArgumentException(
          "warmup is " + warmup + " and repeats " + repeats + ", wanted at least 1 of each");
    }
  }

  /** How the weights of models that only sample are kept. */
  WeightFormat rolloutFormat() {
    return rollouts.orElseGet(WeightFormat::ofEngine);
  }
}
