package plumbline.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.LongArrayRefOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import plumbline.tensor.Scopes;
import plumbline.tensor.Workers;

/** The Euclidean norm of all gradients together, and its limit. */
public final class GradientNorm {
  private static final double STABILISER = 1e-6;

  private GradientNorm() {}

  /**
   * Scales all gradients by {@code min(1, maxNorm / (norm + 1e-6))}: Pascanu et al. (2013),
   * arXiv:1211.5063, algorithm 1.
   *
   * @param parameters with gradients, by name
   * @param maxNorm above 0; infinite to measure only
   * @return the norm before, computed in double precision
   * @throws ArithmeticException naming the first parameter whose gradient is not finite; no
   *     gradient has been scaled then
   * @throws IllegalStateException naming a parameter that no gradient has reached
   */
  public static double clip(Map<String, Tensor> parameters, double maxNorm) {
    if (!(maxNorm > 0)) {
      throw new IllegalArgumentException("max norm is " + maxNorm + ", wanted above 0");
    }
    double norm = of(parameters);
    double scale = maxNorm / (norm + STABILISER);
    if (scale < 1) {
      Scopes.noGrad(() -> parameters.values().forEach(p -> p.grad().mul_(new Scalar(scale))));
    }
    return norm;
  }

  private static double of(Map<String, Tensor> parameters) {
    List<String> names = new ArrayList<>(parameters.keySet());
    names.forEach(name -> AdamW.requireGradient(name, parameters.get(name)));
    List<Double> norms =
        Workers.map(names, name -> Scopes.call(() -> norm(parameters.get(name).grad())));
    double squares = 0;
    for (int i = 0; i < norms.size(); i++) {
      if (!Double.isFinite(norms.get(i))) {
        throw notFinite(names.get(i), parameters.get(names.get(i)).grad());
      }
      squares += norms.get(i) * norms.get(i);
    }
    return Math.sqrt(squares);
  }

  private static double norm(Tensor gradient) {
    return torch
        .linalg_vector_norm(
            gradient,
            new Scalar(2.0),
            new LongArrayRefOptional(),
            false,
            new ScalarTypeOptional(ScalarType.Double))
        .item_double();
  }

  private static ArithmeticException notFinite(String name, Tensor gradient) {
    long nan = gradient.isnan().sum().item_long();
    long infinite = gradient.isinf().sum().item_long();
    return new ArithmeticException(
        "the gradient of parameter '"
            + name
            + "' is not finite: "
            + nan
            + " NaN and "
            + infinite
            + " infinite of "
            + gradient.numel()
            + " values; a lower learning rate may help");
  }
}
