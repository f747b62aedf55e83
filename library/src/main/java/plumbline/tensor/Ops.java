package plumbline.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The tensor operations of which libtorch's Java form is clumsy, and those of masked arithmetic
 * that every loss shares.
 *
 * <p>Masks are float tensors: 1 = takes part, 0 = does not. What a mask excludes never changes a
 * result, not even if it is infinite or NaN there.
 */
public final class Ops {
  private static final long VALUES_AT_A_TIME = 1 << 16;

  private Ops() {}

  // ---- from and to Java

  /** A tensor of {@link Engine#dtype} and {@code shape} with these values in row-major order. */
  public static Tensor floats(float[] values, long... shape) {
    checkCount(values.length, shape);
    try (FloatPointer data = new FloatPointer(values)) {
      return copied(data, shape, ScalarType.Float).to(Engine.floatingType());
    }
  }

  /**
   * As {@link #floats}, of values that are drawn one after another: they are never all in Java's
   * memory.
   */
  public static Tensor drawn(DoubleSupplier next, long... shape) {
    Tensor values = torch.zeros(shape, onCpu(ScalarType.Float));
    FloatPointer data = values.data_ptr_float();
    long count = values.numel();
    float[] some = new float[(int) Math.min(count, VALUES_AT_A_TIME)];
    for (long from = 0; from < count; from += some.length) {
      int drawn = (int) Math.min(some.length, count - from);
      for (int i = 0; i < drawn; i++) {
        some[i] = (float) next.getAsDouble();
      }
      data.position(from).put(some, 0, drawn);
    }
    return values.to(new Device(Engine.device()), Engine.floatingType());
  }

  /** A float64 tensor of {@code shape} with these values in row-major order. */
  public static Tensor doubles(double[] values, long... shape) {
    checkCount(values.length, shape);
    try (DoublePointer data = new DoublePointer(values)) {
      return copied(data, shape, ScalarType.Double);
    }
  }

  /** An int64 tensor of {@code shape} with these values in row-major order. */
  public static Tensor longs(long[] values, long... shape) {
    checkCount(values.length, shape);
    try (LongPointer data = new LongPointer(values)) {
      return copied(data, shape, ScalarType.Long);
    }
  }

  private static TensorOptions onCpu(ScalarType type) {
    return new TensorOptions().dtype(new org.bytedeco.pytorch.ScalarTypeOptional(type));
  }

  private static Tensor copied(Pointer data, long[] shape, ScalarType type) {
    Tensor borrowed = torch.from_blob(data, shape, onCpu(type));
    return Engine.device().equals("cpu")
        ? borrowed.clone()
        : borrowed.to(new Device(Engine.device()), type, false, true, noFormat());
  }

  private static org.bytedeco.pytorch.MemoryFormatOptional noFormat() {
    return new org.bytedeco.pytorch.MemoryFormatOptional();
  }

  /** A tensor of {@link Engine#dtype}, all zeros. */
  public static Tensor zeros(long... shape) {
    return torch.zeros(shape, Engine.options(Engine.floatingType()));
  }

  /** The values in row-major order, as float32. */
  public static float[] toFloats(Tensor tensor) {
    Tensor plain = onCpu(tensor, ScalarType.Float);
    float[] values = new float[Math.toIntExact(plain.numel())];
    plain.data_ptr_float().get(values);
    return values;
  }

  /** The values in row-major order, as float64. */
  public static double[] toDoubles(Tensor tensor) {
    Tensor plain = onCpu(tensor, ScalarType.Double);
    double[] values = new double[Math.toIntExact(plain.numel())];
    plain.data_ptr_double().get(values);
    return values;
  }

  /** The values in row-major order, as int64. */
  public static long[] toLongs(Tensor tensor) {
    Tensor plain = onCpu(tensor, ScalarType.Long);
    long[] values = new long[Math.toIntExact(plain.numel())];
    plain.data_ptr_long().get(values);
    return values;
  }

  private static Tensor onCpu(Tensor tensor, ScalarType type) {
    return tensor.detach().to(new Device("cpu"), type).contiguous();
  }

