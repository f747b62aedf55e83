package plumbline.train;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.tensor.Ops;

/**
 * Log-probabilities of tokens under a model's logits.
 *
 * <p>Nothing is shifted here: position t of the logits is matched with position t of the ids, so a
 * caller with a causal model passes {@code logits[:, :-1]} and {@code ids[:, 1:]}.
 */
public final class Logprobs {
  /** Below every log-probability of a float32 that is not 0, so that 0 * log 0 is 0. */
  private static final double LOWEST = -1e30;

  private Logprobs() {}

  /**
   * log softmax(z)_a.
   *
   * <p>It is taken before the gather, not as z_a - logsumexp(z): that holds one tensor of logits
   * less while a gradient is recorded, but is off by 2e-4 at logits of 10,000 in float32.
   *
   * @param logits float[B, T, V]
   * @param ids long[B, T], each in [0, V), at padding too
   * @return float[B, T], at most 0
   */
  public static Tensor ofTokens(Tensor logits, Tensor ids) {
    checkLeading("logits", "V", logits, ids);
    try (Tensor all = logits.log_softmax(-1)) {
      return all.gather(-1, ids.unsqueeze(-1)).squeeze(-1);
    }
  }

  /**
   * The entropy of each position's distribution, H = -sum_v p_v log p_v, in nats.
   *
   * <p>A logit of minus infinity, a token that sampling excludes, adds nothing.
   *
   * @param logits float[B, T, V]
   * @return float[B, T], from 0 to log V
   */
  public static Tensor entropy(Tensor logits) {
    try (Tensor all = logits.log_softmax(-1)) {
      return entropyOf(all);
    }
  }

  /** {@link #entropy} of log p: float[..., V] to float[...]. */
  static Tensor entropyOf(Tensor all) {
    try (Tensor p = all.exp();
        Tensor finite = Ops.clamp(all, LOWEST, 0);
        Tensor terms = p.mul(finite)) {
      return terms.sum(-1).neg();
    }
  }

  /**
   * Log-probabilities of tokens and the entropies of their positions.
   *
   * @param logprobs float[B, T], at most 0
   * @param entropy float[B, T], in nats
   */
  public record WithEntropy(Tensor logprobs, Tensor entropy) {}

  /**
   * {@link #ofTokens} of {@code logits(states) / temperature}, of which no more than {@link
   * ChunkedLogprobs#mostLogits} exist at a time, neither now nor in the backward pass.
   *
   * @param transformer has a language head
   * @param states float[B, T, D]
   * @param ids long[B, T], each in [0, V), at padding too
   * @param temperature above 0
   * @return float[B, T], at most 0
   */
  public static Tensor ofStates(
      Transformer transformer, Tensor states, Tensor ids, double temperature) {
    return new ChunkedLogprobs(transformer, temperature).logprobs(states, ids);
  }

  /**
   * {@link #ofStates} together with {@link #entropy}.
   *
   * @param trained whether gradients flow through the entropy; without it, it is only measured
   */
  public static WithEntropy withEntropy(
      Transformer transformer, Tensor states, Tensor ids, double temperature, boolean trained) {
    return new ChunkedLogprobs(transformer, temperature).withEntropy(states, ids, trained);
  }

  /**
   * The log-probabilities of each response token of many rows, without gradients.
   *
   * @param decoder has a language head
   * @param rowsPerBatch rows computed at a time
   * @param temperature above 0
   * @return each row's float[response tokens], at most 0
   */
  public static List<float[]> perToken(
      Transformer decoder, List<TokenizedRow> rows, int rowsPerBatch, double temperature) {
    return ResponseBatch.computePerToken(
        rows,
        rowsPerBatch,
        batch -> ofStates(decoder, batch.states(decoder), batch.ids(), temperature));
  }

  /**
   * log p(response | prompt) of whole rows at temperature 1, in nats, without gradients.
   *
   * @param decoder has a language head
   * @param rowsPerBatch rows computed at a time
   * @return double[rows], at most 0
   */
  public static double[] ofResponses(
      Transformer decoder, List<TokenizedRow> rows, int rowsPerBatch) {
    return perToken(decoder, rows, rowsPerBatch, 1).stream()
        .mapToDouble(
            logprobs -> {
              double sum = 0;
              for (float logprob : logprobs) {
                sum += logprob;
              }
              return sum;
            })
        .toArray();
  }

  /**
   * How many of {@code positions} have their logits in memory at a time.
   *
   * @param trained width of the trained language head, 0 if it is not trained
   */
  public static long positionsAtATime(long positions, int vocabulary, int trained) {
    return ChunkedLogprobs.chunk(
        positions, ChunkedLogprobs.mostLogits(vocabulary, trained), vocabulary);
  }

  static void checkStates(Tensor states, Tensor ids) {
    checkLeading("states", "D", states, ids);
  }

  private static void checkLeading(String name, String last, Tensor tensor, Tensor ids) {
    long[] found = Ops.shape(tensor);
    if (found.length != 3 || !Arrays.equals(Arrays.copyOf(found, 2), Ops.shape(ids))) {
      throw new IllegalArgumentException(
          name
              + " have shape "
              + Arrays.toString(found)
              + " and ids "
              + Arrays.toString(Ops.shape(ids))
              + ", wanted [B, T, "
              + last
              + "] and [B, T]");
    }
  }
}
