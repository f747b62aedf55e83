package plumbline.train;

import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.LongArrayRefOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import plumbline.tensor.Ops;
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
    parameters.forEach(AdamW::requireGradient);
    List<List<Stretch>> groups = Stretch.groups(parameters);
    double norm = of(parameters, groups);
    double scale = maxNorm / (norm + STABILISER);
    if (scale < 1) {
      Scopes.noGrad(
          () -> Workers.each(groups, group -> Scopes.run(() -> scale(parameters, group, scale))));
    }
    return norm;
  }

  private static void scale(Map<String, Tensor> parameters, List<Stretch> group, double scale) {
    group.forEach(
        stretch -> stretch.of(gradient(parameters, stretch.name())).mul_(new Scalar(scale)));
  }

  private static Tensor gradient(Map<String, Tensor> parameters, String name) {
    return parameters.get(name).grad();
  }

  private static double of(Map<String, Tensor> parameters, List<List<Stretch>> groups) {
    List<double[]> norms =
        Workers.map(groups, group -> Scopes.call(() -> norms(parameters, group)));
    double squares = 0;
    for (int group = 0; group < groups.size(); group++) {
      for (int i = 0; i < norms.get(group).length; i++) {
        double norm = norms.get(group)[i];
        if (!Double.isFinite(norm)) {
          String name = groups.get(group).get(i).name();
          throw notFinite(name, gradient(parameters, name));
        }
        squares += norm * norm;
      }
    }
    return Math.sqrt(squares);
  }

  /** The norms of some stretches, read at once. */
  private static double[] norms(Map<String, Tensor> parameters, List<Stretch> group) {
    Tensor[] norms =
        group.stream()
            .map(stretch -> norm(stretch.of(gradient(parameters, stretch.name()))))
            .toArray(Tensor[]::new);
    return Ops.toDoubles(torch.stack(new TensorVector(norms)));
  }

  private static Tensor norm(Tensor gradient) {
    return torch.linalg_vector_norm(
        gradient,
        new Scalar(2.0),
        new LongArrayRefOptional(),
        false,
        new ScalarTypeOptional(ScalarType.Double));
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
