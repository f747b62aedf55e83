package plumbline.pipeline;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import plumbline.collect.Writer;
import plumbline.data.Prompt;
import plumbline.model.TextModel;
import plumbline.pipeline.CollectConfig.WriterKeys;
import plumbline.train.Rollout;

/** A model of this machine that answers; the same question gets the same answer in every run. */
final class LocalWriter implements Writer {
  private static final int ROWS_PER_BATCH = 64;

  private final String name;
  private final WriterKeys keys;
  private final TextModel model;
  private final long seed;

  /**
   * Takes the model.
   *
   * @param seed of the run, and of this writer among the others
   */
  LocalWriter(String name, WriterKeys keys, TextModel model, long seed) {
    this.name = name;
    this.keys = keys;
    this.model = model.intoSampling(keys.sampling().weights());
    this.seed = seed;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int strength() {
    return keys.strength();
  }

  @Override
  public List<Optional<String>> write(List<Question> questions) {
    List<Optional<String>> answers =
        new ArrayList<>(Collections.nCopies(questions.size(), Optional.empty()));
    List<Integer> places = new ArrayList<>();
    List<int[]> ids = new ArrayList<>();
    for (int i = 0; i < questions.size(); i++) {
      int[] tokens = model.text().prompt(questions.get(i).prompt());
      if (tokens.length <= keys.maxPromptTokens()) {
        places.add(i);
        ids.add(tokens);
      }
    }
    List<Prompt> prompts = places.stream().map(i -> questions.get(i).prompt()).toList();
    long[] seeds =
        places.stream()
            .map(questions::get)
            .mapToLong(question -> Rollout.seed(seed, question.sample(), question.row()))
            .toArray();
    List<Rollout> rollouts =
        Rollout.sample(
            model.transformer(),
            model.text(),
            prompts,
            ids,
            seeds,
            keys.sampling().sampling(),
            ROWS_PER_BATCH);
    for (int i = 0; i < places.size(); i++) {
      String text = rollouts.get(i).completion().response();
      answers.set(places.get(i), Optional.of(text).filter(words -> !words.isBlank()));
    }
    return answers;
  }

  @Override
  public void close() {
    model.close();
  }
}
