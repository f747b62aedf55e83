package plumbline.dpo;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import plumbline.config.ConfigTree;
import plumbline.config.Key;
import plumbline.rollout.RolloutServerConfig;
import plumbline.train.SamplingConfig;
import plumbline.train.TrainingConfig;

/** The keys of {@code plumbline train online_dpo}. */
public record OnlineDpoConfig(
    @Key(doc = "the policy to start from: a folder, a run, or an earlier stage") String model,
    @Key(doc = "prompts: a folder with prompts.train.jsonl, or an earlier stage") String data,
    @Key(def = "", form = "score", doc = "the reward tree that ranks a prompt's responses")
        Optional<ConfigTree> score,
    @Key(
            def = "",
            form = "judge",
            doc =
                "the judge that compares a prompt's responses instead; model: policy lets the"
                    + " policy of the round judge itself")
        Optional<ConfigTree> judge,
    @Key(
            def = "",
            form = "score",
            doc = "a reward tree that is only measured, such as {gold: clinic}")
        Optional<ConfigTree> monitor,
    @Key(
            def = "3",
            min = 1,
            doc = "rounds of sampling, ranking and training",
            unit = "rounds",
            source = "Dong et al. 2024, arXiv:2405.07863, train three")
        int rounds,
    @Key(def = "512", min = 1, doc = "prompts of a round", unit = "prompts") int promptsPerRound,
    @Key(def = "4", min = 2, doc = "responses sampled to each prompt", unit = "responses")
        int samplesPerPrompt,
    @Key(
            def = "[1.0]",
            min = 0,
            doc = "temperatures of a prompt's responses, one after the other; several explore more")
        List<Double> temperatures,
    @Key(
            def = "policy",
            doc =
                "who samples the second half of a prompt's responses: the policy as the first, the"
                    + " reference, or a mixture of both")
        Opponent opponent,
    @Key(
            def = "0.5",
            min = 0,
            max = 1,
            doc = "the reference's share in the logits of opponent: mixture",
            unit = "share",
            source = "Munos et al. 2023, arXiv:2312.00886")
        double mixture,
    @Key(
            def = "best_worst",
            doc = "which responses make a pair",
            source = "Dong et al. 2024, arXiv:2405.07863")
        PairRule pairs,
    @Key(
            def = "0",
            min = 0,
            doc = "scores that are no further apart than this make no pair",
            unit = "score")
        double tie,
    @Key(
            def = "0",
            min = 0,
            doc = "taken off a response's score per token",
            unit = "score per token",
            source = "Dong et al. 2024, arXiv:2405.07863")
        double lengthPenalty,
    @Key(def = "false", doc = "trains on the pairs of all rounds so far, not only this round's")
        boolean accumulate,
    @Key(def = "start", doc = "the reference: the model of the start, or of the round's start")
        Reference reference,
    @Key(def = "[{loss: sigmoid}]", doc = "what is minimised: objectives with weights")
        List<ObjectiveConfig> objectives,
    @Key(def = "sum", doc = "a response's log-prob: of its tokens the sum, the mean, or ld")
        ResponseLogprob logprobs,
    @Key(
            def = "0.0",
            min = 0,
            doc = "weight of the chosen responses' negative log-likelihood",
            source = "Liu et al. 2024, arXiv:2405.16436; TRL (rpo_alpha)")
        double sftWeight,
    @Key(def = "token", doc = "that likelihood's unit: a token, or a whole response")
        DpoConfig.SftUnit sftUnit,
    @Key(def = "1", min = 1, doc = "times each pair is seen in a round", unit = "passes")
        int epochs,
    @Key(def = "", min = 1, doc = "a round stops after this many updates", unit = "updates")
        OptionalInt maxStepsPerRound,
    @Key(def = "32", min = 1, doc = "pairs per update", unit = "pairs") int pairsPerUpdate,
    @Key(def = "32", min = 1, doc = "pairs computed at a time", unit = "pairs")
        int pairsPerMicroBatch,
    @Key SamplingConfig sampling,
    @Key(def = "", doc = "an OpenAI-compatible server that samples in this process's place")
        Optional<RolloutServerConfig> rolloutServer,
    @Key(flat = true) TrainingConfig training)
    implements TrainingConfig.Keys {

  /** What log-ratios are taken against. */
  public enum Reference {
    /** The model that the first round begins with. */
    START,
    /** The model that the round begins with. */
    ROUND
  }

  /** Who samples the second half of a prompt's responses. */
  public enum Opponent {
    /** The policy, like the first half. */
    POLICY,
    /** The reference. */
    REFERENCE,
    /** The geometric mixture of the two. */
    MIXTURE
  }

  /** Of {@link ResponseLogprob#LD}. */
  private static final double EXCESS_WEIGHT = 0.5;

  public OnlineDpoConfig {
    if (score.isPresent() == judge.isPresent()) {
      throw new IllegalArgumentException(
          score.isPresent()
              ? "both score and judge are given; wanted one of them"
              : "there is nothing that ranks responses; wanted score or judge");
    }
    if (temperatures.isEmpty()) {
      throw new IllegalArgumentException("temperatures has no temperature");
    }
    if (sampling.maxNewTokens() > training.lengths().maxResponseTokens()) {
      throw new IllegalArgumentException(
          "sampling.max_new_tokens is "
              + sampling.maxNewTokens()
              + ", wanted at most lengths.max_response_tokens, "
              + training.lengths().maxResponseTokens());
    }
    DpoConfig.checkObjectives(objectives, logprobs, pairsPerUpdate, pairsPerMicroBatch);
    checkOpponent(opponent, reference, pairs, samplesPerPrompt);
    boolean adapter = training.lora().isPresent();
    rolloutServer.ifPresent(
        server -> {
          checkServer(server, opponent);
          server.check(adapter, sampling, "temperatures", temperatures);
        });
    if (objectives.stream().anyMatch(each -> each.loss().wantsOpponent())) {
      checkContests(objectives, opponent, pairs, samplesPerPrompt, tie);
    }
  }

  private static void checkServer(RolloutServerConfig server, Opponent opponent) {
    if (opponent == Opponent.MIXTURE) {
      throw new IllegalArgumentException(
          "opponent: mixture is drawn token by token from two models, which rollout_server cannot;"
              + " wanted policy or reference");
    }
    if (server.every() != 1) {
      throw new IllegalArgumentException(
          "rollout_server.every is "
              + server.every()
              + ", but a round is of the policy as it is; wanted 1");
    }
  }

  private static void checkOpponent(
      Opponent opponent, Reference reference, PairRule pairs, int samplesPerPrompt) {
    if (opponent == Opponent.POLICY) {
      if (pairs == PairRule.OPPONENT) {
        throw new IllegalArgumentException(
            "pairs: opponent wants one: set opponent to reference or mixture");
      }
      return;
    }
    if (reference == Reference.ROUND) {
      throw new IllegalArgumentException(
          "with reference: round the reference is the policy that samples, so it is no opponent;"
              + " wanted reference: start");
    }
    if (samplesPerPrompt % 2 != 0) {
      throw new IllegalArgumentException(
          "samples_per_prompt is "
              + samplesPerPrompt
              + ", wanted an even number: half of them are the opponent's");
    }
  }

  private static void checkContests(
      List<ObjectiveConfig> objectives,
      Opponent opponent,
      PairRule pairs,
      int samplesPerPrompt,
      double tie) {
    if (opponent == Opponent.POLICY || (pairs != PairRule.OPPONENT && samplesPerPrompt != 2)) {
      throw new IllegalArgumentException(
          "loss: nash_md and optimism learn from a response of the policy and one of an opponent:"
              + " set opponent to reference or mixture, and pairs: opponent or"
              + " samples_per_prompt: 2");
    }
    boolean ties = objectives.stream().anyMatch(each -> each.loss().learnsFromTies());
    boolean labels =
        objectives.stream()
            .anyMatch(each -> !each.loss().learnsFromTies() && !each.loss().wantsOpponent());
    if (ties && (labels || tie > 0)) {
      throw new IllegalArgumentException(
          "loss: nash_md learns from ties too, so it goes with no loss that takes one response for"
              + " the better, and with tie: 0");
    }
  }

  /** Whether responses of which none is better make pairs too. */
  public boolean learnsFromTies() {
    return objectives.stream().anyMatch(each -> each.loss().learnsFromTies());
  }

  /** The keys of a round's training. */
  public DpoConfig round() {
    return new DpoConfig(
        model,
        data,
        Optional.empty(),
        DpoConfig.Reference.MODEL,
        Optional.empty(),
        DpoConfig.Asked.CACHED,
        objectives,
        logprobs,
        EXCESS_WEIGHT,
        Divergence.REVERSE_KL,
        1,
        sftWeight,
        sftUnit,
        epochs,
        maxStepsPerRound,
        pairsPerUpdate,
        pairsPerMicroBatch,
        Integer.MAX_VALUE,
        1,
        training);
  }
}
