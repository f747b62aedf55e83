package plumbline.collect;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.stream.Stream;
import plumbline.data.GrowingFile;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;
import plumbline.data.RatedResponse;
import plumbline.data.Sha256;
import plumbline.data.format.RowFiles;
import plumbline.judge.Rating;

/**
 * The pairs to train reward models on, a folder for each stage of the funnel: {@code unfiltered}
 * with the stronger model's answer as the chosen one, {@code step3} as the judges rated, {@code
 * step4} as people voted.
 */
final class TrainingSets {
  /** The folders' names. */
  static final String UNFILTERED = "unfiltered";

  static final String STEP3 = "step3";
  static final String STEP4 = "step4";

  private static final String PAIRS = "pairs.train.jsonl";
  private static final String RATINGS = "ratings.train.jsonl";

  private final Funnel funnel;
  private final boolean sameNumber;
  private final String people;
  private final Map<String, LabelCheck> written = new LinkedHashMap<>();

  /**
   * @param sameNumber whether all sets have as many pairs as the smallest, drawn by lot
   * @param people what the meta of people's labels calls them
   */
  TrainingSets(Funnel funnel, boolean sameNumber, String people) {
    this.funnel = funnel;
    this.sameNumber = sameNumber;
    this.people = people;
  }

  /**
   * Writes the sets.
   *
   * @return the pairs of each set, against the truth where it is known
   */
  Map<String, LabelCheck> write() {
    long unfiltered = Funnel.count(unlabelled(), pair -> 1);
    long step3 = Funnel.count(funnel.kept(), pair -> 1);
    long[] step4 = {0};
    if (funnel.isLabelled()) {
      funnel.labelled((pair, label) -> step4[0] += label.lost().isEmpty() ? 1 : 0);
    }
    long smallest = Math.min(unfiltered, funnel.isLabelled() ? step4[0] : step3);
    writeOrdered(unfiltered, sameNumber ? smallest : Math.min(unfiltered, step3));
    writeRated(step3, sameNumber ? smallest : step3);
    if (funnel.isLabelled()) {
      writeVoted(step4[0], sameNumber ? smallest : step4[0]);
    }
    return written;
  }

  private Stream<Candidate> unlabelled() {
    return funnel.answered().flatMap(Answered::candidates).filter(Candidate::isOrdered);
  }

  private void writeOrdered(long rows, long wanted) {
    Pool.Draw draw = draw(UNFILTERED, rows, wanted);
    try (Files files = files(UNFILTERED, false)) {
      Funnel.forEach(
          unlabelled(),
          pair -> {
            if (draw.takes()) {
              files.pair(pair, false, "strength", OptionalDouble.empty());
            }
          });
      files.finish();
    }
  }

  private void writeRated(long rows, long wanted) {
    Pool.Draw draw = draw(STEP3, rows, wanted);
    try (Files files = files(STEP3, true)) {
      Funnel.forEach(
          funnel.kept(),
          pair -> {
            if (draw.takes()) {
              int apart = StarRule.stars(pair.better()) - StarRule.stars(pair.worse());
              files.pair(pair, false, "judges", OptionalDouble.of(apart));
              files.rating(pair, pair.better(), "judge", share(pair.better()));
              files.rating(pair, pair.worse(), "judge", share(pair.worse()));
            }
          });
      files.finish();
    }
  }

  private static double share(Answer answer) {
    return (StarRule.stars(answer) - Rating.LOWEST) / (double) (Rating.HIGHEST - Rating.LOWEST);
  }

  private void writeVoted(long rows, long wanted) {
    Pool.Draw draw = draw(STEP4, rows, wanted);
    try (Files files = files(STEP4, true)) {
      funnel.labelled(
          (pair, label) -> {
            if (label.lost().isEmpty() && draw.takes()) {
              double apart = Math.abs(2 * label.forBetter() - 1);
              files.pair(pair, label.turns(), people, OptionalDouble.of(apart));
              files.rating(pair, pair.better(), "people", label.forBetter());
              files.rating(pair, pair.worse(), "people", 1 - label.forBetter());
            }
          });
      files.finish();
    }
  }

  private Pool.Draw draw(String set, long rows, long wanted) {
    return new Pool.Draw(rows, wanted, funnel.seed() ^ Sha256.prefix(set));
  }

  private Files files(String set, boolean rated) {
    Path folder = funnel.file(set);
    LabelCheck check = new LabelCheck();
    written.put(set, check);
    return new Files(
        new GrowingFile(folder.resolve(PAIRS)),
        rated ? Optional.of(new GrowingFile(folder.resolve(RATINGS))) : Optional.empty(),
        check);
  }

  private record Files(GrowingFile pairs, Optional<GrowingFile> ratings, LabelCheck check)
      implements AutoCloseable {
    void pair(Candidate pair, boolean turned, String labelledBy, OptionalDouble strength) {
      Answer chosen = turned ? pair.worse() : pair.better();
      Answer rejected = turned ? pair.better() : pair.worse();
      Map<String, String> meta = new TreeMap<>(pair.prompt().meta());
      meta.put("pair", pair.id());
      meta.put("labelled_by", labelledBy);
      meta.put("chosen_model", chosen.model());
      meta.put("rejected_model", rejected.model());
      Prompt prompt = pair.prompt().withMeta(meta);
      PreferencePair row =
          new PreferencePair(prompt, chosen.content(), rejected.content(), strength);
      RowFiles.append(pairs, row);
      check.add(row);
    }

    void rating(Candidate pair, Answer answer, String label, double value) {
      RatedResponse row = new RatedResponse(pair.prompt(), answer.content(), Map.of(label, value));
      ratings.ifPresent(file -> RowFiles.append(file, row));
    }

    void finish() {
      pairs.finish();
      ratings.ifPresent(GrowingFile::finish);
    }

    @Override
    public void close() {
      pairs.close();
      ratings.ifPresent(GrowingFile::close);
    }
  }
}
