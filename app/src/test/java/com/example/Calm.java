package com.example;

import java.util.List;
import plumbline.data.Completion;
import plumbline.score.Scorer;
import plumbline.score.Scores;

/** Half a point less for every exclamation mark. */
public final class Calm implements Scorer {
  @Override
  public Scores score(List<Completion> completions) {
    return Scores.of(
        "calm", completions.stream().mapToDouble(row -> -0.5 * marks(row.response())).toArray());
  }

  private static long marks(String text) {
    return text.chars().filter(c -> c == '!').count();
  }
}
