package plumbline.rewardmodel;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import plumbline.model.MicroBatches;
import plumbline.model.TokenBatch;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.score.RewardModelScorer;
import plumbline.tensor.Ops;
import plumbline.train.Rollout;

/** Learns how good a response is by itself. */
final class AbsoluteObjective implements Objective {
  private final Transformer model;
  private final int output;
  private final AbsoluteConfig config;
  private final RangeBalance balance;
  private final int rowsPerMicroBatch;
  private final List<Rating> train;
  private final List<Rating> heldOut;

  /**
   * For one output of a model.
   *
   * @param train each row as often as it is to be seen in an epoch
   */
  AbsoluteObjective(
      Transformer model,
      int output,
      AbsoluteConfig config,
      int rowsPerMicroBatch,
      List<Rating> train,
      List<Rating> heldOut) {
    this.model = model;
    this.output = output;
    this.config = config;
    this.rowsPerMicroBatch = rowsPerMicroBatch;
    this.train = train;
    this.balance = new RangeBalance(config, train.stream().mapToDouble(Rating::target).toArray());
    this.heldOut = heldOut;
  }

  @Override
  public int rows() {
    return train.size();
  }

  @Override
  public List<int[]> texts(int[] indices) {
    return Arrays.stream(indices).mapToObj(i -> train.get(i).row().tokens()).toList();
  }

  @Override
  public Update accumulate(int[] indices, long seed) {
    List<Rating> rows = Arrays.stream(indices).mapToObj(train::get).toList();
    List<TokenizedRow> tokenized = rows.stream().map(Rating::row).toList();
    List<double[]> parts =
        MicroBatches.accumulate(
            List.of(model),
            TokenizedRow.microBatches(tokenized, rowsPerMicroBatch),
            part ->
                model.training(
                    Rollout.seed(seed, 1, part.get(0)),
                    () -> accumulate(part.stream().map(rows::get).toList(), rows.size())));
    double loss = 0;
    double squares = 0;
    for (double[] part : parts) {
      loss += part[0];
      squares += part[1];
    }
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("ratings/mse", squares / rows.size());
    int tokens = tokenized.stream().mapToInt(r -> r.prompt().length + r.response().length).sum();
    return new Update(loss, rows.size(), tokens, metrics);
  }

  /** Adds the gradients of a micro-batch's part of the loss; returns that and squared errors. */
  private double[] accumulate(List<Rating> batch, int rowsOfUpdate) {
    int[][] rows = batch.stream().map(rating -> rating.row().tokens()).toArray(int[][]::new);
    double[] wanted = batch.stream().mapToDouble(Rating::target).toArray();
    double[] weights = Arrays.stream(wanted).map(balance::weight).toArray();
    Tensor scores = model.labelScores(TokenBatch.of(rows)).select(1, output);
    var type = scores.scalar_type().intern();
    Tensor losses =
        AbsoluteLoss.perRow(
            config.form(),
            scores,
            Ops.doubles(wanted, wanted.length).to(type),
            config.outsidePenalty());
    Tensor loss =
        Ops.times(
            AbsoluteLoss.mean(losses, Ops.doubles(weights, weights.length).to(type), rowsOfUpdate),
            config.weight());
    loss.backward();
    Measurement.Ratings seen =
        new Measurement.Ratings(config.form(), Ops.toDoubles(scores), wanted);
    return new double[] {loss.item_double(), seen.mse() * batch.size()};
  }

  @Override
  public boolean hasHeldOut() {
    return !heldOut.isEmpty();
  }

  @Override
  public Measurement.Ratings measure() {
    List<TokenizedRow> rows = heldOut.stream().map(Rating::row).toList();
    double[] scores = RewardModelScorer.raw(model, output, rows, 2 * rowsPerMicroBatch);
    double[] targets = heldOut.stream().mapToDouble(Rating::target).toArray();
    return new Measurement.Ratings(config.form(), scores, targets);
  }
}
