package plumbline.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import plumbline.InputException;
import plumbline.tensor.Ops;
import plumbline.tensor.PackedLinear;
import plumbline.tensor.Recompute;
import plumbline.tensor.Scopes;

/**
 * A transformer (Vaswani et al. 2017) of any {@link Family} with the heads it was given.
 *
 * <p>Shapes: B rows, T tokens, D width, H heads, V vocabulary. It reads downwards: hidden states
 * first, then the heads on top of them.
 */
public final class Transformer implements AutoCloseable {
  private static final double INITIAL_DEVIATION = 0.02;

  private final ModelConfig config;
  private final Set<Head> heads;
  private final Parameters weights;
  private final Optional<Adapter> adapter;
  private final Optional<RotaryTable> rotary;
  private final Optional<PackedLayers> packed;
  private final Optional<DecoderStep> step;

  /** The model that is closed with this one. */
  private final Optional<Transformer> source;

  private boolean checkpointed;
  private Halving halving = Halving.NONE;

  /** Sees the states behind the embedding, which is -1, and behind each layer. */
  private volatile BiConsumer<Integer, Tensor> observer;

  /** Takes ownership of {@code weights}, which must be complete. */
  Transformer(ModelConfig config, Set<Head> heads, Parameters weights) {
    this(config, heads, weights, Optional.empty());
  }

  /** As above; {@code weights} hold those of an adapter of this form too, if there is one. */
  Transformer(ModelConfig config, Set<Head> heads, Parameters weights, Optional<Lora> lora) {
    this.config = config;
    this.heads = Collections.unmodifiableSet(new TreeSet<>(heads));
    this.weights = weights;
    this.adapter = lora.map(form -> new Adapter(form, weights));
    this.rotary = rotary(config);
    this.packed = Optional.empty();
    this.source = Optional.empty();
    this.step = Optional.empty();
  }

  /** A copy of {@code model} that samples: its linear layers packed, the others in {@code weights}. */
  private Transformer(
      Transformer model, Parameters weights, PackedLayers packed, Optional<Transformer> source) {
    this.config = model.config;
    this.heads = model.heads;
    this.weights = weights;
    this.adapter = model.adapter;
    this.rotary = rotary(config);
    this.packed = Optional.of(packed);
    this.source = source;
    this.step =
        heads.contains(Head.LANGUAGE)
            ? DecoderStep.of(config, weights, packed, languageHead(), rotary)
            : Optional.empty();
  }

  private static Optional<RotaryTable> rotary(ModelConfig config) {
    return config.positions() instanceof Positions.Rotary turning
        ? Optional.of(new RotaryTable(turning, config.maxPositions()))
        : Optional.empty();
  }

  /**
   * A transformer with random weights: normal with deviation 0.02, norms at one, biases at zero.
   */
  public static Transformer random(ModelConfig config, Set<Head> heads, long seed) {
    SortedMap<String, long[]> shapes = config.shapes();
    heads.forEach(head -> shapes.putAll(head.shapes(config)));
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    shapes.forEach((name, shape) -> tensors.put(name, initial(name, shape, seed)));
    return new Transformer(config, heads, new Parameters(tensors));
  }

  static Tensor initial(String name, long[] shape, long seed) {
    if (shape.length == 1 && name.endsWith(".weight")) {
      return Scopes.call(() -> Scopes.keep(Ops.plus(Ops.zeros(shape), 1)));
    }
    if (name.endsWith(".bias") || name.startsWith("v_head.")) {
      return Scopes.call(() -> Scopes.keep(Ops.zeros(shape)));
    }
    return Parameters.normal(name, seed, INITIAL_DEVIATION, shape);
  }

  public ModelConfig config() {
    return config;
  }

  public Set<Head> heads() {
    return heads;
  }

  public Parameters weights() {
    return weights;
  }

  /** The low-rank adapter over the base's weights, if there is one. */
  public Optional<Adapter> adapter() {
    return adapter;
  }

  /** An independent copy without gradients: a reference model. */
  public Transformer copy() {
    return new Transformer(config, heads, weights.copy(), adapter.map(Adapter::lora));
  }

