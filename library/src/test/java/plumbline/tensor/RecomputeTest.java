package plumbline.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import plumbline.GradientCheck;
import plumbline.NativeMemory;
import plumbline.train.Memory;

class RecomputeTest {
  private final SplittableRandom random = new SplittableRandom(7);

  /** Normal numbers that ask for a gradient. */
  private Tensor leaf(long... shape) {
    int count = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    double[] values = GradientCheck.normal(random, count);
    return GradientCheck.leaf(Ops.doubles(values, shape).to(ScalarType.Float));
  }

  private static UnaryOperator<Tensor> layer(Tensor weight) {
    return x -> torch.tanh(torch.matmul(x, weight)).mul(x);
  }

  private static double[] takeGradient(Tensor leaf) {
    double[] gradient = Ops.toDoubles(leaf.grad());
    leaf.mutable_grad().reset();
    return gradient;
  }

  private static void assertClose(double[] got, double[] wanted) {
    assertThat(got).hasSameSizeAs(wanted);
    for (int i = 0; i < wanted.length; i++) {
      assertThat(got[i]).isCloseTo(wanted[i], within(1e-6 * Math.max(1, Math.abs(wanted[i]))));
    }
  }

  @Test
  void gradientsOfInputsAndWeightsAreThePlainOnesBitForBit() {
    Scopes.run(
        () -> {
          Tensor x = leaf(2, 3, 4);
          Tensor first = leaf(4, 4);
          Tensor second = leaf(4, 4);
          Tensor plain = layer(second).apply(layer(first).apply(x)).square().sum();
          plain.backward();
          double[] ofX = takeGradient(x);
          double[] ofFirst = takeGradient(first);
          double[] ofSecond = takeGradient(second);

          Tensor hidden = Recompute.of(layer(first), x);
          Tensor lean = Recompute.of(layer(second), hidden).square().sum();
          lean.backward();

          assertThat(lean.item_double()).isEqualTo(plain.item_double());
          assertThat(takeGradient(x)).isEqualTo(ofX);
          assertThat(takeGradient(first)).isEqualTo(ofFirst);
          assertThat(takeGradient(second)).isEqualTo(ofSecond);
        });
  }

  @Test
  void resultAndInputsMayHaveOtherUses() {
    Scopes.run(
        () -> {
          Tensor x = leaf(5, 4);
          Tensor below = leaf(4, 4);
          Tensor weight = leaf(4, 4);
          Function<UnaryOperator<Tensor>, Tensor> loss =
              head -> {
                Tensor states = layer(below).apply(x);
                Tensor once = head.apply(states);
                return once.sum().add(once.square().sum()).add(torch.sin(states).sum());
              };
          loss.apply(layer(weight)).backward();
          double[] ofX = takeGradient(x);
          double[] ofWeight = takeGradient(weight);

          loss.apply(states -> Recompute.of(layer(weight), states)).backward();

          assertClose(takeGradient(x), ofX);
          assertClose(takeGradient(weight), ofWeight);
        });
  }

  @Test
  void anInputUsedTwiceByOneFunctionAndUnusedOnesAreRight() {
    Scopes.run(
        () -> {
          Tensor x = leaf(3, 2);
          Tensor y = leaf(3, 2).transpose(0, 1).detach().set_requires_grad(true);
          Tensor unused = leaf(2);
          Function<List<Tensor>, Tensor> function =
              in -> in.get(0).mul(in.get(1).transpose(0, 1)).add(in.get(0)).transpose(0, 1);
          function.apply(List.of(x, y)).square().sum().backward();
          double[] ofX = takeGradient(x);
          double[] ofY = takeGradient(y);

          Recompute.of(function, List.of(x, y, unused)).square().sum().backward();

          assertClose(takeGradient(x), ofX);
          assertClose(takeGradient(y), ofY);
          assertThat(takeGradient(unused)).containsOnly(0);
        });
  }

  @Test
  void weightsGetTheirGradientsWhereNoInputWantsOne() {
    Scopes.run(
        () -> {
          Tensor x = leaf(3, 4).detach();
          Tensor weight = leaf(4, 4);
          layer(weight).apply(x).sum().backward();
          double[] wanted = takeGradient(weight);

          Recompute.of(layer(weight), x).sum().backward();

          assertThat(takeGradient(weight)).isEqualTo(wanted);
          assertThat(x.requires_grad()).isFalse();
        });
  }

