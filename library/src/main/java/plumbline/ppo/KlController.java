package plumbline.ppo;

/**
 * The coefficient of the KL penalty, and how it follows the divergence observed.
 *
 * <p>A value: {@link #after} returns the next one. To resume, {@link #withCoefficient} of the
 * coefficient saved.
 */
public sealed interface KlController {
  /** beta, what {@link TokenRewards} multiplies the penalty by. */
  double coefficient();

  /**
   * The controller after one rollout.
   *
   * @param observedKl mean KL of a response (the sum over its tokens), in nats
   * @param responses responses in that rollout
   */
  KlController after(double observedKl, int responses);

  /** This controller at another coefficient. */
  KlController withCoefficient(double coefficient);

  /** A coefficient that never changes. */
  record Fixed(double coefficient) implements KlController {
    public Fixed {
      checkCoefficient(coefficient);
    }

    @Override
    public Fixed after(double observedKl, int responses) {
      return this;
    }

    @Override
    public Fixed withCoefficient(double other) {
      return new Fixed(other);
    }
  }

  /**
   * A coefficient that rises while the divergence is above {@code target} and falls while below.
   *
   * <p>Ziegler et al. (2019), arXiv:1909.08593, section 2.2: {@code beta (1 + e n / horizon)} with
   * e = clip(kl / target - 1, -0.2, 0.2) and n responses.
   *
   * @param target wanted mean KL of a response, in nats, above 0
   * @param horizon responses in which a clipped error changes beta by about a fifth, above 0
   */
  record Adaptive(double coefficient, double target, double horizon) implements KlController {
    private static final double LARGEST_ERROR = 0.2;

    public Adaptive {
      checkCoefficient(coefficient);
      if (!(target > 0) || !(horizon > 0)) {
        throw new IllegalArgumentException(
            "target is " + target + " and horizon " + horizon + ", wanted both above 0");
      }
    }

    @Override
    public Adaptive after(double observedKl, int responses) {
      double error = observedKl / target - 1;
      double clipped = Math.max(-LARGEST_ERROR, Math.min(LARGEST_ERROR, error));
      return withCoefficient(coefficient * (1 + clipped * responses / horizon));
    }

    @Override
    public Adaptive withCoefficient(double other) {
      return new Adaptive(other, target, horizon);
    }
  }

  private static void checkCoefficient(double coefficient) {
    if (!(coefficient >= 0) || Double.isInfinite(coefficient)) {
      throw new IllegalArgumentException(
          "KL coefficient is " + coefficient + ", wanted a finite number of at least 0");
    }
  }
}
