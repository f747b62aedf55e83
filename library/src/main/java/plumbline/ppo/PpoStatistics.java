package plumbline.ppo;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import plumbline.tensor.Ops;

/**
 * What an update did, over response tokens.
 *
 * <p>Sums in double precision, so that the statistics of micro-batches {@link #plus} one another
 * are those of the batch. Nothing is written to tensors or takes part in a gradient.
 */
public final class PpoStatistics {
  private static final List<String> LOSSES =
      List.of("loss/policy", "loss/value", "loss/kl", "loss/entropy", "loss/ptx");

  /** Every name that {@link #add} is given, in the order of the metrics. */
  private static final List<String> NAMES =
      List.of(
          "loss/policy",
          "policy/approx_kl",
          "policy/policy_kl",
          "policy/clip_fraction",
          "policy/ratio",
          "policy/advantages_mean",
          "policy/entropy",
          "loss/kl",
          "loss/entropy",
          "loss/value",
          "value/prediction_mean",
          "value/error",
          "value/clip_fraction",
          "loss/ptx");

  private final Map<String, Double> sums = new LinkedHashMap<>();
  private final long tokens;
  private final Moments returns;
  private final Moments oldValues;
  private final Moments residuals;

  private PpoStatistics(long tokens, Moments returns, Moments oldValues, Moments residuals) {
    this.tokens = tokens;
    this.returns = returns;
    this.oldValues = oldValues;
    this.residuals = residuals;
  }

  /** No token yet; {@link #metrics} of it are NaN. */
  public static PpoStatistics none() {
    return new PpoStatistics(0, Moments.NONE, Moments.NONE, Moments.NONE);
  }

  /**
   * The policy's statistics of one micro-batch, all float[B, T].
   *
   * @param logprobs of the policy before this update's step
   * @param entropy of the policy's distribution at each token, in nats
   * @param oldLogprobs of the policy that sampled
   * @param advantages as the loss took them
   * @param returns what a critic is to predict
   * @param mask 1 at response tokens
   * @param objective the policy's loss
   * @param weight how often each token of a response of so many tokens counts in the loss
   */
  public static PpoStatistics ofPolicy(
      Tensor logprobs,
      Tensor entropy,
      Tensor oldLogprobs,
      Tensor advantages,
      Tensor returns,
      Tensor mask,
      PolicyObjective objective,
      LongToDoubleFunction weight) {
    Ops.checkSameShape("entropy", entropy, "logprobs", logprobs);
    double[] m = Ops.toDoubles(mask);
    double[] target = selected(returns, m);
    PpoStatistics result =
        new PpoStatistics(target.length, Moments.of(target), Moments.NONE, Moments.NONE);
    result.addPolicy(
        selected(logprobs, m),
        selected(oldLogprobs, m),
        selected(advantages, m),
        lengths(m, Math.toIntExact(mask.size(1))),
        objective,
        weight);
    for (double h : selected(entropy, m)) {
      result.add("policy/entropy", h);
    }
    return result;
  }

  /**
   * The critic's statistics of one micro-batch, all float[B, T]; to be added to the policy's.
   *
   * @param values of the critic before this update's step
   * @param oldValues of the critic when the responses were sampled
   * @param returns what the critic is to predict
   * @param mask 1 at response tokens
   * @param clipRange of the critic's change
   */
  public static PpoStatistics ofValues(
      Tensor values, Tensor oldValues, Tensor returns, Tensor mask, double clipRange) {
    Ops.checkSameShape("values", values, "returns", returns);
    double[] m = Ops.toDoubles(mask);
    double[] vOld = selected(oldValues, m);
    double[] target = selected(returns, m);
    double[] residual = new double[target.length];
    for (int i = 0; i < residual.length; i++) {
      residual[i] = target[i] - vOld[i];
    }
    PpoStatistics result =
        new PpoStatistics(0, Moments.NONE, Moments.of(vOld), Moments.of(residual));
    result.addValues(selected(values, m), vOld, target, clipRange);
    return result;
  }

  /** All that these statistics hold, as {@link #of} takes it. */
  double[] numbers() {
    if (!NAMES.containsAll(sums.keySet())) {
      throw new IllegalStateException("of " + sums.keySet() + " not all are among " + NAMES);
    }
    DoubleStream moments =
        Stream.of(returns, oldValues, residuals)
            .flatMapToDouble(m -> DoubleStream.of((double) m.count(), m.mean(), m.squares()));
    DoubleStream ofNames =
        NAMES.stream()
            .flatMapToDouble(
                name ->
                    DoubleStream.of(sums.containsKey(name) ? 1 : 0, sums.getOrDefault(name, 0.0)));
    return DoubleStream.concat(
            DoubleStream.of((double) tokens), DoubleStream.concat(moments, ofNames))
        .toArray();
  }

