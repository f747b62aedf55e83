package plumbline.sft;

import java.util.Optional;
import java.util.OptionalInt;
import plumbline.config.Key;
import plumbline.model.WeightFormat;
import plumbline.train.CheckpointConfig;
import plumbline.train.LengthConfig;
import plumbline.train.LoraConfig;
import plumbline.train.OptimizerConfig;

/** The keys of {@code plumbline train sft}. */
public record SftConfig(
    @Key(doc = "the model to start from: a folder, a run, or an earlier stage") String model,
    @Key(
            def = "",
            doc =
                "how the weights of the model's blocks are kept; without it in the precision of"
                    + " --dtype")
        Optional<WeightFormat> weights,
    @Key(doc = "demonstrations: a folder with demonstrations.train.jsonl, or an earlier stage")
        String data,
    @Key(def = "1", min = 1, doc = "times each demonstration is seen", unit = "passes") int epochs,
    @Key(def = "", min = 1, doc = "stops after this many updates", unit = "updates")
        OptionalInt maxSteps,
    @Key(def = "32", min = 1, doc = "demonstrations per update", unit = "demonstrations")
        int rowsPerUpdate,
    @Key(def = "32", min = 1, doc = "rows computed at a time", unit = "rows") int rowsPerMicroBatch,
    @Key(
            def = "false",
            doc =
                "keeps only each block's input for the backward pass and computes the rest again:"
                    + " less memory, more time")
        boolean activationCheckpointing,
    @Key(
            def = "50",
            min = 1,
            doc = "updates between measurements of the test loss",
            unit = "updates")
        int evalEvery,
    @Key(def = "256", min = 1, doc = "test demonstrations measured", unit = "demonstrations")
        int evalRows,
    @Key(
            def = "",
            doc = "trains an adapter and no other weight ({} for its defaults); without it all are")
        Optional<LoraConfig> lora,
    @Key OptimizerConfig optimizer,
    @Key LengthConfig lengths,
    @Key CheckpointConfig checkpoints) {

  public SftConfig {
    LoraConfig.checkTrainable(weights, lora);
  }
}
