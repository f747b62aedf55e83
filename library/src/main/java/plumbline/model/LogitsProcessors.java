package plumbline.model;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import plumbline.tensor.Ops;

/** The steps between a model's logits and the token drawn, each float[B, V] to float[B, V]. */
final class LogitsProcessors {
  private LogitsProcessors() {}

  /**
   * All steps of {@code sampling}; {@code seen} float[B, V] is 1 for tokens that are in the row.
   */
  static Tensor apply(Tensor logits, Tensor seen, Sampling sampling) {
    Tensor scores = logits;
    if (sampling.repetitionPenalty() != 1) {
      scores = repetitionPenalty(scores, seen, sampling.repetitionPenalty());
    }
    if (sampling.temperature() > 0 && sampling.temperature() != 1) {
      scores = Ops.times(scores, 1 / sampling.temperature());
    }
    if (sampling.topK() > 0) {
      scores = topK(scores, sampling.topK());
    }
    if (sampling.topP() < 1) {
      scores = topP(scores, sampling.topP());
    }
    return scores;
  }

  static Tensor repetitionPenalty(Tensor scores, Tensor seen, double penalty) {
    Tensor lowered =
        torch.where(
            scores.lt(new Scalar(0)), Ops.times(scores, penalty), Ops.times(scores, 1 / penalty));
    return torch.where(seen.gt(new Scalar(0)), lowered, scores);
  }

  static Tensor topK(Tensor scores, int k) {
    long kept = Math.min(k, scores.size(1));
    Tensor smallestKept = scores.topk(kept).get0().narrow(1, kept - 1, 1);
    return scores.masked_fill(scores.lt(smallestKept), new Scalar(Float.NEGATIVE_INFINITY));
  }

  /** Keeps the most likely token and those before which less than p is reached. */
  static Tensor topP(Tensor scores, double p) {
    T_TensorTensor_T ascending = scores.sort(1, false);
    Tensor below = torch.softmax(ascending.get0(), 1).cumsum(1);
    Tensor removed = below.le(new Scalar(1 - p));
    removed.narrow(1, scores.size(1) - 1, 1).zero_();
    Tensor removedByToken = torch.zeros_like(removed).scatter(1, ascending.get1(), removed);
    return scores.masked_fill(removedByToken, new Scalar(Float.NEGATIVE_INFINITY));
  }
}
