package plumbline.ppo;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import org.bytedeco.pytorch.Tensor;
import plumbline.GradientCheck;
import plumbline.tensor.Ops;

/** Random rollouts and what a policy and a critic say of them later; float64, [B, T] row-major. */
@SuppressWarnings("ArrayRecordComponent") // never compared as a value
record Batch(
    int rows,
    int width,
    double[] mask,
    double[] logprobs,
    double[] oldLogprobs,
    double[] values,
    double[] oldValues,
    double[] advantages,
    double[] returns) {

  /** Responses of random lengths from 1 to {@code width}, padded on the right. */
  static Batch random(long seed, int rows, int width) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] mask = new double[rows * width];
    for (int b = 0; b < rows; b++) {
      Arrays.fill(mask, b * width, b * width + 1 + random.nextInt(width), 1);
    }
    int count = rows * width;
    double[] oldLogprobs = GradientCheck.normal(random, count);
    double[] logprobs = GradientCheck.normal(random, count);
    Arrays.setAll(oldLogprobs, i -> oldLogprobs[i] - 3);
    Arrays.setAll(logprobs, i -> oldLogprobs[i] + 0.3 * logprobs[i]);
    return new Batch(
        rows,
        width,
        mask,
        logprobs,
        oldLogprobs,
        GradientCheck.normal(random, count),
        GradientCheck.normal(random, count),
        GradientCheck.normal(random, count),
        GradientCheck.normal(random, count));
  }

  Tensor tensor(double[] values) {
    return Ops.doubles(values, rows, width);
  }

  long tokens() {
    return Math.round(Arrays.stream(mask).sum());
  }

  /** The same with NaN and infinities wherever the mask is 0. */
  Batch withPoisonedPadding() {
    return new Batch(
        rows,
        width,
        mask,
        poisoned(logprobs),
        poisoned(oldLogprobs),
        poisoned(values),
        poisoned(oldValues),
        poisoned(advantages),
        poisoned(returns));
  }

  private double[] poisoned(double[] x) {
    double[] poison = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 1e30};
    double[] result = x.clone();
    Arrays.setAll(result, i -> mask[i] == 0 ? poison[i % poison.length] : x[i]);
    return result;
  }

  /** The same with {@code more} columns of padding, which hold 7. */
  Batch widened(int more) {
    return rearranged(rows, width + more, row -> row);
  }

  /** The same with the rows in the opposite order. */
  Batch reversed() {
    return rearranged(rows, width, row -> rows - 1 - row);
  }

  /** The rows for which {@code wanted} holds. */
  Batch select(IntPredicate wanted) {
    int[] chosen = java.util.stream.IntStream.range(0, rows).filter(wanted).toArray();
    return rearranged(chosen.length, width, row -> chosen[row]);
  }

  private Batch rearranged(int newRows, int newWidth, java.util.function.IntUnaryOperator from) {
    java.util.function.BiFunction<double[], Double, double[]> move =
        (x, fill) -> {
          double[] result = new double[newRows * newWidth];
          Arrays.fill(result, fill);
          for (int b = 0; b < newRows; b++) {
            System.arraycopy(x, from.applyAsInt(b) * width, result, b * newWidth, width);
          }
          return result;
        };
    return new Batch(
        newRows,
        newWidth,
        move.apply(mask, 0.0),
        move.apply(logprobs, 7.0),
        move.apply(oldLogprobs, 7.0),
        move.apply(values, 7.0),
        move.apply(oldValues, 7.0),
        move.apply(advantages, 7.0),
        move.apply(returns, 7.0));
  }
}
