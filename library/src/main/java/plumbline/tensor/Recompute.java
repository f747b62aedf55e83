package plumbline.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;

/**
 * Functions whose intermediate tensors are freed after the forward pass and computed again when
 * their gradient arrives (Chen et al. 2016, arXiv:1604.06174): memory for time.
 *
 * <p>Gradients are those of the plain function, bit for bit where the order of additions is the
 * same. The result is part of the graph like any other tensor: its inputs may have other uses, and
 * the function may read weights, which receive their gradients during the backward pass.
 */
public final class Recompute {
  private Recompute() {}

  /** {@link #of(Function, List)} of one input. */
  public static Tensor of(UnaryOperator<Tensor> function, Tensor input) {
    return of(inputs -> function.apply(inputs.get(0)), List.of(input));
  }

  /**
   * {@code function(inputs)}, of which only the inputs and the result stay in memory.
   *
   * <p>While nothing is recorded, this is the function in a scope of its own. While operations are
   * recorded, the caller's scope must stay open until after the backward pass.
   *
   * @param function gives the same result both times, and keeps no tensor that it makes
   * @throws IllegalStateException if gradients are recorded and no scope is open
   */
  public static Tensor of(Function<List<Tensor>, Tensor> function, List<Tensor> inputs) {
    if (!ManualBackward.isRecording()) {
      return Scopes.result(() -> function.apply(inputs));
    }
    ManualBackward.owner();
    List<Tensor> detached = inputs.stream().map(Tensor::detach).toList();
    try (Tensor value =
        Scopes.result(() -> Scopes.noGrad(() -> function.apply(detached).contiguous()))) {
      return ManualBackward.of(
          value, inputs, gradient -> backward(function, inputs, detached, gradient));
    }
  }

  /** Computes the function again, and the gradients of its inputs and weights. */
  private static List<Tensor> backward(
      Function<List<Tensor>, Tensor> function,
      List<Tensor> inputs,
      List<Tensor> detached,
      Tensor gradient) {
    List<Tensor> leaves = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      boolean wanted = inputs.get(i).requires_grad();
      leaves.add(detached.get(i).detach().set_requires_grad(wanted));
    }
    try (AutoGradMode recording = new AutoGradMode(true)) {
      Tensor result = function.apply(leaves);
      if (result.requires_grad()) {
        result.backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
      }
    }
    // grad() is a reference into the leaf, which is freed with this pass.
    return leaves.stream().map(leaf -> new Tensor(leaf.grad())).toList();
  }
}
