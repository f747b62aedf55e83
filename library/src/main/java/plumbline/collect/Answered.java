package plumbline.collect;

import java.util.List;
import java.util.stream.Stream;
import plumbline.data.Prompt;

/**
 * A prompt with the answers of several models.
 *
 * @param answers no two alike
 * @param pairs those that are candidates
 * @param silent answers that a model did not give
 * @param alike answers that were left out because an earlier one says the same
 */
record Answered(
    String id,
    long row,
    Prompt prompt,
    List<Answer> answers,
    List<Pair> pairs,
    int silent,
    int alike) {
  /**
   * Two answers by their places; the first is the presumed better one, of a model at least as
   * strong as the second's.
   */
  record Pair(int better, int worse) {}

  Answered {
    answers = List.copyOf(answers);
    pairs = List.copyOf(pairs);
  }

  /** Each candidate by itself. */
  Stream<Candidate> candidates() {
    return java.util.stream.IntStream.range(0, pairs.size())
        .mapToObj(
            i ->
                new Candidate(
                    id + "-" + (i + 1),
                    prompt,
                    answers.get(pairs.get(i).better()),
                    answers.get(pairs.get(i).worse())));
  }
}
