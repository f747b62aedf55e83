package plumbline.judge;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import plumbline.data.Prompt;

/** Lets a judge rate single responses, as many at a time as it allows. */
public final class Ratings {
  /** One response to be rated. */
  public record Question(Prompt prompt, String response) {}

  private Ratings() {}

  /**
   * A rating of each, in their order.
   *
   * @throws JudgeUnavailable if the judge does not answer; what it did answer is in its cache
   * @throws BudgetSpent if the next answer might cost more than what is left
   */
  public static List<Rating> of(Judge judge, List<Question> questions) {
    Rating[] ratings = new Rating[questions.size()];
    Workers.run(
        judge.concurrency(),
        ratings.length,
        i -> ratings[i] = judge.rate(questions.get(i).prompt(), questions.get(i).response()));
    return new ArrayList<>(Arrays.asList(ratings));
  }
}
