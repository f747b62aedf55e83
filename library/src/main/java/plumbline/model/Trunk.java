package plumbline.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import plumbline.tensor.ManualBackward;
import plumbline.tensor.Ops;
import plumbline.tensor.Recompute;
import plumbline.tensor.Scopes;

/**
 * What is below a {@link Transformer}'s heads: embeddings, blocks and the final norm.
 *
 * <p>Shapes: B rows, T tokens, D width, H heads. It reads downwards, from a batch to a block to a
 * product.
 */
final class Trunk implements AutoCloseable {
  private final ModelConfig config;
  private final Parameters weights;
  private final Optional<Adapter> adapter;
  private final Optional<RotaryTable> rotary;
  private final Optional<PackedLayers> packed;
  private boolean checkpointed;

  /** Sees the states behind the embedding, which is -1, and behind each layer. */
  private volatile BiConsumer<Integer, Tensor> observer;

  /**
   * Takes over {@code packed}, layers that stand in for some of the weights, and nothing else.
   *
   * @param adapter of those weights that are not packed
   */
  Trunk(
      ModelConfig config,
      Parameters weights,
      Optional<Adapter> adapter,
      Optional<PackedLayers> packed) {
    this.config = config;
    this.weights = weights;
    this.adapter = adapter;
    this.rotary =
        config.positions() instanceof Positions.Rotary turning
            ? Optional.of(new RotaryTable(turning, config.maxPositions()))
            : Optional.empty();
    this.packed = packed;
  }

  /** Rotations of this model's queries and keys, for families that have them. */
  Optional<RotaryTable> rotary() {
    return rotary;
  }

  /** Whether layers are packed, so that gradients find none. */
  boolean isForSampling() {
    return packed.isPresent();
  }

  /** Whether all products give the same for a row whatever stands beside it. */
  boolean isPacked() {
    return packed.map(PackedLayers::isWhole).orElse(false);
  }

  boolean isCheckpointed() {
    return checkpointed;
  }

  /** As {@link Transformer#checkpointActivations}. */
  void checkpoint(boolean wanted) {
    checkpointed = wanted;
  }

  /** As {@link Transformer#hiddenAt}; without {@code wanted} of all tokens: float[B, T, D]. */
  Tensor run(TokenBatch batch, Optional<Tensor> wanted) {
    int end = batch.positionsEnd();
    if (end > config.maxPositions()) {
      throw new IllegalArgumentException(
          "a row has " + end + " tokens, the model's context is " + config.maxPositions());
    }
    Sight sight = Sight.of(config, rotary, batch);
    return run(batch.ids(), batch.positions(), sight, Optional.empty(), wanted);
  }

  /**
   * Hidden states of the next tokens of rows whose past is in {@code cache}, which is aimed at
   * them.
   *
   * @param ids long[B, T]
   * @param positions long[B, T], each token's place in its own row, from 0
   * @param end above every position
   * @param bias float[B, 1, T, slots] added to attention scores: 0 where a row may look, -infinity
   *     where not; none for the causal start of an empty cache
   * @param wanted long[n], the tokens whose states are wanted, as in {@link Transformer#hiddenAt};
   *     none for all
   * @return float[B, T, D] or float[n, D]
   */
  Tensor run(
      Tensor ids,
      Tensor positions,
      long end,
      Optional<Tensor> bias,
      KvCache cache,
      Optional<Tensor> wanted) {
    Sight sight = Sight.ofNext(config, rotary, positions, end, bias, cache);
    return run(ids, positions, sight, Optional.of(cache), wanted);
  }

  private Tensor run(
      Tensor ids, Tensor positions, Sight sight, Optional<KvCache> cache, Optional<Tensor> wanted) {
    Tensor x = embed(ids, positions);
    look(-1, x);
    for (int layer = 0; layer < config.layers(); layer++) {
      int current = layer;
      Optional<Tensor> kept = layer == config.layers() - 1 ? wanted : Optional.empty();
      x = passed(states -> block(states, current, sight, cache, kept), x, cache.isEmpty());
      look(layer, x);
    }
    return config.family().has(Part.FINAL_NORM)
        ? norm(x, config.family().name(Part.FINAL_NORM))
        : x;
  }

  private void look(int layer, Tensor states) {
    BiConsumer<Integer, Tensor> looking = observer;
    if (looking != null) {
      looking.accept(layer, states);
    }
  }

