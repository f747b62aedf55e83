package plumbline.collect;

import plumbline.data.Prompt;

/**
 * A pair on its way through the funnel.
 *
 * @param id names it, as its labelling task
 * @param better the answer of the model that is at least as strong
 * @param worse the other
 */
public record Candidate(String id, Prompt prompt, Answer better, Answer worse) {
  /** Of models of equal strength the ratings say which is the presumed better one. */
  Candidate oriented() {
    boolean swap =
        !isOrdered() && !better.stars().isEmpty() && StarRule.stars(worse) > StarRule.stars(better);
    return swap ? new Candidate(id, prompt, /* better= */ worse, /* worse= */ better) : this;
  }

  /** Whether the models' declared order alone says which is better. */
  boolean isOrdered() {
    return better.strength() > worse.strength();
  }
}
