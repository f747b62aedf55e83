package plumbline.train;

import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import plumbline.GoldenFiles;
import plumbline.GoldenFiles.Case;

class LogprobsGoldenTest {
  private static final Set<String> KNOWN = Set.of("logprobs_from_logits", "entropy_from_logits");

  @TestFactory
  Stream<DynamicTest> logprobsAndEntropyEqualTheReference() {
    return GoldenFiles.tests("core_misc", c -> KNOWN.contains(op(c)), LogprobsGoldenTest::check);
  }

  private static String op(Case c) {
    return c.json().path("op").asText();
  }

  private static void check(Case c) {
    Tensor logits = GoldenFiles.floats(c.input("logits"));
    Tensor got =
        op(c).equals("entropy_from_logits")
            ? Logprobs.entropy(logits)
            : Logprobs.ofTokens(logits, GoldenFiles.longs(c.input("labels")));
    GoldenFiles.assertClose(op(c), got, c.json().path("outputs"), 1e-6);
  }
}
