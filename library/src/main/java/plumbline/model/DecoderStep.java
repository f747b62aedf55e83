package plumbline.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.Value;
import plumbline.tensor.PackedLinear;
import plumbline.tensor.Program;
import plumbline.tensor.Scopes;

/**
 * One more token of each row through a decoder's packed blocks, each block by one call: {@link
 * Transformer}'s blocks for T = 1.
 *
 * <p>Shapes: B rows, D width, H heads of queries and K of keys, S head size. B is never written
 * down, so that one program serves any number of rows and all blocks.
 */
final class DecoderStep implements AutoCloseable {
  private final ModelConfig config;
  private final Family family;
  private final List<PackedLinear> first;
  private final Program program;
  private final List<Program.Fixed> blocks = new ArrayList<>();

  /** Of a model all of whose blocks' layers are packed; none for encoders. */
  static Optional<DecoderStep> of(ModelConfig config, Parameters weights, PackedLayers packed) {
    Family family = config.family();
    if (!family.causal() || family.postNorm() || !packed.isWhole()) {
      return Optional.empty();
    }
    List<List<PackedLinear>> layers = new ArrayList<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      Optional<List<PackedLinear>> block = packed.block(config, layer);
      if (block.isEmpty()) {
        return Optional.empty();
      }
      layers.add(block.get());
    }
    return Optional.of(new DecoderStep(config, weights, layers));
  }

  private DecoderStep(ModelConfig config, Parameters weights, List<List<PackedLinear>> layers) {
    this.config = config;
    this.family = config.family();
    this.first = layers.get(0);
    this.program = Program.of(this::block);
    for (int layer = 0; layer < layers.size(); layer++) {
      blocks.add(fixed(weights, layer, layers.get(layer)));
    }
  }

  private Program.Fixed fixed(Parameters weights, int layer, List<PackedLinear> products) {
    return Scopes.call(
        () -> {
          List<IValue> values = new ArrayList<>();
          for (Part norm : norms()) {
            String name = config.name(layer, norm);
            values.add(new IValue(weights.get(name + ".weight")));
            if (family.layerNorm()) {
              values.add(new IValue(weights.get(name + ".bias")));
            }
          }
          products.forEach(product -> values.addAll(product.values()));
          return new Program.Fixed(values);
        });
  }

  private List<Part> norms() {
    List<Part> norms = new ArrayList<>(List.of(Part.ATTENTION_NORM, Part.MLP_NORM));
    if (family.has(Part.QUERY_NORM)) {
      norms.addAll(List.of(Part.QUERY_NORM, Part.KEY_NORM));
    }
    return norms;
  }

  /**
   * States behind the last block.
   *
   * @param x float[B, 1, D], the tokens' embeddings
   * @param sight what they see, with a bias
   * @param cache aimed at them
   * @return float[B, 1, D]
   */
  Tensor run(Tensor x, Sight sight, KvCache cache) {
    List<IValue> shared = new ArrayList<>(cache.target());
    sight
        .turn()
        .ifPresent(
            turn -> {
              shared.add(new IValue(turn.cos().squeeze(2)));
              shared.add(new IValue(turn.sin().squeeze(2)));
            });
    Tensor states = x;
    for (int layer = 0; layer < blocks.size(); layer++) {
      List<IValue> inputs = new ArrayList<>();
      inputs.add(new IValue(states));
      inputs.addAll(cache.whole(layer));
      inputs.add(new IValue(sight.bias(config, layer).orElseThrow()));
      inputs.addAll(shared);
      states = program.run(blocks.get(layer), inputs);
    }
    return states;
  }

  // ---- one block

  /** A norm's weight, and its bias where there is one. */
  private record Norm(Value weight, Optional<Value> bias) {}

  private Value block(Program.Writer program) {
    List<Norm> norms =
        norms().stream()
            .map(
                part ->
                    new Norm(
                        program.input(),
                        family.layerNorm() ? Optional.of(program.input()) : Optional.empty()))
            .toList();
    List<PackedLinear.Inputs> products = first.stream().map(p -> p.inputs(program)).toList();
    Value x = program.input();
    Value mixed =
        attention(program, norm(program, x, norms.get(0), config.hiddenSize()), norms, products);
    Value attended = plus(program, x, first.get(1).product(program, products.get(1), mixed));
    Value normed =
        norm(program, config.parallelBlocks() ? x : attended, norms.get(1), config.hiddenSize());
    Value inner = inner(program, first.get(2).product(program, products.get(2), normed));
    return plus(program, attended, first.get(3).product(program, products.get(3), inner));
  }

  /** Heads' mixtures of values: float[B, 1, H * S]. */
  private Value attention(
      Program.Writer program, Value x, List<Norm> norms, List<PackedLinear.Inputs> products) {
    long heads = config.heads();
    long shared = config.keyValueHeads();
    long size = config.headSize();
    Value keys = program.input();
    Value values = program.input();
    Value bias = program.input();
    Value slots = program.input();
    Value from = program.number();
    Value to = program.number();
    Value reach = program.number();
    Value fused = first.get(0).product(program, products.get(0), x);
    Value turning; // float[B, H + K, S], queries and then keys
    Value value;
    if (family.has(Part.FUSED) && family.fusedByHead()) {
      Value byHead = program.call("aten::view", fused, new long[] {-1, heads, 3 * size});
      Value query = slice(program, byHead, 2, 0, size);
      Value key = slice(program, byHead, 2, size, 2 * size);
      turning = program.call("aten::cat", List.of(query, key), 1L);
      value = slice(program, byHead, 2, 2 * size, 3 * size);
    } else {
      Value all = program.call("aten::view", fused, new long[] {-1, heads + 2 * shared, size});
      turning = slice(program, all, 1, 0, heads + shared);
      value = slice(program, all, 1, heads + shared, heads + 2 * shared);
    }
    if (family.has(Part.QUERY_NORM)) {
      Value query = norm(program, slice(program, turning, 1, 0, heads), norms.get(2), size);
      Value key =
          norm(program, slice(program, turning, 1, heads, heads + shared), norms.get(3), size);
      turning = program.call("aten::cat", List.of(query, key), 1L);
    }
    if (config.positions() instanceof Positions.Rotary rotary) {
      turning = turned(program, turning, rotary.dimensions(), size);
    }
    Value query =
        program.call(
            "aten::reshape",
            slice(program, turning, 1, 0, heads),
            new long[] {-1, shared, heads / shared, size});
    write(program, keys, slots, slice(program, turning, 1, heads, heads + shared));
    write(program, values, slots, value);
    Value mixed =
        program.call(
            "aten::scaled_dot_product_attention",
            query,
            seen(program, keys, from, to, reach),
            seen(program, values, from, to, reach),
            bias,
            0.0,
            false,
            Program.NONE,
            false);
    return program.call("aten::reshape", mixed, new long[] {-1, 1, heads * size});
  }

  /** {@link RotaryTable.Turn#apply} of float[B, n, S]. */
  private static Value turned(Program.Writer program, Value x, long dimensions, long size) {
    Value cos = program.input();
    Value sin = program.input();
    Value part = dimensions == size ? x : slice(program, x, 2, 0, dimensions);
    Value swapped = program.call("aten::roll", part, new long[] {dimensions / 2}, new long[] {2});
    Value result =
        program.call("aten::addcmul", program.call("aten::mul", part, cos), swapped, sin, 1L);
    return dimensions == size
        ? result
        : program.call("aten::cat", List.of(result, slice(program, x, 2, dimensions, size)), 2L);
  }

  /** Puts float[B, K, S] into its slots of float[rows, K, slots, S]. */
  private void write(Program.Writer program, Value cached, Value slots, Value fresh) {
    long[] flat = {-1, config.headSize()};
    program.call(
        "aten::index_copy_",
        program.call("aten::view", cached, flat),
        0L,
        slots,
        program.call("aten::reshape", fresh, flat));
  }

  /** What is read of float[rows, K, slots, S]: float[B, K, reach, S]. */
  private static Value seen(
      Program.Writer program, Value cached, Value from, Value to, Value reach) {
    Value rows = program.call("aten::slice", cached, 0L, from, to, 1L);
    return program.call("aten::slice", rows, 2L, 0L, reach, 1L);
  }

  /** What stands between an MLP's products: float[B, 1, 2 * F] or float[B, 1, F]. */
  private Value inner(Program.Writer program, Value x) {
    if (!family.has(Part.GATE)) {
      return config.activation().apply(program, x);
    }
    long width = config.intermediateSize();
    Value gate = config.activation().apply(program, slice(program, x, 2, 0, width));
    return program.call("aten::mul", gate, slice(program, x, 2, width, 2 * width));
  }

  private Value norm(Program.Writer program, Value x, Norm norm, long width) {
    long[] shape = {width};
    return norm.bias().isPresent()
        ? program.call(
            "aten::layer_norm",
            x,
            shape,
            norm.weight(),
            norm.bias().get(),
            config.normEpsilon(),
            false)
        : program.call("aten::rms_norm", x, shape, norm.weight(), config.normEpsilon());
  }

  private static Value plus(Program.Writer program, Value x, Value y) {
    return program.call("aten::add", x, y, 1L);
  }

  private static Value slice(Program.Writer program, Value x, long dim, long from, long to) {
    return program.call("aten::slice", x, dim, from, to, 1L);
  }

  @Override
  public void close() {
    blocks.forEach(Program.Fixed::close);
    program.close();
  }
}