  /** As {@link Transformer#firstNonFinite}. */
  Optional<String> firstNonFinite(TokenBatch batch) {
    List<Integer> found = new ArrayList<>();
    observer =
        (layer, states) -> {
          if (found.isEmpty() && !states.isfinite().all().item_bool()) {
            found.add(layer);
          }
        };
    boolean finite;
    try {
      finite = run(batch, Optional.empty()).isfinite().all().item_bool();
    } finally {
      observer = null;
    }
    if (found.isEmpty()) {
      return finite ? Optional.empty() : Optional.of("the output of the final norm");
    }
    int layer = found.get(0);
    return Optional.of(layer < 0 ? "the embedding" : "the output of layer " + layer);
  }

  private Tensor embed(Tensor ids, Tensor positions) {
    Family family = config.family();
    Tensor x = tokens(family.name(Part.EMBEDDING) + ".weight", ids);
    if (config.positions() instanceof Positions.Learned learned) {
      Tensor table = weights.get(family.name(Part.POSITIONS) + ".weight");
      x = x.add(torch.embedding(table, positions.add(new Scalar(learned.offset()))));
    }
    if (config.tokenTypes() > 0) {
      x = x.add(weights.get(family.name(Part.TOKEN_TYPES) + ".weight").select(0, 0));
    }
    return family.has(Part.EMBEDDING_NORM) ? norm(x, family.name(Part.EMBEDDING_NORM)) : x;
  }

  /** The table's rows; its gradient is never made as a whole table. */
  private Tensor tokens(String table, Tensor ids) {
    Tensor weight = weights.get(table);
    if (!weight.requires_grad() || !ManualBackward.isRecording()) {
      return torch.embedding(weight, ids);
    }
    Tensor rows = ids.reshape(-1);
    Tensor read = Scopes.noGrad(() -> torch.embedding(weight, ids));
    return ManualBackward.of(
        read,
        List.of(),
        gradient -> {
          Scopes.noGrad(
              () -> weights.addRowGradients(table, rows, gradient.reshape(rows.size(0), -1)));
          return List.of();
        });
  }

  /** A block's result; what it made on the way is freed unless the backward pass wants it. */
  private Tensor passed(UnaryOperator<Tensor> block, Tensor x, boolean repeatable) {
    return checkpointed && repeatable
        ? Recompute.of(block, x)
        : Scopes.result(() -> block.apply(x));
  }

  private Tensor block(
      Tensor x, int layer, Sight sight, Optional<KvCache> cache, Optional<Tensor> wanted) {
    boolean postNorm = config.family().postNorm();
    String attentionNorm = config.name(layer, Part.ATTENTION_NORM);
    String mlpNorm = config.name(layer, Part.MLP_NORM);
    Tensor mixed = attention(postNorm ? x : norm(x, attentionNorm), layer, sight, cache);
    Tensor kept = at(wanted, x);
    Tensor attended = kept.add(linear(at(wanted, mixed), config.name(layer, Part.ATTENTION_OUT)));
    if (postNorm) {
      attended = norm(attended, attentionNorm);
      return norm(attended.add(mlp(attended, layer)), mlpNorm);
    }
    return attended.add(mlp(norm(config.parallelBlocks() ? kept : attended, mlpNorm), layer));
  }

  /** The wanted tokens of float[B, T, n], or all. */
  private static Tensor at(Optional<Tensor> wanted, Tensor x) {
    return wanted.isPresent() ? x.reshape(-1, x.size(2)).index_select(0, wanted.get()) : x;
  }

  /** RMSNorm or LayerNorm over the last dimension. */
  private Tensor norm(Tensor x, String name) {
    long[] width = {x.size(x.dim() - 1)};
    TensorOptional weight = new TensorOptional(weights.get(name + ".weight"));
    return config.family().layerNorm()
        ? torch.layer_norm(
            x,
            width,
            weight,
            new TensorOptional(weights.get(name + ".bias")),
            config.normEpsilon(),
            false)
        : torch.rms_norm(x, width, weight, new DoubleOptional(config.normEpsilon()));
  }