  @Test
  void functionsMayThemselvesRecompute() {
    Scopes.run(
        () -> {
          Tensor x = leaf(3, 4);
          Tensor weight = leaf(4, 4);
          layer(weight).apply(layer(weight).apply(x)).sum().backward();
          double[] ofX = takeGradient(x);
          double[] ofWeight = takeGradient(weight);

          UnaryOperator<Tensor> inner = h -> Recompute.of(layer(weight), h);
          Recompute.of(h -> inner.apply(inner.apply(h)), x).sum().backward();

          assertClose(takeGradient(x), ofX);
          assertClose(takeGradient(weight), ofWeight);
        });
  }

  @Test
  void aChainOfHundredsIsNotNested() {
    Scopes.run(
        () -> {
          Tensor x = leaf(2, 4);
          Tensor weight = leaf(4, 4);
          Tensor plain = x;
          Tensor lean = x;
          for (int i = 0; i < 300; i++) {
            plain = layer(weight).apply(plain);
          }
          plain.sum().backward();
          double[] wanted = takeGradient(x);
          for (int i = 0; i < 300; i++) {
            lean = Recompute.of(layer(weight), lean);
          }
          lean.sum().backward();

          assertThat(takeGradient(x)).isEqualTo(wanted);
        });
  }

  @Test
  void withoutRecordingTheFunctionRunsOnceAndNothingIsAttached() {
    Scopes.run(
        () -> {
          Tensor x = leaf(3, 4);
          AtomicInteger runs = new AtomicInteger();
          Tensor result =
              Scopes.noGrad(
                  () ->
                      Recompute.of(
                          in -> {
                            runs.incrementAndGet();
                            return in.exp();
                          },
                          x));

          assertThat(runs).hasValue(1);
          assertThat(result.requires_grad()).isFalse();
          assertThat(Ops.toDoubles(result)).isEqualTo(Ops.toDoubles(x.exp()));
        });
  }

  @Test
  void stepsLeaveNoNativeObjectAndNoMemoryBehind() {
    Tensor weight = Scopes.call(() -> Scopes.keep(leaf(256, 256)));
    Runnable step =
        () ->
            Scopes.run(
                () -> {
                  Tensor x = leaf(256, 256);
                  for (int i = 0; i < 10; i++) {
                    x = Recompute.of(layer(weight), x);
                  }
                  x.sum().backward();
                  weight.mutable_grad().reset();
                });
    repeat(20, step);
    NativeMemory.assertNoneLeftBy(() -> repeat(20, step));
    long before = Memory.residentMegabytes();
    repeat(150, step); // results of 256 KiB: 375 MiB if they stayed
    assertThat(Memory.residentMegabytes() - before).isLessThan(150);
    weight.close();
  }

  private static void repeat(int times, Runnable body) {
    for (int i = 0; i < times; i++) {
      body.run();
    }
  }

  @Test
  void aFailureDuringTheBackwardPassIsAnExceptionAndTheNextPassIsRight() {
    Scopes.run(
        () -> {
          Tensor x = leaf(3, 4);
          Tensor weight = leaf(4, 4);
          layer(weight).apply(x).sum().backward();
          double[] wanted = takeGradient(weight);
          x.mutable_grad().reset();
          Tensor failing =
              Recompute.of(
                  in -> {
                    if (ManualBackward.isRecording()) {
                      throw new IllegalStateException("out of luck");
                    }
                    return in.exp();
                  },
                  x);

          assertThatThrownBy(() -> failing.sum().backward()).hasMessageContaining("out of luck");

          assertThat(x.grad().defined()).isFalse();
          assertThat(ManualBackward.isRecording()).isTrue();
          Recompute.of(layer(weight), x).sum().backward();
          assertThat(takeGradient(weight)).isEqualTo(wanted);
        });
  }

  @Test
  void aFailureDuringTheForwardPassLeavesNothingBehind() {
    Runnable failure =
        () ->
            assertThatThrownBy(
                    () ->
                        Scopes.run(
                            () ->
                                Recompute.of(
                                    in -> torch.matmul(in, in.narrow(0, 0, 1)), leaf(3, 4))))
                .isInstanceOf(RuntimeException.class);
    repeat(3, failure);
    NativeMemory.assertNoneLeftBy(() -> repeat(3, failure));
  }

  @Test
  void recordingWithoutAScopeIsRefused() {
    Tensor x = Scopes.call(() -> Scopes.keep(leaf(2)));

    assertThatThrownBy(() -> Recompute.of(Tensor::exp, x)).hasMessageContaining("open scope");

    x.close();
  }
}
