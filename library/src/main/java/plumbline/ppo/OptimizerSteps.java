package plumbline.ppo;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import plumbline.model.TokenizedRow;
import plumbline.train.EpochOrder;
import plumbline.train.Rollout;
import plumbline.train.UpdateGuard;
import plumbline.train.Updater;
import plumbline.train.WeightAverage;

/** The optimizer steps on one update's rollouts: some epochs, each in some parts. */
final class OptimizerSteps {
  private final PpoConfig config;
  private final PolicyState state;
  private final PolicyGradient gradient;
  private final UpdateGuard guard;
  private final List<TokenizedRow> demonstrations;
  private final long seed;

  /**
   * Over what a trainer holds.
   *
   * @param demonstrations to imitate at every step where {@code ptx} is set
   */
  OptimizerSteps(
      PpoConfig config,
      PolicyState state,
      PolicyGradient gradient,
      UpdateGuard guard,
      List<TokenizedRow> demonstrations,
      long seed) {
    this.config = config;
    this.state = state;
    this.gradient = gradient;
    this.guard = guard;
    this.demonstrations = demonstrations;
    this.seed = seed;
  }

  /** Takes the steps; returns their metrics. Nothing happens without a row. */
  Map<String, Double> on(PpoBatch batch) {
    PpoStatistics statistics = PpoStatistics.none();
    Updater.Step last = new Updater.Step(Double.NaN, Double.NaN);
    boolean trainsPolicy = state.trainsPolicy(config);
    boolean near = !batch.rows().isEmpty();
    for (int epoch = 0; near && epoch < config.ppoEpochs(); epoch++) {
      List<PpoBatch> parts = minibatches(batch, epoch);
      for (int part = 0; near && part < parts.size(); part++) {
        guard.begin(state.step, texts(parts.get(part).rows()));
        long stepSeed = Rollout.seed(seed, state.step, (long) epoch * config.minibatches() + part);
        PpoStatistics ofStep = gradient.accumulate(parts.get(part), stepSeed);
        near =
            config.stop().approxKl().isEmpty()
                || !(ofStep.approxKl() > config.stop().approxKl().getAsDouble());
        if (near && trainsPolicy) {
          ofStep = imitate(ofStep, stepSeed);
        }
        statistics = statistics.plus(ofStep);
        if (near) {
          last = step(trainsPolicy);
        } else {
          state.policyUpdater.discard();
          state.criticUpdater.ifPresent(Updater::discard);
        }
      }
    }
    if (trainsPolicy) {
      state.average.ifPresent(WeightAverage::update);
    }
    boolean shared = config.critic().kind() == PpoConfig.Critic.SHARED;
    double valueWeight = shared ? config.critic().valueCoefficient() : 1;
    Map<String, Double> metrics = new LinkedHashMap<>(statistics.metrics(valueWeight));
    metrics.put("lr", last.lr());
    metrics.put("grad_norm", last.gradNorm());
    return metrics;
  }

  private Updater.Step step(boolean trainsPolicy) {
    Optional<Updater.Step> ofPolicy =
        trainsPolicy ? Optional.of(state.policyUpdater.step()) : Optional.empty();
    Optional<Updater.Step> ofCritic = state.criticUpdater.map(Updater::step);
    return ofPolicy.or(() -> ofCritic).orElseThrow();
  }

  private PpoStatistics imitate(PpoStatistics statistics, long stepSeed) {
    if (config.ptx().isEmpty()) {
      return statistics;
    }
    PpoConfig.Ptx keys = config.ptx().get();
    List<TokenizedRow> rows =
        IntStream.of(state.ptxOrder.orElseThrow().next(keys.rows()))
            .mapToObj(demonstrations::get)
            .toList();
    double loss = gradient.imitate(rows, keys.coefficient(), stepSeed);
    return statistics.with("loss/ptx", loss, statistics.tokens());
  }

  /** An update's rows in parts, one per optimizer step of an epoch; the last may be smaller. */
  private List<PpoBatch> minibatches(PpoBatch batch, int epoch) {
    int rows = batch.rows().size();
    int parts = Math.min(rows, config.minibatches());
    if (parts == 1) {
      return List.of(batch);
    }
    int[] order = new EpochOrder(rows, Rollout.seed(seed, state.step, -2 - epoch)).next(rows);
    return IntStream.range(0, parts)
        .mapToObj(
            part ->
                batch.select(
                    Arrays.stream(order, part * rows / parts, (part + 1) * rows / parts)
                        .boxed()
                        .toList()))
        .toList();
  }

  /** What the guard keeps for study. */
  static List<int[]> texts(List<TokenizedRow> rows) {
    return rows.stream().map(TokenizedRow::tokens).toList();
  }
}
