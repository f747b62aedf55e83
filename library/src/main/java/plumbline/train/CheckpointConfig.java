package plumbline.train;

import plumbline.config.Key;

/** The keys of a training's checkpoints. */
public record CheckpointConfig(
    @Key(
            def = "50",
            min = 1,
            doc = "updates between checkpoints, from which --resume goes on",
            unit = "updates")
        int every,
    @Key(def = "2", min = 1, doc = "newest checkpoints kept", unit = "checkpoints") int keepLast) {}
