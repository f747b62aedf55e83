package plumbline.train;

import java.util.Optional;
import plumbline.config.Key;

/** The keys of a training's checkpoints. */
public record CheckpointConfig(
    @Key(
            def = "50",
            min = 1,
            doc = "updates between checkpoints, from which --resume goes on",
            unit = "updates")
        int every,
    @Key(def = "2", min = 1, doc = "newest checkpoints kept", unit = "checkpoints") int keepLast,
    @Key(
            def = "",
            doc =
                "a metric, such as loss/test: the checkpoint at which it was best is kept as well;"
                    + " without it only the newest are")
        Optional<String> keepBest,
    @Key(def = "lowest", doc = "what is best of that metric") Best best) {

  /** Which of two values of a metric is the better one. */
  public enum Best {
    LOWEST,
    HIGHEST;

    boolean isBetter(double value, double other) {
      return this == LOWEST ? value < other : value > other;
    }
  }

  /** The newest are kept, no best one. */
  public CheckpointConfig(int every, int keepLast) {
    this(every, keepLast, Optional.empty(), Best.LOWEST);
  }
}