  /**
   * A new adapter over this model's weights, which it shares: this model stays as it is, the
   * adapter's base or "adapter off". Only the adapter, copies of {@link Lora#modulesToSave} and
   * scalar heads are its own and can be trained.
   *
   * @param wanted its heads; a language head is this model's
   * @param seed seed of the adapter and of new heads
   * @throws InputException if the form does not fit the model
   */
  public Transformer withAdapter(Lora lora, Set<Head> wanted, long seed) {
    return new Transformer(
        config, wanted, weights.under(Adapter.start(lora, this, wanted, seed)), Optional.of(lora));
  }

  /**
   * This model with its adapter merged into its weights, as a model without one; takes this one's
   * weights and closes it. A model without adapter is returned as it is.
   */
  public Transformer intoMerged() {
    return adapter.isEmpty() ? this : Adapter.merged(this);
  }

  /**
   * A copy to sample from: its linear layers are laid out for products of few rows, its adapter is
   * merged into them. What it samples does not follow later changes of this model, which must
   * outlive it. Where nothing can be packed (on a GPU, in float64) it computes as this model does.
   *
   * @param format what the packed layers, the language head among them, are kept in: float32,
   *     bfloat16 or int8; without it the engine's precision, and layers that this model keeps in
   *     few bits stay as they are
   * @throws InputException if they cannot be kept so
   */
  public Transformer forSampling(Optional<WeightFormat> format) {
    return sampling(format, Optional.empty());
  }

  /**
   * {@link #forSampling} of a model that nothing else is wanted of, which it takes. Each layer is
   * freed once it is packed, so that the model is never in memory twice; if others use its weights
   * too, or it has an adapter or weights in few bits, it is closed with the copy.
   *
   * @throws InputException as {@link #forSampling} does
   */
  public Transformer intoSampling(Optional<WeightFormat> format) {
    boolean sole = adapter.isEmpty() && weights.quantised().isEmpty() && !weights.isShared();
    if (!sole || !PackedLinear.available()) {
      try {
        return sampling(format, Optional.of(this));
      } catch (RuntimeException | Error e) {
        close();
        throw e;
      }
    }
    try (Transformer emptied = this) {
      PackedLayers layers = Scopes.noGrad(() -> PackedLayers.of(emptied, format, true));
      Parameters left = new Parameters(weights.release());
      return new Transformer(emptied, left, layers, Optional.empty());
    }
  }

  private Transformer sampling(Optional<WeightFormat> format, Optional<Transformer> source) {
    PackedLayers layers = PackedLayers.none();
    if (PackedLinear.available()) {
      layers = Scopes.noGrad(() -> PackedLayers.of(this, format, false));
    } else {
      format.ifPresent(Transformer::checkUnpacked);
    }
    return new Transformer(this, weights.under(new TreeMap<>()), layers, source);
  }

  private static void checkUnpacked(WeightFormat format) {
    if (format != WeightFormat.ofEngine()) {
      throw new InputException(
          "weights to sample with in fewer bits want dtype float32 or bfloat16 and device cpu");
    }
  }

  /** Whether all of its products give the same for a row whatever stands beside it. */
  boolean isPacked() {
    return packed.map(PackedLayers::isWhole).orElse(false);
  }

  /** This model with the matrices of its blocks in a format; takes its weights and closes it. */
  public Transformer into(WeightFormat format) {
    return into(format, Path.of("the model"));
  }

  /** As above; the folder is the model's, for errors. */
  Transformer into(WeightFormat format, Path folder) {
    try (Transformer emptied = this) {
      return new Transformer(config, heads, format.keep(folder, emptied.weights.release()));
    }
  }

  /**
   * Computes {@code body} as training does, with the adapter's dropout, if it has one. What is
   * dropped depends on the seed and the layer alone, so that computing it again gives the same.
   */
  public <T> T training(long seed, Supplier<T> body) {
    return adapter.isEmpty() ? body.get() : adapter.get().training(seed, body);
  }

