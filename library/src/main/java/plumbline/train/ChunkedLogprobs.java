package plumbline.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import plumbline.model.Transformer;
import plumbline.tensor.ManualBackward;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/**
 * Log-probabilities of tokens from hidden states, some positions at a time, so that no tensor of
 * all logits, float[B, T, V], exists. With a vocabulary of 128,000 that tensor is larger than most
 * models' activations together.
 *
 * <p>Where all logits fit into one chunk their log-probabilities are kept for the backward pass;
 * otherwise each chunk's are computed again there. The backward pass is written by hand: it needs
 * no second tensor of that size, and adds each chunk's gradient to the head's weight within the
 * product.
 */
final class ChunkedLogprobs {
  /** Logits in memory at a time under a head at rest: 16 MiB in float32 for each tensor of them. */
  static final long MOST_LOGITS = 1L << 22;

  private final Transformer transformer;
  private final double temperature;
  private final long mostLogits;

  /** What is computed of each position beside its token's log-probability. */
  private enum Entropy {
    NONE,
    MEASURED,
    TRAINED
  }

  /** A computation with as many logits at a time as is the default. */
  ChunkedLogprobs(Transformer transformer, double temperature) {
    this(
        transformer,
        temperature,
        mostLogits(
            transformer.config().vocabularySize(),
            transformer.trainsLanguageHead() ? transformer.config().hiddenSize() : 0));
  }

  /**
   * Sets up a computation.
   *
   * @param temperature above 0, divides the logits
   * @param mostLogits logits in memory at a time, but always those of one position
   */
  ChunkedLogprobs(Transformer transformer, double temperature, long mostLogits) {
    this.transformer = transformer;
    this.temperature = temperature;
    this.mostLogits = mostLogits;
  }

  /** As {@link Logprobs#ofStates}. */
  Tensor logprobs(Tensor states, Tensor ids) {
    return perPosition(states, ids, Entropy.NONE).select(0, 0);
  }

  /** As {@link Logprobs#withEntropy}. */
  Logprobs.WithEntropy withEntropy(Tensor states, Tensor ids, boolean trained) {
    Tensor both = perPosition(states, ids, trained ? Entropy.TRAINED : Entropy.MEASURED);
    return new Logprobs.WithEntropy(both.select(0, 0), both.select(0, 1));
  }

  /** Log-probs and, if wanted, entropies: float[1 or 2, B, T]. */
  private Tensor perPosition(Tensor states, Tensor ids, Entropy entropy) {
    Logprobs.checkStates(states, ids);
    long positions = ids.numel();
    long chunk = chunk(positions, mostLogits, transformer.config().vocabularySize());
    Tensor rows = states.reshape(positions, states.size(-1));
    Tensor flat = ids.reshape(-1);
    Tensor numbers =
        chunk >= positions
            ? ofChunk(rows, flat, entropy, true)
            : Ops.cat(ofChunks(rows, flat, chunk, entropy), 1);
    return numbers.view(-1, ids.size(0), ids.size(1));
  }

  /**
   * Positions of a chunk, of which there are as few as possible, of about the same size.
   *
   * @param mostLogits in memory at a time, but always those of one position
   */
  static long chunk(long positions, long mostLogits, int vocabulary) {
    long most = Math.max(1, mostLogits / vocabulary);
    long chunks = Math.max(1, (positions + most - 1) / most);
    return Math.max(1, (positions + chunks - 1) / chunks);
  }

  /**
   * Logits in memory at a time by default: {@link #MOST_LOGITS}, or where the head is trained a
   * quarter as many as it has weights. Every chunk adds to the gradient of the whole head.
   *
   * @param trained width of the trained head, 0 if it is not trained
   */
  static long mostLogits(int vocabulary, int trained) {
    return Math.max(MOST_LOGITS, (long) vocabulary * trained / 4);
  }

  private List<Tensor> ofChunks(Tensor rows, Tensor ids, long chunk, Entropy entropy) {
    // One split, not a slice per chunk: its backward pass puts the gradients together once.
    TensorVector rowChunks = rows.split(chunk, 0);
    TensorVector idChunks = ids.split(chunk, 0);
    List<Tensor> numbers = new ArrayList<>();
    for (long i = 0; i < rowChunks.size(); i++) {
      numbers.add(ofChunk(rowChunks.get(i), idChunks.get(i), entropy, false));
    }
    return numbers;
  }

  /**
   * The numbers of N positions.
   *
   * @param rows float[N, D]
   * @param ids long[N]
   * @param kept whether all log-probabilities stay for the backward pass
   * @return float[1 or 2, N]
   */
  private Tensor ofChunk(Tensor rows, Tensor ids, Entropy entropy, boolean kept) {
    if (!ManualBackward.isRecording()) {
      return Scopes.result(() -> numbers(all(rows), ids, entropy));
    }
    Tensor detached = rows.detach();
    Optional<Tensor> all =
        kept ? Optional.of(Scopes.noGrad(() -> all(detached))) : Optional.empty();
    Tensor value =
        Scopes.result(
            () ->
                Scopes.noGrad(
                    () -> numbers(all.orElseGet(() -> all(detached)), ids, entropy).contiguous()));
    return ManualBackward.of(
        value,
        List.of(rows),
        gradient -> {
          try (Tensor again = all.orElseGet(() -> Scopes.noGrad(() -> all(detached)))) {
            return List.of(
                Scopes.noGrad(() -> backward(again, detached, ids, gradient, entropy, value)));
          }
        });
  }

  /** log softmax(z): float[N, V]. */
  private Tensor all(Tensor rows) {
    return Scopes.result(
        () -> {
          Tensor logits = transformer.logits(rows);
          return (temperature == 1 ? logits : logits.mul_(new Scalar(1 / temperature)))
              .log_softmax(-1);
        });
  }

  private static Tensor numbers(Tensor all, Tensor ids, Entropy entropy) {
    Tensor logprobs = all.gather(1, ids.unsqueeze(1)).t();
    return entropy == Entropy.NONE
        ? logprobs
        : Ops.cat(List.of(logprobs, Logprobs.entropyOf(all).unsqueeze(0)), 0);
  }

  /**
   * The gradient of the rows; that of the head's weight is added to what it has.
   *
   * <p>With p = softmax(z): {@code d log p_a / dz_v = [v = a] - p_v} and {@code dH / dz_v = -p_v
   * (log p_v + H)}.
   *
   * @param all log p: float[N, V], overwritten
   * @param gradient float[1 or 2, N]
   * @param value what {@link #numbers} gave
   */
  private Tensor backward(
      Tensor all, Tensor rows, Tensor ids, Tensor gradient, Entropy entropy, Tensor value) {
    Tensor ofLogprobs = Ops.times(gradient.select(0, 0), 1 / temperature).unsqueeze(1);
    Tensor dz;
    if (entropy == Entropy.TRAINED) {
      Tensor ofEntropy = Ops.times(gradient.select(0, 1), 1 / temperature).unsqueeze(1);
      Tensor factors = all.add(value.select(0, 1).unsqueeze(1)).mul_(ofEntropy).add_(ofLogprobs);
      dz = all.exp_().mul_(factors.neg_());
    } else {
      dz = all.exp_().mul_(ofLogprobs.neg());
    }
    dz.scatter_add_(1, ids.unsqueeze(1), ofLogprobs);
    return transformer.logitsBackward(dz, rows);
  }
}
