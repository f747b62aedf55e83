package plumbline.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.VoidTensorHook;

/**
 * Results whose backward pass is written by hand.
 *
 * <p>libtorch's Java binding has no custom autograd functions. Instead the result hangs on an empty
 * slice of each input, whose gradient, zeros of the input's shape, a hook fills.
 */
public final class ManualBackward {
  private final List<Tensor> inputs;
  private final Function<Tensor, List<Tensor>> backward;
  private final PointerScope owner;
  private final List<Tensor> gradients = new ArrayList<>();

  private ManualBackward(
      List<Tensor> inputs, Function<Tensor, List<Tensor>> backward, PointerScope owner) {
    this.inputs = List.copyOf(inputs);
    this.backward = backward;
    this.owner = owner;
  }

  /** Whether operations are recorded for a backward pass now. */
  public static boolean isRecording() {
    return GradMode.is_enabled();
  }

  /** The scope that owns what the backward pass needs: the caller's. */
  static PointerScope owner() {
    PointerScope owner = PointerScope.getInnerScope();
    if (owner == null) {
      throw new IllegalStateException("a backward pass wants an open scope: it owns the hooks");
    }
    return owner;
  }

  /**
   * A value as a part of the graph above its inputs. The caller's scope must stay open until after
   * the backward pass.
   *
   * @param value computed without recording, contiguous
   * @param backward from the value's gradient those of the inputs, undefined for none; what else
   *     the value depends on it may give a gradient itself
   * @throws IllegalStateException if no scope is open
   */
  public static Tensor of(
      Tensor value, List<Tensor> inputs, Function<Tensor, List<Tensor>> backward) {
    return new ManualBackward(inputs, backward, owner()).attached(value);
  }

  private Tensor attached(Tensor value) {
    List<Tensor> parts = new ArrayList<>();
    parts.add(value.view(-1));
    for (int i = 0; i < inputs.size(); i++) {
      if (inputs.get(i).requires_grad()) {
        parts.add(slice(i).to(value.scalar_type()));
      }
    }
    if (parts.size() == 1) {
      // Weights may want gradients even where no input does.
      parts.add(value.view(-1).narrow(0, 0, 0).clone().set_requires_grad(true));
    }
    Tensor result = Ops.cat(parts, 0).view(Ops.shape(value));
    result.register_hook(hook(this::arrived));
    return result;
  }

  /** No entry of an input, through which its gradient passes nevertheless. */
  private Tensor slice(int input) {
    Tensor through = inputs.get(input).view_as(inputs.get(input));
    through.register_hook(hook(zeros -> deliver(input, zeros)));
    return through.reshape(-1, 1).narrow(0, 0, 0).reshape(-1);
  }

  private void arrived(Tensor gradient) {
    gradients.clear();
    backward.apply(gradient).forEach(found -> gradients.add(Scopes.keep(found)));
    gradients.forEach(kept -> Scopes.hand(kept, owner));
  }

  private void deliver(int input, Tensor zeros) {
    Tensor gradient = gradients.get(input);
    if (gradient.defined()) {
      Scopes.noGrad(() -> zeros.copy_(gradient));
    }
    gradient.close();
  }

  private static VoidTensorHook hook(Consumer<Tensor> body) {
    return new VoidTensorHook() {
      @Override
      public void call(TensorBase gradient) {
        try (gradient) {
          Scopes.run(() -> body.accept(new Tensor(gradient)));
        }
      }
    };
  }
}
