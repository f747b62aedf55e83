package plumbline.dpo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import plumbline.InputException;
import plumbline.data.PreferencePair;
import plumbline.model.MicroBatches;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.tensor.Ops;
import plumbline.text.DialogueEncoder;
import plumbline.text.EncodedDialogue;
import plumbline.train.LengthConfig;
import plumbline.train.Progress;
import plumbline.train.Rollout;
import plumbline.train.RunDirectory;

/**
 * Learns a policy from preference pairs without a reward model: any of {@link PairObjective}, or a
 * mixture of them.
 */
public final class DpoTrainer implements PreferenceLoop.Objective {
  private final Transformer policy;
  private final DpoConfig config;
  private final PairForward forward;
  private final List<TokenPair> train;
  private final List<TokenPair> test;
  private final Transformer before;
  private final float[] trainReference;
  private final float[] testReference;
  private final List<float[]> ownReference;
  private final RunningMean rewardMean = new RunningMean();

  /**
   * What came of it.
   *
   * @param steps updates made
   * @param pairs training pairs within the limits
   * @param testMargins implicit reward of chosen minus that of rejected, one per test pair
   * @param chosenChange how far training has moved the mean log-prob of the test pairs' chosen
   *     responses, in nats
   * @param rejectedChange how far it has moved that of the rejected ones
   */
  public record Result(
      long steps, int pairs, double[] testMargins, double chosenChange, double rejectedChange) {}

  /**
   * Where the reference's log-probs come from.
   *
   * @param model the reference; empty for the policy as it is before training
   * @param cache a folder that keeps what was computed
   * @param hash of the reference's weights
   */
  public record Reference(Optional<Transformer> model, Path cache, String hash) {}

  private DpoTrainer(
      Transformer policy,
      DpoConfig config,
      List<TokenPair> train,
      List<TokenPair> test,
      Reference reference) {
    this.policy = policy;
    this.config = config;
    this.forward = new PairForward(config);
    this.train = train;
    this.test = test;
    if (train.stream().anyMatch(pair -> pair.opponent() == TokenPair.Opponent.NONE)) {
      config.checkGivenPairs();
    }
    this.before = reference.model().orElse(policy);
    this.trainReference = config.asksAnew() ? new float[0] : reference(reference, train);
    this.testReference = reference(reference, test);
    this.ownReference = ownReference(reference);
    policy.checkpointActivations(config.activationCheckpointing());
  }

  private float[] reference(Reference reference, List<TokenPair> pairs) {
    if (config.reference() == DpoConfig.Reference.NONE) {
      return new float[2 * pairs.size()];
    }
    String key = forward.key(reference.hash(), pairs);
    return ReferenceLogprobs.of(
        reference.cache(), key, 2 * pairs.size(), () -> forward.values(before, pairs));
  }

  /** The reference's log-probs of each token that the policy sampled itself, of all pairs. */
  private List<float[]> ownReference(Reference reference) {
    if (config.objectives().stream().noneMatch(each -> each.loss().wantsTokenReference())) {
      return List.of();
    }
    List<TokenizedRow> rows = train.stream().map(TokenPair::own).toList();
    UnpairedForward single = new UnpairedForward(config.pairsPerMicroBatch());
    return ReferenceLogprobs.perToken(
        reference.cache(),
        UnpairedForward.key("tokens " + reference.hash(), rows),
        rows,
        () -> single.tokens(before, rows));
  }

  /**
   * Trains every weight that is {@code policy}'s own, in place: all, or those of its adapter.
   *
   * @param test pairs that are measured but not trained on; may be empty
   * @throws InputException if no pair fits the limits, or one is too long and that is an error
   */
  public static Result train(
      Transformer policy,
      DialogueEncoder text,
      Reference reference,
      List<PreferencePair> train,
      List<PreferencePair> test,
      DpoConfig config,
      long seed,
      RunDirectory run,
      Progress progress) {
    run.reads(ids -> text.tokenizer().decode(ids, false));
    List<TokenPair> pairs = tokenized(text, train, config, run, "training");
    if (pairs.isEmpty()) {
      throw new InputException(
          config.data()
              + ": no pair to train on; is the data set empty, or is every row longer than"
              + " lengths.max_prompt_tokens and lengths.max_response_tokens?");
    }
    List<TokenPair> held = tokenized(text, test, config, run, "test");
    held = held.subList(0, Math.min(config.evalPairs(), held.size()));
    return train(policy, reference, pairs, held, config, seed, run, progress);
  }

