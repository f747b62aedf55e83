package plumbline.collect;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import plumbline.judge.Judge;
import plumbline.judge.Rating;
import plumbline.judge.Ratings;

/**
 * The third step's first half: every judge rates every answer that stands in a pair, from 1 to 5.
 *
 * @param judges one or more
 */
record StarRatings(List<Judge> judges) {
  /** What cannot be read instead of a rating. */
  static final int UNPARSABLE = 0;

  private record Place(int row, int answer) {}

  /** The same rows with the judges' stars. */
  List<Answered> rate(List<Answered> rows) {
    Map<Place, List<Integer>> stars = new LinkedHashMap<>();
    List<Ratings.Question> questions = new ArrayList<>();
    for (int r = 0; r < rows.size(); r++) {
      Answered row = rows.get(r);
      Set<Integer> used = new LinkedHashSet<>();
      row.pairs().forEach(pair -> used.addAll(List.of(pair.better(), pair.worse())));
      for (int answer : used.stream().sorted().toList()) {
        stars.put(new Place(r, answer), new ArrayList<>());
        questions.add(new Ratings.Question(row.prompt(), row.answers().get(answer).content()));
      }
    }
    for (Judge judge : judges) {
      List<Rating> ratings = Ratings.of(judge, questions);
      int next = 0;
      for (List<Integer> ofAnswer : stars.values()) {
        Rating rating = ratings.get(next++);
        ofAnswer.add(
            rating.stars().isPresent()
                ? (int) Math.round(rating.stars().getAsDouble())
                : UNPARSABLE);
      }
    }
    List<Answered> rated = new ArrayList<>();
    for (int r = 0; r < rows.size(); r++) {
      rated.add(rated(rows.get(r), r, stars));
    }
    return rated;
  }

  private static Answered rated(Answered row, int number, Map<Place, List<Integer>> stars) {
    List<Answer> answers = new ArrayList<>();
    for (int a = 0; a < row.answers().size(); a++) {
      answers.add(row.answers().get(a).rated(stars.getOrDefault(new Place(number, a), List.of())));
    }
    return new Answered(
        row.id(), row.row(), row.prompt(), answers, row.pairs(), row.silent(), row.alike());
  }
}
