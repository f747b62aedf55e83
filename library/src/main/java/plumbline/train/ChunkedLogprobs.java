package plumbline.train;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import plumbline.model.Transformer;
import plumbline.tensor.Ops;
import plumbline.tensor.Recompute;
import plumbline.tensor.Scopes;

/**
 * Log-probabilities of tokens from hidden states, some positions at a time, so that no tensor of
 * all logits, float[B, T, V], exists. With a vocabulary of 128,000 that tensor is larger than most
 * models' activations together.
 *
 * <p>Where all logits fit into one chunk they are computed at once and kept for the backward pass;
 * otherwise each chunk's logits are computed again there.
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
            ? ofChunk(rows, flat, entropy, false)
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
   * quarter as many as it has weights. Every chunk makes a gradient of its own of the whole head.
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
      Tensor chunkIds = idChunks.get(i);
      Function<List<Tensor>, Tensor> function =
          in -> ofChunk(in.get(0), chunkIds, entropy, Recompute.isRecording());
      numbers.add(Recompute.of(function, List.of(rowChunks.get(i))));
    }
    return numbers;
  }

  /**
   * The numbers of N positions.
   *
   * @param rows float[N, D]
   * @param ids long[N]
   * @param repeated whether this is the second computation, for the gradients only
   * @return float[1 or 2, N]
   */
  private Tensor ofChunk(Tensor rows, Tensor ids, Entropy entropy, boolean repeated) {
    Tensor plain = transformer.logits(rows.unsqueeze(0));
    Tensor logits = temperature == 1 ? plain : Ops.times(plain, 1 / temperature);
    Tensor logprobs = Logprobs.ofTokens(logits, ids.unsqueeze(0));
    return switch (entropy) {
      case NONE -> logprobs;
      case TRAINED -> Ops.cat(List.of(logprobs, Logprobs.entropy(logits)), 0);
      case MEASURED ->
          Ops.cat(
              List.of(
                  logprobs,
                  repeated
                      ? torch.zeros_like(logprobs).detach()
                      : Scopes.noGrad(() -> Logprobs.entropy(logits))),
              0);
    };
  }
}
