package plumbline.dpo;

import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import plumbline.tensor.Ops;

/**
 * Pairs of which the policy sampled one response and an opponent the other.
 *
 * @param own float[B, R], log pi of each token of the policy's own response; 0 beyond its end
 * @param reference float[B, R], the same under the reference; zeros if no loss asks for it
 * @param opponent float[B], log pi(y' | x) of the opponent's response
 * @param wins float[B], how likely the own response is the better one
 */
record Contest(Tensor own, Tensor reference, Tensor opponent, Tensor wins) {

  /**
   * The contest of some pairs.
   *
   * @param tokens float[2B, R], log pi of the tokens of chosen and rejected of each pair in turn; 0
   *     beyond a response's end
   * @param reference of each pair the reference's log-probs of its own response's tokens; empty if
   *     no loss asks for them
   */
  static Contest of(List<TokenPair> pairs, Tensor tokens, List<float[]> reference) {
    int width = Math.toIntExact(tokens.size(1));
    float[] grid = new float[pairs.size() * width];
    for (int b = 0; b < reference.size(); b++) {
      System.arraycopy(reference.get(b), 0, grid, b * width, reference.get(b).length);
    }
    double[] wins = pairs.stream().mapToDouble(pair -> 1 / (1 + Math.exp(-pair.lead()))).toArray();
    return new Contest(
        tokens.index_select(0, places(pairs, 0)),
        Ops.floats(grid, pairs.size(), width).to(tokens.scalar_type()),
        tokens.index_select(0, places(pairs, 1)).sum(1),
        Ops.doubles(wins, wins.length).to(tokens.scalar_type()));
  }

  /** Where the own responses are among all, or those of the opponent: long[B]. */
  private static Tensor places(List<TokenPair> pairs, int opponents) {
    long[] places =
        IntStream.range(0, pairs.size())
            .mapToLong(
                b -> {
                  int own = pairs.get(b).opponent() == TokenPair.Opponent.CHOSEN ? 1 : 0;
                  return 2L * b + (own ^ opponents);
                })
            .toArray();
    return Ops.longs(places, places.length);
  }

  /** log pi(y | x) of the policy's own responses: float[B]. */
  Tensor logprob() {
    return own.sum(1);
  }

  /**
   * What has the gradient of KL(pi || reference), estimated on the own responses: float[B]. Its
   * value means nothing.
   *
   * @param unit whether the gradient of a token's log-prob is weighted by the log-ratio of the
   *     whole response, an unbiased estimate, or by the token's own, which varies less
   */
  Tensor pull(ObjectiveConfig.KlUnit unit) {
    Tensor ratios = own.detach().sub(reference);
    return unit == ObjectiveConfig.KlUnit.TOKEN
        ? ratios.mul(own).sum(1)
        : ratios.sum(1).mul(logprob());
  }
}
