package plumbline.tensor;

import java.util.List;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.Type;

/**
 * A step of Adam with decoupled weight decay that reads and writes every number once: Loshchilov
 * and Hutter (2019), arXiv:1711.05101, algorithm 2.
 *
 * @param beta1 memory of the mean gradient
 * @param beta2 memory of the squared gradient
 * @param epsilon added outside the root
 * @param weightDecay share of each weight lost per unit of learning rate
 */
public record FusedAdamW(double beta1, double beta2, double epsilon, double weightDecay) {

  /**
   * A weight and what belongs to it, all of one shape and contiguous.
   *
   * @param theta the weight, moved
   * @param g its gradient
   * @param m the running mean of gradients, moved
   * @param v the running mean of squared gradients, moved
   */
  public record Moved(Tensor theta, Tensor g, Tensor m, Tensor v) {}

  /**
   * Moves weights in place.
   *
   * @param step which this is, from 1
   */
  public void step(List<Moved> all, long step, double learningRate) {
    Tensor count = Ops.floats(new float[] {step}, 1);
    Operators.run(
        Native.STEP,
        list(all.stream().map(Moved::theta).toList()),
        list(all.stream().map(Moved::g).toList()),
        list(all.stream().map(Moved::m).toList()),
        list(all.stream().map(Moved::v).toList()),
        list(List.of()),
        list(all.stream().map(each -> count).toList()),
        new IValue(learningRate),
        new IValue(beta1),
        new IValue(beta2),
        new IValue(weightDecay),
        new IValue(epsilon),
        new IValue(false),
        new IValue(false),
        new IValue(),
        new IValue());
    // The operator does not count its changes, by which copies and backward passes know of them.
    all.forEach(moved -> moved.theta().unsafeGetTensorImpl().bump_version());
  }

  private static IValue list(List<Tensor> tensors) {
    GenericList list = new GenericList(Native.ELEMENT);
    tensors.forEach(tensor -> list.push_back(new IValue(tensor)));
    return new IValue(list);
  }

  private static final class Native {
    static final OperatorHandle STEP = Operators.named("aten::_fused_adamw_");

    /** What the operator's lists are lists of: tensors. */
    static final Type.TypePtr ELEMENT =
        Operators.lasting(STEP.schema().arguments().position(0).type().get().containedType(0));

    private Native() {}
  }
}
