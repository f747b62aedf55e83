package plumbline.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.Value;
import org.bytedeco.pytorch.global.torch.ScalarType;
import plumbline.tensor.Ops;
import plumbline.tensor.PackedLinear;
import plumbline.tensor.Program;
import plumbline.tensor.Scopes;

/**
 * One more token of each row through a packed decoder, from its embedding to the logits behind it,
 * by one call: {@link Transformer}'s steps for T = 1.
 *
 * <p>Shapes: B rows, D width, H heads of queries and K of keys, S head size, V vocabulary. B is
 * never written down, so that one program serves any number of rows.
 */
final class DecoderStep implements AutoCloseable {
  private static final long[] FLAT = {-1};
  private static final long LONG = ScalarType.Long.value;

  private final ModelConfig config;
  private final Family family;
  private final Optional<RotaryTable> rotary;
  private final List<List<PackedLinear>> layers;
  private final PackedLinear head;
  private final Program program;
  private final Program.Fixed fixed;

  /** Of a model all of whose layers are packed; none for encoders. */
  static Optional<DecoderStep> of(
      ModelConfig config,
      Parameters weights,
      PackedLayers packed,
      String languageHead,
      Optional<RotaryTable> rotary) {
    Family family = config.family();
    Optional<PackedLinear> head = packed.alone(languageHead);
    boolean plain = config.tokenTypes() == 0 && !family.has(Part.EMBEDDING_NORM);
    if (!family.causal() || family.postNorm() || !plain || !packed.isWhole() || head.isEmpty()) {
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
    return Optional.of(new DecoderStep(config, weights, layers, head.get(), rotary));
  }

  private DecoderStep(
      ModelConfig config,
      Parameters weights,
      List<List<PackedLinear>> layers,
      PackedLinear head,
      Optional<RotaryTable> rotary) {
    this.config = config;
    this.family = config.family();
    this.rotary = rotary;
    this.layers = layers;
    this.head = head;
    this.program = Program.of(this::logits);
    this.fixed = Scopes.call(() -> new Program.Fixed(values(weights)));
  }

  /** What does not change from step to step, as {@link #logits} takes it. */
  private List<IValue> values(Parameters weights) {
    List<IValue> values = new ArrayList<>();
    values.add(new IValue(weights.get(family.name(Part.EMBEDDING) + ".weight")));
    if (family.has(Part.POSITIONS)) {
      values.add(new IValue(weights.get(family.name(Part.POSITIONS) + ".weight")));
    }
    for (int layer = 0; layer < layers.size(); layer++) {
      for (Part norm : norms()) {
        addNorm(values, weights, config.name(layer, norm));
      }
      layers.get(layer).forEach(product -> values.addAll(product.values()));
    }
    if (family.has(Part.FINAL_NORM)) {
      addNorm(values, weights, family.name(Part.FINAL_NORM));
    }
    values.addAll(head.values());
    return values;
  }

  private void addNorm(List<IValue> values, Parameters weights, String name) {
    Tensor weight = weights.get(name + ".weight");
    if (family.layerNorm()) {
      values.add(new IValue(weight));
      values.add(new IValue(weights.get(name + ".bias")));
    } else {
      // x / sqrt(|x|^2 / D + e) w = x / sqrt(|x|^2 + D e) (sqrt(D) w)
      values.add(new IValue(Ops.times(weight.detach(), Math.sqrt((double) weight.numel()))));
    }
  }

  private List<Part> norms() {
    List<Part> norms = new ArrayList<>(List.of(Part.ATTENTION_NORM, Part.MLP_NORM));
    if (family.has(Part.QUERY_NORM)) {
      norms.addAll(List.of(Part.QUERY_NORM, Part.KEY_NORM));
    }
    return norms;
  }

  /**
   * Logits behind one more token of each of the cache's first rows.
   *
   * @param tokens int[B]
   * @param places int[B], where each stands in its row, and in which slot
   * @param reach slots that are read, which the cache has
   * @return float[B, V]
   */
  Tensor run(int[] tokens, int[] places, int reach, KvCache cache) {
    int lanes = 2 * config.keyValueHeads();
    long[] now = new long[tokens.length * (2 + lanes)];
    for (int b = 0; b < tokens.length; b++) {
      int row = b * (2 + lanes);
      now[row] = tokens[b];
      now[row + 1] = places[b];
      for (int lane = 0; lane < lanes; lane++) {
        now[row + 2 + lane] = cache.place(b, lane, places[b]);
      }
    }
    List<IValue> inputs = new ArrayList<>(cache.values(tokens.length, reach));
    rotary.ifPresent(table -> inputs.addAll(table.values(reach)));
    inputs.add(new IValue(Ops.longs(now, tokens.length, 2 + lanes)));
    inputs.add(new IValue((long) reach));
    return program.run(fixed, inputs);
  }

  // ---- the program

  /** A norm's weight, and its bias where there is one. */
  private record Norm(Value weight, Optional<Value> bias) {}

  /** What a block has for itself. */
  private record Block(List<Norm> norms, List<PackedLinear.Inputs> products) {}

  /**
   * A layer's tensors of the cache.
   *
   * @param all float[rows * 2 * K * slots, S], which is written to
   * @param keys float[B, K, reach, S]
   * @param values likewise
   */
  private record Past(Value all, Value keys, Value values) {}

  /**
   * What all blocks read.
   *
   * @param turn cosines and sines: float[B, 1, dimensions] each
   * @param slots where keys and values are written: long[B * 2 * K]
   * @param bias of a layer: float[B, 1, 1, reach]
   * @param windowBias of a layer with a window
   */
  private record Now(List<Value> turn, Value slots, Value bias, Value windowBias) {}

  private Value logits(Program.Writer program) {
    Value embedding = program.input();
    Optional<Value> table =
        family.has(Part.POSITIONS) ? Optional.of(program.input()) : Optional.empty();
    List<Block> blocks = layers.stream().map(products -> block(program, products)).toList();
    Optional<Norm> last =
        family.has(Part.FINAL_NORM) ? Optional.of(normInput(program)) : Optional.empty();
    PackedLinear.Inputs ofHead = head.inputs(program);
    List<Past> past =
        layers.stream()
            .map(layer -> new Past(program.input(), program.input(), program.input()))
            .toList();
    List<Value> tables = rotary.isPresent() ? List.of(program.input(), program.input()) : List.of();
    Value now = program.input();
    Value tokens = program.call("aten::select", now, 1L, 0L);
    Value places = program.call("aten::select", now, 1L, 1L);
    Now all = now(program, tables, now, places);
    Value x = embedded(program, embedding, tokens);
    if (table.isPresent()) {
      long offset = ((Positions.Learned) config.positions()).offset();
      Value rows = program.call("aten::add", places, offset, 1L);
      x = plus(program, x, embedded(program, table.get(), rows));
    }
    for (int layer = 0; layer < blocks.size(); layer++) {
      x = block(program, layer, x, blocks.get(layer), past.get(layer), all);
    }
    Value states = last.isPresent() ? norm(program, x, last.get(), config.hiddenSize()) : x;
    return head.product(program, ofHead, states);
  }

  private Block block(Program.Writer program, List<PackedLinear> products) {
    List<Norm> norms = norms().stream().map(part -> normInput(program)).toList();
    return new Block(norms, products.stream().map(p -> p.inputs(program)).toList());
  }

  private Norm normInput(Program.Writer program) {
    Value weight = program.input();
    return new Norm(weight, family.layerNorm() ? Optional.of(program.input()) : Optional.empty());
  }

  private static Value embedded(Program.Writer program, Value table, Value rows) {
    return program.call("aten::embedding", table, rows, -1L, false, false);
  }

  private Now now(Program.Writer program, List<Value> tables, Value now, Value places) {
    Value reach = program.number();
    List<Value> turn =
        tables.stream()
            .map(table -> program.call("aten::index_select", table, 0L, places))
            .map(table -> program.call("aten::unsqueeze", table, 1L))
            .toList();
    Value slots =
        program.call(
            "aten::reshape", slice(program, now, 1, 2, 2L + 2L * config.keyValueHeads()), FLAT);
    Value standing = program.call("aten::unsqueeze", places, 1L);
    Value slot =
        program.call("aten::arange", reach, LONG, Program.NONE, Program.NONE, Program.NONE);
    Value later = program.call("aten::gt", slot, standing);
    Value windowed = later;
    if (config.window().isPresent()) {
      Value gap = program.call("aten::sub", standing, slot, 1L);
      Value far = program.call("aten::ge", gap, (long) config.window().get().width());
      windowed = program.call("aten::logical_or", later, far);
    }
    return new Now(turn, slots, hidden(program, later), hidden(program, windowed));
  }

  /** -infinity where true, else 0: bool[B, reach] to float[B, 1, 1, reach]. */
  private static Value hidden(Program.Writer program, Value where) {
    Value bias = program.call("aten::where", where, Double.NEGATIVE_INFINITY, 0.0);
    return program.call("aten::unsqueeze", program.call("aten::unsqueeze", bias, 1L), 1L);
  }

  // ---- one block

  private Value block(Program.Writer program, int layer, Value x, Block own, Past past, Now now) {
    List<PackedLinear> layers = this.layers.get(layer);
    List<PackedLinear.Inputs> products = own.products;
    Value normed = norm(program, x, own.norms.get(0), config.hiddenSize());
    Value fused = layers.get(0).product(program, products.get(0), normed);
    Value mixed = attention(program, layer, fused, own.norms, past, now);
    Value attended = plus(program, x, layers.get(1).product(program, products.get(1), mixed));
    Value read =
        norm(
            program, config.parallelBlocks() ? x : attended, own.norms.get(1), config.hiddenSize());
    Value inner = inner(program, layers.get(2).product(program, products.get(2), read));
    return plus(program, attended, layers.get(3).product(program, products.get(3), inner));
  }

  /** Heads' mixtures of values: float[B, H * S]. */
  private Value attention(
      Program.Writer program, int layer, Value fused, List<Norm> norms, Past past, Now now) {
    long heads = config.heads();
    long shared = config.keyValueHeads();
    long size = config.headSize();
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
      turning = turned(program, turning, now.turn, rotary.dimensions(), size);
    }
    Value query =
        program.call(
            "aten::reshape",
            slice(program, turning, 1, 0, heads),
            new long[] {-1, shared, heads / shared, size});
    Value key = slice(program, turning, 1, heads, heads + shared);
    Value fresh = program.call("aten::cat", List.of(key, value), 1L);
    program.call(
        "aten::index_copy_",
        past.all,
        0L,
        now.slots,
        program.call("aten::view", fresh, new long[] {-1, size}));
    boolean windowed = config.window().map(w -> w.layers().contains(layer)).orElse(false);
    Value mixed =
        program.call(
            "aten::scaled_dot_product_attention",
            query,
            past.keys,
            past.values,
            windowed ? now.windowBias : now.bias,
            0.0,
            false,
            Program.NONE,
            false);
    return program.call("aten::reshape", mixed, new long[] {-1, heads * size});
  }

