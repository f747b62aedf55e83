package plumbline.dpo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import plumbline.InputException;
import plumbline.model.MicroBatches;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;
import plumbline.text.DialogueEncoder;
import plumbline.text.EncodedDialogue;
import plumbline.train.EpochOrder;
import plumbline.train.LengthConfig;
import plumbline.train.Progress;
import plumbline.train.Rollout;
import plumbline.train.RunDirectory;

/** Learns a policy from responses that are good or bad by themselves. */
public final class KtoTrainer implements PreferenceLoop.Objective {
  /** Sets the order of mismatched responses apart from that of training. */
  private static final long MISMATCH = 0x6B746F;

  private final Transformer policy;
  private final KtoConfig config;
  private final UnpairedForward forward;
  private final Transformer before;
  private final Side train;
  private final Side test;
  private final List<TokenizedRow> mismatched;
  private final float[] mismatchedReference;
  private final double[] weights;
  private final RunningMean rewardMean = new RunningMean();

  /** Rows with their labels and their log-probs under the reference. */
  private record Side(List<TokenizedRow> rows, boolean[] desirable, float[] reference) {
    int count(boolean wanted) {
      int count = 0;
      for (boolean found : desirable) {
        count += found == wanted ? 1 : 0;
      }
      return count;
    }
  }

  /**
   * What came of it.
   *
   * @param steps updates made
   * @param desirable desirable training responses within the limits
   * @param undesirable the others
   * @param weights of a desirable and of an undesirable response
   * @param accuracy how often a desirable test response's implicit reward is above an undesirable
   *     one's; NaN without either
   * @param chosenChange how far training has moved the mean log-prob of the desirable test
   *     responses, in nats
   * @param rejectedChange how far it has moved that of the undesirable ones
   */
  public record Result(
      long steps,
      int desirable,
      int undesirable,
      double[] weights,
      double accuracy,
      double chosenChange,
      double rejectedChange) {}

  private record Labelled(List<TokenizedRow> rows, List<Boolean> desirable) {
    Labelled first(int most) {
      int kept = Math.min(most, rows.size());
      return new Labelled(rows.subList(0, kept), desirable.subList(0, kept));
    }
  }

  private KtoTrainer(
      Transformer policy,
      KtoConfig config,
      Labelled train,
      Labelled test,
      DpoTrainer.Reference reference,
      long seed) {
    this.policy = policy;
    this.config = config;
    this.forward = new UnpairedForward(config.rowsPerMicroBatch());
    this.before = reference.model().orElse(policy);
    this.train = side(train, config.asksAnew() ? new float[0] : reference(reference, train.rows()));
    this.test = side(test, reference(reference, test.rows()));
    this.mismatched =
        config.loss().wantsReferencePoint() ? mismatched(train.rows(), seed) : List.of();
    this.mismatchedReference = config.asksAnew() ? new float[0] : reference(reference, mismatched);
    this.weights = config.sideWeights(this.train.count(true), this.train.count(false));
    policy.checkpointActivations(config.activationCheckpointing());
  }

  private static Side side(Labelled labelled, float[] reference) {
    boolean[] desirable = new boolean[labelled.rows().size()];
    for (int i = 0; i < desirable.length; i++) {
      desirable[i] = labelled.desirable().get(i);
    }
    return new Side(labelled.rows(), desirable, reference);
  }

  private float[] reference(DpoTrainer.Reference reference, List<TokenizedRow> rows) {
    if (config.reference() == DpoConfig.Reference.NONE || rows.isEmpty()) {
      return new float[rows.size()];
    }
    return ReferenceLogprobs.of(
        reference.cache(),
        UnpairedForward.key(reference.hash(), rows),
        rows.size(),
        () -> forward.values(before, rows));
  }

  /** What the reference says of rows at some places of all, looked up or computed anew. */
  private float[] reference(List<TokenizedRow> rows, float[] cached, int[] places) {
    return config.asksAnew()
        ? forward.values(before, rows)
        : ReferenceLogprobs.at(cached, places, 1);
  }

