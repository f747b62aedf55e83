package plumbline.model;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Adds parts' gradients to the weights' in the order of the parts, whichever comes first, each
 * weight by itself.
 */
final class OrderedSum implements AutoCloseable {
  private final List<Parameters> weights;
  private final Map<Weight, Turn> turns = new ConcurrentHashMap<>();

  /** A weight of one of the models. */
  private record Weight(int model, String name) {}

  /** Sums gradients of such models. */
  OrderedSum(List<Parameters> weights) {
    this.weights = weights;
  }

  /** Takes over all that a part gives to the gradient of a weight. */
  void add(int part, int model, String name, GradientShare share) {
    turn(model, name).take(part, Optional.of(share));
  }

  /** Takes over what else a part gave: all that comes of it. */
  void end(int part, Gradients rest) {
    for (int model = 0; model < weights.size(); model++) {
      SortedMap<String, GradientShare> left = rest.of(model);
      for (String name : weights.get(model).trainable().keySet()) {
        turn(model, name).end(part, Optional.ofNullable(left.remove(name)));
      }
    }
  }

  private Turn turn(int model, String name) {
    return turns.computeIfAbsent(
        new Weight(model, name), weight -> new Turn(weights.get(model), name));
  }

  /** Frees what waits for a part that failed. */
  @Override
  public void close() {
    turns.values().forEach(Turn::close);
  }

  /** One weight's sum: what has come too early waits. Some parts give it nothing. */
  private static final class Turn {
    private final Parameters weights;
    private final String name;
    private final SortedMap<Integer, Optional<GradientShare>> waiting = new TreeMap<>();
    private int next;

    Turn(Parameters weights, String name) {
      this.weights = weights;
      this.name = name;
    }

    synchronized void take(int part, Optional<GradientShare> share) {
      waiting.put(part, share);
      while (waiting.containsKey(next)) {
        waiting.remove(next).ifPresent(ofNext -> weights.addGradient(name, ofNext));
        next++;
      }
    }

    /** As {@link #take}; where the part's share has been taken, this is the rest of it. */
    synchronized void end(int part, Optional<GradientShare> share) {
      if (part >= next && !waiting.containsKey(part)) {
        take(part, share);
      } else if (part >= next) {
        Optional<GradientShare> first = waiting.get(part);
        share.ifPresent(rest -> waiting.put(part, first.map(before -> before.plus(rest))));
      } else {
        share.ifPresent(rest -> weights.addGradient(name, rest));
      }
    }

    synchronized void close() {
      waiting.values().forEach(share -> share.ifPresent(GradientShare::close));
      waiting.clear();
    }
  }
}
