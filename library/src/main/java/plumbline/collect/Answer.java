package plumbline.collect;

import java.util.List;

/**
 * What a model answered.
 *
 * @param model who
 * @param strength its place in the declared order, the higher the stronger
 * @param content its words
 * @param stars each judge's rating from 1 to 5, 0 where it cannot be read; none before the rating
 */
public record Answer(String model, int strength, String content, List<Integer> stars) {
  public Answer {
    stars = List.copyOf(stars);
  }

  Answer rated(List<Integer> stars) {
    return new Answer(model, strength, content, stars);
  }
}