  /**
   * To each row's prompt the response of another one, the next of another prompt in a random order,
   * always the same: so the reference's log-probs are computed once.
   */
  static List<TokenizedRow> mismatched(List<TokenizedRow> rows, long seed) {
    int[] order = new EpochOrder(rows.size(), seed ^ MISMATCH).next(rows.size());
    TokenizedRow[] mismatched = new TokenizedRow[rows.size()];
    for (int i = 0; i < order.length; i++) {
      int[] prompt = rows.get(order[i]).prompt();
      int other = 1;
      while (other < order.length
          && Arrays.equals(prompt, rows.get(order[(i + other) % order.length]).prompt())) {
        other++;
      }
      TokenizedRow from = rows.get(order[(i + other) % order.length]);
      mismatched[order[i]] = new TokenizedRow(prompt, from.response());
    }
    return List.of(mismatched);
  }

  /**
   * Trains every weight that is {@code policy}'s own, in place: all, or those of its adapter.
   *
   * @param test responses that are measured but not trained on; may be empty
   * @throws InputException if no response of either kind fits the limits, or one is too long and
   *     that is an error
   */
  public static Result train(
      Transformer policy,
      DialogueEncoder text,
      DpoTrainer.Reference reference,
      List<LabelledResponse> train,
      List<LabelledResponse> test,
      KtoConfig config,
      long seed,
      RunDirectory run,
      Progress progress) {
    run.reads(ids -> text.tokenizer().decode(ids, false));
    Labelled rows = tokenized(text, train, config, run, "training");
    for (boolean side : new boolean[] {true, false}) {
      if (!rows.desirable().contains(side)) {
        throw new InputException(
            "%s: none of %d training responses is %s; check 'label', 'threshold' and 'lengths'"
                .formatted(config.data(), train.size(), side ? "desirable" : "undesirable"));
      }
    }
    Labelled held = tokenized(text, test, config, run, "test").first(config.evalRows());
    return new KtoTrainer(policy, config, rows, held, reference, seed).run(seed, run, progress);
  }

  private static Labelled tokenized(
      DialogueEncoder text,
      List<LabelledResponse> responses,
      KtoConfig config,
      RunDirectory run,
      String what) {
    List<TokenizedRow> rows = new ArrayList<>();
    List<Boolean> desirable = new ArrayList<>();
    int cut = 0;
    for (LabelledResponse row : responses) {
      Optional<EncodedDialogue> ids =
          text.conversation(row.prompt(), row.response(), config.lengths().limits());
      if (ids.isPresent()) {
        rows.add(new TokenizedRow(ids.get().prompt(), ids.get().response()));
        desirable.add(row.desirable());
      }
      cut += config.lengths().cuts(text, row.prompt(), row.response()) ? 1 : 0;
    }
    int dropped = responses.size() - rows.size();
    LengthConfig.report(run, what + " responses", responses.size(), dropped, cut);
    return new Labelled(rows, desirable);
  }

  private Result run(long seed, RunDirectory run, Progress progress) {
    PreferenceLoop loop =
        new PreferenceLoop(
            "kto",
            train.rows().size(),
            config.epochs(),
            config.rowsPerUpdate(),
            config.maxSteps(),
            config.evalEvery(),
            config.optimizer(),
            config.checkpoints());
    UnpairedStatistics start = statistics();
    long steps = loop.run(policy, this, rewardMean, seed, run, progress);
    UnpairedStatistics end = statistics();
    return new Result(
        steps,
        train.count(true),
        train.count(false),
        weights,
        end.accuracy(),
        end.ratio(true) - start.ratio(true),
        end.ratio(false) - start.ratio(false));
  }

  @Override
  public int tokens(int row) {
    return train.rows().get(row).tokens().length;
  }

  @Override
  public List<int[]> texts(int row) {
    return List.of(train.rows().get(row).tokens());
  }

