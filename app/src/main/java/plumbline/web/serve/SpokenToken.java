package plumbline.web.serve;

import java.util.List;
import java.util.OptionalDouble;

/**
 * A token as clients see it.
 *
 * @param text what it adds to the text; what the vocabulary writes if that is no whole character
 * @param whole whether it is text of whole characters
 * @param logprob none for the first token of a prompt
 * @param top the most likely tokens at its place, best first
 */
record SpokenToken(String text, boolean whole, OptionalDouble logprob, List<Candidate> top) {
  /** A token that could have stood there. */
  record Candidate(String text, boolean whole, double logprob) {}
}
