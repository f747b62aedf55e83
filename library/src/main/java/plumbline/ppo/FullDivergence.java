package plumbline.ppo;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;
import plumbline.train.Logprobs;
import plumbline.train.ResponseBatch;

/** {@link KlPenalty#FULL} of two models, without ever holding the logits of all positions. */
final class FullDivergence {
  private FullDivergence() {}

  /**
   * sum_v p_v (log p_v - log q_v) at each response token, in nats; no gradients.
   *
   * @param rowsPerBatch rows computed at a time
   * @param temperature above 0, divides the logits of both
   * @return each row's numbers, in the rows' order
   */
  static List<float[]> perToken(
      Transformer policy,
      Transformer reference,
      List<TokenizedRow> rows,
      int rowsPerBatch,
      double temperature) {
    return ResponseBatch.computePerToken(
        rows,
        rowsPerBatch,
        batch -> {
          Tensor p = flat(batch.states(policy));
          Tensor q = flat(batch.states(reference));
          long chunk = Logprobs.positionsAtATime(p.size(0), policy.config().vocabularySize(), 0);
          TensorVector pChunks = p.split(chunk, 0);
          TensorVector qChunks = q.split(chunk, 0);
          List<Tensor> found = new ArrayList<>();
          for (long i = 0; i < pChunks.size(); i++) {
            Tensor own = pChunks.get(i);
            Tensor other = qChunks.get(i);
            found.add(
                Scopes.result(
                    () ->
                        KlPenalty.FULL.of(
                            logprobs(policy, own, temperature),
                            logprobs(reference, other, temperature))));
          }
          return Ops.cat(found, 0).view(batch.mask().size(0), batch.width());
        });
  }

  private static Tensor flat(Tensor states) {
    return states.reshape(-1, states.size(2));
  }

  private static Tensor logprobs(Transformer model, Tensor states, double temperature) {
    return Ops.times(model.logits(states), 1 / temperature).log_softmax(-1);
  }
}
