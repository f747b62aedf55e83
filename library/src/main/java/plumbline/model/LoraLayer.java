package plumbline.model;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import plumbline.tensor.Ops;

/**
 * The mathematics of low-rank adapters on one linear layer {@code y = W x + b}.
 *
 * <p>Shapes: W float[out, in], b float[out], A float[r, in], B float[out, r], magnitude m
 * float[out]; s is the scale.
 */
final class LoraLayer {
  private LoraLayer() {}

  /**
   * {@code s B A x}: Hu et al. (2021), arXiv:2106.09685, equation 3.
   *
   * @param x float[..., in]
   * @return float[..., out], what is added to {@code W x + b}
   */
  static Tensor update(Tensor x, Tensor a, Tensor b, double scale) {
    return Ops.times(torch.linear(torch.linear(x, a), b), scale);
  }

  /**
   * Adds {@link #update} to {@code y} in place, in the product itself.
   *
   * @param y float[N, out], no view of anything
   * @param inner {@code A x}: float[N, r]
   * @return {@code y}
   */
  static Tensor plusUpdate(Tensor y, Tensor inner, Tensor b, double scale) {
    return y.addmm_(inner, b.t(), new Scalar(1), new Scalar(scale));
  }

  /** {@code s B A}: float[out, in], what merging adds to W. */
  static Tensor delta(Tensor a, Tensor b, double scale) {
    return Ops.times(b.matmul(a), scale);
  }

  /**
   * {@code ||W + s B A||} of each row, the length that a magnitude replaces; no gradient flows
   * through it (section 4.3 of the paper below).
   *
   * @return float[out]
   */
  static Tensor rowNorm(Tensor weight, Tensor a, Tensor b, double scale) {
    return rowNorm(weight.detach().add(delta(a.detach(), b.detach(), scale)));
  }

  /** The Euclidean length of each row: float[out, in] to float[out]. */
  static Tensor rowNorm(Tensor weight) {
    return torch.linalg_vector_norm(
        weight, new Scalar(2.0), new long[] {1}, false, new ScalarTypeOptional());
  }

  /**
   * What weight decomposition adds to {@code W x + b}: Liu et al. (2024), arXiv:2402.09353,
   * equation 5, less {@code W x}:
   *
   * <pre>
   *   (m / ||W + s B A|| - 1) W x + m / ||W + s B A|| s B A x
   * </pre>
   *
   * @param product {@code W x} without the bias: float[..., out]
   * @param update {@code s B A x}: float[..., out]
   * @param norm {@link #rowNorm}
   */
  static Tensor decomposed(Tensor product, Tensor update, Tensor magnitude, Tensor norm) {
    Tensor ratio = magnitude.div(norm);
    return Ops.plus(ratio, -1).mul(product).add(ratio.mul(update));
  }

  /**
   * {@code m / ||W + s B A||} of each row, which a merged weight is multiplied by: float[out, 1].
   *
   * @param updated {@code W + s B A}: float[out, in]
   */
  static Tensor ratio(Tensor updated, Tensor magnitude) {
    return magnitude.div(rowNorm(updated)).unsqueeze(1);
  }
}
