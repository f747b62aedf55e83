package plumbline.ppo;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import plumbline.model.TokenizedRow;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;
import plumbline.train.ResponseBatch;

/**
 * One update's rollouts with what the losses want of them, as plain numbers per response token.
 *
 * @param rows prompt and response tokens
 * @param logprobs under the policy before the update
 * @param refLogprobs under the reference
 * @param values of the critic before the update; 0 without one
 * @param advantages whitened if asked for; with the weights of a {@link RolloutMismatch}, which the
 *     objectives that they scale then carry
 * @param returns what the critic is to predict
 */
record PpoBatch(
    List<TokenizedRow> rows,
    List<float[]> logprobs,
    List<float[]> refLogprobs,
    List<float[]> values,
    List<float[]> advantages,
    List<float[]> returns) {

  /**
   * Advantages and returns of an update's rollouts, and of those the rows to learn from.
   *
   * @param measured what models say of the rollouts
   * @param earned what the rollouts earn
   * @param klCoefficient weight of the divergence
   * @param choice the rows to learn from, by the rewards of whole responses: the score less what it
   *     paid for divergence
   */
  static PpoBatch of(
      Measured measured,
      Earned earned,
      double klCoefficient,
      PpoConfig config,
      Function<double[], List<Integer>> choice) {
    List<TokenizedRow> rows = measured.rows();
    double paid = config.kl().place() == PpoConfig.Place.REWARD ? klCoefficient : 0;
    return Scopes.noGrad(
        () ->
            Scopes.call(
                () -> {
                  ResponseBatch batch = ResponseBatch.of(rows);
                  Tensor mask = batch.mask();
                  Tensor rewards =
                      rewards(earned, batch, batch.perToken(measured.penalties()), paid);
                  Estimator.Evidence evidence =
                      new Estimator.Evidence(
                          rewards,
                          batch.perToken(measured.values()),
                          mask,
                          earned.scores(),
                          earned.baselines(),
                          config.samplesPerPrompt());
                  Estimator.Estimate estimate =
                      config.advantage().estimator().of(evidence, config.advantage());
                  List<Integer> kept = choice.apply(evidence.responseRewards());
                  Tensor advantages =
                      kept.isEmpty()
                          ? estimate.advantages()
                          : AdvantageShaping.of(
                              estimate.advantages(),
                              maskOf(kept, rows.size(), mask),
                              config.advantage());
                  Tensor counted =
                      measured
                          .mismatch()
                          .filter(m -> config.advantage().estimator() != Estimator.NONE)
                          .map(m -> batch.perToken(m.weights(config.loss().rolloutCap())))
                          .map(advantages::mul)
                          .orElse(advantages);
                  return new PpoBatch(
                          rows,
                          measured.logprobs(),
                          measured.refLogprobs(),
                          measured.values(),
                          batch.rows(counted),
                          batch.rows(estimate.returns()))
                      .select(kept);
                }));
  }

  private static Tensor rewards(
      Earned earned, ResponseBatch batch, Tensor penalties, double klCoefficient) {
    if (earned.perToken().isEmpty()) {
      double[] scores = earned.scores();
      return TokenRewards.of(
          Ops.doubles(scores, scores.length), penalties, batch.mask(), klCoefficient);
    }
    List<float[]> rows = earned.perToken().stream().map(PpoBatch::floats).toList();
    return TokenRewards.ofTokens(batch.perToken(rows), penalties, batch.mask(), klCoefficient);
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  /** The mask at the rows that are kept, 0 elsewhere. */
  private static Tensor maskOf(List<Integer> kept, int rows, Tensor mask) {
    double[] wanted = new double[rows];
    kept.forEach(row -> wanted[row] = 1);
    return Estimator.spread(wanted, mask);
  }

  /**
   * What models say of rollouts, per response token.
   *
   * @param logprobs under the policy before the update
   * @param penalties of leaving the reference, in nats: the estimator that is configured
   * @param mismatch where a rounded copy of the policy sampled
   */
  record Measured(
      List<TokenizedRow> rows,
      List<float[]> logprobs,
      List<float[]> refLogprobs,
      List<float[]> values,
      List<float[]> penalties,
      Optional<RolloutMismatch> mismatch) {

    /** Mean over rows of the divergence summed over a row's tokens, in nats (k1). */
    double kl() {
      double sum = 0;
      for (int i = 0; i < rows.size(); i++) {
        for (int t = 0; t < logprobs.get(i).length; t++) {
          sum += (double) logprobs.get(i)[t] - refLogprobs.get(i)[t];
        }
      }
      return sum / rows.size();
    }

    long tokens() {
      return tokensOf(rows);
    }
  }

  /** Response tokens in all rows. */
  long tokens() {
    return tokensOf(rows);
  }

  private static long tokensOf(List<TokenizedRow> rows) {
    return rows.stream().mapToLong(row -> row.response().length).sum();
  }

  /** Some of the rows. */
  PpoBatch select(List<Integer> indices) {
    return new PpoBatch(
        select(rows, indices),
        select(logprobs, indices),
        select(refLogprobs, indices),
        select(values, indices),
        select(advantages, indices),
        select(returns, indices));
  }

  private static <T> List<T> select(List<T> all, List<Integer> indices) {
    List<T> selected = new ArrayList<>();
    indices.forEach(i -> selected.add(all.get(i)));
    return selected;
  }
}
