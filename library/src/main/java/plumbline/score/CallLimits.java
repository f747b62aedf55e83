package plumbline.score;

import java.time.Duration;
import plumbline.config.Key;

/** How a call that may fail is made: a server, a class of the user's. */
public record CallLimits(
    @Key(def = "30", min = 0.001, max = 86400, doc = "longest time of one try, in seconds")
        double deadlineS,
    @Key(def = "3", min = 1, doc = "tries before a call has failed") int tries,
    @Key(
            def = "1",
            min = 0,
            max = 300,
            doc = "seconds before the second try; each later wait is twice as long")
        double backoffS,
    @Key(
            def = "0.1",
            min = 0,
            max = 0.99,
            doc =
                "the run stops where a greater share of the rows of one scoring has failed; below"
                    + " it failed rows get the mean of the others")
        double maxErrorRate) {

  /** The same, but tried once. */
  public CallLimits once() {
    return new CallLimits(deadlineS, 1, backoffS, maxErrorRate);
  }

  Duration deadline() {
    return Duration.ofNanos(Math.round(deadlineS * 1e9));
  }

  Duration backoff() {
    return Duration.ofNanos(Math.round(backoffS * 1e9));
  }
}
