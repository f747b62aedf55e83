package plumbline.eval;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What a policy gains over a course of other policies at equal divergence from the model that all
 * began with: policies of one method at several steps or strengths, and one of another method.
 *
 * <p>The course's quality at a divergence between two of its policies lies on the straight line
 * between theirs. A policy that answers as the one or the other at random has just this quality,
 * and by the convexity of the Kullback-Leibler divergence goes no further: the line is within
 * reach.
 */
public final class EqualDivergence {
  private EqualDivergence() {}

  /**
   * A policy's answers, one for each of the same prompts in the same order.
   *
   * @param quality {@code double[N]}
   * @param kl {@code double[N]}, log-ratios of the answers, whose mean is the divergence in nats
   */
  public record Measured(double[] quality, double[] kl) {
    public Measured {
      Bootstrap.requireFinite("quality", quality);
      Bootstrap.requireFinite("kl", kl);
      Bootstrap.requireSameLength(quality, kl);
    }

    private Place at(int[] prompts) {
      double sum = 0;
      double distance = 0;
      for (int prompt : prompts) {
        sum += quality[prompt];
        distance += kl[prompt];
      }
      return new Place(distance / prompts.length, sum / prompts.length);
    }
  }

  private record Place(double kl, double quality) {}

  /**
   * The mean of the policy's quality minus that of the course at the policy's divergence. Prompts
   * are drawn anew for divergences and qualities together, so the interval knows the errors of
   * both.
   *
   * @param course at least one policy, the model that all began with not among them
   * @param before that model's quality, {@code double[N]}, the course's beginning
   * @return empty if the policy has gone further than all of the course
   */
  public static Optional<Interval> difference(
      Measured policy, List<Measured> course, double[] before, Bootstrap bootstrap) {
    Measured start = new Measured(before, new double[before.length]);
    return bootstrap
        .of(
            before.length,
            prompts -> {
              List<Place> places = new ArrayList<>(List.of(start.at(prompts)));
              course.forEach(other -> places.add(other.at(prompts)));
              Place own = policy.at(prompts);
              return new double[] {own.quality() - quality(places, own.kl())};
            })
        .get(0);
  }

  /** On the straight lines between neighbours by divergence; NaN beyond the last. */
  private static double quality(List<Place> places, double kl) {
    List<Place> sorted = places.stream().sorted(Comparator.comparingDouble(Place::kl)).toList();
    // The estimate of a policy that has hardly moved may be below 0.
    double wanted = Math.max(kl, sorted.get(0).kl());
    for (int i = 1; i < sorted.size(); i++) {
      Place left = sorted.get(i - 1);
      Place right = sorted.get(i);
      if (wanted <= right.kl()) {
        double share = right.kl() > left.kl() ? (wanted - left.kl()) / (right.kl() - left.kl()) : 0;
        return left.quality() + share * (right.quality() - left.quality());
      }
    }
    return Double.NaN;
  }
}
