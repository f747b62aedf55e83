package plumbline.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.distributed.Ranks;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/** An optimizer whose state is spread over processes. */
class FlatSpaceTest {
  private static final long[][] SHAPES = {{3, 5}, {1}, {7}, {2, 2, 2}};
  private static final int NUMBERS = 31;

  private record Left(double[] weights, double[] state, long own) {}

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void aSpreadOptimizerMovesWeightsAsAWholeOneDoesAndKeepsLess(int ranks) {
    Left wanted = trained(false, 4);

    List<Left> all = Ranks.run(ranks, world -> trained(true, 4));

    for (Left found : all) {
      assertThat(found.weights).containsExactly(all.get(0).weights);
      assertClose(found.weights, wanted.weights);
      assertClose(found.state, wanted.state);
      assertThat(found.own).isLessThanOrEqualTo(2L * ((NUMBERS + ranks - 1) / ranks));
    }
    assertThat(wanted.own).isEqualTo(2 * NUMBERS);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void aWorldOfAnotherSizeGoesOnFromWhatItKept(int ranks) {
    Left wanted = trained(false, 6);

    List<Left> all =
        Ranks.run(
            4,
            world ->
                Scopes.call(
                    () -> {
                      Map<String, Tensor> weights = weights();
                      try (AdamW optimizer = optimizer(weights, true)) {
                        steps(weights, optimizer, 0, 4);
                        return new Left(numbers(weights), numbers(optimizer.state()), 0);
                      }
                    }));
    Left saved = all.get(0);
    List<Left> resumed =
        Ranks.run(
            ranks,
            world ->
                Scopes.call(
                    () -> {
                      Map<String, Tensor> weights = weights();
                      try (AdamW optimizer = optimizer(weights, true)) {
                        put(saved.weights, weights);
                        Map<String, Tensor> state = optimizer.state();
                        Map<String, Tensor> copies = new LinkedHashMap<>();
                        state.forEach((name, tensor) -> copies.put(name, tensor.clone()));
                        put(saved.state, copies);
                        optimizer.restore(copies);
                        steps(weights, optimizer, 4, 6);
                        return new Left(numbers(weights), numbers(optimizer.state()), 0);
                      }
                    }));

    resumed.forEach(found -> assertClose(found.weights, wanted.weights));
    resumed.forEach(found -> assertClose(found.state, wanted.state));
  }

  private static void assertClose(double[] found, double[] wanted) {
    assertThat(found).hasSameSizeAs(wanted);
    for (int i = 0; i < wanted.length; i++) {
      assertThat(found[i]).isCloseTo(wanted[i], within(1e-6 * Math.max(1, Math.abs(wanted[i]))));
    }
  }

  private static Left trained(boolean spread, int steps) {
    return Scopes.call(
        () -> {
          Map<String, Tensor> weights = weights();
          try (AdamW optimizer = optimizer(weights, spread)) {
            steps(weights, optimizer, 0, steps);
            return new Left(numbers(weights), numbers(optimizer.state()), optimizer.kept());
          }
        });
  }

  private static AdamW optimizer(Map<String, Tensor> weights, boolean spread) {
    FlatSpace space = spread ? FlatSpace.share(weights) : FlatSpace.whole(weights);
    return new AdamW(weights, 0.9, 0.95, 1e-8, 0.1, space);
  }

  private static Map<String, Tensor> weights() {
    SplittableRandom random = new SplittableRandom(3);
    Map<String, Tensor> weights = new LinkedHashMap<>();
    for (int i = 0; i < SHAPES.length; i++) {
      weights.put("w" + i, tensor(SHAPES[i], random).set_requires_grad(true));
    }
    return weights;
  }

  private static Tensor tensor(long[] shape, SplittableRandom random) {
    int count = (int) java.util.Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    double[] values = random.doubles(count, -1, 1).toArray();
    return Ops.doubles(values, shape).to(org.bytedeco.pytorch.global.torch.ScalarType.Float);
  }

  private static void steps(Map<String, Tensor> weights, AdamW optimizer, int from, int to) {
    for (int step = from; step < to; step++) {
      SplittableRandom random = new SplittableRandom(100 + step);
      weights.forEach(
          (name, tensor) ->
              tensor.mutable_grad().put(Scopes.keep(tensor(Ops.shape(tensor), random))));
      optimizer.step(0.01);
      optimizer.clearGradients();
    }
  }

  private static double[] numbers(Map<String, Tensor> tensors) {
    return tensors.values().stream()
        .flatMapToDouble(tensor -> java.util.Arrays.stream(Ops.toDoubles(tensor)))
        .toArray();
  }

  private static void put(double[] numbers, Map<String, Tensor> tensors) {
    int at = 0;
    for (Tensor tensor : tensors.values()) {
      int count = (int) tensor.numel();
      double[] own = java.util.Arrays.copyOfRange(numbers, at, at + count);
      Scopes.noGrad(() -> tensor.copy_(Ops.doubles(own, Ops.shape(tensor))));
      at += count;
    }
  }
}
