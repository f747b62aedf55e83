package plumbline.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.GoldenFiles;
import plumbline.GradientCheck;
import plumbline.NativeMemory;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

class AdamWTest {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.99;
  private static final double EPSILON = 1e-3;
  private static final double DECAY = 0.1;
  private static final double LR = 0.05;
  private static final double[] TARGET = {3, -1, 0.5};

  private static Map<String, Tensor> parameters() {
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    parameters.put("a", GradientCheck.leaf(Ops.doubles(new double[] {1, -2, 0.5}, 3)));
    parameters.put("b", GradientCheck.leaf(Ops.doubles(new double[] {0.3}, 1, 1)));
    return parameters;
  }

  private static AdamW optimizer(Map<String, Tensor> parameters) {
    return new AdamW(parameters, BETA1, BETA2, EPSILON, DECAY);
  }

  /** loss = |a - target|^2 + 2 b^2. */
  private static void backward(Map<String, Tensor> parameters) {
    Tensor distance = parameters.get("a").sub(Ops.doubles(TARGET, 3)).square().sum();
    distance.add(Ops.times(parameters.get("b").square().sum(), 2)).backward();
  }

  private static void train(Map<String, Tensor> parameters, AdamW optimizer, int steps) {
    for (int step = 0; step < steps; step++) {
      Scopes.run(
          () -> {
            optimizer.clearGradients();
            backward(parameters);
            optimizer.step(LR);
          });
    }
  }

  /** By this copies of a weight know that they are old. */
  @Test
  void aStepCountsAsAChangeOfEveryWeight() {
    Map<String, Tensor> parameters = parameters();
    try (AdamW optimizer = optimizer(parameters)) {
      train(parameters, optimizer, 1);
      List<Long> before = parameters.values().stream().map(Tensor::_version).toList();
      train(parameters, optimizer, 1);
      List<Long> after = parameters.values().stream().map(Tensor::_version).toList();
      for (int i = 0; i < before.size(); i++) {
        assertThat(after.get(i)).isGreaterThan(before.get(i));
      }
    }
  }

