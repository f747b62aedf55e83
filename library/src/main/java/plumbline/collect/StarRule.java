package plumbline.collect;

import java.util.List;
import plumbline.config.Key;
import plumbline.judge.Rating;

/**
 * The third step's second half: which pairs stay, by the ratings of both sides. Rows of the matrix
 * are the stars of the presumed better answer, r+, columns those of the other, r-.
 *
 * @param matrix {@code char[5][5]}: 1 where a pair stays
 * @param agree share of the judges that must rate r+ higher than r-
 */
public record StarRule(
    @Key(
            def = "['00000', '10000', '11000', '11100', '01110']",
            doc =
                "a row for each rating of the stronger model's answer from 1 to 5, in it a 1 for each"
                    + " rating of the other answer from 1 to 5 with which the pair stays")
        List<String> matrix,
    @Key(
            def = "1",
            min = 0,
            max = 1,
            doc = "share of the judges that must rate the stronger model's answer higher")
        double agree) {
  private static final int STARS = Rating.HIGHEST;

  public StarRule {
    if (matrix.size() != STARS || matrix.stream().anyMatch(row -> !row.matches("[01]{5}"))) {
      throw new IllegalArgumentException(
          "'matrix' is " + matrix + ", wanted five rows of five digits, 0 or 1, as '01110'");
    }
  }

  boolean keeps(int better, int worse) {
    return matrix.get(better - 1).charAt(worse - 1) == '1';
  }

  /** All judges' stars as one: their mean, rounded; 0 if one of them cannot be read. */
  static int stars(Answer answer) {
    return answer.stars().contains(StarRatings.UNPARSABLE)
        ? StarRatings.UNPARSABLE
        : (int) Math.round(answer.stars().stream().mapToInt(star -> star).average().orElseThrow());
  }

  /** Why a pair goes; empty if it stays. */
  String lost(Candidate pair) {
    int better = stars(pair.better());
    int worse = stars(pair.worse());
    if (better == StarRatings.UNPARSABLE || worse == StarRatings.UNPARSABLE) {
      return "unparsable";
    }
    if (!keeps(better, worse)) {
      return better == worse
          ? "equal ratings"
          : better < worse ? "weaker model rated higher" : "too far apart";
    }
    return agreement(pair) >= agree ? "" : "judges disagree";
  }

  private static double agreement(Candidate pair) {
    List<Integer> better = pair.better().stars();
    int higher = 0;
    for (int j = 0; j < better.size(); j++) {
      higher += better.get(j) > pair.worse().stars().get(j) ? 1 : 0;
    }
    return (double) higher / better.size();
  }
}
