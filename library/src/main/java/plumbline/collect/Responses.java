package plumbline.collect;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import plumbline.collect.Answered.Pair;
import plumbline.collect.Funnel.Source;
import plumbline.collect.Writer.Question;
import plumbline.config.Key;
import plumbline.data.clean.LikeTexts;

/**
 * The second step: several models answer each hard prompt, answers that say the same collapse, and
 * pairs are drawn whose presumed better side comes of a model at least as strong.
 *
 * @param sources who answers, and how often
 * @param seed decides which pairs are drawn
 */
record Responses(List<Source> sources, Keys keys, long seed) {
  /** The keys of pairing. */
  record Keys(
      @Key(def = "1", min = 1, doc = "most pairs of each prompt") int pairsPerPrompt,
      @Key(
              def = "0.9",
              min = 0.01,
              max = 1,
              doc =
                  "answers collapse whose runs of three words overlap by this share, and whose"
                      + " numbers are the same")
          double alike,
      @Key(
              def = "false",
              doc =
                  "whether two models of equal strength, or one model twice, make a pair too; such"
                      + " pairs have no label before they are rated")
          boolean equals) {}

  static Stream<Answered> read(Path file) {
    return LogRows.read(file, Answered.class);
  }

  /** All answers to each prompt. */
  List<Answered> answer(List<PoolPrompt> prompts) {
    List<List<Answer>> given = new ArrayList<>();
    prompts.forEach(prompt -> given.add(new ArrayList<>()));
    int[] silent = new int[prompts.size()];
    for (Source source : sources) {
      List<Question> questions = new ArrayList<>();
      for (PoolPrompt asked : prompts) {
        for (int sample = 0; sample < source.samples(); sample++) {
          questions.add(new Question(asked.prompt(), asked.row(), sample));
        }
      }
      List<Optional<String>> answers = source.writer().write(questions);
      for (int i = 0; i < answers.size(); i++) {
        int place = i / source.samples();
        Optional<String> text = answers.get(i).filter(words -> !words.isBlank());
        text.ifPresentOrElse(
            words -> given.get(place).add(answer(source.writer(), words)), () -> silent[place]++);
      }
    }
    List<Answered> rows = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      rows.add(row(prompts.get(i), given.get(i), silent[i]));
    }
    return rows;
  }

  private static Answer answer(Writer writer, String words) {
    return new Answer(writer.name(), writer.strength(), words, List.of());
  }

  /** Of answers that say the same the weakest model's stays: a stronger one has added nothing. */
  private Answered row(PoolPrompt asked, List<Answer> given, int silent) {
    List<Answer> weakestFirst =
        given.stream().sorted(Comparator.comparingInt(Answer::strength)).toList();
    List<Answer> kept =
        LikeTexts.distinct(weakestFirst.stream().map(Answer::content).toList(), keys.alike())
            .stream()
            .map(weakestFirst::get)
            .toList();
    return new Answered(
        asked.id(),
        asked.row(),
        asked.prompt(),
        kept,
        pairs(kept, asked.row()),
        silent,
        given.size() - kept.size());
  }

  private List<Pair> pairs(List<Answer> answers, long row) {
    List<Pair> pairs = new ArrayList<>();
    for (int worse = 0; worse < answers.size(); worse++) {
      for (int better = worse + 1; better < answers.size(); better++) {
        if (keys.equals() || answers.get(better).strength() > answers.get(worse).strength()) {
          pairs.add(new Pair(better, worse));
        }
      }
    }
    SplittableRandom random = new SplittableRandom(seed ^ (row * 0x9E3779B97F4A7C15L));
    List<Pair> drawn = new ArrayList<>();
    while (drawn.size() < keys.pairsPerPrompt() && !pairs.isEmpty()) {
      drawn.add(pairs.remove(random.nextInt(pairs.size())));
    }
    return drawn;
  }
}
