package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import org.bytedeco.pytorch.Tensor;
import plumbline.model.Safetensors;
import plumbline.tensor.Ops;

/** The weights that runs end with, whole models or adapters. */
final class SameWeights {
  /** What float32 rounds, where gradients are added in another order. */
  private static final double TOLERANCE = 1e-5;

  private SameWeights() {}

  static void assertSame(Path wanted, Path found) {
    SortedMap<String, Tensor> a = weights(wanted);
    SortedMap<String, Tensor> b = weights(found);
    assertThat(b.keySet()).isEqualTo(a.keySet());
    a.forEach(
        (name, tensor) -> {
          double[] x = Ops.toDoubles(tensor);
          double[] y = Ops.toDoubles(b.get(name));
          for (int i = 0; i < x.length; i++) {
            assertThat(y[i])
                .as(found + ": " + name)
                .isCloseTo(x[i], within(TOLERANCE * Math.max(1, Math.abs(x[i]))));
          }
        });
  }

  private static SortedMap<String, Tensor> weights(Path run) {
    Path whole = run.resolve("model/model.safetensors");
    return Safetensors.read(
        Files.exists(whole) ? whole : run.resolve("model/adapter_model.safetensors"));
  }
}
