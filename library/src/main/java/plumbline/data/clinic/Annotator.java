package plumbline.data.clinic;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A simulated person who judges replies by their gold quality, with a chosen noise.
 *
 * <p>A comparison is drawn from the Bradley-Terry model, P(a beats b) = 1 / (1 + exp(-(gold(a) -
 * gold(b)) / temperature)), and then turned round with probability {@code flip}. Equal replies are
 * decided by a fair coin.
 *
 * @param temperature 0 or more, in units of gold; 0 always prefers the better reply
 * @param flip probability in [0, 1) that a choice is turned round
 * @param ratingNoise standard deviation of the normal noise on a rating, in units of gold, 0 or
 *     more
 */
public record Annotator(double temperature, double flip, double ratingNoise) {
  /** Makes no mistakes: temperature 0, no flips, no noise. */
  public static final Annotator CLEAN = new Annotator(0, 0, 0);

  private static final int RATING_STEPS = 4;

  public Annotator {
    if (!(temperature >= 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException("temperature is " + temperature + ", wanted 0 or more");
    }
    if (!(flip >= 0 && flip < 1)) {
      throw new IllegalArgumentException("flip is " + flip + ", wanted a probability in [0, 1)");
    }
    if (!(ratingNoise >= 0) || Double.isInfinite(ratingNoise)) {
      throw new IllegalArgumentException("ratingNoise is " + ratingNoise + ", wanted 0 or more");
    }
  }

  /** Whether comparisons always follow the gold quality. */
  public boolean comparesCleanly() {
    return temperature == 0 && flip == 0;
  }

  /**
   * Whether this person prefers the reply with gold quality {@code a} to the one with {@code b}.
   */
  public boolean prefersFirst(double a, double b, RandomGenerator random) {
    double chance;
    if (a == b) {
      chance = 0.5;
    } else if (temperature == 0) {
      chance = a > b ? 1 : 0;
    } else {
      chance = 1 / (1 + StrictMath.exp((b - a) / temperature));
    }
    boolean first = random.nextDouble() < chance;
    return first != (random.nextDouble() < flip);
  }

  /**
   * The order in which this person puts replies, best first.
   *
   * <p>Drawn from the Plackett-Luce model with the same temperature (gold plus Gumbel noise, of
   * which any two replies compare as in Bradley-Terry), then each neighbouring pair from the top
   * down is swapped with probability {@code flip}.
   *
   * @param gold gold qualities, {@code double[K]}
   * @return the K indices into {@code gold}
   */
  public List<Integer> rank(double[] gold, RandomGenerator random) {
    double[] seen = new double[gold.length];
    double[] coin = new double[gold.length];
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < gold.length; i++) {
      seen[i] = gold[i] - temperature * StrictMath.log(-StrictMath.log(open(random)));
      coin[i] = random.nextDouble();
      order.add(i);
    }
    order.sort(
        Comparator.<Integer>comparingDouble(i -> -seen[i]).thenComparingDouble(i -> coin[i]));
    for (int i = 0; i + 1 < order.size(); i++) {
      if (random.nextDouble() < flip) {
        Integer better = order.get(i);
        order.set(i, order.get(i + 1));
        order.set(i + 1, better);
      }
    }
    return List.copyOf(order);
  }

  /** A rating on a five-point scale, stored as 0, 0.25, 0.5, 0.75 or 1: gold plus normal noise. */
  public double rate(double gold, RandomGenerator random) {
    double radius = StrictMath.sqrt(-2 * StrictMath.log(open(random)));
    double noise = ratingNoise * radius * StrictMath.cos(2 * Math.PI * random.nextDouble());
    double seen = Math.max(0, Math.min(1, gold + noise));
    return Math.rint(seen * RATING_STEPS) / RATING_STEPS;
  }

  /** Uniform in (0, 1): safe to take the logarithm of, twice. */
  private static double open(RandomGenerator random) {
    double u;
    do {
      u = random.nextDouble();
    } while (u == 0);
    return u;
  }
}
