package plumbline.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.pytorch.Tensor;
import plumbline.InputException;
import plumbline.tensor.Ops;
import plumbline.tensor.PackedLinear;
import plumbline.tensor.Scopes;
import plumbline.tensor.Workers;

/**
 * A model's linear layers packed for sampling, its adapter merged into them: queries, keys and
 * values of a layer as one product, gate and up as one, and the language head.
 */
final class PackedLayers implements AutoCloseable {
  private final Map<String, PackedLinear> layers = new ConcurrentHashMap<>();

  /** The width of each layer's output. */
  private final Map<String, Long> widths = new ConcurrentHashMap<>();

  private volatile boolean whole = true;

  /** Layers of one input that are computed as one: their outputs follow each other. */
  private static String together(List<String> names) {
    return String.join("+", names);
  }

  /**
   * Packs a model's layers.
   *
   * @param chosen what they are kept in; without it the engine's precision, and layers that the
   *     model itself keeps in few bits stay as they are
   * @param freeing whether the model's own weights, which no other uses, are freed once they are
   *     packed
   * @throws InputException if the format is none to sample with
   */
  static PackedLayers of(Transformer model, Optional<WeightFormat> chosen, boolean freeing) {
    PackedLayers packed = new PackedLayers();
    PackedLinear.Form form = form(chosen.orElseGet(WeightFormat::ofEngine));
    try {
      if (freeing) {
        for (List<String> names : groups(model)) {
          packed.pack(model, names, chosen, form);
          free(model, names);
        }
      } else {
        Workers.each(groups(model), names -> packed.pack(model, names, chosen, form));
      }
      return packed;
    } catch (RuntimeException | Error e) {
      packed.close();
      throw e;
    }
  }

  private void pack(
      Transformer model,
      List<String> names,
      Optional<WeightFormat> chosen,
      PackedLinear.Form form) {
    boolean few =
        names.stream().anyMatch(name -> model.weights().quantised(name + ".weight").isPresent());
    if (few && chosen.isEmpty()) {
      whole = false;
      return;
    }
    // The engine's own precision is that of the blocks alone.
    boolean plain = chosen.isEmpty() && names.get(0).equals(model.languageHead());
    Scopes.run(() -> put(model, names, plain ? PackedLinear.Form.FLOAT32 : form));
  }

  private static void free(Transformer model, List<String> names) {
    String embedding = model.config().family().name(Part.EMBEDDING);
    for (String name : names) {
      if (!name.equals(embedding)) {
        model.weights().free(name + ".weight");
      }
    }
  }

  /** No layer at all. */
  static PackedLayers none() {
    PackedLayers none = new PackedLayers();
    none.whole = false;
    return none;
  }

  /** Whether every layer is packed. */
  boolean isWhole() {
    return whole;
  }

  private static PackedLinear.Form form(WeightFormat format) {
    return switch (format) {
      case FLOAT32 -> PackedLinear.Form.FLOAT32;
      case BFLOAT16 -> PackedLinear.Form.BFLOAT16;
      case INT8 -> PackedLinear.Form.INT8;
      case INT4, NF4 ->
          throw new InputException(
              "weights to sample with are '%s', wanted float32, bfloat16 or int8"
                  .formatted(format.name().toLowerCase(Locale.ROOT)));
    };
  }

  /** The layers of a block that share an input, by name, in the order of a forward pass. */
  private static List<List<String>> groups(ModelConfig config, int layer) {
    Family family = config.family();
    return List.of(
        family.has(Part.FUSED)
            ? List.of(config.name(layer, Part.FUSED))
            : config.names(layer, Part.QUERY, Part.KEY, Part.VALUE),
        List.of(config.name(layer, Part.ATTENTION_OUT)),
        family.has(Part.GATE)
            ? config.names(layer, Part.GATE, Part.UP)
            : List.of(config.name(layer, Part.UP)),
        List.of(config.name(layer, Part.DOWN)));
  }

  /** The layers that share an input, by name, and the language head last. */
  private static List<List<String>> groups(Transformer model) {
    ModelConfig config = model.config();
    List<List<String>> groups = new ArrayList<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      groups.addAll(groups(config, layer));
    }
    if (model.heads().contains(Head.LANGUAGE)) {
      groups.add(List.of(model.languageHead()));
    }
    return groups;
  }

  /**
   * The four layers of a block by their inputs, in the order of a forward pass; empty if one is not
   * packed as a whole.
   */
  Optional<List<PackedLinear>> block(ModelConfig config, int layer) {
    List<PackedLinear> block = new ArrayList<>();
    for (List<String> names : groups(config, layer)) {
      PackedLinear packed = layers.get(together(names));
      if (packed == null) {
        return Optional.empty();
      }
      block.add(packed);
    }
    return Optional.of(block);
  }

  /** A layer that is packed alone. */
  Optional<PackedLinear> alone(String name) {
    return Optional.ofNullable(layers.get(name));
  }

  private void put(Transformer model, List<String> names, PackedLinear.Form form) {
    Parameters weights = model.weights();
    List<Tensor> parts =
        names.stream()
            .map(
                name ->
                    model
                        .adapter()
                        .map(adapter -> adapter.effective(name))
                        .orElseGet(() -> weights.dense(name + ".weight"))
                        .detach())
            .toList();
    List<Tensor> biases =
        names.stream()
            .map(name -> name + ".bias")
            .filter(weights::contains)
            .map(weights::get)
            .toList();
    if (!biases.isEmpty() && biases.size() < names.size()) {
      for (int i = 0; i < names.size(); i++) {
        put(model, List.of(names.get(i)), form);
      }
      return;
    }
    Optional<Tensor> bias =
        biases.isEmpty() ? Optional.empty() : Optional.of(Ops.cat(biases, 0).detach());
    for (int i = 0; i < names.size(); i++) {
      widths.put(names.get(i), parts.get(i).size(0));
    }
    layers.put(together(names), PackedLinear.of(Ops.cat(parts, 0), bias, form));
  }

  /** The layers' outputs, if they are packed together. */
  Optional<List<Tensor>> apply(List<String> names, Tensor x) {
    return alone(together(names)).map(layer -> parts(names, layer.apply(x)));
  }

  private List<Tensor> parts(List<String> names, Tensor all) {
    List<Tensor> parts = new ArrayList<>();
    long from = 0;
    for (String name : names) {
      parts.add(all.narrow(-1, from, widths.get(name)));
      from += widths.get(name);
    }
    return parts;
  }

  /** A layer's output, if it is packed alone. */
  Optional<Tensor> apply(String name, Tensor x) {
    return alone(name).map(layer -> layer.apply(x));
  }

  @Override
  public void close() {
    layers.values().forEach(PackedLinear::close);
  }
}