  /** {@link RotaryTable.Turn#apply} of float[B, n, S]. */
  private static Value turned(
      Program.Writer program, Value x, List<Value> turn, long dimensions, long size) {
    Value part = dimensions == size ? x : slice(program, x, 2, 0, dimensions);
    long half = dimensions / 2;
    Value swapped =
        program.call(
            "aten::cat",
            List.of(slice(program, part, 2, half, dimensions), slice(program, part, 2, 0, half)),
            2L);
    Value result =
        program.call(
            "aten::addcmul_",
            program.call("aten::mul", part, turn.get(0)),
            swapped,
            turn.get(1),
            1L);
    return dimensions == size
        ? result
        : program.call("aten::cat", List.of(result, slice(program, x, 2, dimensions, size)), 2L);
  }

  /** What stands between an MLP's products: float[B, 2 * F] or float[B, F]. */
  private Value inner(Program.Writer program, Value x) {
    if (!family.has(Part.GATE)) {
      return config.activation().apply(program, x);
    }
    long width = config.intermediateSize();
    Value gate = config.activation().apply(program, slice(program, x, 1, 0, width));
    return program.call("aten::mul_", gate, slice(program, x, 1, width, 2 * width));
  }

  private Value norm(Program.Writer program, Value x, Norm norm, long width) {
    if (norm.bias().isPresent()) {
      return program.call(
          "aten::layer_norm",
          x,
          new long[] {width},
          norm.weight(),
          norm.bias().get(),
          config.normEpsilon(),
          false);
    }
    // libtorch's own RMSNorm takes twice the time on few rows.
    Value length =
        program.call("aten::linalg_vector_norm", x, 2.0, new long[] {-1}, true, Program.NONE);
    Value square = program.call("aten::mul", length, length);
    Value floored = program.call("aten::add_", square, width * config.normEpsilon(), 1L);
    Value scaled = program.call("aten::mul", x, program.call("aten::rsqrt_", floored));
    return program.call("aten::mul_", scaled, norm.weight());
  }

  /** x + y, where nobody else reads y. */
  private static Value plus(Program.Writer program, Value x, Value y) {
    return program.call("aten::add_", y, x, 1L);
  }

  private static Value slice(Program.Writer program, Value x, long dim, long from, long to) {
    return program.call("aten::slice", x, dim, from, to, 1L);
  }

  @Override
  public void close() {
    fixed.close();
    program.close();
  }
}
