package plumbline.model;

import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import plumbline.tensor.Engine;
import plumbline.tensor.FrozenLinear;
import plumbline.tensor.Scopes;

/**
 * {@code y = x W^T + b} whatever W is kept in and whatever the products are computed in.
 *
 * <p>Sampling and training take the same way through here, so that the log-probabilities recorded
 * by the one are those recomputed by the other.
 */
final class LinearLayer {
  private LinearLayer() {}

  /** {@link #apply} without the bias. */
  static Tensor product(Parameters weights, Tensor x, String name) {
    return apply(weights, x, name, new TensorOptional());
  }

  /**
   * A layer's output.
   *
   * @param x float[..., in]
   * @param name the layer's, without {@code .weight}
   * @return float[..., out] in the precision of x
   */
  static Tensor apply(Parameters weights, Tensor x, String name) {
    TensorOptional bias =
        weights.contains(name + ".bias")
            ? new TensorOptional(weights.get(name + ".bias"))
            : new TensorOptional();
    return apply(weights, x, name, bias);
  }

  private static Tensor apply(Parameters weights, Tensor x, String name, TensorOptional bias) {
    Optional<QuantisedWeight> quantised = weights.quantised(name + ".weight");
    ScalarType stored =
        quantised.isPresent()
            ? ScalarType.Undefined
            : weights.get(name + ".weight").scalar_type().intern();
    ScalarType wanted = x.scalar_type().intern();
    ScalarType computed =
        Engine.productType() == ScalarType.BFloat16 && inBlock(name) ? ScalarType.BFloat16 : wanted;
    if (stored == wanted && computed == wanted) {
      return torch.linear(x, weights.get(name + ".weight"), bias);
    }
    Tensor input = x.to(computed);
    Tensor y =
        quantised.isPresent()
            ? quantised.get().product(input)
            : product(weights, input, name + ".weight", computed);
    Tensor out = y.to(wanted);
    return bias.has_value() ? out.add(bias.get()) : out;
  }

  private static Tensor product(Parameters weights, Tensor x, String name, ScalarType computed) {
    Tensor weight = weights.get(name);
    if (weight.scalar_type().intern() == computed) {
      return torch.linear(x, weight);
    }
    if (weight.requires_grad()) {
      return torch.linear(
          x, computed == ScalarType.BFloat16 ? weights.rounded(name) : weight.to(computed));
    }
    return FrozenLinear.apply(x, () -> Scopes.call(() -> Scopes.keep(weight.to(computed))));
  }

  /** Whether a layer belongs to one of the model's blocks, which are numbered. */
  static boolean inBlock(String name) {
    return name.matches(".*\\.\\d+\\..*");
  }
}
