package plumbline.model;

import java.util.Collections;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import plumbline.InputException;
import plumbline.tensor.Engine;
import plumbline.tensor.Ops;
import plumbline.tensor.Pages;
import plumbline.tensor.Scopes;

/**
 * The weights of a model by their Hugging Face names.
 *
 * <p>Weights can lie over a base that they share with other models: a policy, its reference and its
 * critic on one trunk. What lies on top hides a weight of the same name below. Closing frees the
 * weights on top, and the base with its last user.
 */
public final class Parameters implements AutoCloseable {
  private final SortedMap<String, Tensor> tensors = new TreeMap<>();
  private final SortedMap<String, QuantisedWeight> quantised = new TreeMap<>();
  private final Optional<Parameters> base;

  @SuppressWarnings("ThreadLocalUsage") // each model has its own leaves in each thread
  private final ThreadLocal<Leaves> leaves = new ThreadLocal<>();

  private final RoundedCopies roundedCopies = new RoundedCopies();

  private int users = 1;

  /** Takes ownership of kept tensors. */
  Parameters(SortedMap<String, Tensor> kept) {
    this(kept, Optional.empty());
  }

  /** Takes ownership of kept tensors and of one use of each quantised weight. */
  Parameters(SortedMap<String, Tensor> kept, SortedMap<String, QuantisedWeight> quantised) {
    this(kept, Optional.empty());
    this.quantised.putAll(quantised);
  }

  private Parameters(SortedMap<String, Tensor> kept, Optional<Parameters> base) {
    tensors.putAll(kept);
    this.base = base;
  }

  /** These weights, shared, with kept tensors of its own over them; takes ownership of those. */
  Parameters under(SortedMap<String, Tensor> kept) {
    users++;
    return new Parameters(kept, Optional.of(this));
  }

  /** The weight called {@code name}; within {@link #gradientsOf} this thread's leaf of it. */
  public Tensor get(String name) {
    Leaves ofThread = leaves.get();
    Tensor leaf = ofThread == null ? null : ofThread.get(name);
    if (leaf != null) {
      return leaf;
    }
    Tensor tensor = tensors.get(name);
    if (tensor != null) {
      return tensor;
    }
    if (quantised.containsKey(name)) {
      throw new IllegalStateException(
          "weight '" + name + "' is kept as " + quantised.get(name).format());
    }
    return base.orElseThrow(
            () -> new IllegalArgumentException("the model has no weight '" + name + "'"))
        .get(name);
  }

  /**
   * A trained weight as products in bfloat16 take it. Within {@link #gradientsOf} this thread's
   * leaf of a {@link RoundedCopies copy}, whose gradient becomes the weight's.
   */
  Tensor rounded(String name) {
    if (!GradMode.is_enabled()) {
      return shared(name);
    }
    Leaves ofThread = leaves.get();
    return ofThread == null
        ? get(name).to(ScalarType.BFloat16)
        : ofThread.rounded(name, () -> shared(name));
  }

  private Tensor shared(String name) {
    Tensor weight = tensors.get(name);
    if (weight == null) {
      return base.orElseThrow().shared(name);
    }
    return roundedCopies.of(name, weight);
  }

  public boolean contains(String name) {
    return tensors.containsKey(name)
        || quantised.containsKey(name)
        || base.map(below -> below.contains(name)).orElse(false);
  }

  /** The weight called {@code name} if it is kept in few bits. */
  Optional<QuantisedWeight> quantised(String name) {
    if (tensors.containsKey(name)) {
      return Optional.empty();
    }
    return Optional.ofNullable(quantised.get(name))
        .or(() -> base.flatMap(below -> below.quantised(name)));
  }

  /** The weights kept in few bits, those of the base that are not hidden included. */
  SortedMap<String, QuantisedWeight> quantised() {
    SortedMap<String, QuantisedWeight> all = new TreeMap<>();
    base.ifPresent(below -> all.putAll(below.quantised()));
    all.putAll(quantised);
    all.keySet().removeAll(tensors.keySet());
    return all;
  }

