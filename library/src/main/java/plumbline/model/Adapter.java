package plumbline.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import plumbline.InputException;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/**
 * A low-rank adapter at work: what it adds to each linear layer of its model.
 *
 * <p>Its weights lie among the model's, named like the module that they adapt: {@code
 * model.layers.0.self_attn.q_proj.lora_A.weight} float[r, in], {@code .lora_B.weight} float[out, r]
 * and, with magnitudes, {@code .lora_magnitude_vector} float[out].
 */
public final class Adapter implements AutoCloseable {
  static final String A = ".lora_A.weight";
  static final String B = ".lora_B.weight";
  static final String MAGNITUDE = ".lora_magnitude_vector";
  private static final String WEIGHT = ".weight";
  private static final Pattern IN_A_BLOCK = Pattern.compile("(.*\\.)?\\d+\\..*\\.weight");

  private final Lora lora;
  private final Parameters weights;
  private final SortedMap<String, Double> scales = new TreeMap<>();
  private final SortedMap<String, Tensor> ratios = new TreeMap<>();
  private boolean merged;
  private final ThreadLocal<OptionalLong> dropoutSeed =
      ThreadLocal.withInitial(OptionalLong::empty);

  Adapter(Lora lora, Parameters weights) {
    this.lora = lora;
    this.weights = weights;
    for (String name : weights.all().keySet()) {
      if (name.endsWith(A)) {
        String module = name.substring(0, name.length() - A.length());
        scales.put(module, lora.scaleOf(module));
      }
    }
  }

  public Lora lora() {
    return lora;
  }

  /** The linear layers adapted, in name order. */
  public Set<String> modules() {
    return scales.keySet();
  }

  /** Whether files of the base hold an adapted weight as [in, out]. */
  boolean isTransposed(ModelConfig config) {
    return scales.keySet().stream().anyMatch(m -> config.family().transposed(m + WEIGHT));
  }

  /** The weights of a head; none for one that the model cannot have. */
  static Map<String, long[]> shapes(Head head, ModelConfig config) {
    return head.fits(config) ? head.shapes(config) : Map.of();
  }

  /** The modules of scalar heads that lie beside the adapter: {@code score}, {@code v_head}. */
  static Set<String> headModules(Transformer model, Set<Head> heads) {
    Set<String> modules = new TreeSet<>();
    for (Head head : heads) {
      if (head != Head.LANGUAGE) {
        for (String name : head.shapes(model.config()).keySet()) {
          if (model.weights().own().containsKey(name)) {
            modules.add(name.substring(0, name.indexOf('.')));
          }
        }
      }
    }
    return modules;
  }

  static boolean isPart(String name) {
    return name.endsWith(A) || name.endsWith(B) || name.endsWith(MAGNITUDE);
  }

  // ---- a new one

  /** The linear layers of a model's blocks: their weights are the blocks' only matrices. */
  static List<String> linearLayers(SortedMap<String, long[]> shapes) {
    List<String> modules = new ArrayList<>();
    shapes.forEach(
        (name, shape) -> {
          if (IN_A_BLOCK.matcher(name).matches() && !isPart(name) && shape.length == 2) {
            modules.add(name.substring(0, name.length() - WEIGHT.length()));
          }
        });
    return modules;
  }

  /** What lies over a base at first: kept tensors by name, which leave its outputs as they are. */
  static SortedMap<String, Tensor> start(Lora lora, Transformer base, Set<Head> heads, long seed) {
    if (base.adapter().isPresent()) {
      throw new IllegalStateException("the base has an adapter already; merge it first");
    }
    if (heads.contains(Head.LANGUAGE) && !base.heads().contains(Head.LANGUAGE)) {
      throw new InputException("the base has no language head, it has " + base.heads());
    }
    Parameters weights = base.weights();
    SortedMap<String, Tensor> own = new TreeMap<>();
    ownShapes(lora, base.config(), weights.shapes(), heads)
        .forEach((name, shape) -> own.put(name, initial(lora, weights, name, shape, seed)));
    return own;
  }

