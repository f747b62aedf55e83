package com.example;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import plumbline.tensor.Ops;

/** Losses on preference pairs. */
public final class MyPairLoss {
  private MyPairLoss() {}

  /**
   * {@code max(0, 1 - beta h)^2}: the squared hinge.
   *
   * @param h margin of the log-ratios, float[B]
   * @param beta weight of the divergence from the reference
   * @return the loss of each pair, float[B]
   */
  public static Tensor squaredHinge(Tensor h, double beta) {
    Tensor missing = Ops.times(h, beta).neg().add(new Scalar(1));
    return torch.relu(missing).square();
  }
}
