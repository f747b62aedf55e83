package plumbline.sft;

import java.util.OptionalInt;
import plumbline.config.Key;
import plumbline.train.TrainingConfig;

/** The keys of {@code plumbline train sft}. */
public record SftConfig(
    @Key(doc = "the model to start from: a folder, a run, or an earlier stage") String model,
    @Key(doc = "demonstrations: a folder with demonstrations.train.jsonl, or an earlier stage")
        String data,
    @Key(def = "1", min = 1, doc = "times each demonstration is seen", unit = "passes") int epochs,
    @Key(def = "", min = 1, doc = "stops after this many updates", unit = "updates")
        OptionalInt maxSteps,
    @Key(def = "32", min = 1, doc = "demonstrations per update", unit = "demonstrations")
        int rowsPerUpdate,
    @Key(def = "32", min = 1, doc = "rows computed at a time", unit = "rows") int rowsPerMicroBatch,
    @Key(
            def = "50",
            min = 1,
            doc = "updates between measurements of the test loss",
            unit = "updates")
        int evalEvery,
    @Key(def = "256", min = 1, doc = "test demonstrations measured", unit = "demonstrations")
        int evalRows,
    @Key(flat = true) TrainingConfig training)
    implements TrainingConfig.Keys {}