  /**
   * The weights that are tensors, in name order, those of the base that are not hidden included;
   * not those kept in few bits.
   */
  public SortedMap<String, Tensor> all() {
    SortedMap<String, Tensor> all = new TreeMap<>();
    base.ifPresent(below -> all.putAll(below.all()));
    all.putAll(tensors);
    return Collections.unmodifiableSortedMap(all);
  }

  /** The weights on top of the base in name order; all of them if there is no base. */
  public SortedMap<String, Tensor> own() {
    return Collections.unmodifiableSortedMap(tensors);
  }

  /** The names of all weights, in whatever they are kept. */
  SortedSet<String> names() {
    SortedSet<String> names = new TreeSet<>(all().keySet());
    names.addAll(quantised().keySet());
    return names;
  }

  /** The shape of a weight, in whatever it is kept. */
  long[] shape(String name) {
    return quantised(name).map(QuantisedWeight::shape).orElseGet(() -> Ops.shape(get(name)));
  }

  /** The shapes of all weights by name. */
  SortedMap<String, long[]> shapes() {
    SortedMap<String, long[]> shapes = new TreeMap<>();
    names().forEach(name -> shapes.put(name, shape(name)));
    return shapes;
  }

  /** A weight in the engine's precision: itself, or in the caller's scope what it is kept as. */
  Tensor dense(String name) {
    ScalarType type = Engine.floatingType();
    return quantised(name)
        .map(weight -> weight.dense(type))
        .orElseGet(
            () -> {
              Tensor tensor = get(name);
              return tensor.scalar_type().intern() == type ? tensor : tensor.to(type);
            });
  }

  /** The number of weights. */
  public long count() {
    return all().values().stream().mapToLong(Tensor::numel).sum()
        + quantised().values().stream().mapToLong(w -> w.shape()[0] * w.shape()[1]).sum();
  }

  /** Bytes of memory that the weights take, mapped files included. */
  public long bytes() {
    return all().values().stream().mapToLong(Tensor::nbytes).sum()
        + quantised().values().stream().mapToLong(QuantisedWeight::bytes).sum();
  }

  /**
   * Lets gradients flow to those of {@link #own} whose names pass, and to no other; a shared base
   * stays as it is. What is trained becomes float32 if it was bfloat16.
   *
   * @throws InputException if the name of a weight passes that is kept in few bits
   */
  public void setTrainable(Predicate<String> trainable) {
    quantised.forEach(
        (name, weight) -> {
          if (trainable.test(name)) {
            throw new InputException(
                "'%s' is kept as %s, which cannot be trained; train LoRA adapters (key 'lora') on it, or load the model with weights: float32"
                    .formatted(name, weight.format().name().toLowerCase(Locale.ROOT)));
          }
        });
    tensors.replaceAll(
        (name, tensor) ->
            trainable.test(name) && tensor.scalar_type().intern() == ScalarType.BFloat16
                ? replaced(tensor)
                : tensor);
    tensors.forEach((name, tensor) -> tensor.set_requires_grad(trainable.test(name)));
    roundedCopies.close();
  }

  private static Tensor replaced(Tensor rounded) {
    Tensor master = Scopes.call(() -> Scopes.keep(rounded.detach().to(Engine.floatingType())));
    rounded.close();
    return master;
  }

  /** The weights that gradients flow to, in name order: what an optimizer moves. */
  public SortedMap<String, Tensor> trainable() {
    SortedMap<String, Tensor> trainable = new TreeMap<>(tensors);
    trainable.values().removeIf(tensor -> !tensor.requires_grad());
    return Collections.unmodifiableSortedMap(trainable);
  }

  /**
   * The gradients that {@code body} gives trainable weights, apart from those that they have: other
   * threads may do the same at the same time. Needs a scope around it, in which all that the body
   * computes stays.
   *
   * @param handing what becomes of them on the way
   * @return what has not been handed on, by the names of the weights that gradients have reached
   */
  SortedMap<String, GradientShare> gradientsOf(Leaves.Handing handing, Runnable body) {
    if (leaves.get() != null) {
      throw new IllegalStateException("this thread computes gradients of these weights already");
    }
    try (Leaves ofThread = new Leaves(trainable(), handing)) {
      leaves.set(ofThread);
      body.run();
      return ofThread.left();
    } finally {
      leaves.remove();
    }
  }

