package plumbline.dpo;

import plumbline.model.TokenizedRow;

/**
 * A preference pair as tokens.
 *
 * @param chosen prompt and preferred response
 * @param rejected the same prompt and the other response
 * @param strength on the data's own scale, 0 if unknown
 * @param opponent which of them the policy did not sample itself
 */
public record TokenPair(
    TokenizedRow chosen, TokenizedRow rejected, double strength, Opponent opponent) {

  /** The response that an opponent of the policy sampled. */
  public enum Opponent {
    /** Neither, or nobody knows. */
    NONE,
    /** The preferred one. */
    CHOSEN,
    /** The other one. */
    REJECTED
  }

  /** A pair of which nobody knows who sampled it. */
  public TokenPair(TokenizedRow chosen, TokenizedRow rejected, double strength) {
    this(chosen, rejected, strength, Opponent.NONE);
  }

  int tokens() {
    return chosen.tokens().length + rejected.response().length;
  }

  int shorter() {
    return Math.min(chosen.response().length, rejected.response().length);
  }

  /** The response that the policy sampled, against an opponent's. */
  TokenizedRow own() {
    return opponent == Opponent.CHOSEN ? rejected : chosen;
  }

  /** By how much the policy's own response is better than its opponent's. */
  double lead() {
    return opponent == Opponent.CHOSEN ? -strength : strength;
  }
}