  /**
   * A copy of this model's trunk under other heads; heads that this one lacks are made anew.
   *
   * @param seed seed of new heads
   */
  public Transformer withHeads(Set<Head> wanted, long seed) {
    Parameters copy = weights.copy();
    SortedMap<String, Tensor> kept = new TreeMap<>(copy.all());
    for (Head head : Head.values()) {
      for (Map.Entry<String, long[]> shape : Adapter.shapes(head, config).entrySet()) {
        String name = shape.getKey();
        if (!wanted.contains(head)) {
          Tensor dropped = kept.remove(name);
          if (dropped != null) {
            dropped.close();
          }
        } else if (!kept.containsKey(name)) {
          kept.put(name, initial(name, shape.getValue(), seed));
        }
      }
    }
    return new Transformer(
        config, wanted, new Parameters(kept, copy.quantised()), adapter.map(Adapter::lora));
  }

  /**
   * This trunk, whose weights it shares, under a score head of other outputs: those that this one
   * has already keep their weights, the others are made anew. Without a score head it only says
   * which outputs a new one will have.
   *
   * @param present the names of this head's outputs, in their order
   * @param wanted the names of the new one's
   * @param seed seed of new outputs
   */
  public Transformer withOutputs(List<String> present, List<String> wanted, long seed) {
    ModelConfig other = config.withLabels(wanted);
    SortedMap<String, Tensor> own = new TreeMap<>();
    if (heads.contains(Head.SCORE) && !present.equals(wanted)) {
      String classifier = config.family().name(Part.CLASSIFIER) + ".";
      Head.SCORE
          .shapes(other)
          .forEach(
              (name, shape) -> {
                if (name.startsWith(classifier)) {
                  own.put(name, outputs(name, shape, present, wanted, seed));
                }
              });
    }
    return new Transformer(other, heads, weights.under(own), adapter.map(Adapter::lora));
  }

  private Tensor outputs(
      String name, long[] shape, List<String> present, List<String> wanted, long seed) {
    try (Tensor fresh = initial(name, shape, seed)) {
      return Scopes.call(
          () -> {
            List<Tensor> rows = new ArrayList<>();
            for (int row = 0; row < wanted.size(); row++) {
              int known = present.indexOf(wanted.get(row));
              rows.add(
                  known >= 0
                      ? weights.dense(name).detach().narrow(0, known, 1)
                      : fresh.narrow(0, row, 1));
            }
            return Scopes.keep(Ops.cat(rows, 0));
          });
    }
  }

  /**
   * Whether training keeps of each block only its input, and computes the rest again in the
   * backward pass: losses and gradients stay the same.
   */
  public void checkpointActivations(boolean wanted) {
    checkpointed = wanted;
  }

  /** What becomes of micro-batches that do not fit the memory. */
  public void halve(Halving wanted) {
    halving = wanted;
  }

  Halving halving() {
    return halving;
  }

  // ---- hidden states

  /**
   * The last hidden states of rows that are filled up on the right.
   *
   * @return float[B, T, D]; positions beyond a row's end hold numbers without meaning
   */
  public Tensor hidden(TokenBatch batch) {
    return run(batch, Optional.empty());
  }

  /**
   * The last hidden states of some tokens: what the last block computes of others is no more than
   * their keys and values.
   *
   * @param tokens long[n], t + T * b for token t of row b
   * @return float[n, D]
   */
  public Tensor hiddenAt(TokenBatch batch, Tensor tokens) {
    return run(batch, Optional.of(tokens));
  }

