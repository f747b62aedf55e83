package plumbline.train;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import plumbline.InputException;
import plumbline.config.ConfigTree;
import plumbline.config.Key;
import plumbline.model.Lora;
import plumbline.model.LoraTargets;
import plumbline.model.WeightFormat;

/** The keys of a low-rank adapter, named as PEFT names them. */
public record LoraConfig(
    @Key(
            def = "8",
            min = 1,
            doc = "rank of the update",
            unit = "dimensions",
            source = "PEFT (r); Hu et al. 2021, arXiv:2106.09685")
        int r,
    @Key(def = "16", doc = "the update is scaled by alpha / r") double alpha,
    @Key(
            def = "0.0",
            min = 0,
            max = 0.99,
            doc = "share of an adapter's inputs dropped in training",
            unit = "share",
            source = "PEFT (lora_dropout)")
        double dropout,
    @Key(
            def = "all-linear",
            form = "names",
            doc =
                "layers adapted: all-linear, a list of names or of their ends after a dot, or one"
                    + " regular expression for whole names",
            source = "PEFT (all-linear); Dettmers et al. 2023, arXiv:2305.14314")
        ConfigTree targetModules,
    @Key(def = "", form = "names", doc = "layers left out: a list or one regular expression")
        ConfigTree excludeModules,
    @Key(def = "", min = 1, doc = "other ranks by regular expression of a name or its end")
        Map<String, Integer> rankPattern,
    @Key(def = "", doc = "other alphas by regular expression of a name or its end")
        Map<String, Double> alphaPattern,
    @Key(def = "", min = 0, doc = "numbers of the only blocks adapted, with a list of names")
        List<Integer> layersToTransform,
    @Key(def = "", doc = "what stands before a block's number in names, such as layers or h")
        List<String> layersPattern,
    @Key(
            def = "false",
            doc = "scales by alpha / sqrt(r)",
            source = "PEFT (use_rslora); Kalajdzievski 2023, arXiv:2312.03732")
        boolean useRslora,
    @Key(
            def = "false",
            doc = "trains a magnitude per output too",
            source = "PEFT (use_dora); Liu et al. 2024, arXiv:2402.09353")
        boolean useDora,
    @Key(def = "", doc = "modules of which a whole copy is trained") List<String> modulesToSave,
    @Key(def = "none", doc = "biases of which copies are trained", source = "PEFT (bias)")
        Lora.Bias bias,
    @Key(def = "kaiming", doc = "how A starts; B starts at 0", source = "PEFT (init_lora_weights)")
        Lora.Init init) {

  public LoraConfig {
    try {
      targets(targetModules, excludeModules, layersToTransform, layersPattern);
      for (String pattern : rankPattern.keySet()) {
        LoraTargets.checkPattern(pattern);
      }
      for (String pattern : alphaPattern.keySet()) {
        LoraTargets.checkPattern(pattern);
      }
    } catch (InputException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /**
   * Checks that what is to be trained can be.
   *
   * @throws IllegalArgumentException if all weights are trained and they are kept in few bits
   */
  public static void checkTrainable(Optional<WeightFormat> weights, Optional<LoraConfig> lora) {
    if (lora.isEmpty() && weights.map(WeightFormat::isQuantised).orElse(false)) {
      throw new IllegalArgumentException(
          "weights is %s, which cannot be trained: add 'lora: {}' to train an adapter on it, or leave weights out"
              .formatted(weights.get().name().toLowerCase(Locale.ROOT)));
    }
  }

  /** The form that these keys describe. */
  public Lora lora() {
    return new Lora(
        r,
        alpha,
        dropout,
        targets(targetModules, excludeModules, layersToTransform, layersPattern),
        rankPattern,
        alphaPattern,
        useRslora,
        useDora,
        modulesToSave,
        bias,
        init);
  }

  private static LoraTargets targets(
      ConfigTree include, ConfigTree exclude, List<Integer> layers, List<String> pattern) {
    LoraTargets.Names excluded =
        exclude.isValue()
            ? new LoraTargets.Names.Matching(exclude.text())
            : exclude.isList() ? listed(exclude) : LoraTargets.Names.none();
    return new LoraTargets(
        include.isList() ? listed(include) : LoraTargets.Names.of(include.text()),
        excluded,
        Set.copyOf(layers),
        pattern);
  }

  private static LoraTargets.Names listed(ConfigTree tree) {
    return new LoraTargets.Names.Listed(tree.items().stream().map(ConfigTree::text).toList());
  }
}
