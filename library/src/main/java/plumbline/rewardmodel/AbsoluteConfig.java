package plumbline.rewardmodel;

import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import plumbline.config.Key;

/** The keys of what a reward model learns from ratings. */
public record AbsoluteConfig(
    @Key(def = "logistic", doc = "what the score is and how far it is from the label")
        AbsoluteLoss.Form form,
    @Key(
            def = "",
            doc =
                "label to weight: their weighted sum is learnt; below 0 for what is bad; without it"
                    + " the one label that rows have")
        Map<String, Double> labels,
    @Key(def = "0.02", min = 0, doc = "regression: penalty on what leaves [0, 1]")
        double outsidePenalty,
    @Key(
            def = "0.4",
            min = 0,
            max = 1,
            doc = "targets below this are the low range",
            unit = "rating")
        double lowBelow,
    @Key(
            def = "0.9",
            min = 0,
            max = 1,
            doc = "targets above this are the high range",
            unit = "rating")
        double highAbove,
    @Key Resample resample,
    @Key LossWeights lossWeights,
    @Key(def = "1.0", min = 0, doc = "weight of this loss beside the preference one")
        double weight) {

  /** The keys that change which rows of an uneven data set are seen. */
  public record Resample(
      @Key(
              def = "1",
              min = 1,
              doc = "times each row of the low range is seen in an epoch",
              unit = "times")
          int lowTimes,
      @Key(
              def = "",
              min = 1,
              doc = "rows kept of the middle range, evenly from its bins; without it all",
              unit = "rows")
          OptionalInt middleRows,
      @Key(def = "5", min = 1, doc = "bins of equal width in the middle range", unit = "bins")
          int middleBins) {}

  /** The keys that change how much a row of an uneven data set counts. */
  public record LossWeights(
      @Key(def = "", min = 0, doc = "weight of the low range; without it 1") OptionalDouble low,
      @Key(
              def = "",
              min = 0,
              doc =
                  "instead of low: this times (rows / rows of the low range), such as 0.5 or 0.75,"
                      + " but at least 1")
          OptionalDouble lowByShare,
      @Key(def = "1.0", min = 0, doc = "weight of the middle range") double middle,
      @Key(def = "1.0", min = 0, doc = "weight of the high range") double high) {
    public LossWeights {
      if (low.isPresent() && lowByShare.isPresent()) {
        throw new IllegalArgumentException(
            "low and low_by_share both weight the low range; leave one of them out");
      }
    }
  }

  public AbsoluteConfig {
    if (lowBelow > highAbove) {
      throw new IllegalArgumentException(
          "low_below is " + lowBelow + ", above high_above " + highAbove);
    }
  }
}
