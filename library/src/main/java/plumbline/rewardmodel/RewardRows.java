package plumbline.rewardmodel;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import plumbline.data.Completion;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;
import plumbline.data.RankedResponses;
import plumbline.data.RatedResponse;

/**
 * What a reward model learns from or is measured on; kinds that its configuration does not name are
 * not read.
 */
public record RewardRows(
    List<PreferencePair> pairs, List<RankedResponses> rankings, List<RatedResponse> ratings) {
  /** No rows. */
  public static final RewardRows NONE = new RewardRows(List.of(), List.of(), List.of());

  /** Pairs alone. */
  public static RewardRows ofPairs(List<PreferencePair> pairs) {
    return new RewardRows(pairs, List.of(), List.of());
  }

  /** Rankings alone. */
  public static RewardRows ofRankings(List<RankedResponses> rankings) {
    return new RewardRows(List.of(), rankings, List.of());
  }

  /** Ratings alone. */
  public static RewardRows ofRatings(List<RatedResponse> ratings) {
    return new RewardRows(List.of(), List.of(), ratings);
  }

  /** As many rows of each kind, drawn with replacement. */
  public RewardRows bootstrapped(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return new RewardRows(drawn(pairs, random), drawn(rankings, random), drawn(ratings, random));
  }

  private static <T> List<T> drawn(List<T> rows, SplittableRandom random) {
    return IntStream.range(0, rows.size())
        .mapToObj(i -> rows.get(random.nextInt(rows.size())))
        .toList();
  }

  /** The prompt of each row. */
  public List<Prompt> prompts() {
    List<Prompt> prompts = new ArrayList<>();
    pairs.forEach(row -> prompts.add(row.prompt()));
    rankings.forEach(row -> prompts.add(row.prompt()));
    ratings.forEach(row -> prompts.add(row.prompt()));
    return prompts;
  }

  /** Every response. */
  public List<Completion> completions() {
    List<Completion> all = new ArrayList<>();
    for (PreferencePair pair : pairs) {
      all.add(new Completion(pair.prompt(), pair.chosen(), true));
      all.add(new Completion(pair.prompt(), pair.rejected(), true));
    }
    for (RankedResponses ranking : rankings) {
      ranking.responses().forEach(text -> all.add(new Completion(ranking.prompt(), text, true)));
    }
    ratings.forEach(row -> all.add(new Completion(row.prompt(), row.response(), true)));
    return all;
  }
}
