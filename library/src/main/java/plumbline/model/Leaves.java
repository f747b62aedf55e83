package plumbline.model;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.VoidTensorHook;
import org.bytedeco.pytorch.global.torch.ScalarType;
import plumbline.tensor.Scopes;

/**
 * One thread's leaves of trainable weights, whose numbers they share: what its backward pass gives
 * them stays apart from what other threads compute.
 *
 * <p>A gradient that comes as one is handed on while the backward pass goes on, so that those of
 * all weights are never there together.
 */
final class Leaves implements AutoCloseable {
  /** Numbers of a gradient that is not worth handing on by itself. */
  private static final long SMALL = 1L << 14;

  private final SortedMap<String, Tensor> weights;
  private final Handing handing;
  private final SortedMap<String, Tensor> plain = new TreeMap<>();
  private final SortedMap<String, Tensor> rounded = new TreeMap<>();
  private final SortedMap<String, GradientShare> rows = new TreeMap<>();
  private final List<VoidTensorHook> hooks = new ArrayList<>();
  private final Set<String> handedOn = new HashSet<>();
  private final Deque<Arrived> arrived = new ArrayDeque<>();

  /**
   * What becomes of gradients before the pass is over.
   *
   * @param apart which weights have leaves at all; the others' gradients are added to what they
   *     have
   * @param whole which gradients come as one, and are handed on as soon as they are there
   * @param taken takes a weight's name and what is added to its gradient
   */
  record Handing(
      Predicate<String> apart, Predicate<String> whole, BiConsumer<String, GradientShare> taken) {
    /** All gradients stay here until the pass is over. */
    static final Handing NONE = new Handing(name -> true, name -> false, (name, gradient) -> {});

    Handing with(BiConsumer<String, GradientShare> other) {
      return new Handing(apart, whole, other);
    }
  }

  private record Arrived(String name, Tensor leaf) {}

  /** Makes leaves in the caller's scope, in which the backward pass happens too. */
  Leaves(SortedMap<String, Tensor> weights, Handing handing) {
    this.weights = weights;
    this.handing = handing;
    weights.forEach(
        (name, weight) -> {
          if (handing.apart.test(name)) {
            plain.put(name, watched(name, weight.detach().set_requires_grad(true)));
          }
        });
  }

  /** The leaf of a weight; null if there is none. */
  Tensor get(String name) {
    return plain.get(name);
  }

  /** The leaf of a weight's copy in bfloat16, whose gradient becomes the weight's. */
  Tensor rounded(String name, Supplier<Tensor> copy) {
    return rounded.computeIfAbsent(
        name,
        each ->
            watched(
                name, Scopes.call(() -> Scopes.keep(copy.get().detach().set_requires_grad(true)))));
  }

  private Tensor watched(String name, Tensor leaf) {
    if (handing.whole.test(name) && leaf.numel() > SMALL) {
      VoidTensorHook hook =
          new VoidTensorHook() {
            @Override
            public void call(TensorBase gradient) {
              // The leaf takes this gradient afterwards, uncopied if nobody else holds it.
              gradient.close();
              Scopes.run(Leaves.this::handOn);
              arrived.add(new Arrived(name, leaf));
            }
          };
      // Copies are made in scopes that close before the backward pass.
      hook.retainReference();
      hooks.add(hook);
      leaf.register_hook(hook);
    }
    return leaf;
  }

  /**
   * Takes the gradients of some rows of a weight that has a leaf here.
   *
   * @param read long[N]
   * @param gradient float[N, D]
   */
  void addRows(String name, Tensor read, Tensor gradient) {
    Tensor leaf = plain.get(name);
    if (leaf.grad().defined()) {
      GradientShare.addRows(leaf, read, gradient);
    } else {
      rows.merge(name, GradientShare.ofRows(read, gradient), GradientShare::plus);
    }
  }

  private void handOn() {
    while (!arrived.isEmpty()) {
      Arrived next = arrived.remove();
      if (next.leaf.grad().defined() && handedOn.add(next.name)) {
        Tensor gradient = gradient(next.name, next.leaf);
        next.leaf.mutable_grad().reset();
        handing.taken.accept(next.name, GradientShare.whole(gradient));
      }
    }
  }

  /** What has not been handed on, by the names of the weights that gradients have reached. */
  SortedMap<String, GradientShare> left() {
    SortedMap<String, GradientShare> shares = new TreeMap<>();
    putGradients(plain, shares);
    // No weight of a block is used in both precisions.
    putGradients(rounded, shares);
    rows.forEach((name, share) -> shares.merge(name, share, GradientShare::plus));
    rows.clear();
    return shares;
  }

  private void putGradients(
      SortedMap<String, Tensor> leaves, SortedMap<String, GradientShare> shares) {
    leaves.forEach(
        (name, leaf) -> {
          if (leaf.grad().defined()) {
            shares.put(name, GradientShare.whole(gradient(name, leaf)));
          }
        });
  }

  /** A leaf's gradient in its weight's precision, kept. */
  private Tensor gradient(String name, Tensor leaf) {
    // grad() is a reference into the leaf, which is freed with its scope.
    Tensor own = new Tensor(leaf.grad());
    ScalarType type = weights.get(name).scalar_type().intern();
    return Scopes.keep(leaf.scalar_type().intern() == type ? own : own.to(type));
  }

  @Override
  public void close() {
    rounded.values().forEach(Tensor::close);
    rows.values().forEach(GradientShare::close);
    hooks.forEach(VoidTensorHook::close);
  }
}
