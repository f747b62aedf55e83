package plumbline.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import plumbline.NativeMemory;

class ScopesTest {
  private static Tensor somethingMade() {
    Tensor x = Ops.floats(new float[] {1, 2, 3, 4}, 2, 2);
    return Ops.times(x.add(x).softmax(-1), 3);
  }

  @Test
  void whatAScopeMadeIsFreedAtItsEnd() {
    long before = NativeMemory.settledCount();
    Tensor[] seen = new Tensor[1];
    Scopes.run(
        () -> {
          seen[0] = somethingMade();
          assertThat(Pointer.totalCount()).isGreaterThan(before);
        });
    assertThat(seen[0].isNull()).isTrue();
    assertThat(Pointer.totalCount()).isEqualTo(before);
  }

  @Test
  void aScopeIsFreedWhenItsBodyThrows() {
    long before = NativeMemory.settledCount();
    assertThatThrownBy(
            () ->
                Scopes.run(
                    () -> {
                      somethingMade();
                      throw new IllegalStateException("half way");
                    }))
        .hasMessage("half way");
    assertThat(Pointer.totalCount()).isEqualTo(before);
  }

  @Test
  void aKeptTensorOutlivesItsScopeUntilItIsClosed() {
    long before = NativeMemory.settledCount();
    Tensor kept = Scopes.call(() -> Scopes.keep(somethingMade()));
    assertThat(Pointer.totalCount()).isEqualTo(before + 1);
    assertThat(Ops.shape(kept)).containsExactly(2, 2);
    kept.close();
    assertThat(kept.isNull()).isTrue();
    assertThat(Pointer.totalCount()).isEqualTo(before);
  }

  @Test
  void aTensorKeptInAnInnerScopeOutlivesTheOuterOnesToo() {
    long before = NativeMemory.settledCount();
    Tensor kept =
        Scopes.call(() -> Scopes.call(() -> Scopes.call(() -> Scopes.keep(Ops.zeros(3)))));
    assertThat(Scopes.call(() -> Ops.toFloats(kept))).containsExactly(0, 0, 0);
    kept.close();
    assertThat(Pointer.totalCount()).isEqualTo(before);
  }

  @Test
  void anInnerScopeLeavesTheOuterOnesTensorsAlone() {
    Scopes.run(
        () -> {
          Tensor outer = Ops.floats(new float[] {7}, 1);
          NativeMemory.assertNoneLeftBy(() -> Scopes.run(() -> Ops.plus(outer, 1)));
          assertThat(Ops.toFloats(outer)).containsExactly(7);
        });
  }

  @Test
  void aTensorReturnedWithoutKeepIsAnError() {
    assertThatThrownBy(() -> Scopes.call(ScopesTest::somethingMade))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Scopes.keep");
  }

  @Test
  void manyStepsLeaveNothingBehind() {
    NativeMemory.assertNoneLeftBy(
        () -> {
          for (int step = 0; step < 100; step++) {
            float[] values = Scopes.call(() -> Ops.toFloats(somethingMade()));
            assertThat(values).hasSize(4);
          }
        });
  }

  @Test
  void aBackwardPassLeavesNothingBehind() {
    long before = NativeMemory.settledCount();
    Tensor weight = Scopes.call(() -> Scopes.keep(Ops.zeros(2, 2).set_requires_grad(true)));
    for (int step = 0; step < 20; step++) {
      Scopes.run(
          () -> {
            Ops.plus(weight, 1).square().sum().backward();
            assertThat(Ops.toFloats(weight.grad())[0]).isEqualTo(2);
            weight.mutable_grad().reset();
          });
    }
    weight.close();
    assertThat(Pointer.totalCount()).isEqualTo(before);
  }

  @Test
  void noGradRecordsNothingAndEndsWithItsBody() {
    Scopes.run(
        () -> {
          Tensor weight = Ops.zeros(2).set_requires_grad(true);
          Tensor inside = Scopes.noGrad(() -> Ops.plus(weight, 1));
          assertThat(inside.requires_grad()).isFalse();
          assertThat(Ops.plus(weight, 1).requires_grad()).isTrue();
        });
  }

  @Test
  void gradientsAreRecordedAgainAfterANoGradBodyThrows() {
    Scopes.run(
        () -> {
          Tensor weight = Ops.zeros(2).set_requires_grad(true);
          Runnable failing =
              () -> {
                throw new IllegalStateException("half way");
              };
          assertThatThrownBy(() -> Scopes.noGrad(failing)).hasMessage("half way");
          assertThat(Ops.plus(weight, 1).requires_grad()).isTrue();
        });
  }
}
