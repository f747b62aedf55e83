package plumbline.dpo;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import plumbline.config.Key;
import plumbline.train.TrainingConfig;

/** The keys of {@code plumbline train kto}. */
public record KtoConfig(
    @Key(doc = "the policy to start from: a folder, a run, or an earlier stage") String model,
    @Key(doc = "a folder with ratings.train.jsonl or pairs.train.jsonl, or an earlier stage")
        String data,
    @Key(def = "", doc = "chooses as another system does, where nothing is written here")
        Optional<DpoPreset.Like> like,
    @Key(def = "ratings", doc = "what is learnt from: rated responses, or both sides of pairs")
        Rows rows,
    @Key(def = "label", doc = "the rating that says whether a response is desirable") String label,
    @Key(
            def = "0.5",
            min = 0,
            max = 1,
            doc = "the lowest rating of a desirable response",
            unit = "rating")
        double threshold,
    @Key(
            def = "model",
            doc = "what log-ratios are taken against: the model before training, or nothing")
        DpoConfig.Reference reference,
    @Key(def = "", doc = "another model as reference: a folder, a run, or an earlier stage")
        Optional<String> referenceModel,
    @Key(
            def = "cached",
            doc =
                "whether the reference is asked once, before training, or anew in each update (with"
                    + " lora or reference_model)")
        DpoConfig.Asked referenceLogprobs,
    @Key(
            def = "kto",
            doc = "the loss of a response",
            source = "Ethayarajh et al. 2024, arXiv:2402.01306")
        UnpairedObjective loss,
    @Key(
            def = "0.1",
            min = 0,
            doc = "weight of the divergence from the reference",
            unit = "score per nat",
            source = "Ethayarajh et al. 2024, arXiv:2402.01306; TRL (beta)")
        double beta,
    @Key(
            def = "",
            min = 0,
            doc = "weight of desirable responses; without it both sides count alike",
            source = "Ethayarajh et al. 2024, arXiv:2402.01306; TRL takes 1")
        OptionalDouble desirableWeight,
    @Key(
            def = "",
            min = 0,
            doc = "weight of undesirable responses; without it both sides count alike",
            source = "Ethayarajh et al. 2024, arXiv:2402.01306; TRL takes 1")
        OptionalDouble undesirableWeight,
    @Key(def = "1", min = 1, doc = "times each response is seen", unit = "passes") int epochs,
    @Key(def = "", min = 1, doc = "stops after this many updates", unit = "updates")
        OptionalInt maxSteps,
    @Key(def = "64", min = 2, doc = "responses per update", unit = "responses") int rowsPerUpdate,
    @Key(def = "64", min = 1, doc = "responses computed at a time", unit = "responses")
        int rowsPerMicroBatch,
    @Key(
            def = "25",
            min = 1,
            doc = "updates between measurements on the test responses",
            unit = "updates")
        int evalEvery,
    @Key(def = "512", min = 1, doc = "test responses measured", unit = "responses") int evalRows,
    @Key(flat = true) TrainingConfig training)
    implements TrainingConfig.Keys {

  /** What is learnt from. */
  public enum Rows {
    /** Responses with a rating, TRL's {@code label} for example. */
    RATINGS,
    /** Pairs, whose chosen response is desirable and whose rejected one is not. */
    PAIRS
  }

  public KtoConfig {
    if (!(beta > 0)) {
      throw new IllegalArgumentException("beta is " + beta + ", wanted above 0");
    }
    DpoConfig.checkReference(reference, referenceModel, referenceLogprobs, training.lora());
  }

  /** Whether the reference is asked in each update. */
  boolean asksAnew() {
    return reference == DpoConfig.Reference.MODEL
        && referenceLogprobs == DpoConfig.Asked.ON_THE_FLY;
  }

  /**
   * The weights of desirable and of undesirable responses. One that is not given makes both sides
   * count alike, and neither of two below 1.
   *
   * @param desirable how many there are, at least 1
   * @param undesirable how many there are, at least 1
   */
  double[] sideWeights(int desirable, int undesirable) {
    double good = desirable;
    double bad = undesirable;
    if (desirableWeight.isEmpty() && undesirableWeight.isEmpty()) {
      return new double[] {Math.max(1, bad / good), Math.max(1, good / bad)};
    }
    return new double[] {
      desirableWeight.orElseGet(() -> undesirableWeight.getAsDouble() * bad / good),
      undesirableWeight.orElseGet(() -> desirableWeight.getAsDouble() * good / bad)
    };
  }
}