  /** The sizes of {@code tensor}'s dimensions. */
  public static long[] shape(Tensor tensor) {
    long[] shape = new long[Math.toIntExact(tensor.dim())];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = tensor.size(i);
    }
    return shape;
  }

  private static void checkCount(int count, long[] shape) {
    long wanted = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    if (count != wanted) {
      throw new IllegalArgumentException(
          count + " values do not fill shape " + Arrays.toString(shape));
    }
  }

  /**
   * Checks that two arguments have one shape.
   *
   * @throws IllegalArgumentException naming both, e.g. {@code advantages has shape [2, 3] but
   *     logprobs has [2, 4]}
   */
  public static void checkSameShape(String name, Tensor tensor, String otherName, Tensor other) {
    if (!Arrays.equals(shape(tensor), shape(other))) {
      throw new IllegalArgumentException(
          name
              + " has shape "
              + Arrays.toString(shape(tensor))
              + " but "
              + otherName
              + " has "
              + Arrays.toString(shape(other)));
    }
  }

  // ---- random numbers

  /**
   * 1 with probability {@code one}, else 0, in the shape and precision of {@code like}; the same
   * for the same seed, whatever other threads draw.
   */
  public static Tensor bernoulli(Tensor like, double one, long seed) {
    try (Generator generator = torch.make_generator_cpu(seed);
        GeneratorOptional from = new GeneratorOptional(generator)) {
      ScalarType type = like.scalar_type().intern();
      Tensor drawn = torch.zeros(shape(like), onCpu(type)).bernoulli_(one, from);
      return Engine.device().equals("cpu") ? drawn : drawn.to(new Device(Engine.device()), type);
    }
  }

  // ---- arithmetic

  public static Tensor plus(Tensor x, double y) {
    return x.add(new Scalar(y));
  }

  public static Tensor times(Tensor x, double y) {
    return x.mul(new Scalar(y));
  }

  /** {@code x} limited to [{@code low}, {@code high}]. */
  public static Tensor clamp(Tensor x, double low, double high) {
    return x.clamp(new ScalarOptional(new Scalar(low)), new ScalarOptional(new Scalar(high)));
  }

  /** Tensors side by side along {@code dim}. */
  public static Tensor cat(List<Tensor> tensors, int dim) {
    return torch.cat(new TensorVector(tensors.toArray(new Tensor[0])), dim);
  }

  // ---- masks

  /**
   * The mask of the first {@code lengths[b]} positions of each row.
   *
   * @return float[B, width]
   */
  public static Tensor lengthMask(int[] lengths, int width) {
    float[] mask = new float[lengths.length * width];
    for (int b = 0; b < lengths.length; b++) {
      Arrays.fill(mask, b * width, b * width + Math.min(lengths[b], width), 1f);
    }
    return floats(mask, lengths.length, width);
  }

  /**
   * What hides entries when it is added to attention scores: -infinity where {@code excluded} is
   * true, 0 elsewhere; the shape of {@code excluded}.
   */
  public static Tensor hidden(Tensor excluded) {
    return zeros(shape(excluded)).masked_fill(excluded, new Scalar(Double.NEGATIVE_INFINITY));
  }

  /** {@code x} where the mask is 1 and 0 elsewhere, whatever stood there. */
  public static Tensor masked(Tensor x, Tensor mask) {
    checkSameShape("mask", mask, "values", x);
    return x.masked_fill(mask.eq(new Scalar(0)), new Scalar(0));
  }

  /** Sum over the entries that take part. */
  public static Tensor maskedSum(Tensor x, Tensor mask) {
    return masked(x, mask).sum();
  }

  /** Mean over the entries that take part; NaN if there are none. */
  public static Tensor maskedMean(Tensor x, Tensor mask) {
    return maskedSum(x, mask).div(mask.sum());
  }

  /**
   * Mean of each slice along {@code dim} over the entries that take part; NaN if there are none.
   */
  public static Tensor maskedMean(Tensor x, Tensor mask, int dim) {
    return masked(x, mask).sum(dim).div(mask.sum(dim));
  }

  /**
   * Variance over the n entries that take part.
   *
   * @param unbiased divides by n - 1 instead of n
   */
  public static Tensor maskedVariance(Tensor x, Tensor mask, boolean unbiased) {
    Tensor count = mask.sum();
    return centred(x, mask).square().sum().div(unbiased ? plus(count, -1) : count);
  }

  /**
   * {@code (x - mean) / sqrt(unbiased variance + 1e-8)} over the entries that take part, 0
   * elsewhere; 0 for a single entry.
   */
  public static Tensor whiten(Tensor x, Tensor mask) {
    return masked(centred(x, mask).mul(whiteningScale(x, mask)), mask);
  }

  /** {@link #whiten} with the mean added back: only the spread changes. */
  public static Tensor whitenKeepingMean(Tensor x, Tensor mask) {
    return masked(whiten(x, mask).add(maskedMean(x, mask)), mask);
  }

  /** What {@link #whiten} multiplies by: {@code 1 / sqrt(unbiased variance + 1e-8)}. */
  public static Tensor whiteningScale(Tensor x, Tensor mask) {
    Tensor degrees = clamp(plus(mask.sum(), -1), 1, Double.POSITIVE_INFINITY);
    return plus(centred(x, mask).square().sum().div(degrees), 1e-8).rsqrt();
  }

  /** {@code x - mean} over the entries that take part, 0 elsewhere. */
  private static Tensor centred(Tensor x, Tensor mask) {
    return masked(x.sub(maskedMean(x, mask)), mask);
  }
}
