package plumbline.collect;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntFunction;
import plumbline.data.Prompt;
import plumbline.judge.RemoteWriter;

/** A model behind an endpoint; each sample is asked for with a seed of its own. */
public final class RemoteAnswers implements Writer {
  private final String name;
  private final int strength;
  private final IntFunction<RemoteWriter> ofSample;
  private final Map<Integer, RemoteWriter> writers = new TreeMap<>();

  /**
   * @param ofSample makes the writer of the n-th answer to each prompt, from 0
   */
  public RemoteAnswers(String name, int strength, IntFunction<RemoteWriter> ofSample) {
    this.name = name;
    this.strength = strength;
    this.ofSample = ofSample;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int strength() {
    return strength;
  }

  @Override
  public List<Optional<String>> write(List<Question> questions) {
    Map<Integer, List<Integer>> bySample = new TreeMap<>();
    for (int i = 0; i < questions.size(); i++) {
      bySample.computeIfAbsent(questions.get(i).sample(), s -> new ArrayList<>()).add(i);
    }
    List<Optional<String>> answers =
        new ArrayList<>(Collections.nCopies(questions.size(), Optional.empty()));
    bySample.forEach(
        (sample, places) -> {
          List<Prompt> prompts = places.stream().map(i -> questions.get(i).prompt()).toList();
          List<Optional<String>> given =
              writers.computeIfAbsent(sample, ofSample::apply).answer(prompts);
          for (int i = 0; i < places.size(); i++) {
            answers.set(places.get(i), given.get(i));
          }
        });
    return answers;
  }

  /** What it has used so far. */
  public List<plumbline.judge.Spending> spending() {
    return writers.values().stream().map(RemoteWriter::spending).toList();
  }
}
