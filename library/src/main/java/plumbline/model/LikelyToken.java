package plumbline.model;

import java.util.List;

/**
 * A token at its place in a row.
 *
 * @param logprob its log-probability given all before it
 * @param top the most likely tokens there with theirs, best first, as many as were asked for
 */
public record LikelyToken(int id, float logprob, List<Candidate> top) {
  public LikelyToken {
    top = List.copyOf(top);
  }

  /** A token that could have stood there. */
  public record Candidate(int id, float logprob) {}
}
