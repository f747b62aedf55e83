package plumbline.model;

import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import plumbline.tensor.Ops;

/**
 * What the tokens of a batch see of each other, and where they stand.
 *
 * <p>A bias is added to attention scores: 0 where a token may look, -infinity where not.
 *
 * @param turn rotation of queries and keys, for families that have it
 * @param bias of all layers, none if {@code causal} says all
 * @param causal whether a token sees what stands before it only; not used with a bias
 * @param windowBias the bias of the layers with a window; none if there they see as elsewhere
 */
record Sight(
    Optional<RotaryTable.Turn> turn,
    Optional<Tensor> bias,
    boolean causal,
    Optional<Tensor> windowBias) {

  /** Of whole rows. */
  static Sight of(ModelConfig config, Optional<RotaryTable> rotary, TokenBatch batch) {
    long width = batch.width();
    boolean plain = batch.isPlain();
    Tensor positions = batch.positions();
    int end = batch.positionsEnd();
    Optional<RotaryTable.Turn> turn =
        rotary.map(table -> plain ? table.first(width) : table.at(positions, end));
    boolean causal = config.family().causal();
    Optional<Tensor> bias =
        causal
            ? batch.strangers().map(strangers -> branchBias(strangers))
            : batch.isFull() ? Optional.empty() : Optional.of(paddingBias(batch));
    Optional<Tensor> window =
        bias.isPresent()
            ? windowBias(config, bias.get(), positions, () -> positions)
            : windowBias(config, width);
    return new Sight(turn, bias, causal, window);
  }

  /**
   * Of the next tokens of rows whose past is known.
   *
   * @param positions long[B, T], each token's place in its own row, from 0
   * @param end above every position
   * @param bias float[B, 1, T, slots]; none for the causal start of an empty past
   * @param cache the past, aimed at these tokens
   */
  static Sight ofNext(
      ModelConfig config,
      Optional<RotaryTable> rotary,
      Tensor positions,
      long end,
      Optional<Tensor> bias,
      KvCache cache) {
    Optional<Tensor> window =
        bias.isPresent()
            ? windowBias(config, bias.get(), positions, cache::positions)
            : windowBias(config, positions.size(1));
    return new Sight(rotary.map(table -> table.at(positions, end)), bias, bias.isEmpty(), window);
  }

  /** The bias of a layer; none if {@link #causal} says all. */
  Optional<Tensor> bias(ModelConfig config, int layer) {
    boolean windowed = config.window().map(window -> window.layers().contains(layer)).orElse(false);
    return windowed && windowBias.isPresent() ? windowBias : bias;
  }

  /** Hides what stands behind a token, and strangers: float[B, 1, T, T]. */
  private static Tensor branchBias(Tensor strangers) {
    Tensor later = torch.ones_like(strangers).triu(1);
    return Ops.hidden(strangers.logical_or(later)).unsqueeze(1);
  }

  /** Hides what is beyond a row's end: float[B, 1, 1, T]. */
  private static Tensor paddingBias(TokenBatch batch) {
    Tensor mask = batch.mask();
    return Ops.hidden(mask.eq(new Scalar(0))).view(batch.size(), 1, 1, batch.width());
  }

  /** Of layers with a window: float[1, 1, T, T]; none if a token sees all that stands before it. */
  private static Optional<Tensor> windowBias(ModelConfig config, long width) {
    if (config.window().map(window -> window.width() >= width).orElse(true)) {
      return Optional.empty();
    }
    Tensor seen = Ops.zeros(width, width).add_(new Scalar(1)).tril(0);
    Tensor inside = seen.triu(1L - config.window().orElseThrow().width());
    return Optional.of(Ops.hidden(inside.eq(new Scalar(0))).view(1, 1, width, width));
  }

  /**
   * A bias that also hides what is too far away in layers with a window.
   *
   * @param positions long[B, T], of the tokens that look
   * @param seen long[B, slots], of those looked at
   */
  private static Optional<Tensor> windowBias(
      ModelConfig config, Tensor bias, Tensor positions, Supplier<Tensor> seen) {
    return config
        .window()
        .map(
            window -> {
              Tensor gap = positions.unsqueeze(2).sub(seen.get().unsqueeze(1));
              return bias.add(Ops.hidden(gap.ge(new Scalar(window.width()))).unsqueeze(1));
            });
  }
}
