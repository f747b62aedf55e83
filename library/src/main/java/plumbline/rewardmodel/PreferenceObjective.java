package plumbline.rewardmodel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import plumbline.model.MicroBatches;
import plumbline.model.TokenBatch;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.score.RewardModelScorer;
import plumbline.tensor.Ops;
import plumbline.train.Rollout;

/**
 * Learns which of several responses to a prompt is better. Every response passes through the model
 * once, however many pairs it is in.
 */
final class PreferenceObjective implements Objective {
  private final Transformer model;
  private final int output;
  private final PreferenceConfig config;
  private final int promptsPerMicroBatch;
  private final List<Comparison> train;
  private final List<Comparison> heldOut;

  PreferenceObjective(
      Transformer model,
      int output,
      PreferenceConfig config,
      int promptsPerMicroBatch,
      List<Comparison> train,
      List<Comparison> heldOut) {
    this.model = model;
    this.output = output;
    this.config = config;
    this.promptsPerMicroBatch = promptsPerMicroBatch;
    this.train = train;
    this.heldOut = heldOut;
  }

  @Override
  public int rows() {
    return train.size();
  }

  @Override
  public List<int[]> texts(int[] indices) {
    return Arrays.stream(indices)
        .boxed()
        .flatMap(i -> train.get(i).responses().stream())
        .map(TokenizedRow::tokens)
        .toList();
  }

  @Override
  public Update accumulate(int[] indices, long seed) {
    List<Comparison> prompts = Arrays.stream(indices).mapToObj(train::get).toList();
    int[] padded = prompts.stream().mapToInt(PreferenceObjective::padded).toArray();
    List<double[]> parts =
        MicroBatches.accumulate(
            List.of(model),
            MicroBatches.split(padded, promptsPerMicroBatch),
            part ->
                model.training(
                    Rollout.seed(seed, 0, part.get(0)),
                    () ->
                        accumulate(part.stream().map(prompts::get).toList(), prompts.size())
                            .numbers()));
    Sums total = new Sums(0, 0, 0, 0, 0);
    for (double[] part : parts) {
      total = total.plus(Sums.of(part));
    }
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("rewards/chosen", total.better);
    metrics.put("rewards/rejected", total.worse);
    metrics.put("rewards/margins", total.better - total.worse);
    metrics.put("rewards/accuracies", total.right);
    int tokens = prompts.stream().mapToInt(Comparison::tokens).sum();
    return new Update(total.loss, total.responses, tokens, metrics);
  }

  /** Tokens of all responses with their prompts, each filled up to the longest. */
  private static int padded(Comparison prompt) {
    return prompt.responses().size() * prompt.longest().tokens().length;
  }

  /**
   * Means over an update's prompts of the means over a prompt's pairs, or a part of them.
   *
   * @param responses that passed through the model
   */
  private record Sums(double loss, int responses, double better, double worse, double right) {
    static Sums of(double[] numbers) {
      return new Sums(numbers[0], (int) numbers[1], numbers[2], numbers[3], numbers[4]);
    }

    double[] numbers() {
      return new double[] {loss, responses, better, worse, right};
    }

    Sums plus(Sums other) {
      return new Sums(
          loss + other.loss,
          responses + other.responses,
          better + other.better,
          worse + other.worse,
          right + other.right);
    }
  }

  /** Adds the gradients of a micro-batch's part of the loss. */
  private Sums accumulate(List<Comparison> batch, int promptsOfUpdate) {
    int[][] rows =
        batch.stream()
            .flatMap(prompt -> prompt.responses().stream())
            .map(TokenizedRow::tokens)
            .toArray(int[][]::new);
    Pairs pairs = Pairs.of(batch);
    Tensor scores = model.labelScores(TokenBatch.of(rows)).select(1, output);
    Tensor better = scores.index_select(0, Ops.longs(pairs.better, pairs.better.length));
    Tensor worse = scores.index_select(0, Ops.longs(pairs.worse, pairs.worse.length));
    Tensor losses =
        BradleyTerryLoss.perPair(
            better,
            worse,
            like(better, margins(pairs)),
            like(better, right(pairs)),
            config.centring(),
            config.scoreL2());
    Tensor loss =
        Ops.times(
            BradleyTerryLoss.meanOverPrompts(losses, pairs.ofPrompt, promptsOfUpdate),
            config.weight());
    loss.backward();
    double[] shares = BradleyTerryLoss.shares(pairs.ofPrompt, promptsOfUpdate);
    double[] b = Ops.toDoubles(better);
    double[] w = Ops.toDoubles(worse);
    return new Sums(
        loss.item_double(),
        rows.length,
        sum(shares, b),
        sum(shares, w),
        IntStream.range(0, b.length).filter(i -> b[i] > w[i]).mapToDouble(i -> shares[i]).sum());
  }

  private static Tensor like(Tensor scores, double[] values) {
    return Ops.doubles(values, values.length).to(scores.scalar_type().intern());
  }

  private static double sum(double[] shares, double[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> shares[i] * values[i]).sum();
  }

  /** The pairs of a batch: where their scores stand among those of its responses. */
  private record Pairs(long[] better, long[] worse, int[] ofPrompt, double[] strength) {
    static Pairs of(List<Comparison> batch) {
      List<int[]> all = new ArrayList<>();
      List<Double> strength = new ArrayList<>();
      int first = 0;
      for (Comparison prompt : batch) {
        for (int[] pair : prompt.pairs()) {
          all.add(new int[] {first + pair[0], first + pair[1]});
          strength.add(prompt.strength().orElse(Double.NaN));
        }
        first += prompt.responses().size();
      }
      return new Pairs(
          all.stream().mapToLong(pair -> pair[0]).toArray(),
          all.stream().mapToLong(pair -> pair[1]).toArray(),
          batch.stream().mapToInt(prompt -> prompt.pairs().size()).toArray(),
          strength.stream().mapToDouble(Double::doubleValue).toArray());
    }
  }

  /** 0 for a pair without a strength. */
  private double[] margins(Pairs pairs) {
    boolean used = config.margin() == PreferenceConfig.Use.STRENGTH;
    return Arrays.stream(pairs.strength)
        .map(s -> used && !Double.isNaN(s) ? config.strengthScale() * s : 0)
        .toArray();
  }

  /** The probability of the choice, drawn in by smoothing; 1 before that without a strength. */
  private double[] right(Pairs pairs) {
    boolean used = config.target() == PreferenceConfig.Use.STRENGTH;
    double q = config.labelSmoothing();
    return Arrays.stream(pairs.strength)
        .map(s -> used && !Double.isNaN(s) ? 1 / (1 + Math.exp(-config.strengthScale() * s)) : 1)
        .map(p -> (1 - q) * p + q * (1 - p))
        .toArray();
  }

  @Override
  public boolean hasHeldOut() {
    return !heldOut.isEmpty();
  }

  @Override
  public Measurement.Comparisons measure() {
    List<TokenizedRow> rows =
        heldOut.stream().flatMap(prompt -> prompt.responses().stream()).toList();
    double[] scores = RewardModelScorer.raw(model, output, rows, 2 * promptsPerMicroBatch);
    List<double[]> margins = new ArrayList<>();
    int first = 0;
    for (Comparison prompt : heldOut) {
      int from = first;
      margins.add(
          prompt.pairs().stream()
              .mapToDouble(pair -> scores[from + pair[0]] - scores[from + pair[1]])
              .toArray());
      first += prompt.responses().size();
    }
    return new Measurement.Comparisons(margins);
  }
}
