package plumbline.train;

import java.util.Optional;
import plumbline.config.Key;
import plumbline.model.Precision;
import plumbline.model.WeightFormat;

/** The keys that every training of a model has, beside its own. */
public record TrainingConfig(
    @Key(
            def = "",
            doc =
                "precision of the products of the models' blocks: bfloat16 is faster, everything else"
                    + " stays float32; without it that of --dtype")
        Optional<Precision> dtype,
    @Key(
            def = "",
            doc =
                "how the weights of the model's blocks are kept; without it in the precision of dtype")
        Optional<WeightFormat> weights,
    @Key(
            def = "false",
            doc =
                "keeps only each block's input for the backward pass and computes the rest again:"
                    + " less memory, more time")
        boolean activationCheckpointing,
    @Key(
            def = "",
            doc = "trains an adapter and no other weight ({} for its defaults); without it all are")
        Optional<LoraConfig> lora,
    @Key OptimizerConfig optimizer,
    @Key LengthConfig lengths,
    @Key CheckpointConfig checkpoints) {

  public TrainingConfig {
    LoraConfig.checkTrainable(weights, lora);
  }

  /** A configuration with these keys. */
  public interface Keys {
    /** The model to start from. */
    String model();

    TrainingConfig training();

    default Optional<Precision> dtype() {
      return training().dtype();
    }

    default Optional<WeightFormat> weights() {
      return training().weights();
    }

    default boolean activationCheckpointing() {
      return training().activationCheckpointing();
    }

    default Optional<LoraConfig> lora() {
      return training().lora();
    }

    default OptimizerConfig optimizer() {
      return training().optimizer();
    }

    default LengthConfig lengths() {
      return training().lengths();
    }

    default CheckpointConfig checkpoints() {
      return training().checkpoints();
    }
  }
}