  private static Tensor initial(
      Lora lora, Parameters weights, String name, long[] shape, long seed) {
    if (name.endsWith(A)) {
      return initialA(lora, name, seed, shape[0], shape[1]);
    }
    if (name.endsWith(B)) {
      return Scopes.call(() -> Scopes.keep(Ops.zeros(shape)));
    }
    if (name.endsWith(MAGNITUDE)) {
      String weight = name.substring(0, name.length() - MAGNITUDE.length()) + WEIGHT;
      return Scopes.call(() -> Scopes.keep(LoraLayer.rowNorm(weights.dense(weight).detach())));
    }
    return weights.contains(name)
        ? Scopes.call(() -> Scopes.keep(weights.dense(name).detach().clone()))
        : Transformer.initial(name, shape, seed);
  }

  /**
   * The weights that lie over a base and are trained: name to shape.
   *
   * @param below the base's
   */
  static SortedMap<String, long[]> ownShapes(
      Lora lora, ModelConfig config, SortedMap<String, long[]> below, Set<Head> heads) {
    SortedMap<String, long[]> shapes = scalarHeads(config, heads);
    List<String> modules = lora.targets().among(adaptable(lora, below));
    for (String name : copied(lora, below, shapes.keySet(), modules)) {
      shapes.put(name, below.get(name));
    }
    modules.forEach(module -> putParts(lora, module, below.get(module + WEIGHT), shapes));
    return shapes;
  }

  /** The shapes of one module's adapter. */
  static void putParts(Lora lora, String module, long[] weight, SortedMap<String, long[]> shapes) {
    int rank = lora.rankOf(module);
    shapes.put(module + A, new long[] {rank, weight[1]});
    shapes.put(module + B, new long[] {weight[0], rank});
    if (lora.dora()) {
      shapes.put(module + MAGNITUDE, new long[] {weight[0]});
    }
  }

  private static Tensor initialA(Lora lora, String name, long seed, long rank, long inputs) {
    return switch (lora.init()) {
      case KAIMING -> Parameters.uniform(name, seed, 1 / Math.sqrt((double) inputs), rank, inputs);
      case GAUSSIAN -> Parameters.normal(name, seed, 1.0 / rank, rank, inputs);
    };
  }

  /** The linear layers that may be adapted: those that are not trained whole. */
  private static List<String> adaptable(Lora lora, SortedMap<String, long[]> shapes) {
    List<String> linear = new ArrayList<>(linearLayers(shapes));
    linear.removeIf(module -> isSaved(lora, module + "."));
    return linear;
  }

  /** The linear layers that a form means; names that fit nothing are none, as PEFT has it. */
  static List<String> meant(Lora lora, SortedMap<String, long[]> shapes) {
    return adaptable(lora, shapes).stream().filter(lora.targets()::contains).toList();
  }

  private static boolean isSaved(Lora lora, String weight) {
    return lora.modulesToSave().stream().anyMatch(module -> isBelow(module, weight));
  }

  /** Whether a weight belongs to a module that is named wholly or by its end after a dot. */
  static boolean isBelow(String module, String weight) {
    return weight.startsWith(module + ".") || weight.contains("." + module + ".");
  }

  /** Weights of the base that the adapter trains copies of. */
  private static Set<String> copied(
      Lora lora, SortedMap<String, long[]> below, Set<String> ownHeads, List<String> modules) {
    Set<String> all = below.keySet();
    for (String module : lora.modulesToSave()) {
      if (Stream.concat(all.stream(), ownHeads.stream()).noneMatch(name -> isBelow(module, name))) {
        throw new InputException(
            "modules_to_save '"
                + module
                + "' is no module of the model; it has "
                + outsideTheBlocks(all)
                + " and the modules of its blocks");
      }
    }
    Set<String> copied = new TreeSet<>();
    for (String name : all) {
      boolean bias =
          switch (lora.bias()) {
            case NONE -> false;
            case ALL -> name.endsWith(".bias");
            case LORA_ONLY ->
                name.endsWith(".bias")
                    && modules.contains(name.substring(0, name.length() - ".bias".length()));
          };
      if (bias || isSaved(lora, name) || ownHeads.contains(name)) {
        copied.add(name);
      }
    }
    return copied;
  }

