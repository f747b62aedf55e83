package plumbline.collect;

import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import plumbline.data.Sha256;

/** A writer whose answers are a hash of the question: the stronger, the more words. */
final class StandInWriter implements Writer {
  private final String name;
  private final int strength;
  private final AtomicInteger left;
  private int mostAtATime;

  /**
   * @param calls after how many calls it dies, negative for never
   */
  StandInWriter(String name, int strength, int calls) {
    this.name = name;
    this.strength = strength;
    this.left = new AtomicInteger(calls < 0 ? Integer.MAX_VALUE : calls);
  }

  static StandInWriter of(String name, int strength) {
    return new StandInWriter(name, strength, -1);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int strength() {
    return strength;
  }

  int mostAtATime() {
    return mostAtATime;
  }

  @Override
  public List<Optional<String>> write(List<Question> questions) {
    if (left.getAndDecrement() <= 0) {
      throw new IllegalStateException("killed");
    }
    mostAtATime = Math.max(mostAtATime, questions.size());
    return questions.stream().map(question -> Optional.of(answer(question))).toList();
  }

  private String answer(Question question) {
    SplittableRandom random =
        new SplittableRandom(
            Sha256.prefix(name + question.sample() + question.prompt().transcript()));
    StringBuilder words = new StringBuilder("Say");
    for (int i = 0, n = 3 + 2 * strength + random.nextInt(12); i < n; i++) {
      words.append(' ').append(Integer.toString(random.nextInt(30_000), 36));
    }
    return words.toString();
  }
}
