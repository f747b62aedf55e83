package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.example.Calm;
import com.example.MyPairLoss;
import com.example.NamesSource;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import plumbline.data.Completion;
import plumbline.data.Message;
import plumbline.data.Prompt;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/** The page on extensions shows classes that are there and do what it says. */
class ExtendingTest {
  private static final Path ROOT = Path.of(System.getProperty("plumbline.root"));

  @Test
  void theShownClassesAreTheseClasses() {
    String page = Snippets.read(ROOT.resolve("docs/extending.md"));
    for (String name : List.of("NamesSource", "Calm", "MyPairLoss")) {
      Path source = ROOT.resolve("app/src/test/java/com/example/" + name + ".java");
      assertThat(page).contains("```java\n" + Snippets.read(source) + "```\n");
    }
  }

  @Test
  void theRuleLooksForASource() {
    NamesSource rule = new NamesSource(Map.of());
    assertThat(rule.score(answer("It is so [3]."))).isEqualTo(1);
    assertThat(rule.score(answer("It is so."))).isZero();
    assertThat(new NamesSource(Map.of("pattern", "https?://")).score(answer("see http://a")))
        .isEqualTo(1);
  }

  @Test
  void theScorerCountsExclamationMarks() {
    try (Calm calm = new Calm()) {
      assertThat(calm.score(List.of(answer("Hi!!"), answer("Hi."))).total())
          .containsExactly(new double[] {-1, 0}, within(1e-9));
    }
  }

  @Test
  void theLossIsTheSquaredHinge() {
    float[] margins = {-2, 0, 5, 20};
    Scopes.run(
        () -> {
          Tensor losses = MyPairLoss.squaredHinge(Ops.floats(margins, margins.length), 0.1);
          float[] found = Ops.toFloats(losses);
          for (int i = 0; i < margins.length; i++) {
            double wanted = Math.pow(Math.max(0, 1 - 0.1 * margins[i]), 2);
            assertThat((double) found[i]).isCloseTo(wanted, within(1e-5));
          }
        });
  }

  private static Completion answer(String text) {
    return new Completion(new Prompt(List.of(new Message("user", "Is it?")), Map.of()), text, true);
  }
}