  /**
   * The same on tokens, those that a policy sampled for example: a response that was cut at a limit
   * has no end token here.
   *
   * @param train at least one pair
   */
  public static Result train(
      Transformer policy,
      Reference reference,
      List<TokenPair> train,
      List<TokenPair> test,
      DpoConfig config,
      long seed,
      RunDirectory run,
      Progress progress) {
    return new DpoTrainer(policy, config, train, test, reference).run(seed, run, progress);
  }

  private static List<TokenPair> tokenized(
      DialogueEncoder text,
      List<PreferencePair> pairs,
      DpoConfig config,
      RunDirectory run,
      String what) {
    List<TokenPair> rows = new ArrayList<>();
    int cut = 0;
    int unknown = 0;
    int same = 0;
    for (PreferencePair pair : pairs) {
      Optional<EncodedDialogue> chosen =
          text.conversation(pair.prompt(), pair.chosen(), config.lengths().limits());
      Optional<EncodedDialogue> rejected =
          text.conversation(pair.prompt(), pair.rejected(), config.lengths().limits());
      OptionalDouble strength = pair.strength();
      unknown += strength.isEmpty() ? 1 : 0;
      if (chosen.isPresent() && rejected.isPresent()) {
        if (Arrays.equals(chosen.get().response(), rejected.get().response())) {
          same++;
        } else {
          rows.add(new TokenPair(row(chosen.get()), row(rejected.get()), strength.orElse(0)));
        }
      }
      cut += config.lengths().cuts(text, pair.prompt(), pair.chosen(), pair.rejected()) ? 1 : 0;
    }
    LengthConfig.report(run, what + " pairs", pairs.size(), pairs.size() - rows.size() - same, cut);
    if (same > 0) {
      run.warn(
          "%d of %d %s pairs have the same tokens in both responses and were dropped"
              .formatted(same, pairs.size(), what));
    }
    if (unknown > 0 && config.objectives().stream().anyMatch(ObjectiveConfig::wantsStrength)) {
      throw new InputException(
          config.data()
              + ": "
              + unknown
              + " of "
              + pairs.size()
              + " "
              + what
              + " pairs have no strength, which target: strength and margin_per_strength need");
    }
    return rows;
  }

  private static TokenizedRow row(EncodedDialogue ids) {
    return new TokenizedRow(ids.prompt(), ids.response());
  }

  private Result run(long seed, RunDirectory run, Progress progress) {
    PreferenceLoop loop =
        new PreferenceLoop(
            "dpo",
            train.size(),
            config.epochs(),
            config.pairsPerUpdate(),
            config.maxSteps(),
            config.evalEvery(),
            config.optimizer(),
            config.checkpoints());
    PairStatistics start = statistics();
    long steps = loop.run(policy, this, rewardMean, seed, run, progress);
    PairStatistics end = statistics();
    return new Result(
        steps,
        train.size(),
        end.margins(),
        end.chosenRatio() - start.chosenRatio(),
        end.rejectedRatio() - start.rejectedRatio());
  }

  @Override
  public int tokens(int row) {
    return train.get(row).tokens();
  }

  @Override
  public List<int[]> texts(int row) {
    TokenPair pair = train.get(row);
    return List.of(pair.chosen().tokens(), pair.rejected().tokens());
  }

