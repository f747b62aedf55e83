package plumbline.model;

import java.util.Collections;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/** The weights of a model by their Hugging Face names; closing it frees them. */
public final class Parameters implements AutoCloseable {
  private final SortedMap<String, Tensor> tensors = new TreeMap<>();

  /** Takes ownership of kept tensors. */
  Parameters(SortedMap<String, Tensor> kept) {
    tensors.putAll(kept);
  }

  /** The weight called {@code name}. */
  public Tensor get(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("the model has no weight '" + name + "'");
    }
    return tensor;
  }

  public boolean contains(String name) {
    return tensors.containsKey(name);
  }

  /** All weights in name order. */
  public SortedMap<String, Tensor> all() {
    return Collections.unmodifiableSortedMap(tensors);
  }

  /** The number of weights. */
  public long count() {
    return tensors.values().stream().mapToLong(Tensor::numel).sum();
  }

  /** Lets gradients flow to the weights whose names pass, and to no other. */
  public void setTrainable(Predicate<String> trainable) {
    tensors.forEach((name, tensor) -> tensor.set_requires_grad(trainable.test(name)));
  }

  /** Adds a kept tensor. */
  void put(String name, Tensor kept) {
    if (tensors.put(name, kept) != null) {
      throw new IllegalStateException("weight '" + name + "' is there already");
    }
  }

  /** An independent copy that receives no gradients. */
  public Parameters copy() {
    SortedMap<String, Tensor> copies = new TreeMap<>();
    tensors.forEach(
        (name, tensor) ->
            copies.put(name, Scopes.call(() -> Scopes.keep(tensor.detach().clone()))));
    return new Parameters(copies);
  }

  /**
   * A kept tensor of normal random numbers; its values depend on seed and name only, not on what
   * else is made.
   */
  static Tensor normal(String name, long seed, double deviation, long... shape) {
    SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + name.hashCode());
    long count = 1;
    for (long size : shape) {
      count *= size;
    }
    float[] values = new float[Math.toIntExact(count)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (deviation * gaussian(random));
    }
    return Scopes.call(() -> Scopes.keep(Ops.floats(values, shape)));
  }

  private static double gaussian(SplittableRandom random) {
    double radius = Math.sqrt(-2 * Math.log(1 - random.nextDouble()));
    return radius * Math.cos(2 * Math.PI * random.nextDouble());
  }

  @Override
  public void close() {
    tensors.values().forEach(Tensor::close);
    tensors.clear();
  }
}
