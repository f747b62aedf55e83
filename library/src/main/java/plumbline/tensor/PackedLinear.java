package plumbline.tensor;

import java.util.Optional;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * {@code y = x W^T + b} for a fixed W that is laid out once as its kernel reads it, without
 * gradients. What a row of x gives does not depend on the other rows: neither on what they hold nor
 * on how many they are.
 *
 * <ul>
 *   <li>float32 and bfloat16: oneDNN's products, which with few rows are two to four times as fast
 *       as those of OpenBLAS, which lays W out anew each time. With bfloat16 x is rounded too.
 *   <li>int8: W rounded to 8 bits with a scale per row of W, x to 8 bits with a scale per row of x
 *       (Yao et al. 2022, arXiv:2206.01861, section 3), sums in 32 bits: FBGEMM.
 * </ul>
 */
public final class PackedLinear implements AutoCloseable {
  /** What W is kept in. */
  public enum Form {
    /** 32 bits. */
    FLOAT32,
    /** 16 bits, of which 8 are fraction. */
    BFLOAT16,
    /** 8 bits. */
    INT8
  }

  private static final double LEVELS = 127;
  private static final long MIDDLE = 128;

  private final Form form;
  private final Pointer packed;
  private final Optional<Tensor> bias;

  private PackedLinear(Form form, Pointer packed, Optional<Tensor> bias) {
    this.form = form;
    this.packed = packed;
    this.bias = bias;
  }

  /** Whether this process computes with packed weights: float32 on a CPU that oneDNN knows. */
  public static boolean available() {
    return Engine.device().equals("cpu")
        && Engine.floatingType() == ScalarType.Float
        && torch.hasMKLDNN();
  }

  /**
   * Lays a weight out.
   *
   * @param weight float32[out, in], which may be closed afterwards
   * @param bias float32[out]
   */
  public static PackedLinear of(Tensor weight, Optional<Tensor> bias, Form form) {
    return Scopes.noGrad(
        () ->
            Scopes.call(
                () -> {
                  Optional<Tensor> kept = bias.map(b -> Scopes.keep(b.detach().clone()));
                  Tensor w = weight.detach().contiguous();
                  return new PackedLinear(
                      form, form == Form.INT8 ? int8(w) : laidOut(w, form), kept);
                }));
  }

  private static Pointer laidOut(Tensor weight, Form form) {
    Tensor rounded = form == Form.BFLOAT16 ? weight.to(ScalarType.BFloat16) : weight;
    return Scopes.keep(
        Operators.tensor(
            Operators.call(Native.LAY_OUT, new IValue(rounded), new IValue(Native.ROWS))));
  }

  private static Pointer int8(Tensor weight) {
    Tensor scales = Ops.times(weight.abs().amax(new long[] {1}, true), 1 / LEVELS);
    Tensor divisors = scales.masked_fill(scales.eq(new Scalar(0)), new Scalar(1));
    Tensor codes = weight.div(divisors).round_().to(ScalarType.Char);
    Tensor zeros = torch.zeros_like(divisors.squeeze(1)).to(ScalarType.Int);
    IValue quantised =
        Operators.call(
            Native.WITH_SCALES,
            new IValue(codes),
            new IValue(divisors.squeeze(1)),
            new IValue(zeros),
            new IValue(0L));
    return Operators.lasting(new IValue(Operators.call(Native.PACK_INT8, quantised, new IValue())));
  }

  /**
   * The product.
   *
   * @param x float32[..., in]
   * @return float32[..., out]
   */
  public Tensor apply(Tensor x) {
    return switch (form) {
      case FLOAT32 -> onednn(x, bias.map(IValue::new).orElseGet(IValue::new));
      case BFLOAT16 ->
          plusBias(onednn(x.to(ScalarType.BFloat16), new IValue()).to(ScalarType.Float));
      case INT8 -> plusBias(byRow(x));
    };
  }

  private Tensor plusBias(Tensor y) {
    return bias.isPresent() ? y.add_(bias.get()) : y;
  }

  private Tensor onednn(Tensor x, IValue addend) {
    return Operators.tensor(
        Operators.call(
            Native.MULTIPLY,
            new IValue(x),
            new IValue((Tensor) packed),
            addend,
            Native.NO_POINTWISE,
            Native.NO_SCALARS,
            Native.NO_ALGORITHM));
  }

  /** Every row of x is brought to [-1, 1], so that one scale fits all and none sees another. */
  private Tensor byRow(Tensor x) {
    Tensor largest = x.abs().amax(new long[] {-1}, true).clamp_min_(Native.TINY);
    return Operators.tensor(
            Operators.call(
                Native.MULTIPLY_INT8,
                new IValue(x.div(largest)),
                new IValue(1 / LEVELS),
                new IValue(MIDDLE),
                (IValue) packed))
        .mul_(largest);
  }

  @Override
  public void close() {
    packed.close();
    bias.ifPresent(Tensor::close);
  }

  /**
   * Operators without a Java form, and their fixed arguments, which live as long as the process.
   */
  private static final class Native {
    static final OperatorHandle LAY_OUT = Operators.named("mkldnn::_reorder_linear_weight");
    static final OperatorHandle MULTIPLY = Operators.named("mkldnn::_linear_pointwise");
    static final OperatorHandle WITH_SCALES =
        Operators.named("aten::_make_per_channel_quantized_tensor");
    static final OperatorHandle PACK_INT8 = Operators.named("quantized::linear_prepack");
    static final OperatorHandle MULTIPLY_INT8 =
        Operators.named("quantized::linear_with_input_q_dq_qweight_dq_output_fp32");

    /** The number of rows that the layout is made for; it serves any. */
    static final long ROWS = 16;

    static final IValue NO_POINTWISE = Operators.lasting(new IValue("none"));
    static final IValue NO_ALGORITHM = Operators.lasting(new IValue(""));
    static final IValue NO_SCALARS = Operators.lasting(noScalars());
    static final Scalar TINY = Operators.lasting(new Scalar(1e-30));

    private Native() {}

    /** An empty list of the type that the operator's schema names. */
    private static IValue noScalars() {
      return new IValue(
          new GenericList(MULTIPLY.schema().arguments().position(4).type().get().containedType(0)));
    }
  }
}
