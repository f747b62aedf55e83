package plumbline.tensor;

import java.util.List;
import java.util.function.Function;
import org.bytedeco.pytorch.Graph;
import org.bytedeco.pytorch.GraphExecutor;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.JitNode;
import org.bytedeco.pytorch.Symbol;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.Type;
import org.bytedeco.pytorch.Value;
import org.bytedeco.pytorch.ValueVector;

/**
 * Operators that libtorch's interpreter runs one after another in a single call, without gradients.
 *
 * <p>Called one by one from Java each costs a microsecond more, and takes locks that all threads
 * share. Any number of threads may run a program at the same time.
 */
public final class Program implements AutoCloseable {
  /** Runs the operators as they stand, without a profile of the tensors that come. */
  private static final int AS_WRITTEN = 0;

  /** No value, where an operator's argument is optional. */
  public static final Object NONE = new Object();

  private final Graph graph;
  private final GraphExecutor executor;

  private Program(Graph graph, GraphExecutor executor) {
    this.graph = graph;
    this.executor = executor;
  }

  /** Writes a program, which ends with the value that {@code body} returns. */
  public static Program of(Function<Writer, Value> body) {
    return Scopes.call(
        () -> {
          Graph graph = new Graph();
          graph.registerOutput(body.apply(new Writer(graph)));
          GraphExecutor executor = new GraphExecutor(graph, "program", AS_WRITTEN);
          graph.retainReference();
          executor.retainReference();
          return new Program(graph, executor);
        });
  }

  /** Adds operators to a program. */
  public static final class Writer {
    private final Graph graph;

    private Writer(Graph graph) {
      this.graph = graph;
    }

    /** The next input, a tensor. */
    public Value input() {
      return graph.addInput();
    }

    /** The next input, of another type. */
    Value input(Type.TypePtr type) {
      return graph.addInput().setType(new Type.TypePtr(type));
    }

    /** The next input, a whole number. */
    public Value number() {
      return input(typeOf(0L));
    }

    /**
     * The first result of an operator.
     *
     * @param operator its name, such as {@code aten::add}; which overload is meant, the arguments
     *     say
     * @param arguments values, numbers, texts, {@code long[]}, lists of values, {@link #NONE}
     */
    public Value call(String operator, Object... arguments) {
      ValueVector values = new ValueVector();
      for (Object argument : arguments) {
        values.push_back(value(argument));
      }
      return inserted(graph.create(Symbol.fromQualString(operator), values, 1));
    }

    /** An empty list of such elements. */
    public Value none(Type.TypePtr ofElements) {
      return inserted(graph.createList(ofElements, new ValueVector()));
    }

    private Value value(Object argument) {
      if (argument instanceof Value value) {
        return value;
      }
      if (argument instanceof long[] numbers) {
        ValueVector elements = new ValueVector();
        for (long number : numbers) {
          elements.push_back(graph.insertConstant(new IValue(number)));
        }
        return inserted(graph.createList(typeOf(0L), elements));
      }
      if (argument instanceof List<?> list) {
        ValueVector elements = new ValueVector();
        list.forEach(element -> elements.push_back((Value) element));
        return inserted(graph.createList(elements.get(0).type(), elements));
      }
      return argument == NONE
          ? inserted(graph.createNone())
          : graph.insertConstant(constant(argument));
    }

    private static IValue constant(Object argument) {
      if (argument instanceof Long number) {
        return new IValue(number);
      }
      if (argument instanceof Double number) {
        return new IValue(number);
      }
      if (argument instanceof Boolean fact) {
        return new IValue(fact);
      }
      if (argument instanceof String text) {
        return new IValue(text);
      }
      throw new IllegalArgumentException("a program has no constant " + argument);
    }

    private Type.TypePtr typeOf(long number) {
      return graph.insertConstant(new IValue(number)).type();
    }

    private Value inserted(JitNode node) {
      return graph.insertNode(node).output();
    }
  }

  /**
   * Inputs that stay the same from run to run, the first ones of a program. What they are must
   * outlive them.
   */
  public static final class Fixed implements AutoCloseable {
    private final IValueVector values;

    /** Takes tensors and packed weights in the order of the inputs. */
    public Fixed(List<IValue> inputs) {
      values = new IValueVector(inputs.toArray(new IValue[0]));
      values.retainReference();
    }

    @Override
    public void close() {
      values.close();
    }
  }

  /** As below, of a program that has no fixed inputs. */
  public Tensor run(List<IValue> inputs) {
    return run(new IValueVector(inputs.toArray(new IValue[0])));
  }

  /**
   * Runs the operators.
   *
   * @param fixed the first inputs
   * @param inputs those that follow
   * @return the result, in the caller's scope
   */
  public Tensor run(Fixed fixed, List<IValue> inputs) {
    IValueVector stack = new IValueVector().put(fixed.values);
    for (IValue input : inputs) {
      stack.push_back(input);
    }
    return run(stack);
  }

  private Tensor run(IValueVector stack) {
    try (InferenceMode mode = new InferenceMode()) {
      executor.run(stack);
    }
    return Operators.tensor(stack.get(0));
  }

  @Override
  public void close() {
    executor.close();
    graph.close();
  }
}
