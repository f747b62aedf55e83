package plumbline.train;

import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import plumbline.distributed.World;
import plumbline.tensor.Scopes;

/** What follows the backward pass: clip the gradients, take AdamW's step, forget the gradients. */
public final class Updater implements AutoCloseable {
  private final Map<String, Tensor> parameters;
  private final OptimizerConfig config;
  private final long totalSteps;
  private final AdamW optimizer;
  private Optional<UpdateGuard> guard = Optional.empty();

  /**
   * One step.
   *
   * @param lr learning rate used
   * @param gradNorm norm of the gradients before clipping; NaN if the step was left out
   */
  public record Step(double lr, double gradNorm) {}

  /**
   * Starts at step 0, in every process of a {@link World} with the weights of the first.
   *
   * @param parameters leaves that ask for gradients, by name
   * @param totalSteps steps over which the learning rate runs its schedule
   */
  public Updater(Map<String, Tensor> parameters, OptimizerConfig config, long totalSteps) {
    this.parameters = parameters;
    World.current().broadcast(parameters.values(), 0);
    this.config = config;
    this.totalSteps = totalSteps;
    this.optimizer =
        new AdamW(
            parameters,
            config.beta1(),
            config.beta2(),
            config.epsilon(),
            config.weightDecay(),
            config.shard() ? FlatSpace.share(parameters) : FlatSpace.whole(parameters));
  }

  /** Lets {@code guard} say what becomes of a step whose gradients are not finite. */
  public Updater guardedBy(UpdateGuard guard) {
    this.guard = Optional.of(guard);
    return this;
  }

  /**
   * Moves the parameters along the gradients accumulated since the step before, those of all
   * processes of a {@link World} together.
   *
   * @throws ArithmeticException if a gradient is not finite, unless a guard leaves such steps out;
   *     nothing has moved then
   */
  public Step step() {
    try {
      return Scopes.call(this::moved);
    } catch (ArithmeticException e) {
      discard();
      guard.orElseThrow(() -> e).leaveOut(e);
      return new Step(lr(), Double.NaN);
    }
  }

  private Step moved() {
    Together.sumGradients(parameters);
    double norm = GradientNorm.clip(parameters, config.maxGradNorm());
    if (norm > config.explodedGradNorm().orElse(Double.POSITIVE_INFINITY)) {
      throw new ArithmeticException(
          "the gradient has exploded: its norm is %.3g, above optimizer.exploded_grad_norm, %s"
              .formatted(norm, config.explodedGradNorm().getAsDouble()));
    }
    double lr = lr();
    optimizer.step(lr);
    optimizer.clearGradients();
    return new Step(lr, norm);
  }

  private double lr() {
    long warmup = Math.round(config.warmupRatio() * totalSteps);
    return config.schedule().at(optimizer.steps(), config.lr(), warmup, totalSteps);
  }

  /** Forgets gradients accumulated without a step. */
  public void discard() {
    Scopes.run(optimizer::clearGradients);
  }

  /** What a checkpoint needs of it besides the parameters: {@link AdamW#state}. */
  Map<String, Tensor> state() {
    return optimizer.state();
  }

  /** Goes on from {@link #state}. */
  void restore(Map<String, Tensor> state) {
    optimizer.restore(state);
  }

  @Override
  public void close() {
    optimizer.close();
  }
}
