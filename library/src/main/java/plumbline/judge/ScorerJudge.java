package plumbline.judge;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import plumbline.InputException;
import plumbline.data.Completion;
import plumbline.data.Prompt;
import plumbline.data.Sha256;
import plumbline.data.Verdict;
import plumbline.score.Scorer;

/**
 * A scorer as a judge: the higher score wins, unless the two are hardly apart; ratings come of cuts
 * through the scores.
 */
public final class ScorerJudge implements Judge {
  private final String name;
  private final String version;
  private final Scorer scorer;
  private final double margin;
  private final List<Double> cuts;

  /**
   * Owns the scorer.
   *
   * @param identity all that the scorer's scores depend on
   * @param margin how far apart scores are that are not a tie; 0 or more, in the scorer's unit
   * @param cuts four scores, ascending, that part the five ratings; none for a judge that only
   *     compares
   */
  public ScorerJudge(
      String name, String identity, Scorer scorer, double margin, List<Double> cuts) {
    if (!(margin >= 0)) {
      throw new IllegalArgumentException("margin is " + margin + ", wanted 0 or more");
    }
    this.name = name;
    this.version = Sha256.ofText(identity + "\n" + margin + (cuts.isEmpty() ? "" : "\n" + cuts));
    this.scorer = scorer;
    this.margin = margin;
    this.cuts = List.copyOf(cuts);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String version() {
    return version;
  }

  @Override
  public Comparison compare(Prompt prompt, String first, String second) {
    double[] scores = scores(prompt, List.of(first, second));
    double difference = scores[0] - scores[1];
    Verdict verdict =
        Math.abs(difference) <= margin
            ? Verdict.TIE
            : difference > 0 ? Verdict.FIRST : Verdict.SECOND;
    String raw = String.format(Locale.ROOT, "%.6f against %.6f", scores[0], scores[1]);
    return new Comparison(verdict, OptionalDouble.empty(), raw, Usage.NONE);
  }

  @Override
  public Rating rate(Prompt prompt, String response) {
    if (cuts.isEmpty()) {
      throw new InputException(
          "judge '"
              + name
              + "' only compares: its scores are on no scale from 1 to 5; part them with 'stars'");
    }
    double score = scores(prompt, List.of(response))[0];
    double stars = Rating.LOWEST + cuts.stream().filter(cut -> score >= cut).count();
    return new Rating(
        OptionalDouble.of(stars), String.format(Locale.ROOT, "%.6f", score), Usage.NONE);
  }

  private double[] scores(Prompt prompt, List<String> responses) {
    return scorer
        .score(responses.stream().map(text -> new Completion(prompt, text, true)).toList())
        .total();
  }

  @Override
  public void close() {
    scorer.close();
  }
}
