package plumbline.ppo;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How far the copy that samples, pi_s, is from the model that is trained, pi, where the copy's
 * weights are rounded or a server has it; and what makes the update unbiased again: Yao et al.
 * (2025), On the Rollout-Training Mismatch in Modern RL Systems. A token sampled from pi_s counts
 *
 * <pre>
 *   w = min(pi(token) / pi_s(token), C)
 * </pre>
 *
 * times, so that the expectation over pi_s is that over pi, but for what C cuts off.
 *
 * @param sampled log pi_s of each row's response tokens
 * @param trained log pi of the same before the update
 */
public record RolloutMismatch(List<float[]> sampled, List<float[]> trained) {

  /** {@code w} of each token, a constant of the update. */
  List<float[]> weights(double cap) {
    List<float[]> all = new ArrayList<>();
    for (int row = 0; row < sampled.size(); row++) {
      float[] weights = new float[sampled.get(row).length];
      for (int t = 0; t < weights.length; t++) {
        weights[t] = (float) Math.min(ratio(row, t), cap);
      }
      all.add(weights);
    }
    return all;
  }

  /** The mean over tokens of {@code |log pi - log pi_s|}, in nats. */
  public double gap() {
    double sum = 0;
    long tokens = 0;
    for (int row = 0; row < sampled.size(); row++) {
      for (int t = 0; t < sampled.get(row).length; t++) {
        sum += Math.abs((double) trained.get(row)[t] - sampled.get(row)[t]);
        tokens++;
      }
    }
    return sum / tokens;
  }

  private double ratio(int row, int t) {
    return Math.exp((double) trained.get(row)[t] - sampled.get(row)[t]);
  }

  /**
   * The mean over tokens of {@code r - 1 - log r}, r = pi / pi_s, which estimates KL(pi_s || pi) in
   * nats and is never negative, and the share of tokens that the cap cuts.
   */
  Map<String, Double> metrics(double cap) {
    double divergence = 0;
    long cut = 0;
    long tokens = 0;
    for (int row = 0; row < sampled.size(); row++) {
      for (int t = 0; t < sampled.get(row).length; t++) {
        double ratio = ratio(row, t);
        divergence += ratio - 1 - Math.log(ratio);
        cut += ratio > cap ? 1 : 0;
        tokens++;
      }
    }
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("rollout/mismatch_kl", divergence / tokens);
    metrics.put("rollout/truncated", (double) cut / tokens);
    return metrics;
  }
}