  /** The heads' mixtures of values, side by side: float[B, T, heads * headSize]. */
  private Tensor attention(Tensor x, int layer, Sight sight, Optional<KvCache> cache) {
    List<Tensor> parts = queryKeyValue(x, layer); // [B, heads, T, headSize] each
    Tensor query = headNorm(parts.get(0), layer, Part.QUERY_NORM);
    Tensor key = headNorm(parts.get(1), layer, Part.KEY_NORM);
    Tensor value = parts.get(2);
    if (sight.turn().isPresent()) {
      query = sight.turn().get().apply(query);
      key = sight.turn().get().apply(key);
    }
    if (cache.isPresent()) {
      cache.get().write(layer, key, value);
      key = cache.get().keys(layer);
      value = cache.get().values(layer);
    }
    Optional<Tensor> bias = sight.bias(config, layer);
    boolean grouped = config.heads() != config.keyValueHeads();
    // Heads of one group read the same keys: of a single token they can stand as tokens of one
    // head.
    boolean asTokens = grouped && x.size(1) == 1 && bias.isPresent();
    if (asTokens) {
      query = query.reshape(x.size(0), config.keyValueHeads(), -1, config.headSize());
    }
    Tensor mixed =
        torch.scaled_dot_product_attention(
            query,
            key,
            value,
            bias.map(TensorOptional::new).orElseGet(TensorOptional::new),
            0,
            bias.isEmpty() && sight.causal(),
            new DoubleOptional(),
            grouped && !asTokens);
    Tensor byToken = asTokens ? mixed : mixed.transpose(1, 2);
    long width = (long) config.heads() * config.headSize();
    return byToken.reshape(x.size(0), x.size(1), width);
  }

  private List<Tensor> queryKeyValue(Tensor x, int layer) {
    Family family = config.family();
    int heads = config.heads();
    int size = config.headSize();
    if (!family.has(Part.FUSED)) {
      int shared = config.keyValueHeads();
      List<Tensor> parts = linear(x, config.names(layer, Part.QUERY, Part.KEY, Part.VALUE));
      return List.of(
          split(parts.get(0), heads), split(parts.get(1), shared), split(parts.get(2), shared));
    }
    Tensor fused = linear(x, config.name(layer, Part.FUSED));
    if (family.fusedByHead()) {
      Tensor byHead = fused.view(x.size(0), x.size(1), heads, 3L * size).transpose(1, 2);
      return IntStream.range(0, 3).mapToObj(i -> byHead.narrow(3, (long) i * size, size)).toList();
    }
    long width = (long) heads * size;
    return IntStream.range(0, 3)
        .mapToObj(i -> split(fused.narrow(2, i * width, width), heads))
        .toList();
  }

  private Tensor split(Tensor x, int heads) {
    return x.reshape(x.size(0), x.size(1), heads, config.headSize()).transpose(1, 2);
  }

  private Tensor headNorm(Tensor x, int layer, Part part) {
    return config.family().has(part) ? norm(x, config.name(layer, part)) : x;
  }

  private Tensor mlp(Tensor x, int layer) {
    Tensor inner;
    if (config.family().has(Part.GATE)) {
      List<Tensor> parts = linear(x, config.names(layer, Part.GATE, Part.UP));
      inner = config.activation().apply(parts.get(0)).mul(parts.get(1));
    } else {
      inner = config.activation().apply(linear(x, config.name(layer, Part.UP)));
    }
    return linear(inner, config.name(layer, Part.DOWN));
  }

  /** The outputs of several layers of one input. */
  private List<Tensor> linear(Tensor x, List<String> names) {
    Optional<List<Tensor>> together = packed.flatMap(layers -> layers.apply(names, x));
    if (together.isPresent()) {
      return together.get();
    }
    return adapter.isPresent()
        ? adapted(x, names)
        : names.stream().map(name -> linear(x, name)).toList();
  }

  /** The output of one layer. */
  Tensor linear(Tensor x, String name) {
    Optional<Tensor> alone = packed.flatMap(layers -> layers.apply(name, x));
    if (alone.isPresent()) {
      return alone.get();
    }
    return adapter.isPresent()
        ? adapted(x, List.of(name)).get(0)
        : LinearLayer.apply(weights, x, name);
  }

  /** As rows, which the adapter adds to in place. */
  private List<Tensor> adapted(Tensor x, List<String> names) {
    Tensor rows = x.reshape(-1, x.size(-1));
    long[] shape = Ops.shape(x);
    shape[shape.length - 1] = -1;
    List<Tensor> outputs =
        names.stream().map(name -> LinearLayer.apply(weights, rows, name)).toList();
    return adapter.get().adapt(names, rows, outputs).stream().map(y -> y.view(shape)).toList();
  }

  @Override
  public void close() {
    packed.ifPresent(PackedLayers::close);
    rotary.ifPresent(RotaryTable::close);
  }
}
