package plumbline.tensor;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorBase;

/** libtorch's operators that have no Java form, by their names. */
final class Operators {
  private Operators() {}

  /** An operator without overload, which lives as long as the process. */
  static OperatorHandle named(String name) {
    return lasting(Dispatcher.singleton().findSchemaOrThrow(name, ""));
  }

  /** The operator's result, which lives no longer than the innermost scope. */
  static IValue call(OperatorHandle operator, IValue... arguments) {
    IValueVector stack = called(operator, arguments);
    return stack.get(0);
  }

  /** Calls an operator that changes its arguments and gives nothing. */
  static void run(OperatorHandle operator, IValue... arguments) {
    called(operator, arguments);
  }

  private static IValueVector called(OperatorHandle operator, IValue... arguments) {
    IValueVector stack = new IValueVector(arguments);
    operator.callBoxed(stack);
    return stack;
  }

  /** A tensor of its own: what {@code toTensor} gives dies with the value. */
  static Tensor tensor(IValue value) {
    return new Tensor((TensorBase) value.toTensor());
  }

  /** What lives as long as the process. */
  static <T extends Pointer> T lasting(T made) {
    made.retainReference();
    return made;
  }
}
