package plumbline.dpo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import plumbline.data.Sha256;
import plumbline.model.MicroBatches;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.tensor.Engine;
import plumbline.tensor.Ops;
import plumbline.train.Logprobs;
import plumbline.train.ResponseBatch;

/** One forward pass over both responses of each pair, whose prompt is computed once. */
record PairForward(DpoConfig config) {

  /**
   * What the forward pass gives.
   *
   * @param pair the responses' log-probs as configured
   * @param chosenSums float[B], the summed log-probs of the chosen responses
   * @param tokens float[2B, R], log-probs of the tokens of chosen and rejected of each pair in
   *     turn; 0 beyond a response's end
   */
  record Found(PairLogprobs pair, Tensor chosenSums, Tensor tokens) {}

  /**
   * Log-probs under a model.
   *
   * @param reference float[2B], what the reference says of chosen and rejected of each in turn
   */
  Found of(Transformer model, List<TokenPair> pairs, float[] reference) {
    List<TokenizedRow> rows = rows(pairs);
    ResponseBatch batch = ResponseBatch.sharingPrompts(rows);
    Tensor perToken = Logprobs.ofStates(model, batch.states(model), batch.ids(), 1);
    Tensor sums = perToken.mul(weights(batch, pairs)).sum(1).view(pairs.size(), 2);
    Tensor tokens = Ops.masked(perToken, batch.mask());
    Tensor plain = tokens.sum(1).view(pairs.size(), 2);
    Tensor ref = Ops.floats(reference, pairs.size(), 2).to(sums.scalar_type());
    return new Found(
        new PairLogprobs(sums.select(1, 0), sums.select(1, 1), ref.select(1, 0), ref.select(1, 1)),
        plain.select(1, 0),
        tokens);
  }

  /** Log-probs as plain numbers, without gradients: chosen and rejected of each pair in turn. */
  float[] values(Transformer model, List<TokenPair> pairs) {
    double[][] found =
        MicroBatches.perRow(
            parts(pairs),
            indices -> {
              List<TokenPair> part = indices.stream().map(pairs::get).toList();
              PairLogprobs both = of(model, part, new float[2 * part.size()]).pair();
              return torch.stack(new TensorVector(both.chosen(), both.rejected()), 1);
            });
    float[] values = new float[2 * pairs.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) found[i / 2][i % 2];
    }
    return values;
  }

  /** Pairs that are computed at a time. */
  List<List<Integer>> parts(List<TokenPair> pairs) {
    int[] tokens = pairs.stream().mapToInt(TokenPair::tokens).toArray();
    return MicroBatches.split(tokens, config.pairsPerMicroBatch());
  }

  private static List<TokenizedRow> rows(List<TokenPair> pairs) {
    List<TokenizedRow> rows = new ArrayList<>();
    for (TokenPair pair : pairs) {
      rows.add(pair.chosen());
      rows.add(pair.rejected());
    }
    return rows;
  }

  private Tensor weights(ResponseBatch batch, List<TokenPair> pairs) {
    List<float[]> weights = new ArrayList<>();
    for (TokenPair pair : pairs) {
      for (TokenizedRow row : List.of(pair.chosen(), pair.rejected())) {
        weights.add(
            config
                .logprobs()
                .weights(row.response().length, pair.shorter(), config.excessWeight()));
      }
    }
    return batch.perToken(weights);
  }

  /** A hash of all that decides the numbers of {@link #values}. */
  String key(String modelHash, List<TokenPair> pairs) {
    StringBuilder all = new StringBuilder(modelHash);
    all.append(config.logprobs()).append(config.excessWeight()).append(Engine.dtype());
    for (TokenPair pair : pairs) {
      all.append(Arrays.toString(pair.chosen().prompt()));
      all.append(Arrays.toString(pair.chosen().response()));
      all.append(Arrays.toString(pair.rejected().response()));
    }
    return "%016x".formatted(Sha256.prefix(all.toString()));
  }
}