  private static String outsideTheBlocks(Set<String> weights) {
    return weights.stream()
        .map(name -> name.replaceFirst("\\.(weight|bias)$", ""))
        .filter(name -> !name.matches(".*\\.\\d+\\..*"))
        .distinct()
        .collect(Collectors.joining(", "));
  }

  /** The weights of scalar heads, which an adapter always has for itself: name to shape. */
  private static SortedMap<String, long[]> scalarHeads(ModelConfig config, Set<Head> heads) {
    SortedMap<String, long[]> shapes = new TreeMap<>();
    for (Head head : heads) {
      if (head != Head.LANGUAGE) {
        shapes.putAll(head.shapes(config));
      }
    }
    return shapes;
  }

  // ---- forward

  /**
   * The outputs of linear layers of one input with the adapter.
   *
   * @param x float[N, in], the layers' input
   * @param ys float[N, out] each, as {@link #adapt(String, Tensor, Tensor)} takes it
   */
  List<Tensor> adapt(List<String> modules, Tensor x, List<Tensor> ys) {
    boolean plain = !merged && !lora.dora() && !drops();
    if (!plain || modules.size() == 1 || !scales.keySet().containsAll(modules)) {
      return IntStream.range(0, ys.size())
          .mapToObj(i -> adapt(modules.get(i), x, ys.get(i)))
          .toList();
    }
    // One product by all A together: they are narrow.
    List<Tensor> as = modules.stream().map(module -> weights.get(module + A)).toList();
    long[] ranks = as.stream().mapToLong(a -> a.size(0)).toArray();
    TensorVector inner = torch.linear(x, Ops.cat(as, 0)).split_with_sizes(ranks, 1);
    return IntStream.range(0, ys.size())
        .mapToObj(
            i -> {
              String module = modules.get(i);
              Tensor b = weights.get(module + B);
              return LoraLayer.plusUpdate(ys.get(i), inner.get(i), b, scales.get(module));
            })
        .toList();
  }

  private boolean drops() {
    return lora.dropout() > 0 && dropoutSeed.get().isPresent();
  }

  /**
   * The output of a linear layer with the adapter.
   *
   * @param x float[N, in], the layer's input
   * @param y float[N, out], its output {@code W x + b} without the adapter, which may be changed
   * @return float[N, out]; {@code y} itself for a layer that is not adapted
   */
  Tensor adapt(String module, Tensor x, Tensor y) {
    Double scale = scales.get(module);
    if (scale == null || merged) {
      return y;
    }
    Tensor a = weights.get(module + A);
    Tensor b = weights.get(module + B);
    boolean drops = drops();
    Tensor input = drops ? dropped(x, module) : x;
    if (!lora.dora()) {
      return LoraLayer.plusUpdate(y, torch.linear(input, a), b, scale);
    }
    Tensor update = LoraLayer.update(input, a, b, scale);
    Tensor weight = weights.dense(module + WEIGHT);
    Tensor product = drops ? LinearLayer.product(weights, input, module) : withoutBias(module, y);
    Tensor norm = LoraLayer.rowNorm(weight, a, b, scale);
    return y.add(LoraLayer.decomposed(product, update, weights.get(module + MAGNITUDE), norm));
  }

  private Tensor withoutBias(String module, Tensor y) {
    return weights.contains(module + ".bias") ? y.sub(weights.get(module + ".bias")) : y;
  }

  /** Entries are 0 with the probability of dropout, the others raised to keep the mean. */
  private Tensor dropped(Tensor x, String module) {
    long seed = dropoutSeed.get().getAsLong() * 0x9E3779B97F4A7C15L + module.hashCode();
    double kept = 1 - lora.dropout();
    Tensor mask = Ops.times(Ops.bernoulli(x, kept, seed), 1 / kept);
    return x.mul(mask);
  }