  /** Adds to the gradient that a weight has; takes over what is added. */
  void addGradient(String name, GradientShare share) {
    try (share) {
      Scopes.noGrad(() -> Scopes.run(() -> share.addTo(tensors.get(name))));
    }
  }

  /**
   * Adds the gradients of rows that were read of a trained weight, within {@link #gradientsOf} to
   * this thread's; of the others nothing is computed.
   *
   * @param rows long[N]
   * @param gradient float[N, D]
   */
  void addRowGradients(String name, Tensor rows, Tensor gradient) {
    Leaves ofThread = leaves.get();
    if (ofThread != null && ofThread.get(name) != null) {
      ofThread.addRows(name, rows, gradient);
    } else {
      GradientShare.addRows(tensors.get(name), rows, gradient);
    }
  }

  /** Adds a kept tensor. */
  void put(String name, Tensor kept) {
    if (tensors.put(name, kept) != null) {
      throw new IllegalStateException("weight '" + name + "' is there already");
    }
  }

  /**
   * An independent copy that receives no gradients; weights in few bits, which never change, are
   * shared.
   */
  public Parameters copy() {
    SortedMap<String, Tensor> copies = new TreeMap<>();
    all()
        .forEach(
            (name, tensor) ->
                copies.put(name, Scopes.call(() -> Scopes.keep(tensor.detach().clone()))));
    SortedMap<String, QuantisedWeight> shared = new TreeMap<>(quantised());
    shared.values().forEach(QuantisedWeight::retain);
    return new Parameters(copies, shared);
  }

  /**
   * A kept tensor of normal random numbers; its values depend on seed and name only, not on what
   * else is made.
   */
  static Tensor normal(String name, long seed, double deviation, long... shape) {
    return random(name, seed, random -> deviation * gaussian(random), shape);
  }

  /** As {@link #normal}, uniform between {@code -bound} and {@code bound}. */
  static Tensor uniform(String name, long seed, double bound, long... shape) {
    return random(name, seed, random -> bound * (2 * random.nextDouble() - 1), shape);
  }

  private static Tensor random(
      String name, long seed, ToDoubleFunction<SplittableRandom> next, long[] shape) {
    SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + name.hashCode());
    return Scopes.call(() -> Scopes.keep(Ops.drawn(() -> next.applyAsDouble(random), shape)));
  }

  private static double gaussian(SplittableRandom random) {
    double radius = Math.sqrt(-2 * Math.log(1 - random.nextDouble()));
    return radius * Math.cos(2 * Math.PI * random.nextDouble());
  }

  /** Whether other models use these weights or those below. */
  boolean isShared() {
    return users > 1 || base.map(Parameters::isShared).orElse(false);
  }

  /**
   * The kept tensors of every weight that is not hidden, for a new owner; nothing is left here.
   *
   * @throws IllegalStateException if other models use them
   */
  SortedMap<String, Tensor> release() {
    if (isShared()) {
      throw new IllegalStateException("weights that other models use cannot be handed over");
    }
    SortedMap<String, Tensor> released = new TreeMap<>();
    base.ifPresent(below -> released.putAll(below.release()));
    tensors.forEach(
        (name, tensor) -> {
          Tensor hidden = released.put(name, tensor);
          if (hidden != null) {
            hidden.close();
          }
        });
    tensors.clear();
    return released;
  }

  /** Frees a weight that nobody will ask for again; only of weights that no other model uses. */
  void free(String name) {
    Tensor tensor = tensors.remove(name);
    if (tensor == null) {
      base.orElseThrow().free(name);
      return;
    }
    Pages.give(tensor);
    tensor.close();
  }

  /** Ends this use; the last one frees the weights. */
  @Override
  public void close() {
    users--;
    if (users == 0) {
      roundedCopies.close();
      tensors.values().forEach(Tensor::close);
      tensors.clear();
      quantised.values().forEach(QuantisedWeight::close);
      quantised.clear();
      base.ifPresent(Parameters::close);
    }
  }
}
