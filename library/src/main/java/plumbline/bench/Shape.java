package plumbline.bench;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import plumbline.model.Activation;
import plumbline.model.Family;
import plumbline.model.ModelConfig;
import plumbline.model.Positions;

/**
 * The models that workloads compute with; their weights are random, and tiny ones have two layers
 * of width 32.
 */
enum Shape implements Load.Model {
  /** GPT-2 small (Radford et al. 2019): 124 million weights. */
  GPT2 {
    @Override
    public ModelConfig config(boolean tiny) {
      return tiny
          ? learned(Family.GPT2, Activation.GELU_TANH, 97, 32, 2, 4, 64, 0)
          : learned(Family.GPT2, Activation.GELU_TANH, 50_257, 768, 12, 12, 1024, 0);
    }
  },
  /** A small Llama: 6.8 million weights. */
  LLAMA {
    @Override
    public ModelConfig config(boolean tiny) {
      OptionalInt none = OptionalInt.empty();
      return tiny
          ? ModelConfig.llama(97, 32, 48, 2, 4, 2, 64, false, none, none, none)
          : ModelConfig.llama(4096, 256, 768, 6, 8, 4, 512, false, none, none, none);
    }
  },
  /** DistilRoBERTa (Sanh et al. 2019): 82 million weights. */
  DISTILROBERTA {
    @Override
    public ModelConfig config(boolean tiny) {
      return tiny
          ? learned(Family.ROBERTA, Activation.GELU, 97, 32, 2, 4, 64, 2)
          : learned(Family.ROBERTA, Activation.GELU, 50_265, 768, 6, 12, 512, 2);
    }
  };

  private static ModelConfig learned(
      Family family,
      Activation activation,
      int vocabulary,
      int width,
      int layers,
      int heads,
      int positions,
      int offset) {
    return new ModelConfig(
        family,
        vocabulary,
        width,
        4 * width,
        layers,
        heads,
        heads,
        width / heads,
        positions,
        1e-5,
        activation,
        new Positions.Learned(offset),
        Optional.empty(),
        false,
        family.causal(),
        true,
        true,
        true,
        family.causal() ? 0 : 1,
        List.of("LABEL_0"),
        OptionalInt.empty(),
        List.of(),
        OptionalInt.empty());
  }
}
