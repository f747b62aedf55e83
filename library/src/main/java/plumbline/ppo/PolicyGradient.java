package plumbline.ppo;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import plumbline.model.MicroBatches;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.tensor.Ops;
import plumbline.train.Logprobs;
import plumbline.train.ResponseBatch;
import plumbline.train.Rollout;

/** The gradients of an update's losses, some rows at a time. */
final class PolicyGradient {
  private final PpoConfig config;
  private final PolicyState state;
  private final PolicyObjective objective;
  private final boolean hasValues;
  private final boolean shared;

  PolicyGradient(PpoConfig config, PolicyState state) {
    this.config = config;
    this.state = state;
    this.objective = config.loss().policy();
    this.shared = config.critic().kind() == PpoConfig.Critic.SHARED;
    this.hasValues = shared || state.critic.isPresent();
  }

  /** What a micro-batch's losses want to know of the update. */
  private record Weights(Aggregation.Whole whole, double klCoefficient, boolean trainsPolicy) {}

  /** Log-probs are those of the distribution that was sampled from. */
  double temperature() {
    return config.sampling().sampling().logprobTemperature();
  }

  /** The model that gives the values, if one does. */
  Transformer critic() {
    return state.critic.orElse(state.policy);
  }

  /**
   * Adds the gradients of all rows' losses; their statistics before the step.
   *
   * @param dropoutSeed seed of dropout
   */
  PpoStatistics accumulate(PpoBatch batch, long dropoutSeed) {
    Weights weights =
        new Weights(
            new Aggregation.Whole(
                batch.tokens(), batch.rows().size(), config.sampling().maxNewTokens()),
            state.kl.coefficient(),
            state.trainsPolicy(config));
    List<double[]> parts =
        MicroBatches.accumulate(
            List.of(state.policy, critic()),
            TokenizedRow.microBatches(batch.rows(), config.rowsPerMicroBatch(), state.policy),
            indices -> {
              long dropped = Rollout.seed(dropoutSeed, 0, indices.get(0));
              PpoBatch part = batch.select(indices);
              return state.policy.training(
                  dropped, () -> critic().training(dropped, () -> ofPart(part, weights).numbers()));
            });
    PpoStatistics statistics = PpoStatistics.none();
    for (double[] part : parts) {
      statistics = statistics.plus(PpoStatistics.of(part));
    }
    return statistics;
  }

  private PpoStatistics ofPart(PpoBatch part, Weights weights) {
    ResponseBatch batch = ResponseBatch.of(part.rows());
    Tensor mask = batch.mask();
    Tensor old = batch.perToken(part.logprobs());
    Tensor advantages = batch.perToken(part.advantages());
    Tensor returns = batch.perToken(part.returns());
    Tensor states = batch.states(state.policy);
    boolean bonus = config.loss().entropyCoefficient() > 0;
    Logprobs.WithEntropy found =
        Logprobs.withEntropy(state.policy, states, batch.ids(), temperature(), bonus);
    Tensor logprobs = found.logprobs();
    Aggregation aggregation = config.loss().aggregation();

    Tensor loss =
        aggregation.of(objective.terms(logprobs, old, advantages, mask), mask, weights.whole());
    PpoStatistics statistics =
        PpoStatistics.ofPolicy(
            logprobs.detach(),
            found.entropy().detach(),
            old,
            advantages,
            returns,
            mask,
            objective,
            length -> aggregation.weight(length, weights.whole()));
    if (config.kl().place() == PpoConfig.Place.LOSS) {
      Tensor penalty = penalty(logprobs, old, batch.perToken(part.refLogprobs()), mask);
      Tensor klLoss =
          Ops.times(aggregation.of(penalty, mask, weights.whole()), weights.klCoefficient());
      statistics = statistics.with("loss/kl", klLoss.item_double(), weights.whole().tokens());
      loss = loss.add(klLoss);
    }
    if (bonus) {
      Tensor entropy = aggregation.of(Ops.masked(found.entropy(), mask), mask, weights.whole());
      Tensor reward = Ops.times(entropy, -config.loss().entropyCoefficient());
      statistics = statistics.with("loss/entropy", reward.item_double(), weights.whole().tokens());
      loss = loss.add(reward);
    }
    if (weights.trainsPolicy() && !shared) {
      // What the policy's pass holds is free before the critic's begins.
      loss.backward();
    }
    if (!hasValues) {
      return statistics;
    }
    Tensor values = critic().values(shared ? states : batch.states(critic()));
    Tensor oldValues = batch.perToken(part.values());
    double range = config.critic().clipRange();
    Tensor valueTerms = PpoLoss.valueTerms(values, oldValues, returns, mask, range);
    Tensor valueLoss =
        Ops.times(
            PpoLoss.mean(valueTerms, weights.whole().tokens()),
            shared ? config.critic().valueCoefficient() : 1);
    (weights.trainsPolicy() && shared ? loss.add(valueLoss) : valueLoss).backward();
    return statistics.plus(
        PpoStatistics.ofValues(values.detach(), oldValues, returns, mask, range));
  }

  private Tensor penalty(Tensor logprobs, Tensor old, Tensor ref, Tensor mask) {
    Tensor plain = config.kl().estimator().inLoss(logprobs, ref, config.kl().straightThrough());
    return Ops.masked(
        config.kl().importance()
            ? KlPenalty.weighted(plain, objective.logRatio(logprobs, old, mask))
            : plain,
        mask);
  }

  /**
   * Adds the gradient of the demonstrations' mean loss per token; returns that loss, weighted.
   *
   * @param dropoutSeed seed of dropout
   */
  double imitate(List<TokenizedRow> demonstrations, double coefficient, long dropoutSeed) {
    long tokens = demonstrations.stream().mapToLong(row -> row.response().length).sum();
    List<double[]> parts =
        MicroBatches.accumulate(
            List.of(state.policy),
            TokenizedRow.microBatches(demonstrations, config.rowsPerMicroBatch(), state.policy),
            indices ->
                state.policy.training(
                    Rollout.seed(dropoutSeed, 1, indices.get(0)),
                    () -> {
                      List<TokenizedRow> rows = indices.stream().map(demonstrations::get).toList();
                      return new double[] {imitatePart(rows, tokens, coefficient)};
                    }));
    return parts.stream().mapToDouble(part -> part[0]).reduce(0, Double::sum);
  }

  private double imitatePart(List<TokenizedRow> rows, long tokens, double coefficient) {
    ResponseBatch batch = ResponseBatch.of(rows);
    Tensor logprobs = Logprobs.ofStates(state.policy, batch.states(state.policy), batch.ids(), 1);
    Tensor loss = Ops.times(PpoLoss.mean(Ops.masked(logprobs, batch.mask()), tokens), -coefficient);
    loss.backward();
    return loss.item_double();
  }
}
