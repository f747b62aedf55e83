package plumbline.dpo;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import plumbline.data.Sha256;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.tensor.Engine;
import plumbline.tensor.Ops;
import plumbline.train.Logprobs;
import plumbline.train.ResponseBatch;

/** Summed log-probs of single responses. */
record UnpairedForward(int rowsPerMicroBatch) {

  /** log pi(y | x) of each row: float[B]. */
  Tensor of(Transformer model, List<TokenizedRow> rows) {
    ResponseBatch batch = ResponseBatch.of(rows);
    Tensor perToken = Logprobs.ofStates(model, batch.states(model), batch.ids(), 1);
    return Ops.masked(perToken, batch.mask()).sum(1);
  }

  /** log pi of each response token of each row, without gradients. */
  List<float[]> tokens(Transformer model, List<TokenizedRow> rows) {
    return Logprobs.perToken(model, rows, rowsPerMicroBatch, 1);
  }

  /** {@link #of} as plain numbers, without gradients. */
  float[] values(Transformer model, List<TokenizedRow> rows) {
    List<float[]> logprobs = tokens(model, rows);
    float[] values = new float[rows.size()];
    for (int i = 0; i < values.length; i++) {
      double sum = 0;
      for (float logprob : logprobs.get(i)) {
        sum += logprob;
      }
      values[i] = (float) sum;
    }
    return values;
  }

  /** A hash of all that decides the numbers of {@link #values}. */
  static String key(String modelHash, List<TokenizedRow> rows) {
    StringBuilder all = new StringBuilder(modelHash).append(Engine.dtype());
    for (TokenizedRow row : rows) {
      all.append(Arrays.toString(row.prompt())).append(Arrays.toString(row.response()));
    }
    return "%016x".formatted(Sha256.prefix(all.toString()));
  }
}
