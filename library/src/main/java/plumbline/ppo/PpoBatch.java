package plumbline.ppo;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import plumbline.model.TokenizedRow;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;
import plumbline.train.ResponseBatch;
import plumbline.train.Rollout;

/**
 * One update's rollouts with what the losses want of them, as plain numbers per response token.
 *
 * @param rows prompt and response tokens
 * @param logprobs under the policy that sampled
 * @param values of the critic before the update
 * @param advantages whitened if asked for
 * @param returns what the critic is to predict
 * @param kl mean over rows of the divergence summed over a row's tokens, in nats (k1)
 */
record PpoBatch(
    List<TokenizedRow> rows,
    List<float[]> logprobs,
    List<float[]> values,
    List<float[]> advantages,
    List<float[]> returns,
    double kl) {

  /**
   * Rewards, advantages and returns of an update's rollouts.
   *
   * @param refLogprobs of each response token under the reference
   * @param values of the critic at each response token
   * @param scores one per rollout
   */
  static PpoBatch of(
      List<Rollout> rollouts,
      List<float[]> refLogprobs,
      List<float[]> values,
      double[] scores,
      double klCoefficient,
      PpoConfig config) {
    List<TokenizedRow> rows = rollouts.stream().map(Rollout::tokens).toList();
    List<float[]> logprobs = rollouts.stream().map(Rollout::logprobs).toList();
    return Scopes.noGrad(
        () ->
            Scopes.call(
                () -> {
                  ResponseBatch batch = ResponseBatch.of(rows);
                  Tensor mask = batch.mask();
                  Tensor old = batch.perToken(logprobs);
                  Tensor ref = batch.perToken(refLogprobs);
                  Tensor penalty = config.klPenalty().of(old, ref);
                  Tensor rewards =
                      TokenRewards.of(
                          Ops.doubles(scores, scores.length), penalty, mask, klCoefficient);
                  GeneralizedAdvantage estimate =
                      GeneralizedAdvantage.of(
                          batch.perToken(values), rewards, mask, config.gamma(), config.lambda());
                  Tensor advantages =
                      config.whitenAdvantages()
                          ? Ops.whiten(estimate.advantages(), mask)
                          : estimate.advantages();
                  double kl = Ops.maskedSum(old.sub(ref), mask).item_double() / rows.size();
                  return new PpoBatch(
                      rows,
                      logprobs,
                      values,
                      batch.rows(advantages),
                      batch.rows(estimate.returns()),
                      kl);
                }));
  }

  /** Response tokens in all rows. */
  long tokens() {
    return rows.stream().mapToLong(row -> row.response().length).sum();
  }

  /** Some of the rows. */
  PpoBatch select(List<Integer> indices) {
    return new PpoBatch(
        select(rows, indices),
        select(logprobs, indices),
        select(values, indices),
        select(advantages, indices),
        select(returns, indices),
        kl);
  }

  private static <T> List<T> select(List<T> all, List<Integer> indices) {
    List<T> selected = new ArrayList<>();
    indices.forEach(i -> selected.add(all.get(i)));
    return selected;
  }
}
