package plumbline.rewardmodel;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import plumbline.tensor.Ops;

/**
 * The loss of a scalar reward model on preference pairs.
 *
 * <p>Under the model of Bradley and Terry (1952) the chosen answer wins with probability {@code
 * sigmoid(r_chosen - r_rejected)}; its negative logarithm is equation 1 of Ouyang et al. (2022),
 * arXiv:2203.02155. The margin is that of Touvron et al. (2023), arXiv:2307.09288, section 3.2.2.
 */
public final class BradleyTerryLoss {
  private BradleyTerryLoss() {}

  /**
   * With d = chosen - rejected - margin: {@code -(1-q) log sigmoid(d) - q log sigmoid(-d) + c
   * (chosen + rejected)^2}.
   *
   * @param chosen float[B], rewards of the preferred answers (any shape, the same for all three)
   * @param rejected float[B]
   * @param margin float[B], how far apart each pair should be at least; zeros for none
   * @param smoothing q in [0, 1): the share of labels taken to be the wrong way round
   * @param centring c, at least 0: draws the mean reward of a pair to 0, which the pairs alone
   *     leave undetermined
   * @return float[B], the loss of each pair
   */
  public static Tensor perPair(
      Tensor chosen, Tensor rejected, Tensor margin, double smoothing, double centring) {
    Ops.checkSameShape("rejected", rejected, "chosen", chosen);
    Ops.checkSameShape("margin", margin, "chosen", chosen);
    Tensor d = chosen.sub(rejected).sub(margin);
    Tensor right = Ops.times(torch.log_sigmoid(d), smoothing - 1);
    Tensor flipped = Ops.times(torch.log_sigmoid(d.neg()), -smoothing);
    Tensor preference = smoothing == 0 ? right : right.add(flipped);
    return centring == 0
        ? preference
        : preference.add(Ops.times(chosen.add(rejected).square(), centring));
  }

  /** {@link #perPair} without a margin. */
  public static Tensor perPair(Tensor chosen, Tensor rejected, double smoothing, double centring) {
    return perPair(chosen, rejected, torch.zeros_like(chosen), smoothing, centring);
  }

  /**
   * The mean over the pairs of an update, of which {@code losses} may be a part: the parts' results
   * add up to the whole's.
   *
   * @param losses float[B], from {@link #perPair}
   * @param pairs pairs of the whole update, at least B
   * @return float[]
   */
  public static Tensor mean(Tensor losses, long pairs) {
    if (pairs < losses.numel()) {
      throw new IllegalArgumentException(
          "an update of " + pairs + " pairs cannot hold a batch of " + losses.numel());
    }
    return Ops.times(losses.sum(), 1.0 / pairs);
  }
}
