package plumbline.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import plumbline.GoldenFiles;
import plumbline.GradientCheck;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

class LogprobsTest {
  private static final int B = 2;
  private static final int T = 3;
  private static final int V = 7;
  private static final long[] IDS = {0, 6, 2, 2, 5, 1};

  private static double[] logits(long seed) {
    double[] z = GradientCheck.normal(new SplittableRandom(seed), B * T * V);
    Arrays.setAll(z, i -> 3 * z[i]);
    return z;
  }

  @Test
  void logprobsEqualANaiveLoop() {
    double[] z = logits(1);
    double[] wanted = new double[B * T];
    for (int t = 0; t < B * T; t++) {
      wanted[t] = Math.log(softmax(z, t)[(int) IDS[t]]);
    }
    Scopes.run(
        () ->
            GoldenFiles.assertClose(
                "logprobs",
                Ops.toDoubles(Logprobs.ofTokens(Ops.doubles(z, B, T, V), Ops.longs(IDS, B, T))),
                wanted,
                1e-12));
  }

  @Test
  void entropyEqualsANaiveLoop() {
    double[] z = logits(2);
    double[] wanted = new double[B * T];
    for (int t = 0; t < B * T; t++) {
      for (double p : softmax(z, t)) {
        wanted[t] -= p * Math.log(p);
      }
    }
    Scopes.run(
        () ->
            GoldenFiles.assertClose(
                "entropy",
                Ops.toDoubles(Logprobs.entropy(Ops.doubles(z, B, T, V))),
                wanted,
                1e-12));
  }

  private static double[] softmax(double[] z, int position) {
    double[] p = Arrays.copyOfRange(z, position * V, (position + 1) * V);
    Arrays.setAll(p, v -> Math.exp(p[v]));
    double sum = Arrays.stream(p).sum();
    Arrays.setAll(p, v -> p[v] / sum);
    return p;
  }

  @Test
  void gradientsEqualFiniteDifferences() {
    Scopes.run(
        () -> {
          Tensor ids = Ops.longs(IDS, B, T);
          Tensor weights = Ops.doubles(new double[] {1, -2, 3, 0.5, 1.5, -1}, B, T);
          GradientCheck.assertMatchesDifferences(
              z -> Logprobs.ofTokens(z, ids).mul(weights).sum(), logits(3), B, T, V);
          GradientCheck.assertMatchesDifferences(
              z -> Logprobs.entropy(z).mul(weights).sum(), logits(4), B, T, V);
        });
  }

  @Test
  void largeLogitsStayFinite() {
    Scopes.run(
        () -> {
          Tensor z = Ops.floats(new float[] {10_000, 9_999, -10_000}, 1, 1, 3);
          double[] logprob = Ops.toDoubles(Logprobs.ofTokens(z, Ops.longs(new long[] {1}, 1, 1)));
          assertThat(logprob[0]).isCloseTo(-1 - Math.log1p(Math.exp(-1)), within());
        });
  }

  @Test
  void anExcludedTokenAddsNoEntropyAndNoGradient() {
    Scopes.run(
        () -> {
          float none = Float.NEGATIVE_INFINITY;
          Tensor z = Ops.floats(new float[] {1, none, 1, none}, 1, 1, 4);
          assertThat(Ops.toDoubles(Logprobs.entropy(z))[0]).isCloseTo(Math.log(2), within());
          double[] gradient = GradientCheck.gradient(x -> Logprobs.entropy(x).sum(), z);
          GoldenFiles.assertClose("gradient", gradient, new double[4], 1e-6);
        });
  }

  @Test
  void shapesThatDoNotMatchAreNamed() {
    Scopes.run(
        () ->
            assertThatThrownBy(() -> Logprobs.ofTokens(Ops.zeros(2, 4, 7), Ops.longs(IDS, 2, 3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[2, 4, 7]")
                .hasMessageContaining("[2, 3]"));
  }

  private static org.assertj.core.data.Offset<Double> within() {
    return org.assertj.core.api.Assertions.within(1e-5);
  }
}
