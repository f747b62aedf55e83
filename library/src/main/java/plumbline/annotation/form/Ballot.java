package plumbline.annotation.form;

import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.annotation.Vote;
import plumbline.annotation.form.Answer.Order;
import plumbline.annotation.form.Answer.Preference;

/**
 * What one person answered about an item.
 *
 * @param annotator who
 * @param shown the ids of the responses in the order of their slots
 * @param answers by question id
 */
public record Ballot(String annotator, List<String> shown, Map<String, Answer> answers) {
  public Ballot {
    shown = List.copyOf(shown);
    answers = Collections.unmodifiableMap(new LinkedHashMap<>(answers));
  }

  /** The answer to a question, if it was given and is of this kind. */
  public <T extends Answer> Optional<T> answer(Question question, Class<T> kind) {
    return Optional.ofNullable(answers.get(question.id())).filter(kind::isInstance).map(kind::cast);
  }

  /**
   * The ranks that a preference or a ranking gives the responses, from 1, in the order in which
   * they were shown; a response that was left out has none. Empty where nothing was ranked.
   */
  public Map<String, Double> ranks(Question question) {
    Map<String, Double> places = new HashMap<>();
    answer(question, Preference.class)
        .ifPresent(
            one ->
                shown.forEach(
                    response ->
                        places.put(
                            response,
                            one.preferred().isEmpty() || one.preferred().get().equals(response)
                                ? 1.0
                                : 2.0)));
    answer(question, Order.class)
        .ifPresent(
            one -> {
              double rank = 1;
              for (List<String> tier : one.tiers()) {
                for (String response : tier) {
                  places.put(response, rank);
                }
                rank += tier.size();
              }
            });
    Map<String, Double> ranks = new LinkedHashMap<>();
    shown.stream().filter(places::containsKey).forEach(id -> ranks.put(id, places.get(id)));
    return ranks;
  }

  /** The same as one vote among several, if anything was ranked. */
  public Optional<Vote> vote(Question question) {
    Map<String, Double> ranks = ranks(question);
    return ranks.isEmpty() ? Optional.empty() : Optional.of(new Vote(annotator, ranks, 1));
  }

  /**
   * How much better the first of two responses is than the second: the strength, negative where the
   * second was preferred, 0 for a tie.
   */
  Optional<Double> strength(Question question, String first) {
    return answer(question, Preference.class)
        .map(
            one ->
                one.preferred().isEmpty()
                    ? 0.0
                    : one.preferred().get().equals(first) ? one.strength() : -one.strength());
  }
}
