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
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import plumbline.InputException;
import plumbline.tensor.Ops;
import plumbline.tensor.PackedLinear;
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
  private final Trunk trunk;
  private final Optional<DecoderStep> step;

  /** The model that is closed with this one. */
  private final Optional<Transformer> source;

  private Halving halving = Halving.NONE;

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
    this.trunk = new Trunk(config, weights, adapter, Optional.empty());
    this.source = Optional.empty();
    this.step = Optional.empty();
  }

  /**
   * A copy of {@code model} that samples: its linear layers packed, the others in {@code weights}.
   */
  private Transformer(
      Transformer model, Parameters weights, PackedLayers packed, Optional<Transformer> source) {
    this.config = model.config;
    this.heads = model.heads;
    this.weights = weights;
    this.adapter = model.adapter;
    this.source = source;
    this.trunk = new Trunk(config, weights, adapter, Optional.of(packed));
    this.step =
        heads.contains(Head.LANGUAGE)
            ? DecoderStep.of(config, weights, packed, languageHead(), trunk.rotary())
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
    return trunk.isPacked();
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
    trunk.checkpoint(wanted);
  }

  boolean isCheckpointed() {
    return trunk.isCheckpointed();
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
    return trunk.run(batch, Optional.empty());
  }

  /**
   * The last hidden states of some tokens: what the last block computes of others is no more than
   * their keys and values.
   *
   * @param tokens long[n], t + T * b for token t of row b
   * @return float[n, D]
   */
  public Tensor hiddenAt(TokenBatch batch, Tensor tokens) {
    return trunk.run(batch, Optional.of(tokens));
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
    return trunk.run(ids, positions, end, bias, cache, wanted);
  }

  /** One more token of each row by one call; only of a copy that samples. */
  Optional<DecoderStep> step() {
    return step;
  }

  /**
   * Where the first states that are not finite come from, for people: the embedding, a layer by its
   * number from 0, the final norm; empty if all states of this batch are finite.
   */
  public Optional<String> firstNonFinite(TokenBatch batch) {
    return trunk.firstNonFinite(batch);
  }

  // ---- heads

  /** Logits over the vocabulary: float[..., D] to float[..., V]. */
  public Tensor logits(Tensor hidden) {
    require(Head.LANGUAGE);
    return trunk.linear(hidden, languageHead());
  }

  /**
   * What {@link #logits} does in a backward pass that is written by hand: the gradient of its
   * input; that of its weight, if it is trained, is added to what it has.
   *
   * @param gradient of the logits: float[N, V]
   * @param hidden float[N, D]
   * @return float[N, D]
   */
  public Tensor logitsBackward(Tensor gradient, Tensor hidden) {
    if (trainsLanguageHead()) {
      Tensor weight = weights.get(languageHead() + ".weight");
      Tensor sum = weight.mutable_grad();
      if (sum.defined()) {
        sum.addmm_(gradient.t(), hidden);
      } else {
        sum.put(gradient.t().matmul(hidden));
      }
    }
    return gradient.matmul(weights.get(languageHead() + ".weight").to(gradient.scalar_type()));
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
    return trunk.linear(hidden, "v_head.summary").squeeze(-1);
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
            ? torch.tanh(trunk.linear(state, family.name(Part.CLASSIFIER_DENSE)))
            : state;
    return trunk.linear(read, family.name(Part.CLASSIFIER));
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
    if (!trunk.isForSampling()) {
      adapter.ifPresent(Adapter::close);
    }
    step.ifPresent(DecoderStep::close);
    trunk.close();
    weights.close();
    source.ifPresent(Transformer::close);
  }
}
