package plumbline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import plumbline.tensor.Ops;

/** Gradients by autograd, and by finite differences in float64 to compare them with. */
public final class GradientCheck {
  private GradientCheck() {}

  /** Normal random numbers that the seed decides. */
  public static double[] normal(SplittableRandom random, int count) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] =
          Math.sqrt(-2 * Math.log(1 - random.nextDouble()))
              * Math.cos(2 * Math.PI * random.nextDouble());
    }
    return values;
  }

  /** A leaf that asks for a gradient. */
  public static Tensor leaf(Tensor values) {
    return values.detach().set_requires_grad(true);
  }

  /** d loss / d x, row-major, for a scalar loss. */
  public static double[] gradient(UnaryOperator<Tensor> loss, Tensor x) {
    Tensor leaf = leaf(x);
    loss.apply(leaf).backward();
    return Ops.toDoubles(leaf.grad());
  }

  /**
   * Compares autograd's gradient of a scalar loss at x with central differences, in float64.
   *
   * @param x row-major values of shape {@code shape}, away from kinks of the loss
   */
  public static void assertMatchesDifferences(
      UnaryOperator<Tensor> loss, double[] x, long... shape) {
    double[] gradient = gradient(loss, Ops.doubles(x, shape));
    double step = 1e-6;
    double largest = 0;
    for (int i = 0; i < x.length; i++) {
      double up = at(loss, x, i, step, shape);
      double down = at(loss, x, i, -step, shape);
      GoldenFiles.assertClose("gradient [" + i + "]", gradient[i], (up - down) / (2 * step), 1e-7);
      largest = Math.max(largest, Math.abs(gradient[i]));
    }
    assertThat(largest).as("a gradient that says something").isGreaterThan(1e-4);
  }

  private static double at(
      UnaryOperator<Tensor> loss, double[] x, int i, double step, long[] shape) {
    double[] moved = x.clone();
    moved[i] += step;
    return loss.apply(Ops.doubles(moved, shape)).item_double();
  }
}
