package plumbline.rewardmodel;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import plumbline.InputException;
import plumbline.model.Transformer;
import plumbline.score.ScoreScales;
import plumbline.text.DialogueEncoder;
import plumbline.train.Checkpoints;
import plumbline.train.EpochOrder;
import plumbline.train.Progress;
import plumbline.train.Rollout;
import plumbline.train.RunDirectory;
import plumbline.train.UpdateGuard;
import plumbline.train.Updater;

/**
 * Trains a scorer of responses: on comparisons by Bradley and Terry's model of choice, on ratings,
 * or on both with two outputs on one trunk.
 */
public final class RewardTrainer {
  private final Transformer model;
  private final RewardConfig config;
  private final Map<String, Objective> objectives;

  /**
   * What came of it.
   *
   * @param steps updates made
   * @param bestStep the update after which the weights were as they are now
   * @param rows training rows of each output that were within the limits, repeated ones repeated
   * @param heldOut each output's measurement with the weights as they are now, if it has rows
   */
  public record Result(
      long steps, long bestStep, Map<String, Integer> rows, Map<String, Measurement> heldOut) {
    /** The same model measured on other rows. */
    public Result measuredOn(Map<String, Measurement> others) {
      return new Result(steps, bestStep, rows, others);
    }

    /** The measurement of comparisons, if there is one. */
    public Optional<Measurement.Comparisons> comparisons() {
      return Optional.ofNullable((Measurement.Comparisons) heldOut.get(ScoreScales.PREFERENCE));
    }

    /** The measurement of ratings, if there is one. */
    public Optional<Measurement.Ratings> ratings() {
      return Optional.ofNullable((Measurement.Ratings) heldOut.get(ScoreScales.ABSOLUTE));
    }
  }

  /**
   * For objectives by the output that they train.
   *
   * @param objectives in the order of the model's outputs
   */
  RewardTrainer(Transformer model, RewardConfig config, Map<String, Objective> objectives) {
    this.model = model;
    this.config = config;
    this.objectives = objectives;
    model.checkpointActivations(config.activationCheckpointing());
  }

