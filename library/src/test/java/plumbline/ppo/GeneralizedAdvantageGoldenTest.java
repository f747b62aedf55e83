package plumbline.ppo;

import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import plumbline.GoldenFiles;
import plumbline.GoldenFiles.Case;
import plumbline.tensor.Ops;

class GeneralizedAdvantageGoldenTest {
  @TestFactory
  Stream<DynamicTest> advantagesAndReturnsEqualTheReference() {
    return GoldenFiles.tests(
        "gae",
        c -> !c.output("advantages_raw").isMissingNode(),
        GeneralizedAdvantageGoldenTest::check);
  }

  private static void check(Case c) {
    Tensor values = GoldenFiles.floats(c.input("values"));
    Tensor rewards = GoldenFiles.floats(c.input("rewards"));
    Tensor mask = GoldenFiles.floats(c.input("mask"));
    double gamma = c.param("gamma").asDouble();
    double lambda = c.param("lam").asDouble();
    boolean whiten = c.param("whiten_rewards").asBoolean();
    GeneralizedAdvantage through =
        GeneralizedAdvantage.throughPadding(values, rewards, mask, gamma, lambda, whiten);
    GoldenFiles.assertClose("raw", through.advantages(), c.output("advantages_raw"), 1e-6);
    GoldenFiles.assertClose("returns", through.returns(), c.output("returns"), 1e-6);
    assertWhitened(c, through, mask);
    if (!whiten) {
      GeneralizedAdvantage ours = GeneralizedAdvantage.of(values, rewards, mask, gamma, lambda);
      GoldenFiles.assertCloseWhere(
          mask, "raw", ours.advantages(), c.output("advantages_raw"), 1e-6);
      GoldenFiles.assertCloseWhere(mask, "returns", ours.returns(), c.output("returns"), 1e-6);
      assertWhitened(c, ours, mask);
    }
  }

  private static void assertWhitened(Case c, GeneralizedAdvantage estimates, Tensor mask) {
    Tensor whitened = Ops.whiten(estimates.advantages(), mask);
    // whitening subtracts numbers of size 2 to 5 from one another in float32: 1e-6 becomes 2e-6
    GoldenFiles.assertCloseWhere(mask, "whitened", whitened, c.output("advantages_whitened"), 2e-6);
  }
}