  /** What {@link #numbers} were made of. */
  static PpoStatistics of(double[] numbers) {
    Moments[] moments = new Moments[3];
    int at = 1;
    for (int i = 0; i < moments.length; i++) {
      moments[i] = new Moments((long) numbers[at++], numbers[at++], numbers[at++]);
    }
    PpoStatistics result = new PpoStatistics((long) numbers[0], moments[0], moments[1], moments[2]);
    for (String name : NAMES) {
      boolean present = numbers[at++] == 1;
      double sum = numbers[at++];
      if (present) {
        result.add(name, sum);
      }
    }
    return result;
  }

  /** This with a loss that is a number already; {@code count} tokens stand behind it. */
  PpoStatistics with(String name, double loss, long count) {
    PpoStatistics result = plus(none());
    result.add(name, loss * count);
    return result;
  }

  /** How many tokens the row of each token that takes part has. */
  private static long[] lengths(double[] mask, int width) {
    long[] lengths = new long[mask.length];
    int count = 0;
    for (int row = 0; row < mask.length; row += width) {
      long length = Math.round(Arrays.stream(mask, row, row + width).sum());
      Arrays.fill(lengths, count, count + (int) length, length);
      count += (int) length;
    }
    return Arrays.copyOf(lengths, count);
  }

  private void addPolicy(
      double[] logprob,
      double[] old,
      double[] advantage,
      long[] lengths,
      PolicyObjective objective,
      LongToDoubleFunction weight) {
    for (int from = 0; from < logprob.length; from += (int) lengths[from]) {
      int to = from + (int) lengths[from];
      double ofRow = 0;
      for (int i = from; i < to; i++) {
        ofRow += (logprob[i] - old[i]) / lengths[from];
      }
      double w = weight.applyAsDouble(lengths[from]);
      for (int i = from; i < to; i++) {
        double d = logprob[i] - old[i];
        double counted = objective.ratio() == PolicyObjective.Ratio.SEQUENCE ? ofRow : d;
        add("loss/policy", w * objective.term(logprob[i], counted, advantage[i]));
        add("policy/approx_kl", d * d / 2);
        add("policy/policy_kl", -d);
        add("policy/clip_fraction", objective.clips(counted, advantage[i]) ? 1 : 0);
        add("policy/ratio", Math.exp(counted));
        add("policy/advantages_mean", advantage[i]);
      }
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
    return Arrays.copyOf(kept, count);
  }

  /** The statistics of both, as if they had been one batch. */
  public PpoStatistics plus(PpoStatistics other) {
    PpoStatistics result =
        new PpoStatistics(
            tokens + other.tokens,
            returns.plus(other.returns),
            oldValues.plus(other.oldValues),
            residuals.plus(other.residuals));
    sums.forEach(result::add);
    other.sums.forEach(result::add);
    return result;
  }

  /** Response tokens counted. */
  public long tokens() {
    return tokens;
  }

  /**
   * Means over tokens by metric name, in a fixed order; variances are unbiased. What nobody
   * measured, such as the values of no critic, is not there.
   *
   * @param valueCoefficient weight of the value loss in {@code loss/total}
   */
  public Map<String, Double> metrics(double valueCoefficient) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    double total = 0;
    for (String loss : LOSSES) {
      if (sums.containsKey(loss)) {
        metrics.put(loss, mean(loss));
        total += (loss.equals("loss/value") ? valueCoefficient : 1) * mean(loss);
      }
    }
    metrics.put("loss/total", tokens == 0 ? Double.NaN : total);
    sums.keySet().forEach(name -> metrics.put(name, mean(name)));
    metrics.put("returns/mean", returns.mean());
    metrics.put("returns/var", returns.variance());
    if (oldValues.count() > 0) {
      metrics.put("value/mean", oldValues.mean());
      metrics.put("value/var", oldValues.variance());
      metrics.put("value/explained_variance", 1 - residuals.variance() / returns.variance());
    }
    return Collections.unmodifiableMap(metrics);
  }

  /** Mean of (log rho)^2 / 2 over tokens, rho of single tokens. */
  double approxKl() {
    return mean("policy/approx_kl");
  }

  private void add(String name, double value) {
    sums.merge(name, value, Double::sum);
  }

  private double mean(String name) {
    return sums.getOrDefault(name, 0.0) / tokens;
  }

  private static double square(double x) {
    return x * x;
  }

  private static double clip(double x, double low, double high) {
    return Math.max(low, Math.min(high, x));
  }
}
