package plumbline.judge;

import java.util.Locale;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import plumbline.config.Key;
import plumbline.data.Prompt;
import plumbline.data.Sha256;
import plumbline.data.Verdict;
import plumbline.data.clinic.Annotator;
import plumbline.data.clinic.Clinic;
import plumbline.text.Ngrams;

/**
 * A judge of the built-in world with known faults: it sees the gold quality through noise, likes
 * words for their own sake, and may lean towards the response that it reads first. What it says of
 * a response is a function of the response, the prompt and the seed.
 */
public final class SimulatedJudge implements Judge {
  /** The worlds that it knows. */
  public enum World {
    /** The built-in clinic. */
    CLINIC
  }

  /** The keys of a simulated judge. */
  public record Keys(
      @Key(doc = "the world that it judges") World simulated,
      @Key(def = "simulated", doc = "what annotations call the judge") String name,
      @Key(
              def = "0.1",
              min = 0,
              doc =
                  "standard deviation of the noise on what it sees of the quality, which is in"
                      + " [0, 1]")
          double noise,
      @Key(
              def = "0",
              doc = "quality that it sees in every word above 'usual_words', and misses below")
          double perWord,
      @Key(def = "35", min = 0, doc = "words of a response that it finds long enough")
          int usualWords,
      @Key(
              def = "0",
              min = 0,
              max = 1,
              doc = "quality that it adds to the response read first, in comparisons")
          double firstBonus,
      @Key(def = "1", doc = "decides its noise") long seed) {}

  private final Keys keys;
  private final Annotator annotator;

  SimulatedJudge(Keys keys) {
    this.keys = keys;
    this.annotator = new Annotator(0, 0, keys.noise());
  }

  @Override
  public String name() {
    return keys.name();
  }

  @Override
  public String version() {
    return Sha256.ofText(keys.toString());
  }

  @Override
  public Comparison compare(Prompt prompt, String first, String second) {
    double a = seen(prompt, first) + keys.firstBonus();
    double b = seen(prompt, second);
    Verdict verdict = a == b ? Verdict.TIE : a > b ? Verdict.FIRST : Verdict.SECOND;
    return Comparison.of(verdict, String.format(Locale.ROOT, "%.2f against %.2f", a, b));
  }

  /** {@code 1 + 4 seen}: five steps, as the annotators of that world rate. */
  @Override
  public Rating rate(Prompt prompt, String response) {
    double stars = Rating.LOWEST + (Rating.HIGHEST - Rating.LOWEST) * seen(prompt, response);
    return new Rating(OptionalDouble.of(stars), Long.toString(Math.round(stars)), Usage.NONE);
  }

  private double seen(Prompt prompt, String response) {
    int further = Ngrams.words(response).size() - keys.usualWords();
    double liked = Clinic.quality(prompt, response) + keys.perWord() * further;
    String what = keys.seed() + "\n" + prompt.transcript() + "\n" + response;
    return annotator.rate(liked, new SplittableRandom(Sha256.prefix(what)));
  }
}