  /**
   * Trains every weight that is {@code model}'s own, in place: all, or those of its adapter and its
   * score head.
   *
   * @param model with as many outputs as {@link RewardConfig#outputs}
   * @param heldOut rows that are measured but not trained on; may be empty
   * @throws InputException if no row fits the limits, or one is too long and that is an error
   */
  public static Result train(
      Transformer model,
      DialogueEncoder text,
      RewardRows train,
      RewardRows heldOut,
      RewardConfig config,
      long seed,
      RunDirectory run,
      Progress progress) {
    run.reads(ids -> text.tokenizer().decode(ids, false));
    Map<String, Objective> objectives = objectives(model, text, train, heldOut, config, seed, run);
    List<Objective> all = List.copyOf(objectives.values());
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).rows() == 0) {
        throw nothing(config, config.kinds().get(i));
      }
    }
    if (config.patience().isPresent() && all.stream().noneMatch(Objective::hasHeldOut)) {
      throw new InputException(
          config.data() + ": patience is set, but there are no test rows to be measured on");
    }
    return new RewardTrainer(model, config, objectives).run(seed, run, progress);
  }

  private static InputException nothing(RewardConfig config, String kind) {
    return new InputException(
        config.data()
            + ": no "
            + kind.substring(0, kind.length() - 1)
            + " to train on; is the data set empty, or is every row longer than"
            + " lengths.max_prompt_tokens and lengths.max_response_tokens?");
  }

  /**
   * How a model does on rows that it was not trained on, by output.
   *
   * @param rows of which as many of each kind are measured as the configuration says
   */
  public static Map<String, Measurement> measure(
      Transformer model,
      DialogueEncoder text,
      RewardRows rows,
      RewardConfig config,
      RunDirectory run) {
    return measured(objectives(model, text, RewardRows.NONE, rows, config, 0, run));
  }

  /** What the configuration names, by the name of the output that learns it. */
  private static Map<String, Objective> objectives(
      Transformer model,
      DialogueEncoder text,
      RewardRows train,
      RewardRows heldOut,
      RewardConfig config,
      long seed,
      RunDirectory run) {
    RowTokens rows = new RowTokens(text, config, run, "training");
    RowTokens held = new RowTokens(text, config, run, "test");
    int micro = config.rowsPerMicroBatch();
    Map<String, Objective> all = new LinkedHashMap<>();
    if (config.preference().isPresent()) {
      PreferenceConfig keys = config.preference().get();
      List<Comparison> seen = rows.comparisons(train);
      List<Comparison> unseen = first(held.comparisons(heldOut), config);
      all.put(
          ScoreScales.PREFERENCE,
          new PreferenceObjective(model, all.size(), keys, micro, seen, unseen));
    }
    if (config.absolute().isPresent()) {
      AbsoluteConfig keys = config.absolute().get();
      List<Rating> seen = resampled(keys, rows.ratings(train), seed, run);
      List<Rating> unseen = first(held.ratings(heldOut), config);
      all.put(
          ScoreScales.ABSOLUTE,
          new AbsoluteObjective(model, all.size(), keys, micro, seen, unseen));
    }
    return all;
  }

  private static <T> List<T> first(List<T> rows, RewardConfig config) {
    return rows.subList(0, Math.min(config.evalRows(), rows.size()));
  }

  /** The rows of an epoch; the run is told what was repeated and what left out. */
  private static List<Rating> resampled(
      AbsoluteConfig keys, List<Rating> rows, long seed, RunDirectory run) {
    double[] targets = rows.stream().mapToDouble(Rating::target).toArray();
    int[] epoch = RangeBalance.epoch(keys, targets, seed);
    List<Rating> seen = Arrays.stream(epoch).mapToObj(rows::get).toList();
    if (keys.resample().lowTimes() > 1 || keys.resample().middleRows().isPresent()) {
      run.warn(
          "ratings seen in an epoch: "
              + RangeBalance.counts(keys, seen.stream().mapToDouble(Rating::target).toArray())
              + ", of "
              + RangeBalance.counts(keys, targets));
    }
    return seen;
  }

  // ---- the loop

  /** Trains on what the objectives hold. */
  Result run(long seed, RunDirectory run, Progress progress) {
    long steps =
        objectives.values().stream()
            .mapToLong(
                rows ->
                    EpochOrder.updates(
                        rows.rows(), config.epochs(), config.rowsPerUpdate(), config.maxSteps()))
            .max()
            .orElseThrow();
    List<Turn> turns =
        objectives.values().stream()
            .map(objective -> new Turn(objective, new EpochOrder(objective.rows(), seed)))
            .toList();
    model.weights().setTrainable(name -> true);
    try (Updater updater = new Updater(model.weights().trainable(), config.optimizer(), steps);
        Selection selection = new Selection(config, model.weights().trainable());
        Progress.Task task = progress.start("reward model", steps)) {
      Checkpoints checkpoints =
          new Checkpoints(run, config.checkpoints(), steps)
              .weights("model", model.weights().trainable())
              .updater("optimizer", updater);
      for (int i = 0; i < turns.size(); i++) {
        checkpoints.order("order" + i, turns.get(i).order);
      }
      selection.addTo(checkpoints);
      UpdateGuard guard = new UpdateGuard(model, config.optimizer(), run).keepIn(checkpoints);
      updater.guardedBy(guard);
      long done = checkpoints.resume();
      task.skip(done);
      while (done < steps && !selection.isExhausted()) {
        done++;
        long start = System.nanoTime();
        Map<String, Double> metrics = new LinkedHashMap<>();
        List<int[]> rows =
            turns.stream().map(turn -> turn.order.next(config.rowsPerUpdate())).toList();
        guard.begin(done, texts(turns, rows));
        int tokens = accumulate(turns, rows, Rollout.seed(seed, done, 0), metrics);
        Updater.Step update = updater.step();
        if (done % config.evalEvery() == 0 || done == steps) {
          selection.add(done, measured(objectives), metrics);
        }
        metrics.put("lr", update.lr());
        metrics.put("grad_norm", update.gradNorm());
        metrics.put("tokens_per_s", tokens / ((System.nanoTime() - start) / 1e9));
        run.metrics(done, metrics);
        checkpoints.after(done);
        task.step("loss %.3f".formatted(metrics.get("loss/train")));
      }
      long bestStep = selection.choose(done);
      model.weights().setTrainable(name -> false);
      Map<String, Integer> rows = new LinkedHashMap<>();
      objectives.forEach((name, objective) -> rows.put(name, objective.rows()));
      return new Result(done, bestStep, rows, measured(objectives));
    }
  }

  /** An objective and the order in which it sees its rows. */
  private record Turn(Objective objective, EpochOrder order) {}

  /** Adds the gradients of one update's loss and its metrics; returns its tokens. */
  private static int accumulate(
      List<Turn> turns, List<int[]> rows, long seed, Map<String, Double> metrics) {
    double loss = 0;
    int tokens = 0;
    metrics.put("loss/train", loss);
    for (int i = 0; i < turns.size(); i++) {
      Objective.Update update = turns.get(i).objective.accumulate(rows.get(i), seed);
      loss += update.loss();
      tokens += update.tokens();
      metrics.putAll(update.metrics());
    }
    metrics.put("loss/train", loss);
    return tokens;
  }

  private static List<int[]> texts(List<Turn> turns, List<int[]> rows) {
    return IntStream.range(0, turns.size())
        .boxed()
        .flatMap(i -> turns.get(i).objective.texts(rows.get(i)).stream())
        .toList();
  }

  private static Map<String, Measurement> measured(Map<String, Objective> objectives) {
    Map<String, Measurement> found = new LinkedHashMap<>();
    objectives.forEach(
        (name, objective) -> {
          if (objective.hasHeldOut()) {
            found.put(name, objective.measure());
          }
        });
    return found;
  }
}
