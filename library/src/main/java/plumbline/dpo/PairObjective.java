package plumbline.dpo;

import org.bytedeco.pytorch.Tensor;

/** The losses of {@link PairLoss} by the names that configurations use. */
public enum PairObjective {
  /** DPO, and with its switches cDPO, soft targets, score margins, SimPO, CPO. */
  SIGMOID,
  /** Unbiased under flipped labels. */
  ROBUST,
  /** SLiC. */
  HINGE,
  /** The squared distance of the margin from 1 / (2 beta). */
  IPO,
  /** Reverse KL to the labels' preference. */
  EXO,
  /** Noise-contrastive alignment. */
  NCA,
  /** Self-play preference optimisation. */
  SPPO,
  /** Optimal transport between the policy's and the reference's margins. */
  AOT,
  /** Optimal transport between chosen and rejected responses, wherever they come from. */
  AOT_PAIR,
  /** Anchored: chosen responses become likelier, rejected ones less likely. */
  APO_ZERO,
  /** Anchored: both become less likely, the rejected ones more so. */
  APO_DOWN,
  /** Binary classifier with a running threshold. */
  BCO,
  /** The odds ratio of ORPO, of log-probs averaged over tokens. */
  ODDS_RATIO,
  /** Policy gradient of the probability to win against an opponent's response. */
  NASH_MD,
  /**
   * The log-prob of an opponent's response, which makes the policy look where the opponent does
   * not: the term that exploratory preference optimisation adds, Xie et al. (2024),
   * arXiv:2405.21046, algorithm 1.
   */
  OPTIMISM;

  /** Whether a pair's responses must be one of the policy and one of an opponent. */
  boolean wantsOpponent() {
    return this == NASH_MD || this == OPTIMISM;
  }

  /** Whether two responses teach something though neither is better than the other. */
  boolean learnsFromTies() {
    return this == NASH_MD;
  }

  /** Whether a pair's loss depends on the other pairs of the update. */
  boolean wantsWholeUpdate() {
    return this == AOT || this == AOT_PAIR;
  }

  /** Whether it takes the reference's log-probs of each token. */
  boolean wantsTokenReference() {
    return this == NASH_MD;
  }

  /**
   * The loss of each pair.
   *
   * @return float[B]
   */
  Tensor losses(PairTerms terms, ObjectiveConfig config) {
    PairLogprobs pair = terms.pair();
    Tensor h = terms.h();
    double beta = config.beta();
    Tensor a = pair.chosenRatio();
    Tensor b = pair.rejectedRatio();
    return switch (this) {
      case SIGMOID -> PairLoss.sigmoid(h, beta, terms.target(), terms.margin());
      case ROBUST -> PairLoss.robust(h, beta, config.labelSmoothing());
      case HINGE -> PairLoss.hinge(h, beta);
      case IPO -> PairLoss.identity(h, beta);
      case EXO -> PairLoss.exact(h, beta, config.labelSmoothing());
      case NCA -> PairLoss.noiseContrastive(a, b, beta);
      case SPPO -> PairLoss.selfPlay(a, b, beta);
      case AOT ->
          PairLoss.transport(
              pair.chosen().sub(pair.rejected()),
              pair.refChosen().sub(pair.refRejected()),
              beta,
              config.labelSmoothing());
      case AOT_PAIR -> PairLoss.transport(a, b, beta, config.labelSmoothing());
      case APO_ZERO -> PairLoss.anchoredZero(a, b, beta);
      case APO_DOWN -> PairLoss.anchoredDown(a, b, beta);
      case BCO -> PairLoss.binaryClassifier(a, b, beta, terms.rewardMean());
      case ODDS_RATIO -> PairLoss.oddsRatio(pair.chosen(), pair.rejected());
      case NASH_MD -> {
        Contest contest = terms.contest().get();
        yield PairLoss.nashMirrorDescent(
            contest.logprob(), contest.wins(), contest.pull(config.klUnit()), beta);
      }
      case OPTIMISM -> terms.contest().get().opponent();
    };
  }
}
