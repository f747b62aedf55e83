package plumbline.score;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import plumbline.config.ConfigTree;
import plumbline.config.Key;

/** The kinds of nodes: their keys. */
final class Nodes {
  private Nodes() {}

  /** How a node makes one score of several. */
  enum Combine {
    /** The weighted sum. */
    WEIGHTED(Weighted.class),
    /** The mean. */
    MEAN(Mean.class),
    /** The worst case. */
    MIN(Min.class),
    /** The mean less what the parts disagree. */
    UNCERTAINTY(Uncertainty.class),
    /** The product. */
    PRODUCT(Product.class),
    /** One part where another is good enough. */
    GATE(Gate.class),
    /** Constraints with learned multipliers. */
    LAGRANGIAN(Constrained.class),
    /** One part on each segment of a response. */
    SEGMENTS(Segments.class);

    private final Class<? extends Node> keys;

    Combine(Class<? extends Node> keys) {
      this.keys = keys;
    }

    Class<? extends Node> keys() {
      return keys;
    }

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Whether a node of this kind has the key; keys of nodes are single words. */
    boolean has(String key) {
      return Arrays.stream(keys.getRecordComponents()).anyMatch(c -> c.getName().equals(key));
    }
  }

  /** A node's keys, checked. */
  sealed interface Node {
    Combine combine();

    /** What its diagnostics are called; without it how it combines. */
    Optional<String> name();

    List<ConfigTree> of();

    /** How the parts become one. */
    default Combination combination() {
      throw new IllegalStateException(combine() + " combines no parts");
    }

    /** Whether it is a sum of its parts, so that rewards of segments keep their places. */
    default boolean isSum() {
      return combination().shares(of().size()).isPresent();
    }

    /** Builds the scorer. */
    default Scorer scorer(String unique, List<Scorer> parts, List<Integer> members) {
      return new Combined(unique, parts, combination(), members);
    }
  }

  private static void wantParts(List<ConfigTree> of, int least) {
    if (of.size() < least) {
      throw new IllegalArgumentException(
          of.isEmpty()
              ? "'of' has no part"
              : "'of' has %d part, wanted at least %d".formatted(of.size(), least));
    }
  }

  record Weighted(
      @Key(doc = "weighted") Combine combine,
      @Key(def = "", doc = "one weight per part") List<Double> weights,
      @Key(def = "", doc = "what its diagnostics are called") Optional<String> name,
      @Key(form = "score", doc = "the parts") List<ConfigTree> of)
      implements Node {
    Weighted {
      wantParts(of, 1);
      if (weights.size() != of.size()) {
        throw new IllegalArgumentException(
            "there are " + weights.size() + " weights for " + of.size() + " parts");
      }
    }

    @Override
    public Combination combination() {
      return Combination.weighted(weights.stream().mapToDouble(weight -> weight).toArray());
    }
  }

  record Mean(
      @Key(doc = "mean") Combine combine,
      @Key(def = "", doc = "what its diagnostics are called") Optional<String> name,
      @Key(form = "score", doc = "the parts") List<ConfigTree> of)
      implements Node {
    Mean {
      wantParts(of, 1);
    }

    @Override
    public Combination combination() {
      return Combination.mean(of.size());
    }
  }

  record Min(
      @Key(doc = "min") Combine combine,
      @Key(def = "", doc = "what its diagnostics are called") Optional<String> name,
      @Key(form = "score", doc = "the parts") List<ConfigTree> of)
      implements Node {
    Min {
      wantParts(of, 1);
    }

    @Override
    public Combination combination() {
      return Combination.min();
    }
  }

  record Uncertainty(
      @Key(doc = "uncertainty") Combine combine,
      @Key(def = "0.1", min = 0, doc = "what a unit of spread costs") double k,
      @Key(def = "variance", doc = "how the parts' spread is measured, over n - 1") Spread spread,
      @Key(def = "", doc = "what its diagnostics are called") Optional<String> name,
      @Key(form = "score", doc = "the parts, two at least") List<ConfigTree> of)
      implements Node {
    enum Spread {
      VARIANCE,
      DEVIATION
    }

    Uncertainty {
      wantParts(of, 2);
    }

    @Override
    public Combination combination() {
      return Combination.uncertainty(k, spread == Spread.DEVIATION);
    }
  }

  record Product(
      @Key(doc = "product") Combine combine,
      @Key(def = "", doc = "what its diagnostics are called") Optional<String> name,
      @Key(form = "score", doc = "the parts") List<ConfigTree> of)
      implements Node {
    Product {
      wantParts(of, 1);
    }

    @Override
    public Combination combination() {
      return Combination.product();
    }
  }

  record Gate(
      @Key(doc = "gate") Combine combine,
      @Key(doc = "the second part's least score at which the first one counts") double threshold,
      @Key(doc = "the score below it") double floor,
      @Key(def = "", doc = "what its diagnostics are called") Optional<String> name,
      @Key(form = "score", doc = "what counts, and what decides whether it does")
          List<ConfigTree> of)
      implements Node {
    Gate {
      if (of.size() != 2) {
        throw new IllegalArgumentException(
            "'of' has %d parts, wanted 2: what counts, and what decides".formatted(of.size()));
      }
    }

    @Override
    public Combination combination() {
      return Combination.gate(threshold, floor);
    }
  }

  record Constrained(
      @Key(doc = "lagrangian") Combine combine,
      @Key(doc = "the mean score that each constrained part shall have, those of the last parts")
          List<Double> levels,
      @Key(def = "linear", doc = "from what is learned to a multiplier") Lagrangian.Form form,
      @Key(def = "0.0", doc = "what is learned, at its start") double start,
      @Key(def = "0.1", min = 0, doc = "learning rate of the multipliers") double rate,
      @Key(def = "10", min = 0, doc = "largest multiplier of form linear") double max,
      @Key(def = "false", doc = "divides by 1 + the sum of the multipliers") boolean normalise,
      @Key(def = "", doc = "what its diagnostics are called") Optional<String> name,
      @Key(form = "score", doc = "the objective's parts, then the constrained ones")
          List<ConfigTree> of)
      implements Node {
    Constrained {
      wantParts(of, 1);
      if (levels.isEmpty() || levels.size() > of.size()) {
        throw new IllegalArgumentException(
            "there are %d levels for %d parts; wanted one per constrained part"
                .formatted(levels.size(), of.size()));
      }
      if (form == Lagrangian.Form.LINEAR && !(start >= 0 && start <= max)) {
        throw new IllegalArgumentException(
            "start is %s, form linear wants it between 0 and max, %s".formatted(start, max));
      }
    }

    @Override
    public Combination combination() {
      return new Lagrangian(form, levels, start, rate, max, normalise);
    }
  }

  record Segments(
      @Key(doc = "segments") Combine combine,
      @Key(def = "sentence", doc = "where a segment ends") Segmented.By by,
      @Key(def = "alone", doc = "what a segment earns: its score as a response, or the gain by it")
          Segmented.How how,
      @Key(def = "1.0", doc = "multiplies each segment's reward") double weight,
      @Key(def = "", doc = "what its diagnostics are called") Optional<String> name,
      @Key(form = "score", doc = "the one part that scores segments") List<ConfigTree> of)
      implements Node {
    Segments {
      if (of.size() != 1) {
        throw new IllegalArgumentException("'of' has %d parts, wanted 1".formatted(of.size()));
      }
    }

    @Override
    public boolean isSum() {
      return false;
    }

    @Override
    public Scorer scorer(String unique, List<Scorer> parts, List<Integer> members) {
      return new Segmented(parts.get(0), by, how, weight);
    }
  }
}
