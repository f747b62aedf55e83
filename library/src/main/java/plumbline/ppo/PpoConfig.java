package plumbline.ppo;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import plumbline.config.ConfigTree;
import plumbline.config.Key;
import plumbline.rollout.RolloutServerConfig;
import plumbline.train.OptimizerConfig;
import plumbline.train.SamplingConfig;
import plumbline.train.TrainingConfig;

/**
 * The keys of {@code plumbline train ppo} and of every other method of policy optimisation: a
 * method is a {@link Preset} of these.
 */
public record PpoConfig(
    @Key(doc = "the policy to align: a folder, a run, or an earlier stage") String model,
    @Key(doc = "prompts: a folder with prompts.train.jsonl, or an earlier stage") String data,
    @Key(form = "score", doc = "the reward tree: {model: ..., scale: ...}") ConfigTree score,
    @Key(
            def = "",
            form = "score",
            doc = "a second reward tree that is measured but never trained on")
        Optional<ConfigTree> monitor,
    @Key(
            def = "",
            doc = "makes the choices of another system wherever this configuration makes none")
        Optional<Preset.Like> like,
    @Key(def = "100", min = 1, doc = "updates, each on fresh rollouts", unit = "updates") int steps,
    @Key(def = "64", min = 1, doc = "prompts per update", unit = "prompts") int promptsPerUpdate,
    @Key(def = "1", min = 1, doc = "responses sampled per prompt", unit = "responses")
        int samplesPerPrompt,
    @Key(def = "32", min = 1, doc = "rows computed at a time", unit = "rows") int rowsPerMicroBatch,
    @Key(
            def = "4",
            min = 1,
            doc = "passes over each update's rollouts",
            unit = "passes",
            source = "TRL (num_ppo_epochs)")
        int ppoEpochs,
    @Key(
            def = "1",
            min = 1,
            doc = "optimizer steps per pass, each on its share of the rollouts",
            unit = "optimizer steps",
            source = "TRL (num_mini_batches)")
        int minibatches,
    @Key Rows rows,
    @Key Scoring scoring,
    @Key Ending ending,
    @Key Kl kl,
    @Key Advantages advantage,
    @Key Loss loss,
    @Key CriticKeys critic,
    @Key(def = "", doc = "adds the loss of demonstrations ({} for its defaults)") Optional<Ptx> ptx,
    @Key(def = "", doc = "keeps a running average of the policy ({} for its defaults)")
        Optional<Ema> ema,
    @Key Stop stop,
    @Key Watch watch,
    @Key(def = "20", min = 1, doc = "updates between samples in samples.jsonl", unit = "updates")
        int sampleEvery,
    @Key SamplingConfig sampling,
    @Key(def = "", doc = "an OpenAI-compatible server that samples in this process's place")
        Optional<RolloutServerConfig> rolloutServer,
    @Key(flat = true) TrainingConfig training)
    implements TrainingConfig.Keys {

  /** Which responses are sampled and learnt from. */
  public record Rows(
      @Key(def = "all", doc = "which of the sampled responses an update learns from")
          RowFilter keep,
      @Key(
              def = "3",
              min = 1,
              doc = "rounds of sampling in which prompts without variance are replaced (varied)",
              unit = "rounds",
              source = "dynamic sampling of DAPO, Yu et al. 2025, arXiv:2503.14476")
          int attempts,
      @Key(def = "policy", doc = "who answers: the policy, or the model it started from")
          Source sampledFrom) {}

  /** Who answers the prompts. */
  public enum Source {
    /** The policy as it is now. */
    POLICY,
    /** The model that training began with. */
    REFERENCE
  }

  /** What happens to scores before training sees them, in this order. */
  public record Scoring(
      @Key(def = "none", doc = "statistics whose standard deviation divides the scores")
          ScoreProcessing.Scale scale,
      @Key(def = "false", doc = "subtracts their mean before") boolean centre,
      @Key(def = "", min = 0, doc = "limits scores to [-clip, clip]", unit = "score")
          OptionalDouble clip,
      @Key(
              def = "false",
              doc = "last, after the penalties of 'ending': mean 0 and deviation 1 per update",
              source = "TRL leaves them as they are (whiten_rewards)")
          boolean whiten) {}

  /** What a response's length and its end do to its score. */
  public record Ending(
      @Key(
              def = "0.0",
              min = 0,
              doc = "subtracted from the score of a response that did not end",
              unit = "score",
              source = "TRL (missing_eos_penalty)")
          double missingEosPenalty,
      @Key(
              def = "",
              doc = "score of a response that did not end, instead of its own",
              unit = "score")
          OptionalDouble missingEosScore,
      @Key(
              def = "false",
              doc = "leaves responses that did not end out of the losses",
              source = "overlong filtering of DAPO, arXiv:2503.14476")
          boolean maskUnfinished,
      @Key(
              def = "0",
              min = 0,
              doc = "tokens before sampling.max_new_tokens in which a penalty grows from 0",
              unit = "tokens",
              source = "soft overlong punishment of DAPO, arXiv:2503.14476")
          int overlongTokens,
      @Key(
              def = "1.0",
              min = 0,
              doc = "that penalty at the limit",
              unit = "score",
              source = "DAPO, arXiv:2503.14476, equation 13")
          double overlongPenalty,
      @Key(def = "", doc = "a token at which responses are cut, as if they had ended there")
          Optional<String> stopToken) {}

  /** What leaving the reference costs. */
  public record Kl(
      @Key(
              def = "reward",
              doc = "whether rewards or the policy's loss pay for it",
              source =
                  "Stiennon et al. 2020, arXiv:2009.01325; in the loss: Shao et al. 2024,"
                      + " arXiv:2402.03300")
          Place place,
      @Key(
              def = "k1",
              doc = "per-token estimate of the divergence from the reference",
              source = "TRL (kl_estimator); k1, k2, k3: Schulman 2020, Approximating KL Divergence")
          KlPenalty estimator,
      @Key(
              def = "false",
              doc = "in the loss, the estimator's value with the gradient of k2, which is unbiased")
          boolean straightThrough,
      @Key(
              def = "false",
              doc =
                  "in the loss, weighs a token by its probability ratio, for steps off the policy")
          boolean importance,
      @Key(
              def = "0.05",
              min = 0,
              doc = "weight of the divergence; the first one if it is adaptive",
              unit = "score per nat",
              source = "TRL (kl_coef)")
          double coefficient,
      @Key(
              def = "",
              min = 0,
              doc =
                  "divergence per response, in nats, that an adaptive weight aims at; without a"
                      + " target the weight is fixed",
              unit = "nats")
          OptionalDouble targetPerResponse,
      @Key(def = "", min = 0, doc = "the same per response token, in nats", unit = "nats")
          OptionalDouble targetPerToken,
      @Key(
              def = "10000",
              min = 1,
              doc = "responses in which the adaptive weight moves by a fifth",
              unit = "responses",
              source = "Ziegler et al. 2019, arXiv:1909.08593, section 2.2; TRL 0.11 (horizon)")
          double horizon) {

    public Kl {
      if (targetPerResponse.isPresent() && targetPerToken.isPresent()) {
        throw new IllegalArgumentException(
            "target_per_response and target_per_token are two units of one target; set one");
      }
      if (place == Place.LOSS && estimator.wantsVocabulary()) {
        throw new IllegalArgumentException(
            "estimator full is for place: reward; in the loss use k1, k2, k3 or abs");
      }
      if (place == Place.REWARD && (straightThrough || importance)) {
        throw new IllegalArgumentException(
            "straight_through and importance are about the loss; place is reward");
      }
    }

    /** The controller at the start of a run. */
    KlController controller() {
      OptionalDouble target = targetPerResponse.isPresent() ? targetPerResponse : targetPerToken;
      return target.isPresent()
          ? new KlController.Adaptive(coefficient, target.getAsDouble(), horizon)
          : new KlController.Fixed(coefficient);
    }
  }

  /** Who pays for the divergence. */
  public enum Place {
    /** Each token's reward. */
    REWARD,
    /** The policy's loss. */
    LOSS
  }

  /** How much better than expected a response was. */
  public record Advantages(
      @Key(
              def = "gae",
              doc = "what a response is compared with",
              source = "Schulman et al. 2016, arXiv:1506.02438")
          Estimator estimator,
      @Key(def = "1.0", min = 0, max = 1, doc = "discount per token", source = "TRL (gamma)")
          double gamma,
      @Key(
              def = "0.95",
              min = 0,
              max = 1,
              doc = "lambda of generalized advantage estimation",
              source = "TRL (lam); Schulman et al. 2016, arXiv:1506.02438")
          double lambda,
      @Key(
              def = "group",
              doc = "standard deviation that grpo divides by",
              source =
                  "Shao et al. 2024, arXiv:2402.03300; none: Liu et al. 2025, arXiv:2503.20783")
          GroupAdvantages.Scale scale,
      @Key(
              def = "1e-6",
              min = 0,
              doc = "added to the standard deviation of groups and rows",
              unit = "score",
              source = "verl")
          double epsilon,
      @Key(
              def = "tokens",
              doc = "mean 0 and deviation 1 over the update's tokens or rows",
              source = "TRL (masked_whiten)")
          Whiten whiten,
      @Key(
              def = "unbiased",
              doc = "whether variances are divided by n - 1 or by n",
              source = "TRL (masked_whiten)")
          Variance variance,
      @Key(def = "", min = 0, doc = "limits advantages to [-clip, clip], last")
          OptionalDouble clip) {
    boolean unbiased() {
      return variance == Variance.UNBIASED;
    }
  }

  /** Over what advantages are whitened. */
  public enum Whiten {
    /** They are not. */
    NONE,
    /** All response tokens of the update. */
    TOKENS,
    /** All responses of the update, of methods with one advantage per response. */
    ROWS
  }

  /** What a sum of squared deviations of n numbers is divided by. */
  public enum Variance {
    /** n - 1. */
    UNBIASED,
    /** n. */
    BIASED
  }

  /** The policy's loss. */
  public record Loss(
      @Key(
              def = "clipped",
              doc = "the clipped ratio, or -A log pi",
              source = "Schulman et al. 2017, arXiv:1707.06347, equation 7")
          PolicyObjective.Kind objective,
      @Key(
              def = "token_mean",
              doc = "how the losses of tokens become one",
              source =
                  "TRL and DAPO, arXiv:2503.14476; sequence_mean: Shao et al. 2024,"
                      + " arXiv:2402.03300")
          Aggregation aggregation,
      @Key(
              def = "token",
              doc = "what the probability ratio is taken of",
              source = "Schulman et al. 2017; sequence: Zheng et al. 2025, arXiv:2507.18071")
          PolicyObjective.Ratio ratio,
      @Key(
              def = "0.2",
              min = 0,
              doc = "how far below 1 the ratio counts",
              source = "Schulman et al. 2017, arXiv:1707.06347; TRL (cliprange)")
          double clipLow,
      @Key(
              def = "0.2",
              min = 0,
              doc = "how far above 1 the ratio counts",
              source = "Schulman et al. 2017, arXiv:1707.06347; TRL (cliprange)")
          double clipHigh,
      @Key(
              def = "",
              min = 1,
              doc = "a token of negative advantage costs at most that many times it",
              source = "Ye et al. 2020, arXiv:1912.09729, take 3")
          OptionalDouble dualClip,
      @Key(def = "0.0", min = 0, doc = "weight of the entropy bonus") double entropyCoefficient,
      @Key(
              def = "2.0",
              min = 1,
              doc =
                  "the most that a token counts for being likelier under the policy than under the"
                      + " copy that sampled it, where sampling.weights rounds that copy or"
                      + " rollout_server has it",
              source = "Yao et al. 2025, On the Rollout-Training Mismatch in Modern RL Systems")
          double rolloutCap) {

    public Loss {
      new PolicyObjective(objective, ratio, clipLow, clipHigh, dualClip);
    }

    PolicyObjective policy() {
      return new PolicyObjective(objective, ratio, clipLow, clipHigh, dualClip);
    }
  }

  /** Where values come from. */
  public record CriticKeys(
      @Key(
              def = "separate",
              doc = "a model of its own, a value head on the policy's trunk, or none")
          Critic kind,
      @Key(def = "", doc = "whose trunk a separate critic starts from; without it the policy's")
          Optional<String> model,
      @Key(
              def = "0.1",
              min = 0,
              doc = "weight of the value loss on a shared trunk",
              source = "TRL (vf_coef)")
          double valueCoefficient,
      @Key(
              def = "0.2",
              min = 0,
              doc = "clip range of the critic's change",
              unit = "score",
              source = "TRL (cliprange_value)")
          double clipRange,
      @Key(
              def = "0",
              min = 0,
              doc = "updates at first that train a separate critic and not the policy",
              unit = "updates")
          int warmupUpdates,
      @Key(def = "", doc = "optimizer of a separate critic; without it the policy's")
          Optional<OptimizerConfig> optimizer) {

    public CriticKeys {
      if (kind != Critic.SEPARATE
          && (model.isPresent() || optimizer.isPresent() || warmupUpdates > 0)) {
        throw new IllegalArgumentException(
            "kind is "
                + kind.name().toLowerCase(Locale.ROOT)
                + "; model, optimizer and warmup_updates belong to a separate critic");
      }
    }
  }

  /** Where the values come from. */
  public enum Critic {
    /** A model of its own. */
    SEPARATE,
    /** A value head on the policy. */
    SHARED,
    /** Nowhere: the estimator wants none. */
    NONE
  }

  /** The pre-training mix: the policy goes on imitating demonstrations (Ouyang et al. 2022). */
  public record Ptx(
      @Key(
              def = "",
              doc = "demonstrations: a folder or an earlier stage; without it that of the prompts")
          Optional<String> data,
      @Key(
              def = "1.0",
              min = 0,
              doc = "weight of their mean loss per token",
              source = "Ouyang et al. 2022, arXiv:2203.02155, equation 2, take 27.8")
          double coefficient,
      @Key(def = "16", min = 1, doc = "demonstrations per optimizer step", unit = "demonstrations")
          int rows) {}

  /** The running average of the policy's weights. */
  public record Ema(
      @Key(
              def = "0.99",
              min = 0,
              max = 1,
              doc = "share of the old average after an update",
              unit = "share")
          double decay,
      @Key(def = "true", doc = "whether the average is what is saved") boolean save) {}

  /** When training stops early. */
  public record Stop(
      @Key(
              def = "",
              min = 0,
              doc = "ends an update's epochs once policy/approx_kl is above this",
              unit = "nats")
          OptionalDouble approxKl,
      @Key(def = "", min = 0, doc = "ends the run once objective/kl is above this", unit = "nats")
          OptionalDouble objectiveKl) {}

  public PpoConfig {
    if (!(sampling.temperature() > 0)) {
      throw new IllegalArgumentException(
          "sampling.temperature is " + sampling.temperature() + ", rollouts want one above 0");
    }
    checkEstimator(advantage, critic, samplesPerPrompt);
    boolean adapter = training.lora().isPresent() || rows.sampledFrom() == Source.REFERENCE;
    double temperature = sampling.temperature();
    rolloutServer.ifPresent(
        server -> server.check(adapter, sampling, "sampling.temperature", List.of(temperature)));
    if (rows.sampledFrom() == Source.REFERENCE
        && loss.objective() != PolicyObjective.Kind.LIKELIHOOD) {
      throw new IllegalArgumentException(
          "rows.sampled_from is reference, whose responses only loss.objective: likelihood learns"
              + " from");
    }
  }

  private static void checkEstimator(Advantages advantage, CriticKeys critic, int samples) {
    String name = advantage.estimator().name().toLowerCase(Locale.ROOT);
    if (advantage.estimator().wantsCritic() != (critic.kind() != Critic.NONE)) {
      throw new IllegalArgumentException(
          "advantage.estimator "
              + name
              + (advantage.estimator().wantsCritic()
                  ? " wants a critic; set critic.kind: separate"
                  : " has no use for a critic; set critic.kind: none"));
    }
    if (advantage.estimator().wantsGroups() && samples < 2) {
      throw new IllegalArgumentException(
          "advantage.estimator "
              + name
              + " compares the responses to a prompt; set samples_per_prompt to 2 or more");
    }
  }

  /** Rows per update: prompts times samples per prompt. */
  public int rowsPerUpdate() {
    return promptsPerUpdate * samplesPerPrompt;
  }

  /** Whether what samples may be another distribution than the policy that is trained. */
  public boolean isSampledElsewhere() {
    return sampling.isRounded() || rolloutServer.isPresent();
  }

  /** Optimizer steps of the whole run. */
  long optimizerSteps() {
    return (long) steps * ppoEpochs * minibatches;
  }

  /** The longest row of a prompt and its response, those of demonstrations too, in tokens. */
  public int longestRow() {
    int sampled = lengths().maxPromptTokens() + sampling.maxNewTokens();
    return ptx.isPresent() ? Math.max(sampled, lengths().maxTokens()) : sampled;
  }
}
