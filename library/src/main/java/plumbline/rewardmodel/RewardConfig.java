package plumbline.rewardmodel;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import plumbline.config.Config;
import plumbline.config.Key;
import plumbline.score.ScoreScales;
import plumbline.train.TrainingConfig;

/** The keys of {@code plumbline train reward}. */
public record RewardConfig(
    @Key(
            doc =
                "what to start from: a folder, a run, or an earlier stage; a reward model's score"
                    + " head is kept")
        String model,
    @Key(
            doc =
                "a folder with pairs.train.jsonl, rankings.train.jsonl or ratings.train.jsonl, or"
                    + " an earlier stage")
        String data,
    @Key(
            def = "",
            doc = "learns from comparisons ({} for its defaults); the default without absolute")
        Optional<PreferenceConfig> preference,
    @Key(def = "", doc = "learns from ratings ({} for its defaults); both train two outputs")
        Optional<AbsoluteConfig> absolute,
    @Key(
            def = "false",
            doc =
                "learns from as many rows drawn with replacement, by the seed: for the members of"
                    + " an ensemble")
        boolean bootstrap,
    @Key(
            def = "",
            doc =
                "policy whose responses are the reference that scores are standardised on; without"
                    + " it the training responses are")
        Optional<String> reference,
    @Key(def = "256", min = 2, doc = "reference responses", unit = "responses") int referenceRows,
    @Key(
            def = "1",
            min = 1,
            doc = "times each row is seen; of both kinds, each of the longer one's",
            unit = "passes",
            source = "Ouyang et al. 2022, arXiv:2203.02155: more overfit")
        int epochs,
    @Key(def = "", min = 1, doc = "stops after this many updates", unit = "updates")
        OptionalInt maxSteps,
    @Key(
            def = "32",
            min = 1,
            doc = "pairs, prompts of rankings or ratings per update; each if both",
            unit = "rows")
        int rowsPerUpdate,
    @Key(def = "32", min = 1, doc = "of those, computed at a time", unit = "rows")
        int rowsPerMicroBatch,
    @Key(
            def = "25",
            min = 1,
            doc = "updates between measurements on the held-out rows",
            unit = "updates")
        int evalEvery,
    @Key(def = "512", min = 1, doc = "held-out rows measured, of each kind", unit = "rows")
        int evalRows,
    @Key(def = "best", doc = "the weights of which measurement are the result") Keep keep,
    @Key(def = "loss", doc = "what says which measurement is the best") BestBy bestBy,
    @Key(
            def = "",
            min = 1,
            doc = "stops after this many measurements without a better one",
            unit = "measurements")
        OptionalInt patience,
    @Key(flat = true) TrainingConfig training)
    implements TrainingConfig.Keys {

  private static final int USUAL_RANKING = 4;

  /** Which weights are the result. */
  public enum Keep {
    /** Those of the best measurement. */
    BEST,
    /** Those of the last update. */
    LAST
  }

  /** What says which measurement is the best. */
  public enum BestBy {
    /** The weighted sum of the held-out losses: log-loss of comparisons, the loss of ratings. */
    LOSS,
    /** The share of held-out comparisons that are right. */
    ACCURACY,
    /** The mean squared error of ratings. */
    MSE
  }

  public RewardConfig {
    if (preference.isEmpty() && absolute.isEmpty()) {
      preference = Optional.of(Config.defaults(PreferenceConfig.class));
    }
    if (bestBy == BestBy.ACCURACY && preference.isEmpty()) {
      throw new IllegalArgumentException(
          "best_by is accuracy, but nothing is learnt from comparisons; use loss or mse, or add"
              + " 'preference: {}'");
    }
    if (bestBy == BestBy.MSE && absolute.isEmpty()) {
      throw new IllegalArgumentException(
          "best_by is mse, but nothing is learnt from ratings; use loss or accuracy, or add"
              + " 'absolute: {}'");
    }
  }

  /** The names of the score head's outputs, in their order. */
  public List<String> outputs() {
    List<String> outputs = new ArrayList<>();
    preference.ifPresent(present -> outputs.add(ScoreScales.PREFERENCE));
    absolute.ifPresent(present -> outputs.add(ScoreScales.ABSOLUTE));
    return outputs;
  }

  /** The kinds of rows that it reads: pairs, rankings, ratings. */
  public List<String> kinds() {
    List<String> kinds = new ArrayList<>();
    preference.ifPresent(
        keys -> kinds.add(keys.rows() == PreferenceConfig.Rows.PAIRS ? "pairs" : "rankings"));
    absolute.ifPresent(keys -> kinds.add("ratings"));
    return kinds;
  }

  /**
   * The most responses that a row has; of a ranking, where the data decides, as many as is usual.
   */
  public int responsesPerRow() {
    return preference
        .map(keys -> keys.rows() == PreferenceConfig.Rows.PAIRS ? 2 : USUAL_RANKING)
        .orElse(1);
  }
}