  /** Adds the gradients of one update's loss. The seed is that of dropout. */
  @Override
  public Map<String, Double> accumulate(int[] rows, long seed) {
    List<TokenPair> update = IntStream.of(rows).mapToObj(train::get).toList();
    long chosenTokens = update.stream().mapToLong(pair -> pair.chosen().response().length).sum();
    List<double[]> parts =
        MicroBatches.accumulate(
            List.of(policy),
            forward.parts(update),
            indices -> {
              List<TokenPair> pairs = indices.stream().map(update::get).toList();
              int[] places = indices.stream().mapToInt(i -> rows[i]).toArray();
              float[] reference = reference(pairs, places);
              return policy.training(
                  Rollout.seed(seed, 0, indices.get(0)),
                  () -> {
                    PairForward.Found found = forward.of(policy, pairs, reference);
                    Tensor loss = loss(pairs, places, found, update.size(), chosenTokens);
                    loss.backward();
                    return PairStatistics.numbers(found.pair(), loss.item_double());
                  });
            });
    PairStatistics statistics = new PairStatistics(config.objectives().get(0).beta());
    parts.forEach(statistics::add);
    rewardMean.add(statistics.meanReward(), 2L * rows.length);
    return statistics.metrics("");
  }

  /** What the reference says of chosen and rejected of each of some training pairs in turn. */
  private float[] reference(List<TokenPair> pairs, int[] places) {
    return config.asksAnew()
        ? forward.values(before, pairs)
        : ReferenceLogprobs.at(trainReference, places, 2);
  }

  private Tensor loss(
      List<TokenPair> pairs,
      int[] places,
      PairForward.Found found,
      int pairsOfUpdate,
      long chosenTokens) {
    PairLogprobs pair = found.pair();
    Tensor h = config.divergence().margin(pair, config.divergenceAlpha());
    Tensor total = torch.zeros_like(h);
    for (ObjectiveConfig objective : config.objectives()) {
      PairTerms terms =
          new PairTerms(
              pair,
              h,
              target(objective, pairs, h),
              margin(objective, pairs, h),
              rewardMean.value(),
              () -> Contest.of(pairs, found.tokens(), ownReference(places)));
      Tensor losses = objective.loss().losses(terms, objective);
      total = total.add(Ops.times(losses, objective.weight() / pairsOfUpdate));
    }
    if (config.sftWeight() == 0) {
      return total.sum();
    }
    double unit = config.sftUnit() == DpoConfig.SftUnit.TOKEN ? chosenTokens : pairsOfUpdate;
    return total.sum().sub(Ops.times(found.chosenSums().sum(), config.sftWeight() / unit));
  }

  private List<float[]> ownReference(int[] places) {
    return ownReference.isEmpty()
        ? List.of()
        : IntStream.of(places).mapToObj(ownReference::get).toList();
  }

  private static Tensor target(ObjectiveConfig objective, List<TokenPair> pairs, Tensor like) {
    if (objective.target() == ObjectiveConfig.Target.LABELS) {
      return torch.full_like(like, new Scalar(1 - objective.labelSmoothing()));
    }
    return perPair(
        pairs.stream().mapToDouble(pair -> 1 / (1 + Math.exp(-pair.strength()))).toArray(), like);
  }

  private static Tensor margin(ObjectiveConfig objective, List<TokenPair> pairs, Tensor like) {
    return perPair(
        pairs.stream()
            .mapToDouble(
                pair -> objective.margin() + objective.marginPerStrength() * pair.strength())
            .toArray(),
        like);
  }

  private static Tensor perPair(double[] values, Tensor like) {
    return Ops.doubles(values, values.length).to(like.scalar_type());
  }

  @Override
  public Map<String, Double> measured() {
    return test.isEmpty() ? Map.of() : statistics().metrics("test/");
  }

  /** The test pairs under the policy as it is now. */
  private PairStatistics statistics() {
    PairStatistics statistics = new PairStatistics(config.objectives().get(0).beta());
    if (!test.isEmpty()) {
      float[] values = forward.values(policy, test);
      double[][] sides = new double[4][test.size()];
      for (int i = 0; i < test.size(); i++) {
        sides[0][i] = values[2 * i];
        sides[1][i] = values[2 * i + 1];
        sides[2][i] = testReference[2 * i];
        sides[3][i] = testReference[2 * i + 1];
      }
      statistics.add(sides[0], sides[1], sides[2], sides[3]);
    }
    return statistics;
  }
}
