package plumbline.dpo;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import plumbline.InputException;
import plumbline.config.Key;
import plumbline.train.LoraConfig;
import plumbline.train.TrainingConfig;

/** The keys of {@code plumbline train dpo} and of the other methods that learn from pairs. */
public record DpoConfig(
    @Key(doc = "the policy to start from: a folder, a run, or an earlier stage") String model,
    @Key(doc = "pairs: a folder with pairs.train.jsonl, or an earlier stage") String data,
    @Key(def = "", doc = "chooses as another system does, where nothing is written here")
        Optional<DpoPreset.Like> like,
    @Key(
            def = "model",
            doc = "what log-ratios are taken against: the model before training, or nothing")
        Reference reference,
    @Key(def = "", doc = "another model as reference: a folder, a run, or an earlier stage")
        Optional<String> referenceModel,
    @Key(
            def = "cached",
            doc =
                "whether the reference is asked once, before training, or anew in each update (with"
                    + " lora or reference_model)")
        Asked referenceLogprobs,
    @Key(def = "[{loss: sigmoid}]", doc = "what is minimised: objectives with weights")
        List<ObjectiveConfig> objectives,
    @Key(def = "sum", doc = "a response's log-prob: of its tokens the sum, the mean, or ld")
        ResponseLogprob logprobs,
    @Key(
            def = "0.5",
            min = 0,
            max = 1,
            doc = "weight of the tokens by which a response is longer than its partner (ld)",
            unit = "share",
            source = "LD-DPO, Liu et al. 2024, arXiv:2409.06411")
        double excessWeight,
    @Key(
            def = "reverse_kl",
            doc = "the divergence that the implicit reward pays",
            source = "Wang et al. 2023, arXiv:2309.16240")
        Divergence divergence,
    @Key(
            def = "1.0",
            doc = "alpha of the alpha-divergence",
            source = "Wang et al. 2023, arXiv:2309.16240")
        double divergenceAlpha,
    @Key(
            def = "0.0",
            min = 0,
            doc = "weight of the chosen responses' negative log-likelihood",
            source = "Liu et al. 2024, arXiv:2405.16436; TRL (rpo_alpha)")
        double sftWeight,
    @Key(def = "token", doc = "that likelihood's unit: a token, or a whole response")
        SftUnit sftUnit,
    @Key(def = "1", min = 1, doc = "times each pair is seen", unit = "passes") int epochs,
    @Key(def = "", min = 1, doc = "stops after this many updates", unit = "updates")
        OptionalInt maxSteps,
    @Key(def = "32", min = 1, doc = "pairs per update", unit = "pairs") int pairsPerUpdate,
    @Key(def = "32", min = 1, doc = "pairs computed at a time", unit = "pairs")
        int pairsPerMicroBatch,
    @Key(
            def = "25",
            min = 1,
            doc = "updates between measurements on the test pairs",
            unit = "updates")
        int evalEvery,
    @Key(def = "512", min = 1, doc = "test pairs measured", unit = "pairs") int evalPairs,
    @Key(flat = true) TrainingConfig training)
    implements TrainingConfig.Keys {

  /** What log-ratios are taken against. */
  public enum Reference {
    /** The model that training starts from, or {@code reference_model}. */
    MODEL,
    /** Nothing: log-ratios are log-probs. */
    NONE
  }

  /** When the reference is asked for its log-probs. */
  public enum Asked {
    /** Once, before training; what it says is kept on the disk. */
    CACHED,
    /** In each update, of its rows; what it says of the test rows is kept. */
    ON_THE_FLY
  }

  /** What the SFT term counts. */
  public enum SftUnit {
    /** The mean over the tokens of all chosen responses of the update. */
    TOKEN,
    /** The sum over a response's tokens, averaged over the responses. */
    RESPONSE
  }

  public DpoConfig {
    if (!(divergenceAlpha > 0)) {
      throw new IllegalArgumentException(
          "divergence_alpha is " + divergenceAlpha + ", wanted above 0");
    }
    checkReference(reference, referenceModel, referenceLogprobs, training.lora());
    checkObjectives(objectives, logprobs, pairsPerUpdate, pairsPerMicroBatch);
  }

  static void checkReference(
      Reference reference,
      Optional<String> referenceModel,
      Asked asked,
      Optional<LoraConfig> lora) {
    if (reference == Reference.NONE && referenceModel.isPresent()) {
      throw new IllegalArgumentException("reference_model is given but reference is none");
    }
    if (asked == Asked.ON_THE_FLY
        && reference == Reference.MODEL
        && referenceModel.isEmpty()
        && lora.isEmpty()) {
      throw new IllegalArgumentException(
          "reference_logprobs: on_the_fly wants a reference that stays beside the policy: add"
              + " 'lora: {}', with which it is the model below the adapter, or reference_model");
    }
  }

  /** Whether the reference is asked in each update. */
  boolean asksAnew() {
    return reference == Reference.MODEL && referenceLogprobs == Asked.ON_THE_FLY;
  }

  /** Whether its pairs must be of the policy and an opponent. */
  boolean wantsOpponent() {
    return objectives.stream().anyMatch(each -> each.loss().wantsOpponent());
  }

  /**
   * Checks that pairs which nobody samples suffice.
   *
   * @throws InputException if a loss wants the responses of an opponent
   */
  public void checkGivenPairs() {
    if (wantsOpponent()) {
      throw new InputException(
          "objectives: loss: nash_md and optimism learn from what the policy and an opponent"
              + " sample, which given pairs do not tell: use them in train online_dpo");
    }
  }

  static void checkObjectives(
      List<ObjectiveConfig> objectives,
      ResponseLogprob logprobs,
      int pairsPerUpdate,
      int pairsPerMicroBatch) {
    if (objectives.isEmpty()) {
      throw new IllegalArgumentException("objectives has no objective");
    }
    for (ObjectiveConfig objective : objectives) {
      if (objective.loss().wantsWholeUpdate() && pairsPerMicroBatch < pairsPerUpdate) {
        throw new IllegalArgumentException(
            "loss: aot sorts the pairs of an update, so pairs_per_micro_batch ("
                + pairsPerMicroBatch
                + ") must be at least pairs_per_update ("
                + pairsPerUpdate
                + ")");
      }
      if (objective.loss() == PairObjective.ODDS_RATIO && logprobs != ResponseLogprob.MEAN) {
        throw new IllegalArgumentException(
            "loss: odds_ratio takes log-probs averaged over tokens: set logprobs: mean");
      }
    }
  }
}