  /** GPT-2's matrices are transposed views of what its files hold. */
  @ParameterizedTest
  @ValueSource(ints = {20, 600})
  void aTransposedMatrixMovesAsOneThatIsNot(int width) {
    float[] numbers = new float[500 * width];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) Math.sin(i);
    }
    Tensor held = Scopes.call(() -> Scopes.keep(Ops.floats(numbers, 500, width)));
    Map<String, Tensor> turned = Map.of("w", GradientCheck.leaf(held.t()));
    Map<String, Tensor> plain = Map.of("w", GradientCheck.leaf(held.t().contiguous()));
    assertThat(turned.get("w").is_contiguous()).isFalse();
    try (AdamW one = optimizer(turned);
        AdamW other = optimizer(plain)) {
      for (int step = 0; step < 3; step++) {
        assertThat(stepped(turned, one)).isCloseTo(stepped(plain, other), within(1e-9));
      }
      Scopes.run(
          () -> {
            assertThat(turned.get("w").equal(plain.get("w"))).isTrue();
            assertThat(one.state().get("w.v").equal(other.state().get("w.v"))).isTrue();
          });
    }
  }

  /** The norm of the gradients of the sum of cubes before it was clipped. */
  private static double stepped(Map<String, Tensor> parameters, AdamW optimizer) {
    return Scopes.call(
        () -> {
          optimizer.clearGradients();
          Tensor w = parameters.get("w");
          w.mul(w).mul(w).sum().backward();
          double norm = GradientNorm.clip(parameters, 0.5);
          optimizer.step(LR);
          return norm;
        });
  }

  @Test
  void stepsEqualANaiveLoop() {
    double theta = 0.3;
    double m = 0;
    double v = 0;
    for (int t = 1; t <= 25; t++) {
      double g = 4 * theta;
      theta -= LR * DECAY * theta;
      m = BETA1 * m + (1 - BETA1) * g;
      v = BETA2 * v + (1 - BETA2) * g * g;
      double corrected = m / (1 - Math.pow(BETA1, t));
      theta -= LR * corrected / (Math.sqrt(v / (1 - Math.pow(BETA2, t))) + EPSILON);
    }
    double wanted = theta;
    Scopes.run(
        () -> {
          Map<String, Tensor> parameters = parameters();
          try (AdamW optimizer = optimizer(parameters)) {
            train(parameters, optimizer, 25);
            assertThat(optimizer.steps()).isEqualTo(25);
          }
          GoldenFiles.assertClose("b", parameters.get("b").item_double(), wanted, 1e-12);
        });
  }

  @Test
  void aRestoredOptimizerGoesOnByteForByte() {
    Scopes.run(
        () -> {
          Map<String, Tensor> straight = parameters();
          Map<String, Tensor> resumed = parameters();
          try (AdamW first = optimizer(straight);
              AdamW interrupted = optimizer(resumed);
              AdamW second = optimizer(resumed)) {
            train(straight, first, 12);
            train(resumed, interrupted, 7);
            second.restore(interrupted.state());
            assertThat(second.steps()).isEqualTo(7);
            train(resumed, second, 5);
            for (String name : straight.keySet()) {
              assertThat(Ops.toDoubles(resumed.get(name)))
                  .isEqualTo(Ops.toDoubles(straight.get(name)));
            }
          }
        });
  }

  @Test
  void aRestoredStateIsACopy() {
    Scopes.run(
        () -> {
          Map<String, Tensor> parameters = parameters();
          try (AdamW old = optimizer(parameters);
              AdamW other = optimizer(parameters)) {
            train(parameters, old, 3);
            other.restore(old.state());
            double[] before = Ops.toDoubles(other.state().get("a.m"));
            train(parameters, old, 1);
            assertThat(Ops.toDoubles(other.state().get("a.m"))).isEqualTo(before);
            assertThat(Ops.toDoubles(old.state().get("a.m"))).isNotEqualTo(before);
          }
        });
  }

  @Test
  void aStateThatDoesNotFitIsRefusedAndChangesNothing() {
    Scopes.run(
        () -> {
          Map<String, Tensor> parameters = parameters();
          try (AdamW old = optimizer(parameters);
              AdamW optimizer = optimizer(parameters)) {
            train(parameters, old, 2);
            Map<String, Tensor> missing = old.state();
            missing.remove("b.v");
            assertRefused(optimizer, missing, "the optimizer's state has no 'b.v'");
            Map<String, Tensor> other = old.state();
            other.put("b.v", Ops.zeros(2));
            assertRefused(
                optimizer,
                other,
                "the optimizer's state 'b.v' has shape [2] but the model wants [1, 1]");
            Map<String, Tensor> superfluous = old.state();
            superfluous.put("c.m", Ops.zeros(2));
            assertRefused(
                optimizer,
                superfluous,
                "the optimizer's state holds 'c.m', which belongs to no parameter");
          }
        });
  }

  private static void assertRefused(AdamW optimizer, Map<String, Tensor> state, String message) {
    assertThatThrownBy(() -> optimizer.restore(state))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
    assertThat(optimizer.steps()).isZero();
    assertThat(Ops.toDoubles(optimizer.state().get("a.m"))).containsOnly(0);
  }

  @Test
  void aParameterThatNoGradientReachedIsNamedAndNothingMoves() {
    Scopes.run(
        () -> {
          Map<String, Tensor> parameters = parameters();
          try (AdamW optimizer = optimizer(parameters)) {
            parameters.get("a").square().sum().backward();
            assertThatThrownBy(() -> optimizer.step(LR))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no gradient has reached parameter 'b'");
            assertThat(Ops.toDoubles(parameters.get("a"))).containsExactly(1, -2, 0.5);
            assertThat(optimizer.steps()).isZero();
          }
        });
  }

  @Test
  void gradientsAddUpUntilTheyAreCleared() {
    Scopes.run(
        () -> {
          Map<String, Tensor> parameters = parameters();
          try (AdamW optimizer = optimizer(parameters)) {
            backward(parameters);
            backward(parameters);
            assertThat(parameters.get("b").grad().item_double()).isEqualTo(8 * 0.3);
            optimizer.clearGradients();
            assertThat(parameters.get("b").grad().defined()).isFalse();
          }
        });
  }

  @Test
  void stepsAndClosingLeaveNothingBehind() {
    Scopes.run(
        () -> {
          Map<String, Tensor> parameters = parameters();
          NativeMemory.assertNoneLeftBy(
              () -> {
                try (AdamW optimizer = optimizer(parameters)) {
                  train(parameters, optimizer, 1);
                  NativeMemory.assertNoneLeftBy(() -> train(parameters, optimizer, 50));
                  Scopes.run(() -> optimizer.restore(optimizer.state()));
                }
              });
        });
  }

  @Test
  void nothingToTrainIsRefused() {
    assertThatThrownBy(() -> optimizer(Map.of())).hasMessage("no parameter to train");
  }
}
