package plumbline.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import plumbline.tensor.Scopes;

/** Gradients of the trainable weights of some models, apart from those that the weights have. */
final class Gradients implements AutoCloseable {
  /** By the weights' names, for each model's. */
  private final List<SortedMap<String, GradientShare>> ofEach;

  private Gradients(List<SortedMap<String, GradientShare>> ofEach) {
    this.ofEach = ofEach;
  }

  /** Takes over what is added to gradients. */
  interface Taken {
    /**
     * All that a pass gives to a weight's gradient is there.
     *
     * @param model which of the weights
     */
    void take(int model, String name, GradientShare share);
  }

  /**
   * What {@code body} gives the weights and does not hand on; needs a scope around it, in which all
   * that it computes stays.
   *
   * @param weights each once
   * @param handing which gradients are wanted, and which are handed on
   * @param taken takes those
   */
  static Gradients of(
      List<Parameters> weights, Leaves.Handing handing, Taken taken, Runnable body) {
    return new Gradients(of(weights, 0, handing, taken, body));
  }

  /** The gradients of each weights' own from {@code first} on. */
  private static List<SortedMap<String, GradientShare>> of(
      List<Parameters> weights, int first, Leaves.Handing handing, Taken taken, Runnable body) {
    if (first == weights.size()) {
      body.run();
      return new ArrayList<>();
    }
    List<SortedMap<String, GradientShare>> gradients = new ArrayList<>();
    SortedMap<String, GradientShare> own =
        weights
            .get(first)
            .gradientsOf(
                handing.with((name, gradient) -> taken.take(first, name, gradient)),
                () -> gradients.addAll(of(weights, first + 1, handing, taken, body)));
    gradients.add(0, own);
    return gradients;
  }

  /** Those of one of the weights that are left, by name; whoever takes one out owns it. */
  SortedMap<String, GradientShare> of(int model) {
    return ofEach.get(model);
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

  private static void add(
      SortedMap<String, GradientShare> from, SortedMap<String, GradientShare> sums) {
    while (!from.isEmpty()) {
      String name = from.firstKey();
      sums.merge(name, from.remove(name), GradientShare::plus);
    }
  }

  /** Frees what has not been added to anything. */
  @Override
  public void close() {
    for (Map<String, GradientShare> gradients : ofEach) {
      gradients.values().forEach(GradientShare::close);
      gradients.clear();
    }
  }
}
