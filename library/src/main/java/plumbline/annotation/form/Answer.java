package plumbline.annotation.form;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** What one person answered to one question, in terms of the responses' ids. */
public sealed interface Answer {
  /**
   * Of two responses.
   *
   * @param preferred the better one; empty if they are as good as each other
   * @param strength how much better, from 1; 0 if they are as good as each other
   * @param bothBad whether neither is good
   */
  record Preference(Optional<String> preferred, int strength, boolean bothBad) implements Answer {}

  /**
   * A ranking, best first.
   *
   * @param tiers responses that share a place stand together; those left out are below all others
   */
  record Order(List<List<String>> tiers) implements Answer {
    public Order {
      tiers = tiers.stream().map(List::copyOf).toList();
    }
  }

  /**
   * Ratings in [0, 1].
   *
   * @param labels response to attribute to rating; the key {@link #ITEM} for those of the item
   */
  record Ratings(Map<String, Map<String, Double>> labels) implements Answer {
    /** No response is called so. */
    public static final String ITEM = "";

    public Ratings {
      labels = ordered(labels, values -> ordered(values, value -> value));
    }

    private static <T> Map<String, T> ordered(Map<String, T> map, Function<T, T> copy) {
      Map<String, T> ordered = new LinkedHashMap<>();
      map.forEach((key, value) -> ordered.put(key, copy.apply(value)));
      return Collections.unmodifiableMap(ordered);
    }
  }

  /** A comment, or a prompt. */
  record Text(String text) implements Answer {}

  /**
   * A response made better.
   *
   * @param response which one was edited
   * @param text what it is now
   */
  record Edited(String response, String text) implements Answer {}
}
