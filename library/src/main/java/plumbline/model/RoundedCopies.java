package plumbline.model;

import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import plumbline.tensor.Scopes;

/**
 * Trained weights in bfloat16, each rounded once after each change: however many threads and
 * micro-batches multiply by it, and without a gradient of its own.
 */
final class RoundedCopies implements AutoCloseable {
  private final SortedMap<String, Copy> copies = new TreeMap<>();

  /**
   * A copy.
   *
   * @param version of the weight that it was made of
   */
  private record Copy(Tensor tensor, long version) {}

  /** The copy of a weight as it is now, which stays this class's. */
  synchronized Tensor of(String name, Tensor weight) {
    Copy found = copies.get(name);
    if (found != null && found.version() == weight._version()) {
      return found.tensor();
    }
    if (found != null) {
      found.tensor().close();
    }
    Tensor now =
        Scopes.noGrad(
            () -> Scopes.call(() -> Scopes.keep(weight.detach().to(ScalarType.BFloat16))));
    copies.put(name, new Copy(now, weight._version()));
    return now;
  }

  /** Frees all copies; new ones can be made. */
  @Override
  public synchronized void close() {
    copies.values().forEach(copy -> copy.tensor().close());
    copies.clear();
  }
}