  <T> T training(long seed, Supplier<T> body) {
    OptionalLong before = dropoutSeed.get();
    dropoutSeed.set(OptionalLong.of(seed));
    try {
      return body.get();
    } finally {
      dropoutSeed.set(before);
    }
  }

  // ---- merging

  /** Whether the base's weights hold the update. */
  public boolean isMerged() {
    return merged;
  }

  /**
   * Adds the update to the base's weights in place: the same outputs without the adapter's cost.
   *
   * @throws IllegalStateException if another model shares the base, whose outputs would change
   */
  public void merge() {
    if (weights.isShared()) {
      throw new IllegalStateException("another model shares the weights to be merged into");
    }
    if (!weights.quantised().isEmpty()) {
      throw unmergeable();
    }
    if (!merged) {
      Scopes.noGrad(() -> scales.keySet().forEach(module -> Scopes.run(() -> merge(module))));
      merged = true;
    }
  }

  private static InputException unmergeable() {
    return new InputException(
        "an adapter is not merged into weights kept in 8 or 4 bits, it would be rounded away;"
            + " load the base with weights: float32");
  }

  private void merge(String module) {
    Tensor weight = weights.get(module + WEIGHT);
    weight.add_(delta(module));
    if (lora.dora()) {
      Tensor ratio = LoraLayer.ratio(weight, weights.get(module + MAGNITUDE));
      weight.mul_(ratio);
      ratios.put(module, Scopes.keep(ratio));
    }
  }

  /** Takes the update out again: the base as it was, but for float rounding. */
  public void unmerge() {
    if (merged) {
      Scopes.noGrad(() -> scales.keySet().forEach(module -> Scopes.run(() -> unmerge(module))));
      merged = false;
      closeRatios();
    }
  }

  private void unmerge(String module) {
    Tensor weight = weights.get(module + WEIGHT);
    if (lora.dora()) {
      weight.div_(ratios.get(module));
    }
    weight.sub_(delta(module));
  }

  /** The weight that a linear layer computes with, the update in it: float[out, in]. */
  Tensor effective(String module) {
    Tensor weight = weights.dense(module + WEIGHT);
    if (merged || !scales.containsKey(module)) {
      return weight;
    }
    Tensor updated = weight.add(delta(module));
    return lora.dora()
        ? updated.mul(LoraLayer.ratio(updated, weights.get(module + MAGNITUDE)))
        : updated;
  }

  private Tensor delta(String module) {
    return LoraLayer.delta(weights.get(module + A), weights.get(module + B), lora.scaleOf(module));
  }

  /** The model without adapter that computes the same; closes {@code adapted}. */
  static Transformer merged(Transformer adapted) {
    if (!adapted.weights().quantised().isEmpty()) {
      adapted.close();
      throw unmergeable();
    }
    try (Transformer sole = adapted.weights().isShared() ? adapted.copy() : adapted) {
      sole.adapter().orElseThrow().merge();
      SortedMap<String, Tensor> kept = new TreeMap<>();
      for (Map.Entry<String, Tensor> weight : sole.weights().release().entrySet()) {
        if (isPart(weight.getKey()) || isOfAnotherHead(weight.getKey(), sole)) {
          weight.getValue().close();
        } else {
          weight.getValue().set_requires_grad(false);
          kept.put(weight.getKey(), weight.getValue());
        }
      }
      if (sole != adapted) {
        adapted.close();
      }
      return new Transformer(sole.config(), sole.heads(), new Parameters(kept));
    }
  }

  private static boolean isOfAnotherHead(String name, Transformer model) {
    for (Head head : Head.values()) {
      if (!model.heads().contains(head) && shapes(head, model.config()).containsKey(name)) {
        return true;
      }
    }
    return false;
  }

  private void closeRatios() {
    ratios.values().forEach(Tensor::close);
    ratios.clear();
  }

  @Override
  public void close() {
    closeRatios();
  }
}
