package plumbline.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RougeLTest {
  @Test
  void theExampleOfThePaperHasItsValue() {
    List<String> reference = List.of("police", "killed", "the", "gunman");

    assertThat(RougeL.f1(List.of("police", "kill", "the", "gunman"), reference))
        .isCloseTo(0.75, within(1e-12));
    assertThat(RougeL.f1(List.of("the", "gunman", "kill", "police"), reference))
        .isCloseTo(0.5, within(1e-12));
  }

  @Test
  void itIsWhatTheNaiveRecursionSays() {
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 200; i++) {
      List<String> a = words(random);
      List<String> b = words(random);
      double wanted = 2.0 * longest(a, b) / (a.size() + b.size());

      assertThat(RougeL.f1(a, b)).isCloseTo(wanted, within(1e-12)).isEqualTo(RougeL.f1(b, a));
    }
  }

  @Test
  void textsWithoutWordsAreLikeNothing() {
    assertThat(RougeL.f1(List.of(), List.of("a"))).isZero();
    assertThat(RougeL.f1(List.of(), List.of())).isZero();
  }

  private static List<String> words(SplittableRandom random) {
    return IntStream.range(0, 1 + random.nextInt(7))
        .mapToObj(i -> "w" + random.nextInt(4))
        .toList();
  }

  private static int longest(List<String> a, List<String> b) {
    if (a.isEmpty() || b.isEmpty()) {
      return 0;
    }
    List<String> restA = a.subList(1, a.size());
    List<String> restB = b.subList(1, b.size());
    return a.get(0).equals(b.get(0))
        ? 1 + longest(restA, restB)
        : Math.max(longest(restA, b), longest(a, restB));
  }
}
