package plumbline.ppo;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import plumbline.tensor.Ops;

/**
 * What an update did, over response tokens.
 *
 * <p>Sums in double precision, so that the statistics of micro-batches {@link #plus} one another
 * are those of the batch. Nothing is written to tensors or takes part in a gradient.
 */
public final class PpoStatistics {
  private final Map<String, Double> sums = new LinkedHashMap<>();
  private final Moments returns;
  private final Moments oldValues;
  private final Moments residuals;

  private PpoStatistics(Moments returns, Moments oldValues, Moments residuals) {
    this.returns = returns;
    this.oldValues = oldValues;
    this.residuals = residuals;
  }

  /** No token yet; {@link #metrics} of it are NaN. */
  public static PpoStatistics none() {
    return new PpoStatistics(Moments.NONE, Moments.NONE, Moments.NONE);
  }

  /**
   * The statistics of one micro-batch, all float[B, T].
   *
   * @param logprobs of the policy before this update's step
   * @param values of the critic before this update's step
   * @param entropy of the policy's distribution at each token, in nats
   * @param oldLogprobs of the policy that sampled
   * @param oldValues of the critic when the responses were sampled
   * @param advantages as the loss took them
   * @param returns what the critic is to predict
   * @param mask 1 at response tokens
   * @param clipRange of the policy's ratio
   * @param clipRangeValue of the critic's change
   */
  public static PpoStatistics of(
      Tensor logprobs,
      Tensor values,
      Tensor entropy,
      Tensor oldLogprobs,
      Tensor oldValues,
      Tensor advantages,
      Tensor returns,
      Tensor mask,
      double clipRange,
      double clipRangeValue) {
    Ops.checkSameShape("values", values, "logprobs", logprobs);
    Ops.checkSameShape("entropy", entropy, "logprobs", logprobs);
    double[] m = Ops.toDoubles(mask);
    double[] v = selected(values, m);
    double[] vOld = selected(oldValues, m);
    double[] target = selected(returns, m);
    double[] residual = new double[v.length];
    for (int i = 0; i < v.length; i++) {
      residual[i] = target[i] - vOld[i];
    }
    PpoStatistics result =
        new PpoStatistics(Moments.of(target), Moments.of(vOld), Moments.of(residual));
    result.addPolicy(
        selected(logprobs, m), selected(oldLogprobs, m), selected(advantages, m), clipRange);
    result.addValues(v, vOld, target, clipRangeValue);
    for (double h : selected(entropy, m)) {
      result.add("policy/entropy", h);
    }
    return result;
  }

  private void addPolicy(double[] logprob, double[] old, double[] advantage, double clipRange) {
    for (int i = 0; i < logprob.length; i++) {
      double d = logprob[i] - old[i];
      double ratio = Math.exp(d);
      double loss = -advantage[i] * ratio;
      double clippedLoss = -advantage[i] * clip(ratio, 1 - clipRange, 1 + clipRange);
      add("loss/policy", Math.max(loss, clippedLoss));
      add("policy/approx_kl", d * d / 2);
      add("policy/policy_kl", -d);
      add("policy/clip_fraction", clippedLoss > loss ? 1 : 0);
      add("policy/ratio", ratio);
      add("policy/advantages_mean", advantage[i]);
    }
  }

  private void addValues(double[] value, double[] old, double[] target, double clipRange) {
    for (int i = 0; i < value.length; i++) {
      double error = square(value[i] - target[i]);
      double clipped = clip(value[i], old[i] - clipRange, old[i] + clipRange);
      double clippedError = square(clipped - target[i]);
      add("loss/value", Math.max(error, clippedError) / 2);
      add("value/prediction_mean", value[i]);
      add("value/error", error);
      add("value/clip_fraction", clippedError > error ? 1 : 0);
    }
  }

  private static double[] selected(Tensor tensor, double[] mask) {
    double[] all = Ops.toDoubles(tensor);
    if (all.length != mask.length) {
      throw new IllegalArgumentException(
          all.length + " numbers do not match a mask of " + mask.length);
    }
    double[] kept = new double[all.length];
    int count = 0;
    for (int i = 0; i < all.length; i++) {
      if (mask[i] != 0) {
        kept[count++] = all[i];
      }
    }
    return java.util.Arrays.copyOf(kept, count);
  }

  /** The statistics of both, as if they had been one batch. */
  public PpoStatistics plus(PpoStatistics other) {
    PpoStatistics result =
        new PpoStatistics(
            returns.plus(other.returns),
            oldValues.plus(other.oldValues),
            residuals.plus(other.residuals));
    sums.forEach(result::add);
    other.sums.forEach(result::add);
    return result;
  }

  /** Response tokens counted. */
  public long tokens() {
    return returns.count();
  }

  /**
   * Means over tokens by metric name, in a fixed order; variances are unbiased.
   *
   * @param valueCoefficient weight of the value loss in {@code loss/total}
   */
  public Map<String, Double> metrics(double valueCoefficient) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("loss/policy", mean("loss/policy"));
    metrics.put("loss/value", mean("loss/value"));
    metrics.put("loss/total", mean("loss/policy") + valueCoefficient * mean("loss/value"));
    sums.keySet().forEach(name -> metrics.put(name, mean(name)));
    metrics.put("returns/mean", returns.mean());
    metrics.put("returns/var", returns.variance());
    metrics.put("value/mean", oldValues.mean());
    metrics.put("value/var", oldValues.variance());
    metrics.put("value/explained_variance", 1 - residuals.variance() / returns.variance());
    return Collections.unmodifiableMap(metrics);
  }

  private void add(String name, double value) {
    sums.merge(name, value, Double::sum);
  }

  private double mean(String name) {
    return sums.getOrDefault(name, 0.0) / tokens();
  }

  private static double square(double x) {
    return x * x;
  }

  private static double clip(double x, double low, double high) {
    return Math.max(low, Math.min(high, x));
  }

  /** Count, mean and sum of squared deviations, which merge without loss of digits. */
  private record Moments(long count, double mean, double squares) {
    static final Moments NONE = new Moments(0, 0, 0);

    static Moments of(double[] values) {
      Moments result = NONE;
      for (double value : values) {
        result = result.plus(new Moments(1, value, 0));
      }
      return result;
    }

    /** Chan, Golub and LeVeque (1983), equation 2.1. */
    Moments plus(Moments other) {
      long n = count + other.count;
      if (n == 0) {
        return NONE;
      }
      double delta = other.mean - mean;
      return new Moments(
          n,
          mean + delta * other.count / n,
          squares + other.squares + delta * delta * count / n * other.count);
    }

    double variance() {
      return squares / (count - 1);
    }
  }
}
