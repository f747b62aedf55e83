package plumbline.collect;

import it.unimi.dsi.fastutil.doubles.DoubleArrayList;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import plumbline.collect.Writer.Question;
import plumbline.config.Key;
import plumbline.data.Completion;
import plumbline.score.Scorer;

/**
 * The first step: a prompt is worth people's time if a stronger model answers it better than ours
 * by more than epsilon, as a proxy reward sees it.
 *
 * @param ours the model to be improved
 * @param strong a stronger one
 * @param proxy scores the answers of both
 */
record HardPrompts(Writer ours, Writer strong, Scorer proxy) {
  /** The keys that say how many prompts are lost. */
  record Keys(
      @Key(
              def = "",
              doc =
                  "a prompt stays if the proxy reward of the strong model's answer is higher by more"
                      + " than this; without it by 'lose'")
          OptionalDouble epsilon,
      @Key(
              def = "0.1",
              min = 0,
              max = 0.99,
              doc = "share of the prompts that epsilon is chosen to lose")
          double lose) {}

  static Stream<HardPrompt> read(Path file) {
    return LogRows.read(file, HardPrompt.class);
  }

  /** Both answers of each prompt with their scores. */
  List<HardPrompt> answer(List<PoolPrompt> prompts) {
    List<Question> questions =
        prompts.stream().map(asked -> new Question(asked.prompt(), asked.row(), 0)).toList();
    List<Optional<String>> own = ours.write(questions);
    List<Optional<String>> better = strong.write(questions);
    List<Completion> completions = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      if (own.get(i).isPresent() && better.get(i).isPresent()) {
        completions.add(new Completion(prompts.get(i).prompt(), own.get(i).get(), true));
        completions.add(new Completion(prompts.get(i).prompt(), better.get(i).get(), true));
      }
    }
    double[] scores = completions.isEmpty() ? new double[0] : proxy.score(completions).total();
    List<HardPrompt> rows = new ArrayList<>();
    int next = 0;
    for (int i = 0; i < prompts.size(); i++) {
      boolean answered = own.get(i).isPresent() && better.get(i).isPresent();
      PoolPrompt asked = prompts.get(i);
      rows.add(
          new HardPrompt(
              asked.id(),
              asked.row(),
              asked.prompt(),
              own.get(i).orElse(""),
              better.get(i).orElse(""),
              answered ? scores[next++] : 0,
              answered ? scores[next++] : 0,
              answered ? "" : "no answer"));
    }
    return rows;
  }

  /**
   * The epsilon of a finished log: as it is given, or the gain of the last prompt that is to be
   * lost. 8 bytes a prompt are in memory meanwhile.
   */
  static double epsilon(Path log, Keys keys) {
    if (keys.epsilon().isPresent()) {
      return keys.epsilon().getAsDouble();
    }
    DoubleArrayList gains = new DoubleArrayList();
    try (Stream<HardPrompt> rows = read(log)) {
      rows.filter(row -> row.lost().isEmpty()).forEach(row -> gains.add(row.gain()));
    }
    double[] ascending = gains.toDoubleArray();
    Arrays.sort(ascending);
    int lost = (int) (keys.lose() * ascending.length);
    return lost == 0 ? -Double.MAX_VALUE : ascending[lost - 1];
  }

  /** Why a prompt is lost; empty if it stays. */
  static String lost(HardPrompt row, double epsilon) {
    return !row.lost().isEmpty()
        ? row.lost()
        : row.gain() > epsilon ? "" : "not hard for our model";
  }
}
