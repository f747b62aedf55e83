package plumbline.dpo;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import plumbline.tensor.Ops;

/**
 * Losses on preference pairs whose reward is the policy itself.
 *
 * <p>Throughout a = log pi(y_w)/ref(y_w) and b = log pi(y_l)/ref(y_l) are the log-ratios of the
 * chosen and the rejected response, h their margin (a - b, or that of another {@link Divergence}),
 * s the sigmoid and beta the weight of the divergence from the reference. Every tensor is float[B],
 * every result the loss of each pair.
 */
public final class PairLoss {
  private PairLoss() {}

  /**
   * {@code -P log s(beta h - m) - (1 - P) log s(m - beta h)}.
   *
   * <p>DPO, Rafailov et al. (2023), arXiv:2305.18290, equation 7, at P = 1 and m = 0. With P = 1 -
   * q it is the conservative DPO of labels flipped with probability q (Mitchell 2023), with P the
   * strength of a preference the soft loss of arXiv:2405.14103, and m is the margin of SimPO
   * (arXiv:2405.14734, equation 6) or that of a pair's difference in score (arXiv:2402.10571).
   *
   * @param target P, each in [0, 1]: how surely the chosen response is the better one
   * @param margin m, in units of reward
   */
  public static Tensor sigmoid(Tensor h, double beta, Tensor target, Tensor margin) {
    Tensor logit = Ops.times(h, beta).sub(margin);
    Tensor right = target.mul(torch.log_sigmoid(logit));
    Tensor wrong = complement(target).mul(torch.log_sigmoid(logit.neg()));
    return right.add(wrong).neg();
  }

  /**
   * {@code (-(1-q) log s(beta h) + q log s(-beta h)) / (1 - 2q)}: unbiased where labels are flipped
   * with probability q. Chowdhury et al. (2024), arXiv:2403.00409.
   *
   * @param smoothing q in [0, 0.5)
   */
  public static Tensor robust(Tensor h, double beta, double smoothing) {
    Tensor logit = Ops.times(h, beta);
    Tensor right = Ops.times(torch.log_sigmoid(logit), smoothing - 1);
    Tensor wrong = Ops.times(torch.log_sigmoid(logit.neg()), smoothing);
    return Ops.times(right.add(wrong), 1 / (1 - 2 * smoothing));
  }

  /** {@code max(0, 1 - beta h)}: SLiC, Zhao et al. (2023), arXiv:2305.10425, with margin 1. */
  public static Tensor hinge(Tensor h, double beta) {
    return torch.relu(complement(Ops.times(h, beta)));
  }

  /**
   * {@code (h - 1 / (2 beta))^2}: IPO, Azar et al. (2023), arXiv:2310.12036, equation 17.
   *
   * @param h of summed log-probs as in the paper, or of log-probs averaged over tokens
   */
  public static Tensor identity(Tensor h, double beta) {
    return h.sub(new Scalar(1 / (2 * beta))).square();
  }

  /**
   * {@code s(z) (log s(z) - log(1-q)) + s(-z) (log s(-z) - log q)} with z = beta h: the reverse KL
   * from the policy's preference to that of the labels. EXO, Ji et al. (2024), arXiv:2402.00856,
   * equation 16.
   *
   * @param smoothing q in (0, 1): the share of the labels' belief in the rejected response
   */
  public static Tensor exact(Tensor h, double beta, double smoothing) {
    Tensor z = Ops.times(h, beta);
    Tensor right = torch.log_sigmoid(z).sub(new Scalar(Math.log1p(-smoothing)));
    Tensor wrong = torch.log_sigmoid(z.neg()).sub(new Scalar(Math.log(smoothing)));
    return torch.sigmoid(z).mul(right).add(torch.sigmoid(z.neg()).mul(wrong));
  }

  /**
   * {@code -log s(beta a) - (log s(-beta a) + log s(-beta b)) / 2}: noise-contrastive alignment of
   * a pair, Chen et al. (2024), arXiv:2402.05369.
   */
  public static Tensor noiseContrastive(Tensor a, Tensor b, double beta) {
    Tensor chosen = Ops.times(a, beta);
    Tensor rejected = Ops.times(b, beta);
    Tensor noise = torch.log_sigmoid(chosen.neg()).add(torch.log_sigmoid(rejected.neg()));
    return torch.log_sigmoid(chosen).add(Ops.times(noise, 0.5)).neg();
  }

