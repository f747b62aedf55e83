package plumbline.model;

import java.util.List;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.StringViewOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.Value;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import plumbline.tensor.Ops;
import plumbline.tensor.Program;

/** Tokens drawn from logits, and how likely they were: B rows, V vocabulary. */
final class Draws {
  private Draws() {}

  /** Uniform in [0, 1) from a row's seed and a step: SplitMix64 (Steele et al. 2014). */
  static double uniform(long seed, int step) {
    long z = seed + (step + 1) * 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return ((z ^ (z >>> 31)) >>> 11) * 0x1.0p-53;
  }

  /**
   * The most likely token of each row at temperature 0, else the one that its uniform number falls
   * on.
   *
   * @param logits float[B, V], as the model gives them
   * @param seen float[B, V], 1 for tokens that are in the row already
   * @param uniforms double[B] in [0, 1)
   * @return long[B, 1]
   */
  static Tensor tokens(Tensor logits, Tensor seen, Sampling sampling, double[] uniforms) {
    Tensor scores = LogitsProcessors.apply(logits, seen, sampling);
    return sampling.temperature() == 0
        ? scores.argmax(new LongOptional(1), true)
        : byInverse(scores, uniforms);
  }

  /** The inverse of the cumulative distribution at one uniform number per row: long[B, 1]. */
  private static Tensor byInverse(Tensor scores, double[] uniforms) {
    Tensor cumulative = torch.softmax(scores.to(ScalarType.Double), 1).cumsum(1);
    Tensor total = cumulative.narrow(1, cumulative.size(1) - 1, 1);
    Tensor targets = Ops.doubles(uniforms, uniforms.length, 1).mul(total);
    return torch.searchsorted(
        cumulative, targets, false, true, new StringViewOptional(), new TensorOptional());
  }

  /** Tokens, and how likely they were under the distribution that they were drawn from. */
  record Drawn(long[] tokens, float[] logprobs) {}

  /**
   * One token of each row from the full distribution at a temperature, by one call: the same tokens
   * as {@link #tokens}.
   *
   * @param logits float[B, V]
   * @param uniforms double[B] in [0, 1)
   */
  static Drawn fromFull(Tensor logits, double temperature, double[] uniforms) {
    Tensor drawn =
        Native.FROM_FULL.run(
            List.of(
                new IValue(tempered(logits, temperature)),
                new IValue(Ops.doubles(uniforms, uniforms.length, 1))));
    double[] both = Ops.toDoubles(drawn);
    long[] tokens = new long[uniforms.length];
    float[] logprobs = new float[uniforms.length];
    for (int b = 0; b < tokens.length; b++) {
      tokens[b] = (long) both[2 * b];
      logprobs[b] = (float) both[2 * b + 1];
    }
    return new Drawn(tokens, logprobs);
  }

  /** Log-probabilities under the full distribution at a temperature: float[B, V]. */
  static Tensor logprobs(Tensor logits, double temperature) {
    return torch.log_softmax(tempered(logits, temperature), 1);
  }

  /** {@link #logprobs} of one token a row alone, long[B, 1]: float[B, 1]. */
  static Tensor logprobs(Tensor logits, double temperature, Tensor tokens) {
    Tensor scores = tempered(logits, temperature);
    return scores.gather(1, tokens).sub_(torch.logsumexp(scores, new long[] {1}, true));
  }

  private static Tensor tempered(Tensor logits, double temperature) {
    return temperature == 1 ? logits : Ops.times(logits, 1 / temperature);
  }

  /** Programs, which live as long as the process. */
  private static final class Native {
    /** {@link #fromFull}: float[B, V] and double[B, 1] to tokens and log-probs, double[B, 2]. */
    static final Program FROM_FULL = Program.of(Native::fromFull);

    private Native() {}

    private static Value fromFull(Program.Writer program) {
      Value scores = program.input();
      Value uniforms = program.input();
      long wide = ScalarType.Double.value;
      Value probabilities = program.call("aten::softmax", scores, 1L, wide);
      Value cumulative = program.call("aten::cumsum", probabilities, 1L, Program.NONE);
      Value total = program.call("aten::slice", cumulative, 1L, -1L, Long.MAX_VALUE, 1L);
      Value targets = program.call("aten::mul", uniforms, total);
      Value tokens =
          program.call(
              "aten::searchsorted", cumulative, targets, false, true, Program.NONE, Program.NONE);
      Value own = program.call("aten::gather", probabilities, 1L, tokens, false);
      Value ids = program.call("aten::to", tokens, wide, false, false, Program.NONE);
      return program.call("aten::cat", List.of(ids, program.call("aten::log_", own)), 1L);
    }
  }
}
