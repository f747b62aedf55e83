package plumbline.ppo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import plumbline.InputException;
import plumbline.data.Completion;
import plumbline.data.Demonstration;
import plumbline.data.Prompt;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.tensor.Scopes;
import plumbline.text.DialogueEncoder;
import plumbline.train.Checkpoints;
import plumbline.train.LengthConfig;
import plumbline.train.Logprobs;
import plumbline.train.Progress;
import plumbline.train.ResponseBatch;
import plumbline.train.Rollout;
import plumbline.train.RunDirectory;
import plumbline.train.UpdateGuard;
import plumbline.train.WeightAverage;

/**
 * Policy optimisation from human feedback, the loop of every method (Ziegler et al. 2019; Ouyang et
 * al. 2022): sample responses, score them, pay for leaving the reference, estimate advantages, keep
 * the responses to learn from, take a few steps. What a method does differently is a choice of
 * {@link Estimator}, {@link RowFilter}, {@link PolicyObjective}, {@link Aggregation} and {@link
 * KlPenalty}.
 */
public final class PpoTrainer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LOGGED_SAMPLES = 4;

  private final PpoConfig config;
  private final DialogueEncoder text;
  private final Transformer reference;
  private final RolloutSampler sampler;
  private final PolicyState state;
  private final PolicyGradient gradient;
  private final OptimizerSteps steps;
  private final int promptCount;
  private final long seed;
  private final Watcher watcher;
  private final UpdateGuard guard;
  private Optional<String> stopped = Optional.empty();

  /**
   * Sets up a run.
   *
   * @param start the policy to align, which stays as it is: it is the reference
   * @param criticTrunk whose trunk a separate critic starts from; without one ignored
   * @throws InputException if no prompt fits the limits
   */
  public PpoTrainer(
      Transformer start,
      DialogueEncoder text,
      Transformer criticTrunk,
      PolicyTask task,
      PpoConfig config,
      long seed,
      RunDirectory run) {
    checkVocabulary(start, criticTrunk);
    this.config = config;
    this.text = text;
    this.seed = seed;
    List<Prompt> prompts = new ArrayList<>();
    List<int[]> promptIds = new ArrayList<>();
    tokenize(text, task.prompts(), prompts, promptIds, run);
    this.promptCount = prompts.size();
    List<TokenizedRow> demonstrations = tokenized(text, task.demonstrations(), run);
    this.sampler =
        new RolloutSampler(
            config, text, prompts, promptIds, task.scorer(), task.monitor(), seed, run.path());
    this.reference = start;
    this.state =
        new PolicyState(start, criticTrunk, prompts.size(), demonstrations.size(), config, seed);
    this.gradient = new PolicyGradient(config, state);
    run.reads(ids -> text.tokenizer().decode(ids, false));
    this.guard = new UpdateGuard(state.policy, config.optimizer(), run);
    state.policyUpdater.guardedBy(guard);
    state.criticUpdater.ifPresent(updater -> updater.guardedBy(guard));
    this.steps = new OptimizerSteps(config, state, gradient, guard, demonstrations, seed);
    this.watcher = new Watcher(config);
  }

  private static void checkVocabulary(Transformer start, Transformer criticTrunk) {
    if (!criticTrunk.config().family().causal()) {
      throw new InputException(
          "the critic would be a "
              + criticTrunk.config().family().modelType()
              + ", which sees a token's future; critic.model must be a decoder");
    }
    int wanted = start.config().vocabularySize();
    int found = criticTrunk.config().vocabularySize();
    if (found != wanted) {
      throw new InputException(
          "the critic's vocabulary has "
              + found
              + " tokens and the policy's "
              + wanted
              + "; critic.model must be a model with the policy's tokenizer");
    }
  }

  private void tokenize(
      DialogueEncoder text,
      List<Prompt> all,
      List<Prompt> prompts,
      List<int[]> promptIds,
      RunDirectory run) {
    int cut = 0;
    for (Prompt prompt : all) {
      cut += config.lengths().cuts(text, prompt) ? 1 : 0;
      text.prompt(prompt, config.lengths().limits())
          .ifPresent(
              ids -> {
                prompts.add(prompt);
                promptIds.add(ids);
              });
    }
    LengthConfig.report(run, "prompts", all.size(), all.size() - prompts.size(), cut);
    if (prompts.isEmpty()) {
      throw new InputException(
          config.data()
              + ": no prompt to sample from; is the data set empty, or is every prompt longer than"
              + " lengths.max_prompt_tokens?");
    }
  }

  private List<TokenizedRow> tokenized(
      DialogueEncoder text, List<Demonstration> all, RunDirectory run) {
    List<TokenizedRow> rows = new ArrayList<>();
    int cut = 0;
    for (Demonstration row : all) {
      cut += config.lengths().cuts(text, row.prompt(), row.response()) ? 1 : 0;
      text.conversation(row.prompt(), row.response(), config.lengths().limits())
          .ifPresent(ids -> rows.add(new TokenizedRow(ids.prompt(), ids.response())));
    }
    LengthConfig.report(run, "demonstrations", all.size(), all.size() - rows.size(), cut);
    if (config.ptx().isPresent() && rows.isEmpty()) {
      throw new InputException("ptx: no demonstration to imitate fits the limits");
    }
    return rows;
  }

  /** The policy as it is now. */
  public Transformer policy() {
    return state.policy;
  }

  /** Prompts within the limits. */
  public int prompts() {
    return promptCount;
  }

  /** Why the run ended before its last update; empty if it did not. */
  public Optional<String> stopped() {
    return stopped;
  }

  /** What has gone wrong so far: each alarm as it rang first. */
  public List<Alarm> alarms() {
    return watcher.rung();
  }

  /** What gives the values, if something does: the policy itself if the critic is shared. */
  Transformer critic() {
    return gradient.critic();
  }

  /**
   * Runs the updates, from the newest checkpoint of the run on if there is one; then the policy is
   * what is to be saved.
   */
  public void run(RunDirectory run, Progress progress) {
    Checkpoints checkpoints = new Checkpoints(run, config.checkpoints(), config.steps());
    state.keepIn(checkpoints);
    sampler.keepIn(checkpoints);
    guard.keepIn(checkpoints);
    try (Progress.Task task = progress.start("ppo", config.steps())) {
      state.step = checkpoints.resume();
      watcher.resume(run);
      task.skip(state.step);
      while (state.step < config.steps() && stopped.isEmpty()) {
        Map<String, Double> metrics = update(run);
        watcher.observe(state.step, metrics, run, progress);
        run.metrics(state.step, metrics);
        if (watcher.best()) {
          state.best.ifPresent(WeightAverage::update);
        }
        stopped = stopped.or(watcher::stopped);
        if (stopped.isEmpty()) {
          checkpoints.after(state.step);
        }
        task.step(
            "reward %.2f kl %.1f"
                .formatted(metrics.get("reward/mean"), metrics.get("objective/kl")));
      }
    }
    stopped.ifPresent(run::warn);
    if (config.ema().map(PpoConfig.Ema::save).orElse(false)) {
      state.average.ifPresent(WeightAverage::intoWeights);
    }
    if (watcher.stopped().isPresent()) {
      state.best.ifPresent(WeightAverage::intoWeights);
    }
  }

  /** One update: rollouts, scores, advantages, optimizer steps; returns its metrics. */
  Map<String, Double> update(RunDirectory run) {
    state.step++;
    long start = System.nanoTime();
    // The models read the responses while a remote scorer does.
    List<Reading> ahead = new ArrayList<>();
    Experience experience = experience(rollouts -> ahead.add(read(rollouts)));
    Reading reading = ahead.isEmpty() ? read(experience.rollouts()) : ahead.get(0);
    PpoBatch.Measured measured = reading.measured();
    double scoring = sampler.takeScoringSeconds();
    double sampling = (System.nanoTime() - start) / 1e9 - scoring - reading.seconds();
    Earned earned = earned(experience);
    double[] scores = earned.scores();
    PpoBatch batch = batch(measured, experience.rollouts(), earned);
    checkDivergence(measured.kl());
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("reward/mean", GroupAdvantages.mean(scores));
    metrics.put("reward/std", GroupAdvantages.deviation(scores, true));
    metrics.put("reward/raw", GroupAdvantages.mean(experience.responses().raw()));
    experience.leaves().forEach((name, raw) -> metrics.put(name, GroupAdvantages.mean(raw)));
    metrics.put("objective/kl", measured.kl());
    metrics.put("kl/coef", state.kl.coefficient());
    measured.mismatch().ifPresent(mismatch -> metrics.putAll(sampler.checked(mismatch)));
    guard.begin(state.step, OptimizerSteps.texts(measured.rows()));
    if (stopped.isEmpty() && areFinite(measured)) {
      metrics.putAll(steps.on(batch));
    }
    describe(experience, measured, metrics);
    long updated = System.nanoTime();
    metrics.put("time/rollout_s", sampling);
    metrics.put("time/score_s", scoring);
    metrics.put("time/update_s", (updated - start) / 1e9 - sampling - scoring);
    metrics.put("tokens_per_s", measured.tokens() / ((updated - start) / 1e9));
    if (state.step == 1 || state.step % config.sampleEvery() == 0) {
      logSamples(experience.rollouts(), scores, run);
    }
    if (Double.isFinite(measured.kl())) {
      state.kl = state.kl.after(observed(measured), experience.size());
    }
    return metrics;
  }

  /** What the models say of responses, and the seconds that they took. */
  private record Reading(PpoBatch.Measured measured, double seconds) {}

  private Reading read(List<Rollout> rollouts) {
    long start = System.nanoTime();
    PpoBatch.Measured measured = measure(rollouts);
    return new Reading(measured, (System.nanoTime() - start) / 1e9);
  }

  private Experience experience(Consumer<List<Rollout>> meanwhile) {
    try {
      return sampler.experience(sampled(), state.order, state.step, meanwhile);
    } catch (ArithmeticException e) {
      guard.begin(state.step, OptimizerSteps.texts(sampler.asked()));
      throw guard.stopped(e);
    }
  }

  private boolean areFinite(PpoBatch.Measured measured) {
    return guard.areFinite("the policy's log-probs", measured.logprobs())
        && guard.areFinite("the reference's log-probs", measured.refLogprobs())
        && guard.areFinite("the critic's values", measured.values());
  }

  private void describe(
      Experience experience, PpoBatch.Measured measured, Map<String, Double> metrics) {
    metrics.putAll(RolloutMeasures.of(experience.rollouts(), config.watch().pattern()));
    metrics.put("response/ref_perplexity", RolloutMeasures.perplexity(measured.refLogprobs()));
    if (config.rows().keep() == RowFilter.VARIED) {
      metrics.put("rollout/sampled", (double) experience.sampled());
    }
  }

  /** The divergence in the unit of the controller's target. */
  private double observed(PpoBatch.Measured measured) {
    return config.kl().targetPerToken().isPresent()
        ? measured.kl() * measured.rows().size() / measured.tokens()
        : measured.kl();
  }

  private void checkDivergence(double kl) {
    OptionalDouble limit = config.stop().objectiveKl();
    if (limit.isPresent() && kl > limit.getAsDouble()) {
      stopped =
          Optional.of(
              "stopped at update %d of %d: objective/kl is %.3g, above stop.objective_kl, %s"
                  .formatted(state.step, config.steps(), kl, limit.getAsDouble()));
    }
  }

  private Transformer sampled() {
    return config.rows().sampledFrom() == PpoConfig.Source.POLICY ? state.policy : reference;
  }

  /** Rollouts of the next prompts, without scores. */
  List<Rollout> rollout() {
    return sampler.rollouts(sampled(), state.order, state.step, config.rowsPerUpdate(), 0);
  }

  // ---- scores

  /** What training sees of raw scores, whose statistics it takes in. */
  Earned earned(Experience experience) {
    Moments own = Moments.of(experience.responses().raw());
    state.scores =
        switch (config.scoring().scale()) {
          case NONE -> Moments.NONE;
          case RUNNING -> state.scores.plus(own);
          case REFERENCE -> state.scores.count() == 0 ? own : state.scores;
        };
    return Earned.of(experience, state.scores, config, text.tokenizer());
  }

  // ---- what models say of the rollouts

  private PpoBatch.Measured measure(List<Rollout> rollouts) {
    List<TokenizedRow> rows = rollouts.stream().map(Rollout::tokens).toList();
    List<float[]> sampledLogprobs = rollouts.stream().map(Rollout::logprobs).toList();
    boolean elsewhere = config.isSampledElsewhere();
    List<float[]> logprobs = elsewhere ? logprobs(sampled(), rows) : sampledLogprobs;
    int rowsPerBatch = config.rowsPerMicroBatch();
    List<float[]> refLogprobs = logprobs(reference, rows);
    List<float[]> values =
        config.critic().kind() == PpoConfig.Critic.NONE
            ? rows.stream().map(row -> new float[row.response().length]).toList()
            : ResponseBatch.computePerToken(
                rows, rowsPerBatch, batch -> critic().values(batch.states(critic())));
    return new PpoBatch.Measured(
        rows,
        logprobs,
        refLogprobs,
        values,
        penalties(rows, logprobs, refLogprobs),
        elsewhere ? Optional.of(new RolloutMismatch(sampledLogprobs, logprobs)) : Optional.empty());
  }

  private List<float[]> logprobs(Transformer model, List<TokenizedRow> rows) {
    return Logprobs.perToken(model, rows, config.rowsPerMicroBatch(), gradient.temperature());
  }

  private List<float[]> penalties(
      List<TokenizedRow> rows, List<float[]> logprobs, List<float[]> refLogprobs) {
    KlPenalty estimator = config.kl().estimator();
    if (estimator.wantsVocabulary()) {
      return FullDivergence.perToken(
          sampled(), reference, rows, config.rowsPerMicroBatch(), gradient.temperature());
    }
    return Scopes.call(
        () -> {
          ResponseBatch batch = ResponseBatch.of(rows);
          return batch.rows(estimator.of(batch.perToken(logprobs), batch.perToken(refLogprobs)));
        });
  }

  /** The batch of rollouts with these scores. */
  PpoBatch batch(List<Rollout> rollouts, double[] scores) {
    return batch(rollouts, Earned.atTheEnd(scores));
  }

  /** The batch of rollouts that earn this. */
  PpoBatch batch(List<Rollout> rollouts, Earned earned) {
    return batch(measure(rollouts), rollouts, earned);
  }

  private PpoBatch batch(PpoBatch.Measured measured, List<Rollout> rollouts, Earned earned) {
    return PpoBatch.of(
        measured, earned, state.kl.coefficient(), config, rewards -> kept(rewards, rollouts));
  }

  /** The rows to learn from. */
  private List<Integer> kept(double[] rewards, List<Rollout> rollouts) {
    RowFilter filter = config.rows().keep();
    long filterSeed = Rollout.seed(seed, state.step, -1);
    return filter.rows(rewards, config.samplesPerPrompt(), filterSeed).stream()
        .filter(i -> !config.ending().maskUnfinished() || rollouts.get(i).completion().ended())
        .toList();
  }

  /**
   * Adds the gradients of all rows' losses; their statistics before the step. The seed is that of
   * dropout.
   */
  PpoStatistics accumulate(PpoBatch batch, long dropoutSeed) {
    return gradient.accumulate(batch, dropoutSeed);
  }

  private void logSamples(List<Rollout> rollouts, double[] scores, RunDirectory run) {
    for (int i = 0; i < Math.min(LOGGED_SAMPLES, rollouts.size()); i++) {
      Completion completion = rollouts.get(i).completion();
      ObjectNode row = JSON.createObjectNode().put("step", state.step);
      row.put("prompt", completion.prompt().transcript());
      row.put("response", completion.response());
      row.putObject("scores").put("reward", scores[i]);
      row.put("length", rollouts.get(i).tokens().response().length);
      row.put("ended", completion.ended());
      run.sample(row);
    }
  }

  @Override
  public void close() {
    sampler.close();
    state.close();
  }
}
