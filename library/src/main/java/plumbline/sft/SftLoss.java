package plumbline.sft;

import org.bytedeco.pytorch.Tensor;
import plumbline.tensor.Ops;

/** The loss of supervised fine-tuning. */
public final class SftLoss {
  private SftLoss() {}

  /**
   * {@code -sum_bt mask_bt log pi(y_bt | x_b, y_b,<t) / N}: cross-entropy of the response tokens.
   *
   * <p>The micro-batches of an update share one N, so that how it is cut changes nothing.
   *
   * @param logprobs float[B, R], of each response token under the policy
   * @param mask float[B, R], 1 at response tokens
   * @param tokens N, response tokens of the whole update
   * @return float[], in nats per token
   */
  public static Tensor of(Tensor logprobs, Tensor mask, long tokens) {
    Ops.checkSameShape("logprobs", logprobs, "mask", mask);
    return Ops.times(Ops.maskedSum(logprobs, mask), -1.0 / tokens);
  }
}
