package plumbline.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;
import plumbline.tensor.Scopes;

/** Gradients of the trainable weights of some models, apart from those that the weights have. */
final class Gradients implements AutoCloseable {
  private final List<Parameters> weights;

  /** Kept tensors by the weights' names, for each of {@link #weights}. */
  private final List<SortedMap<String, Tensor>> ofEach;

  private Gradients(List<Parameters> weights, List<SortedMap<String, Tensor>> ofEach) {
    this.weights = weights;
    this.ofEach = ofEach;
  }

  /**
   * What {@code body} gives the weights; needs a scope around it, in which all that it computes
   * stays.
   *
   * @param weights each once
   * @param apart which of their gradients are wanted by the names of weights; the others are added
   *     to those that the weights have
   */
  static Gradients of(List<Parameters> weights, Predicate<String> apart, Runnable body) {
    return new Gradients(weights, of(weights, 0, apart, body));
  }

  /** The gradients of each weights' own from {@code first} on. */
  private static List<SortedMap<String, Tensor>> of(
      List<Parameters> weights, int first, Predicate<String> apart, Runnable body) {
    if (first == weights.size()) {
      body.run();
      return new ArrayList<>();
    }
    List<SortedMap<String, Tensor>> gradients = new ArrayList<>();
    SortedMap<String, Tensor> own =
        weights
            .get(first)
            .gradientsOf(apart, () -> gradients.addAll(of(weights, first + 1, apart, body)));
    gradients.add(0, own);
    return gradients;
  }

  /** Adds others of the same weights, which are taken over: they are empty then. */
  void plus(Gradients others) {
    Scopes.noGrad(
        () ->
            Scopes.run(
                () -> {
                  for (int i = 0; i < ofEach.size(); i++) {
                    add(others.ofEach.get(i), ofEach.get(i));
                  }
                }));
  }

  private static void add(SortedMap<String, Tensor> from, SortedMap<String, Tensor> sums) {
    while (!from.isEmpty()) {
      String name = from.firstKey();
      Tensor sum = sums.get(name);
      if (sum == null) {
        sums.put(name, from.remove(name));
      } else {
        sum.add_(from.get(name));
        from.remove(name).close();
      }
    }
  }

  /** Adds these to the gradients that the weights have: none are left here. */
  void addToWeights() {
    for (int i = 0; i < ofEach.size(); i++) {
      weights.get(i).addGradients(ofEach.get(i));
    }
  }

  /** Frees what has not been added to anything. */
  @Override
  public void close() {
    for (Map<String, Tensor> gradients : ofEach) {
      gradients.values().forEach(Tensor::close);
      gradients.clear();
    }
  }
}
