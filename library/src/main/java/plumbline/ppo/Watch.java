package plumbline.ppo;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import plumbline.config.Key;

/** What a run is watched for: the keys of the {@link Alarms}. */
public record Watch(
    @Key(
            def = "",
            min = 3,
            doc =
                "updates whose mean counts as one observation; without it a sixth of the run so"
                    + " far, from 5 to 25",
            unit = "updates")
        OptionalInt window,
    @Key(
            def = "3.0",
            min = 0,
            doc = "standard errors that a change must have; fewer fire sooner, and falsely sooner",
            unit = "standard errors")
        double evidence,
    @Key(
            def = "0.2",
            min = 0,
            max = 1,
            doc = "share of the monitor's gain that is lost before over_optimisation fires",
            unit = "share")
        double lostGain,
    @Key(def = "", doc = "regular expression that a response should contain; measured, not scored")
        Optional<String> format,
    @Key(def = "", doc = "alarms that end the run") List<Alarm.Kind> stopOn,
    @Key(
            def = "false",
            doc =
                "keeps a copy of the weights at the best monitor so far (without a monitor the best"
                    + " raw reward), which is saved if an alarm ends the run")
        boolean keepBest) {

  public Watch {
    format.ifPresent(Watch::compiled);
    if (keepBest && stopOn.isEmpty()) {
      throw new IllegalArgumentException(
          "keep_best is for runs that an alarm ends; name some in stop_on");
    }
  }

  private static Pattern compiled(String format) {
    try {
      return Pattern.compile(format, Pattern.DOTALL);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "format is no regular expression: " + e.getDescription() + " at " + e.getIndex(), e);
    }
  }

  Optional<Pattern> pattern() {
    return format.map(Watch::compiled);
  }

  /** Observations of the recent past in a history of so many. */
  int windowOf(int observations) {
    return window.orElse(Math.min(25, Math.max(5, observations / 6)));
  }
}