  /** Adds the gradients of one update's loss. The seed is that of dropout. */
  @Override
  public Map<String, Double> accumulate(int[] rows, long seed) {
    double point = referencePoint(rows);
    List<TokenizedRow> update = IntStream.of(rows).mapToObj(train.rows()::get).toList();
    UnpairedStatistics statistics = new UnpairedStatistics(config.beta());
    List<List<Integer>> parts =
        TokenizedRow.microBatches(update, config.rowsPerMicroBatch(), policy);
    List<double[]> found =
        MicroBatches.accumulate(
            List.of(policy),
            parts,
            part ->
                policy.training(
                    Rollout.seed(seed, 0, part.get(0)),
                    () -> backward(places(rows, part), rows.length, point)));
    double loss = 0;
    Iterator<Integer> inOrder = parts.stream().flatMap(List::stream).iterator();
    for (double[] numbers : found) {
      loss += numbers[0];
      for (int i = 1; i < numbers.length; i += 2) {
        boolean desirable = train.desirable()[rows[inOrder.next()]];
        statistics.add(numbers[i], numbers[i + 1], desirable);
      }
    }
    rewardMean.add(statistics.meanReward(), rows.length);
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("loss/train", loss);
    metrics.putAll(statistics.metrics(""));
    if (config.loss().wantsReferencePoint()) {
      metrics.put("kl/reference_point", point);
    }
    return metrics;
  }

  /** The training rows that stand at some places of an update. */
  private static int[] places(int[] rows, List<Integer> part) {
    return part.stream().mapToInt(i -> rows[i]).toArray();
  }

  /** z_0 of the update: how far the policy has gone on responses to other prompts. */
  private double referencePoint(int[] rows) {
    if (!config.loss().wantsReferencePoint()) {
      return 0;
    }
    List<TokenizedRow> update = IntStream.of(rows).mapToObj(mismatched::get).toList();
    float[] own = forward.values(policy, update);
    float[] other = reference(update, mismatchedReference, rows);
    double[] ratios = new double[rows.length];
    Arrays.setAll(ratios, i -> own[i] - other[i]);
    return Scopes.call(
        () -> KtoLoss.referencePoint(Ops.doubles(ratios, ratios.length)).item_double());
  }

  /** A part's share of the loss, and of each row the log-probs of policy and reference. */
  private double[] backward(int[] places, int rowsOfUpdate, double point) {
    List<TokenizedRow> rows = IntStream.of(places).mapToObj(train.rows()::get).toList();
    Tensor logprobs = forward.of(policy, rows);
    float[] reference = reference(rows, train.reference(), places);
    double[] signs = new double[places.length];
    double[] shares = new double[places.length];
    for (int i = 0; i < places.length; i++) {
      boolean desirable = train.desirable()[places[i]];
      signs[i] = desirable ? 1 : -1;
      shares[i] = weights[desirable ? 0 : 1] / rowsOfUpdate;
    }
    Tensor ratios = logprobs.sub(Ops.floats(reference, places.length).to(logprobs.scalar_type()));
    Tensor losses =
        config
            .loss()
            .losses(
                ratios,
                like(signs, ratios),
                torch.full_like(ratios, new Scalar(point)),
                rewardMean.value(),
                config.beta());
    Tensor loss = losses.mul(like(shares, ratios)).sum();
    loss.backward();
    double[] found = Ops.toDoubles(logprobs);
    double[] numbers = new double[1 + 2 * places.length];
    numbers[0] = loss.item_double();
    for (int i = 0; i < places.length; i++) {
      numbers[1 + 2 * i] = found[i];
      numbers[2 + 2 * i] = reference[i];
    }
    return numbers;
  }

  private static Tensor like(double[] values, Tensor other) {
    return Ops.doubles(values, values.length).to(other.scalar_type());
  }

  @Override
  public Map<String, Double> measured() {
    return test.rows().isEmpty() ? Map.of() : statistics().metrics("test/");
  }

  /** The test responses under the policy as it is now. */
  private UnpairedStatistics statistics() {
    UnpairedStatistics statistics = new UnpairedStatistics(config.beta());
    float[] values = forward.values(policy, test.rows());
    for (int i = 0; i < values.length; i++) {
      statistics.add(values[i], test.reference()[i], test.desirable()[i]);
    }
    return statistics;
  }
}
