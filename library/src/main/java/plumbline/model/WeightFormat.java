package plumbline.model;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import plumbline.InputException;
import plumbline.tensor.Engine;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/**
 * How the matrices of a model's blocks are kept in memory. Embeddings, norms, biases and heads stay
 * float; so does every weight that is trained.
 */
public enum WeightFormat {
  /** 32 bits. */
  FLOAT32,
  /** 16 bits, of which 8 are fraction. */
  BFLOAT16,
  /** 8 bits and a scale per row. */
  INT8,
  /** 4 bits, and a scale and a least value per block of 64. */
  INT4,
  /** 4 bits that name one of 16 quantiles of a normal distribution, and a scale per block of 64. */
  NF4;

  /** What {@link Engine#dtype} asks for. */
  public static WeightFormat ofEngine() {
    return Engine.productType() == ScalarType.BFloat16 ? BFLOAT16 : FLOAT32;
  }

  /**
   * Brings a model's weights into this format, one after the other: at most one of them is float
   * and not mapped from its file at a time.
   *
   * @param folder where they are from, for errors
   * @param tensors kept tensors, of which all are closed or in the result
   * @throws InputException if a weight that is to be rounded is not finite
   */
  Parameters keep(Path folder, SortedMap<String, Tensor> tensors) {
    SortedMap<String, Tensor> plain = new TreeMap<>();
    SortedMap<String, QuantisedWeight> quantised = new TreeMap<>();
    try {
      tensors.forEach(
          (name, tensor) -> {
            boolean matrix = isMatrix(name, Ops.shape(tensor));
            if (isQuantised() && matrix) {
              quantised.put(name, rounded(folder, name, tensor));
            } else if (this == BFLOAT16 && matrix) {
              plain.put(name, in(ScalarType.BFloat16, tensor));
            } else {
              plain.put(name, in(Engine.floatingType(), tensor));
            }
          });
      return new Parameters(plain, quantised);
    } catch (RuntimeException e) {
      // A tensor that is in both maps is closed twice, which is no harm.
      tensors.values().forEach(Tensor::close);
      plain.values().forEach(Tensor::close);
      quantised.values().forEach(QuantisedWeight::close);
      throw e;
    }
  }

  private static boolean isMatrix(String name, long[] shape) {
    return shape.length == 2 && LinearLayer.inBlock(name);
  }

  /** Bytes of memory of a weight in this format, in which it may stay float. */
  long bytes(String name, long[] shape, int bytesPerNumber) {
    if (isMatrix(name, shape) && isQuantised()) {
      return QuantisedWeight.bytes(this, shape);
    }
    int each = isMatrix(name, shape) && this == BFLOAT16 ? Short.BYTES : bytesPerNumber;
    return Arrays.stream(shape).reduce(each, Math::multiplyExact);
  }

  private QuantisedWeight rounded(Path folder, String name, Tensor tensor) {
    try {
      QuantisedWeight weight = QuantisedWeight.of(tensor, this);
      tensor.close();
      return weight;
    } catch (IllegalArgumentException e) {
      throw new InputException(folder + ": '" + name + "': " + e.getMessage(), e);
    }
  }

  /** A kept tensor in the engine's precision; the one given is closed if it was in another. */
  static Tensor toFloat(Tensor tensor) {
    return in(Engine.floatingType(), tensor);
  }

  private static Tensor in(ScalarType type, Tensor tensor) {
    if (tensor.scalar_type().intern() == type) {
      return tensor;
    }
    Tensor converted = Scopes.call(() -> Scopes.keep(tensor.to(type)));
    tensor.close();
    return converted;
  }

  /** Whether a copy to sample from can be kept so. */
  public boolean samples() {
    return this != INT4 && this != NF4;
  }

  /** Whether matrices are kept in 8 or 4 bits, which cannot be trained. */
  public boolean isQuantised() {
    return this == INT8 || this == INT4 || this == NF4;
  }
}
