package plumbline.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import plumbline.tensor.FusedAdamW;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;
import plumbline.tensor.Workers;

/**
 * Adam with decoupled weight decay: Loshchilov and Hutter (2019), arXiv:1711.05101, algorithm 2.
 *
 * <p>With g the gradient and eta the learning rate of a step:
 *
 * <pre>
 *   theta = theta - eta weightDecay theta
 *   m = beta1 m + (1 - beta1) g
 *   v = beta2 v + (1 - beta2) g^2
 *   theta = theta - eta (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
 * </pre>
 *
 * <p>Owns m and v, which {@link #close} frees; the parameters stay their owner's.
 */
public final class AdamW implements AutoCloseable {
  private static final String STEP = "step";
  private static final String FIRST = ".m";
  private static final String SECOND = ".v";

  private final Map<String, Tensor> parameters;
  private final FlatSpace space;
  private final Map<String, Tensor> m = new LinkedHashMap<>();
  private final Map<String, Tensor> v = new LinkedHashMap<>();
  private final FusedAdamW formula;
  private final List<List<Stretch>> groups;
  private long step;

  /**
   * Starts with m = v = 0.
   *
   * @param parameters leaves that ask for gradients, by name; updated in place, in this order
   * @param beta1 memory of the mean gradient, in [0, 1)
   * @param beta2 memory of the squared gradient, in [0, 1)
   * @param epsilon above 0, added outside the root
   * @param weightDecay share of each weight lost per unit of learning rate, at least 0
   */
  public AdamW(
      Map<String, Tensor> parameters,
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay) {
    this(parameters, beta1, beta2, epsilon, weightDecay, FlatSpace.whole(parameters));
  }

  /**
   * As above, moving and remembering of all processes' parameters only what is this one's.
   *
   * @param space of these parameters
   */
  AdamW(
      Map<String, Tensor> parameters,
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay,
      FlatSpace space) {
    if (parameters.isEmpty()) {
      throw new IllegalArgumentException("no parameter to train");
    }
    this.parameters = new LinkedHashMap<>(parameters);
    this.formula = new FusedAdamW(beta1, beta2, epsilon, weightDecay);
    this.space = space;
    space
        .own()
        .forEach(
            (name, piece) -> {
              m.put(name, zerosLike(piece, parameters.get(name)));
              v.put(name, zerosLike(piece, parameters.get(name)));
            });
    this.groups = Stretch.groups(m);
  }

  private static Tensor zerosLike(FlatSpace.Piece piece, Tensor parameter) {
    if (!parameter.is_contiguous() && !(piece.whole() && Stretch.isTransposed(parameter))) {
      throw new IllegalArgumentException(
          "parameter '"
              + piece.name()
              + "' has strides, wanted contiguous numbers, or a transposed matrix that is not shared"
              + " out (optimizer.shard)");
    }
    return Scopes.call(() -> Scopes.keep(torch.zeros_like(piece.of(parameter.detach())).detach()));
  }

  /**
   * Moves every parameter along its gradient.
   *
   * @throws IllegalStateException naming a parameter that no gradient has reached
   */
  public void step(double learningRate) {
    parameters.forEach((name, parameter) -> requireGradient(name, parameter));
    step++;
    Scopes.noGrad(
        () -> Workers.each(groups, group -> Scopes.run(() -> update(group, learningRate))));
    space.exchange();
  }

  private void update(List<Stretch> group, double learningRate) {
    List<FusedAdamW.Moved> moved = new ArrayList<>();
    for (Stretch stretch : group) {
      String name = stretch.name();
      FlatSpace.Piece piece = space.own().get(name);
      Tensor theta = piece.of(parameters.get(name));
      Tensor g = parameters.get(name).grad();
      Tensor ordered = Stretch.isTransposed(theta) ? g.t().contiguous() : g.contiguous();
      moved.add(
          new FusedAdamW.Moved(
              stretch.of(Stretch.asItStands(theta)),
              stretch.of(piece.of(ordered)),
              stretch.of(Stretch.asItStands(m.get(name))),
              stretch.of(Stretch.asItStands(v.get(name)))));
    }
    formula.step(moved, step, learningRate);
  }

  static void requireGradient(String name, Tensor parameter) {
    if (!parameter.grad().defined()) {
      throw new IllegalStateException("no gradient has reached parameter '" + name + "'");
    }
  }

  /** Drops all gradients: the next backward pass starts from none. */
  public void clearGradients() {
    parameters.values().forEach(parameter -> parameter.mutable_grad().reset());
  }

  /** Numbers that this process keeps besides the parameters. */
  long kept() {
    return m.values().stream().mapToLong(tensor -> 2 * tensor.numel()).sum();
  }

  /** Steps taken. */
  public long steps() {
    return step;
  }

  /**
   * All that a checkpoint needs besides the parameters: {@code NAME.m} and {@code NAME.v} in the
   * order of the parameters, not copied, and {@code step}, long[1]. Processes that keep a share
   * each collect it all.
   */
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    parameters.keySet().forEach(name -> state.put(name + FIRST, space.collected(name, m)));
    parameters.keySet().forEach(name -> state.put(name + SECOND, space.collected(name, v)));
    state.put(STEP, Ops.longs(new long[] {step}, 1));
    return state;
  }

  /**
   * Goes on from {@link #state}, whose values are copied.
   *
   * @throws IllegalArgumentException if a tensor is missing, superfluous or of another shape; then
   *     nothing has changed
   */
  public void restore(Map<String, Tensor> state) {
    Scopes.run(() -> restoreWithin(state));
  }

  private void restoreWithin(Map<String, Tensor> state) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    parameters.forEach((name, tensor) -> shapes.put(name + FIRST, Ops.shape(tensor)));
    parameters.forEach((name, tensor) -> shapes.put(name + SECOND, Ops.shape(tensor)));
    shapes.put(STEP, new long[] {1});
    shapes.forEach((name, shape) -> checkRestorable(name, shape, state));
    for (String name : state.keySet()) {
      if (!shapes.containsKey(name)) {
        throw new IllegalArgumentException(
            "the optimizer's state holds '" + name + "', which belongs to no parameter");
      }
    }
    Scopes.noGrad(
        () ->
            space
                .own()
                .forEach(
                    (name, piece) -> {
                      m.get(name).copy_(piece.of(state.get(name + FIRST)));
                      v.get(name).copy_(piece.of(state.get(name + SECOND)));
                    }));
    step = state.get(STEP).item_long();
  }

  private static void checkRestorable(String name, long[] own, Map<String, Tensor> state) {
    Tensor saved = state.get(name);
    if (saved == null) {
      throw new IllegalArgumentException("the optimizer's state has no '" + name + "'");
    }
    if (!Arrays.equals(Ops.shape(saved), own)) {
      throw new IllegalArgumentException(
          "the optimizer's state '"
              + name
              + "' has shape "
              + Arrays.toString(Ops.shape(saved))
              + " but the model wants "
              + Arrays.toString(own));
    }
  }

  @Override
  public void close() {
    m.values().forEach(Tensor::close);
    v.values().forEach(Tensor::close);
    m.clear();
    v.clear();
  }
}