  private Tensor run(TokenBatch batch, Optional<Tensor> wanted) {
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
   * @param wanted long[n], the tokens whose states are wanted, as in {@link #hiddenAt}; none for
   *     all
   * @return float[B, T, D] or float[n, D]
   */
  Tensor hidden(
      Tensor ids,
      Tensor positions,
      long end,
      Optional<Tensor> bias,
      KvCache cache,
      Optional<Tensor> wanted) {
    Sight sight = Sight.ofNext(config, rotary, positions, end, bias, cache);
    return run(ids, positions, sight, Optional.of(cache), wanted);
  }

  /** One more token of each row by one call; only of a copy that samples. */
  Optional<DecoderStep> step() {
    return step;
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

  /**
   * Where the first states that are not finite come from, for people: the embedding, a layer by its
   * number from 0, the final norm; empty if all states of this batch are finite.
   */
  public Optional<String> firstNonFinite(TokenBatch batch) {
    List<Integer> found = new ArrayList<>();
    observer =
        (layer, states) -> {
          if (found.isEmpty() && !states.isfinite().all().item_bool()) {
            found.add(layer);
          }
        };
    boolean finite;
    try {
      finite = hidden(batch).isfinite().all().item_bool();
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
    Tensor x = torch.embedding(weights.get(family.name(Part.EMBEDDING) + ".weight"), ids);
    if (config.positions() instanceof Positions.Learned learned) {
      Tensor table = weights.get(family.name(Part.POSITIONS) + ".weight");
      x = x.add(torch.embedding(table, positions.add(new Scalar(learned.offset()))));
    }
    if (config.tokenTypes() > 0) {
      x = x.add(weights.get(family.name(Part.TOKEN_TYPES) + ".weight").select(0, 0));
    }
    return family.has(Part.EMBEDDING_NORM) ? norm(x, family.name(Part.EMBEDDING_NORM)) : x;
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

  private Tensor linear(Tensor x, String name) {
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

  // ---- heads

  /** Logits over the vocabulary: float[..., D] to float[..., V]. */
  public Tensor logits(Tensor hidden) {
    require(Head.LANGUAGE);
    Optional<Tensor> alone = packed.flatMap(layers -> layers.apply(languageHead(), hidden));
    return alone.orElseGet(() -> torch.linear(hidden, weights.get(languageHead() + ".weight")));
  }

  /** The name of the layer that gives the logits. */
  String languageHead() {
    return config.family().name(config.tiedEmbeddings() ? Part.EMBEDDING : Part.LANGUAGE_HEAD);
  }

  /** Whether gradients flow to the weights that give the logits. */
  public boolean trainsLanguageHead() {
    return weights.get(languageHead() + ".weight").requires_grad();
  }

  /** Values per token: float[..., D] to float[...]. */
  public Tensor values(Tensor hidden) {
    require(Head.VALUE);
    return linear(hidden, "v_head.summary").squeeze(-1);
  }

  /**
   * The score of each row: float[B].
   *
   * @throws IllegalStateException if the score head has several outputs
   */
  public Tensor scores(TokenBatch batch) {
    if (config.labels().size() != 1) {
      throw new IllegalStateException(
          "the score head has the outputs " + config.labels() + ", wanted one");
    }
    return labelScores(batch).squeeze(-1);
  }

  /** All outputs of the score head for each row: float[B, labels]. */
  public Tensor labelScores(TokenBatch batch) {
    require(Head.SCORE);
    Family family = config.family();
    Tensor state = hiddenAt(batch, family.causal() ? batch.lastTokens() : batch.firstTokens());
    Tensor read =
        family.has(Part.CLASSIFIER_DENSE)
            ? torch.tanh(linear(state, family.name(Part.CLASSIFIER_DENSE)))
            : state;
    return linear(read, family.name(Part.CLASSIFIER));
  }

  /** The mean of each row's hidden states, a text's embedding: float[B, D]. */
  public Tensor meanStates(TokenBatch batch) {
    Tensor mask = batch.mask().unsqueeze(2);
    Tensor hidden = hidden(batch);
    return Ops.masked(hidden, mask.expand_as(hidden)).sum(1).div(mask.sum(1));
  }

  private void require(Head head) {
    if (!heads.contains(head)) {
      throw new IllegalStateException("the model has no " + head + " head, it has " + heads);
    }
  }

  @Override
  public void close() {
    if (packed.isEmpty()) {
      adapter.ifPresent(Adapter::close);
    }
    step.ifPresent(DecoderStep::close);
    packed.ifPresent(PackedLayers::close);
    weights.close();
    rotary.ifPresent(RotaryTable::close);
    source.ifPresent(Transformer::close);
  }
}
