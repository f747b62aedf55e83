package plumbline.ppo;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import plumbline.tensor.Ops;

/**
 * Advantages and returns of response tokens.
 *
 * <p>Generalized advantage estimation, Schulman et al. (2016), arXiv:1506.02438, equation 16:
 * {@code A_t = delta_t + gamma lambda A_{t+1}} with {@code delta_t = r_t + gamma V_{t+1} - V_t}. An
 * episode is one row; it ends at its last token that takes part, after which value and advantage
 * are 0.
 *
 * @param advantages float[B, T], not whitened, 0 outside the mask
 * @param returns float[B, T], advantages + values, 0 outside the mask
 */
public record GeneralizedAdvantage(Tensor advantages, Tensor returns) {

  /**
   * Estimates over the tokens that take part.
   *
   * <p>The recursion steps over the others, before, between and after the response's tokens; what
   * stands there changes nothing.
   *
   * @param values float[B, T], the critic's at each token
   * @param rewards float[B, T], from {@link TokenRewards}
   * @param mask float[B, T], 1 at response tokens
   * @param gamma discount of the next token, in [0, 1]
   * @param lambda in [0, 1]: 0 trusts the critic, 1 the rewards
   */
  public static GeneralizedAdvantage of(
      Tensor values, Tensor rewards, Tensor mask, double gamma, double lambda) {
    Ops.checkSameShape("rewards", rewards, "values", values);
    Tensor v = Ops.masked(values, mask).detach();
    Tensor r = Ops.masked(rewards, mask).detach();
    Tensor advantages = recursion(v, r, mask, gamma, lambda);
    return new GeneralizedAdvantage(advantages, advantages.add(v));
  }

  /**
   * The estimates of implementations that mask values and rewards, then recur through padding too.
   *
   * <p>Without whitening they are {@link #of}'s wherever the mask is 1. With it they are not: in
   * padding after the end the whitened reward is {@code mean - mean * scale} instead of 0, and
   * leaks into the response. For comparison with such implementations only.
   *
   * @param whitenRewards divides rewards by their standard deviation and keeps their mean
   * @return estimates that are not 0 outside the mask
   */
  public static GeneralizedAdvantage throughPadding(
      Tensor values,
      Tensor rewards,
      Tensor mask,
      double gamma,
      double lambda,
      boolean whitenRewards) {
    Tensor v = Ops.masked(values, mask).detach();
    Tensor r = Ops.masked(rewards, mask).detach();
    if (whitenRewards) {
      Tensor mean = Ops.maskedMean(r, mask);
      r = r.sub(mean).mul(Ops.whiteningScale(r, mask)).add(mean);
    }
    Tensor advantages = recursion(v, r, torch.ones_like(mask), gamma, lambda);
    return new GeneralizedAdvantage(advantages, advantages.add(v));
  }

  private static Tensor recursion(
      Tensor values, Tensor rewards, Tensor mask, double gamma, double lambda) {
    Tensor skipped = mask.eq(new Scalar(0));
    int width = Math.toIntExact(values.size(1));
    Tensor[] advantages = new Tensor[width];
    Tensor v_tp1 = torch.zeros_like(values.select(1, 0));
    Tensor a_tp1 = v_tp1;
    for (int t = width - 1; t >= 0; t--) {
      Tensor v_t = values.select(1, t);
      Tensor delta_t = rewards.select(1, t).add(Ops.times(v_tp1, gamma)).sub(v_t);
      Tensor a_t = delta_t.add(Ops.times(a_tp1, gamma * lambda));
      Tensor skip = skipped.select(1, t);
      advantages[t] = a_t.masked_fill(skip, new Scalar(0));
      a_tp1 = torch.where(skip, a_tp1, a_t);
      v_tp1 = torch.where(skip, v_tp1, v_t);
    }
    return torch.stack(new TensorVector(advantages), 1);
  }
}
