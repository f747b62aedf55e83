package plumbline.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import plumbline.InputException;

class EngineTest {
  @Test
  void anUnknownDeviceIsTheUsersError() {
    assertThatThrownBy(() -> Engine.configure("gpu", 1))
        .isInstanceOf(InputException.class)
        .hasMessage("device is 'gpu', wanted cpu, cuda or cuda:N");
  }

  @Test
  void noThreadIsTheUsersError() {
    assertThatThrownBy(() -> Engine.configure("cpu", 0))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("threads is 0");
  }

  @Test
  void anAbsentDeviceIsTheUsersErrorAndChangesNothing() {
    boolean cuda = torch.cuda_is_available();
    Assumptions.assumeFalse(cuda, "this machine has a CUDA device");
    String before = Engine.device();
    assertThatThrownBy(() -> Engine.configure("cuda", 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("device is 'cuda'")
        .hasMessageContaining("cpu");
    assertThat(Engine.device()).isEqualTo(before);
  }

  @Test
  void productsDoNotDependOnTheNumberOfThreads() {
    float[] values = new float[300 * 300];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.sin(i);
    }
    int before = Engine.threads();
    try {
      float[] one = square(values, 1);
      float[] two = square(values, 2);
      for (int i = 0; i < one.length; i++) {
        // a thread count may change the order of summation, not more
        assertThat(two[i]).isCloseTo(one[i], org.assertj.core.api.Assertions.within(1e-4f));
      }
      assertThat(square(values, 2)).isEqualTo(two);
    } finally {
      Engine.configure(Engine.device(), before);
    }
  }

  private static float[] square(float[] values, int threads) {
    Engine.configure("cpu", threads);
    assertThat(Engine.threads()).isEqualTo(threads);
    return Scopes.call(
        () -> {
          var matrix = Ops.floats(values, 300, 300);
          return Ops.toFloats(torch.matmul(matrix, matrix));
        });
  }
}
