package plumbline.tensor;

import java.io.IOException;
import java.util.Arrays;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * What the native libraries are, found out by using them.
 *
 * @param libtorch version of the libtorch binding
 * @param openblas version of the matrix library's binding
 * @param cuda whether this libtorch sees an NVIDIA GPU
 */
public record EngineProbe(String libtorch, String openblas, boolean cuda) {
  /**
   * Loads libtorch and multiplies two 2x2 matrices.
   *
   * @throws LinkageError if a native library is missing or does not fit this machine
   * @throws IllegalStateException if the product is wrong
   */
  public static EngineProbe run() {
    Engine.configure("cpu", 1);
    float[] product =
        Scopes.call(
            () -> {
              Tensor a = Ops.floats(new float[] {1, 2, 3, 4}, 2, 2);
              Tensor b = Ops.floats(new float[] {5, 6, 7, 8}, 2, 2);
              return Ops.toFloats(torch.matmul(a, b));
            });
    float[] expected = {19, 22, 43, 50};
    if (!Arrays.equals(product, expected)) {
      throw new IllegalStateException(
          "libtorch multiplied [1 2; 3 4] by [5 6; 7 8] to " + Arrays.toString(product));
    }
    return ofLoaded();
  }

  /** The same of libraries that are in use already. */
  public static EngineProbe ofLoaded() {
    return new EngineProbe(version("pytorch"), version("openblas"), torch.cuda_is_available());
  }

  private static String version(String artifact) {
    try {
      return Loader.getVersion("org.bytedeco", artifact);
    } catch (IOException e) {
      throw new IllegalStateException("cannot read the version of org.bytedeco:" + artifact, e);
    }
  }
}
