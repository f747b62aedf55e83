package plumbline.tensor;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.Type;
import org.bytedeco.pytorch.Value;
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
  private static final double TINY = 1e-30;
  private static final String MULTIPLY_INT8 =
      "quantized::linear_with_input_q_dq_qweight_dq_output_fp32";

  private final Form form;
  private final Pointer packed;
  private final Optional<Tensor> bias;
  private final Program.Fixed fixed;

  private PackedLinear(Form form, Pointer packed, Optional<Tensor> bias) {
    this.form = form;
    this.packed = packed;
    this.bias = bias;
    this.fixed = new Program.Fixed(values());
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
    Map<Form, Program> programs = bias.isPresent() ? Native.BIASED : Native.PLAIN;
    return programs.get(form).run(fixed, List.of(new IValue(x)));
  }

  /**
   * What a program that computes this product takes as inputs.
   *
   * @param weight W, packed
   * @param bias b, if there is one
   */
  public record Inputs(Value weight, Optional<Value> bias) {
    /** The next inputs of a program, for a layer with a bias or without. */
    private static Inputs of(Program.Writer program, Form form, boolean biased) {
      Value weight = form == Form.INT8 ? program.input(Native.PACKED_INT8) : program.input();
      return new Inputs(weight, biased ? Optional.of(program.input()) : Optional.empty());
    }
  }

  /** The next inputs of a program, for this layer or another of its form. */
  public Inputs inputs(Program.Writer program) {
    return Inputs.of(program, form, bias.isPresent());
  }

  /** What stands for {@link #inputs}, in the caller's scope. */
  public List<IValue> values() {
    IValue weight = packed instanceof IValue value ? value : new IValue((Tensor) packed);
    return Stream.concat(Stream.of(weight), bias.stream().map(IValue::new)).toList();
  }

  /** The product within a program: float32[..., in] to float32[..., out]. */
  public Value product(Program.Writer program, Inputs inputs, Value x) {
    return product(program, form, inputs, x);
  }

  private static Value product(Program.Writer program, Form form, Inputs inputs, Value x) {
    return switch (form) {
      case FLOAT32 -> onednn(program, x, inputs.weight, inputs.bias);
      case BFLOAT16 -> {
        Value rounded = to(program, x, ScalarType.BFloat16);
        Value y = onednn(program, rounded, inputs.weight, Optional.empty());
        yield plusBias(program, to(program, y, ScalarType.Float), inputs);
      }
      case INT8 -> plusBias(program, byRow(program, x, inputs.weight), inputs);
    };
  }

  private static Value to(Program.Writer program, Value x, ScalarType type) {
    return program.call("aten::to", x, (long) type.value, false, false, Program.NONE);
  }

  private static Value plusBias(Program.Writer program, Value y, Inputs inputs) {
    return inputs.bias.isPresent() ? program.call("aten::add_", y, inputs.bias.get(), 1L) : y;
  }

  private static Value onednn(
      Program.Writer program, Value x, Value weight, Optional<Value> addend) {
    Object bias = addend.isPresent() ? addend.get() : Program.NONE;
    Value noScalars = program.none(Native.SCALAR);
    return program.call("mkldnn::_linear_pointwise", x, weight, bias, "none", noScalars, "");
  }

  /** Every row of x is brought to [-1, 1], so that one scale fits all and none sees another. */
  private static Value byRow(Program.Writer program, Value x, Value weight) {
    Value sizes = program.call("aten::amax", program.call("aten::abs", x), new long[] {-1}, true);
    Value largest = program.call("aten::clamp_min_", sizes, TINY);
    Value y =
        program.call(
            MULTIPLY_INT8, program.call("aten::div", x, largest), 1 / LEVELS, MIDDLE, weight);
    return program.call("aten::mul_", y, largest);
  }

  @Override
  public void close() {
    fixed.close();
    packed.close();
    bias.ifPresent(Tensor::close);
  }

  /**
   * Operators without a Java form, and their fixed arguments, which live as long as the process.
   */
  private static final class Native {
    static final OperatorHandle LAY_OUT = Operators.named("mkldnn::_reorder_linear_weight");
    static final OperatorHandle WITH_SCALES =
        Operators.named("aten::_make_per_channel_quantized_tensor");
    static final OperatorHandle PACK_INT8 = Operators.named("quantized::linear_prepack");

    /** The number of rows that the layout is made for; it serves any. */
    static final long ROWS = 16;

    /** What a list of scalars holds that oneDNN's products take. */
    static final Type.TypePtr SCALAR =
        Operators.lasting(argument("mkldnn::_linear_pointwise", 4).get().containedType(0));

    /** What int8 weights are packed in. */
    static final Type.TypePtr PACKED_INT8 =
        Operators.lasting(new Type.TypePtr(argument(MULTIPLY_INT8, 3)));

    static final Map<Form, Program> PLAIN = programs(false);
    static final Map<Form, Program> BIASED = programs(true);

    private Native() {}

    private static Type.TypePtr argument(String operator, long place) {
      return Operators.named(operator).schema().arguments().position(place).type();
    }

    private static Map<Form, Program> programs(boolean biased) {
      Map<Form, Program> programs = new EnumMap<>(Form.class);
      for (Form form : Form.values()) {
        programs.put(
            form,
            Program.of(
                program -> {
                  Inputs inputs = Inputs.of(program, form, biased);
                  return product(program, form, inputs, program.input());
                }));
      }
      return programs;
    }
  }
}