  /**
   * {@code (a - 1/(2 beta))^2 + (b + 1/(2 beta))^2}: self-play preference optimisation with a win
   * probability of 1, Wu et al. (2024), arXiv:2405.00675.
   */
  public static Tensor selfPlay(Tensor a, Tensor b, double beta) {
    Scalar half = new Scalar(0.5 / beta);
    return a.sub(half).square().add(b.add(half).square());
  }

  /**
   * {@code 1 - s(beta a) + s(beta b)}: for a policy worse than the chosen responses. APO-zero,
   * D'Oosterlinck et al. (2024), arXiv:2408.06266.
   */
  public static Tensor anchoredZero(Tensor a, Tensor b, double beta) {
    Tensor up = torch.sigmoid(Ops.times(a, -beta));
    return up.add(torch.sigmoid(Ops.times(b, beta)));
  }

  /**
   * {@code s(beta a) + 1 - s(beta (a - b))}: for a policy better than the chosen responses.
   * APO-down, arXiv:2408.06266.
   */
  public static Tensor anchoredDown(Tensor a, Tensor b, double beta) {
    Tensor apart = torch.sigmoid(Ops.times(b.sub(a), beta));
    return torch.sigmoid(Ops.times(a, beta)).add(apart);
  }

  /**
   * {@code -log s(beta a - delta) - log s(delta - beta b)}: binary classifier optimisation, Jung et
   * al. (2024), arXiv:2404.04656.
   *
   * @param delta the running mean of beta a and beta b
   */
  public static Tensor binaryClassifier(Tensor a, Tensor b, double beta, double delta) {
    Scalar shift = new Scalar(delta);
    Tensor chosen = Ops.times(a, beta).sub(shift);
    Tensor rejected = Ops.times(b, beta).sub(shift);
    return torch.log_sigmoid(chosen).add(torch.log_sigmoid(rejected.neg())).neg();
  }

  /**
   * Distributional alignment by optimal transport, Melnyk et al. (2024), arXiv:2406.05882: the
   * sigmoid loss between the sorted values of the two distributions, so that the one dominates the
   * other over the batch and not pair by pair.
   *
   * @param better float[B], log-ratios of chosen responses, or the policy's margins of pairs
   * @param worse float[B], log-ratios of rejected responses, or the reference's margins of pairs
   * @param smoothing q in [0, 1)
   */
  public static Tensor transport(Tensor better, Tensor worse, double beta, double smoothing) {
    Tensor delta = better.sort(0, false).get0().sub(worse.sort(0, false).get0());
    Tensor target = torch.full_like(delta, new Scalar(1 - smoothing));
    return sigmoid(delta, beta, target, torch.zeros_like(delta));
  }

  /**
   * {@code -log s(log odds(p_w) - log odds(p_l))} with odds(p) = p / (1 - p): ORPO, Hong et al.
   * (2024), arXiv:2403.07691, equation 7.
   *
   * @param chosen log p_w, averaged over tokens, below 0
   * @param rejected log p_l, averaged over tokens, below 0
   */
  public static Tensor oddsRatio(Tensor chosen, Tensor rejected) {
    Tensor rest = chosen.exp().neg().log1p().sub(rejected.exp().neg().log1p());
    return torch.log_sigmoid(chosen.sub(rejected).sub(rest)).neg();
  }

  /**
   * {@code (1/2 - P) log pi(y) + beta D}: a step of policy gradient on a response y of the policy,
   * which beats its opponent's with probability P. Nash-MD-PG, Munos et al. (2023),
   * arXiv:2312.00886, section 7, with 1/2 as the baseline; the opponent is the mixture that {@link
   * plumbline.model.Generator#ofMixture} draws from.
   *
   * @param logprob float[B], log pi(y | x)
   * @param wins P, float[B], each in [0, 1]
   * @param pull D, float[B]: what has the gradient of the divergence from the reference, see {@link
   *     Contest#pull}
   */
  public static Tensor nashMirrorDescent(Tensor logprob, Tensor wins, Tensor pull, double beta) {
    Tensor loss = Ops.plus(wins.neg(), 0.5).mul(logprob);
    return loss.add(Ops.times(pull, beta));
  }

  private static Tensor complement(Tensor x) {
    return Ops.plus(x.neg(), 1);
  }
}
