package plumbline.dpo;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import plumbline.model.Transformer;
import plumbline.train.CheckpointConfig;
import plumbline.train.Checkpoints;
import plumbline.train.EpochOrder;
import plumbline.train.OptimizerConfig;
import plumbline.train.Progress;
import plumbline.train.Rollout;
import plumbline.train.RunDirectory;
import plumbline.train.UpdateGuard;
import plumbline.train.Updater;

/**
 * The updates of a policy that learns from rows which are there before training, pairs or single
 * responses.
 *
 * @param label what the progress is called
 * @param rows training rows
 * @param rowsPerUpdate rows of an update
 * @param evalEvery updates between measurements
 */
record PreferenceLoop(
    String label,
    int rows,
    int epochs,
    int rowsPerUpdate,
    OptionalInt maxSteps,
    int evalEvery,
    OptimizerConfig optimizer,
    CheckpointConfig checkpoints) {

  /** What an update does with its rows. */
  interface Objective {
    /** Adds the gradients of the rows' loss, and says what is worth knowing of them. */
    Map<String, Double> accumulate(int[] rows, long seed);

    /** The test rows as the policy is now; empty without any. */
    Map<String, Double> measured();

    /** Tokens of a row. */
    int tokens(int row);

    /** The texts of a row, each with its prompt, as tokens. */
    List<int[]> texts(int row);
  }

  /**
   * Trains every weight that is {@code policy}'s own, in place.
   *
   * @param rewardMean goes on with the training
   * @return updates made
   */
  long run(
      Transformer policy,
      Objective objective,
      RunningMean rewardMean,
      long seed,
      RunDirectory run,
      Progress progress) {
    long steps = EpochOrder.updates(rows, epochs, rowsPerUpdate, maxSteps);
    EpochOrder order = new EpochOrder(rows, seed);
    policy.weights().setTrainable(name -> true);
    try (Updater updater = new Updater(policy.weights().trainable(), optimizer, steps);
        Progress.Task task = progress.start(label, steps)) {
      Checkpoints saved =
          new Checkpoints(run, checkpoints, steps)
              .weights("policy", policy.weights().trainable())
              .updater("optimizer", updater)
              .order("order", order);
      rewardMean.keptIn(saved);
      UpdateGuard guard = new UpdateGuard(policy, optimizer, run).keepIn(saved);
      updater.guardedBy(guard);
      long done = saved.resume();
      task.skip(done);
      for (long step = done + 1; step <= steps; step++) {
        long start = System.nanoTime();
        int[] update = order.next(rowsPerUpdate);
        guard.begin(
            step,
            IntStream.of(update).boxed().flatMap(row -> objective.texts(row).stream()).toList());
        Map<String, Double> metrics = objective.accumulate(update, Rollout.seed(seed, step, 0));
        Updater.Step made = updater.step();
        if (step % evalEvery == 0) {
          metrics.putAll(objective.measured());
        }
        metrics.put("lr", made.lr());
        metrics.put("grad_norm", made.gradNorm());
        int tokens = 0;
        for (int row : update) {
          tokens += objective.tokens(row);
        }
        metrics.put("tokens_per_s", tokens / ((System.nanoTime() - start) / 1e9));
        run.metrics(step, metrics);
        saved.after(step);
        task.step("margin %.2f".formatted(metrics.get("rewards/margins")));
      }
    }
    policy.weights().setTrainable(name -> false);
    return steps;
  }
}
